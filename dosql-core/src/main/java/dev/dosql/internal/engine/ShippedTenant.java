package dev.dosql.internal.engine;

import dev.dosql.DoSQLException;
import dev.dosql.WriteLockTimeoutException;
import dev.dosql.internal.engine.OpenTenant.Connections;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.storage.ship.Source;
import dev.dosql.storage.ship.WriterHeldException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * An open tenant as the one sees it who ships its commits. It keeps the tenant from being closed
 * while it is at work.
 *
 * <p>Safe for use by many threads.
 */
final class ShippedTenant implements Source {
  private final OpenTenant tenant;
  private final Connections reading;

  /**
   * Makes it.
   *
   * @param reading opens a connection for a snapshot
   */
  ShippedTenant(OpenTenant tenant, Connections reading) {
    this.tenant = tenant;
    this.reading = reading;
  }

  @Override
  public void whileStill(StillWork work) throws IOException {
    if (!tenant.pinBriefly()) {
      return; // It is being closed, which captures what is left.
    }
    try {
      tenant.writer().whileStill(work);
    } catch (WriteLockTimeoutException e) {
      throw new WriterHeldException(e);
    } catch (DoSQLException e) {
      throw new IOException(e);
    } finally {
      tenant.unpinBriefly();
    }
  }

  @Override
  public boolean whileOpen(OpenWork work) throws IOException {
    if (!tenant.pinBriefly()) {
      return false; // It is being closed, which captures what is left.
    }
    try {
      tenant.writer().checkUsable();
      return work.run();
    } catch (DoSQLException e) {
      throw new IOException(e);
    } finally {
      tenant.unpinBriefly();
    }
  }

  @Override
  public long executed() {
    return tenant.writer().executed();
  }

  @Override
  public void copyTo(Path file) throws IOException {
    try {
      tenant.writer().rewriteFirstPage();
      tenant.writer().connection().backupTo(file);
    } catch (SqliteException e) {
      throw new IOException(e);
    }
  }

  /** Keeps the tenant open until the snapshot is let go. */
  @Override
  public Snapshot snapshot() throws IOException {
    if (!tenant.pinBriefly()) {
      throw new IOException("tenant is being closed (tenant=" + tenant.name() + ")");
    }
    try {
      tenant.writer().rewriteFirstPage();
      long version = tenant.writer().versionOfOthers();
      return new OfReader(tenant, reading.open(), version);
    } catch (SqliteException e) {
      tenant.unpinBriefly();
      throw new IOException(e);
    }
  }

  /** A connection that reads one state. */
  private static final class OfReader implements Snapshot {
    private final OpenTenant tenant;
    private final SqliteConnection connection;

    /** Before it was begun, so that a commit between is noticed, be it in vain. */
    private final long versionBefore;

    OfReader(OpenTenant tenant, SqliteConnection connection, long versionBefore)
        throws SqliteException {
      this.tenant = tenant;
      this.connection = connection;
      this.versionBefore = versionBefore;
      try {
        connection.execute("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1");
      } catch (SqliteException e) {
        connection.close();
        throw e;
      }
    }

    @Override
    public boolean isNewest() throws IOException {
      try {
        return tenant.writer().versionOfOthers() == versionBefore;
      } catch (SqliteException e) {
        throw new IOException(e);
      }
    }

    @Override
    public void copyTo(Path file) throws IOException {
      try {
        connection.backupTo(file);
      } catch (SqliteException e) {
        throw new IOException(e);
      }
    }

    @Override
    public void close() throws IOException {
      try {
        connection.close();
      } catch (SqliteException e) {
        throw new IOException(e);
      } finally {
        tenant.unpinBriefly();
      }
    }
  }
}
