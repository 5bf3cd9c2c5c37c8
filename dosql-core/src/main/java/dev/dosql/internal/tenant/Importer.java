package dev.dosql.internal.tenant;

import dev.dosql.CorruptDatabaseException;
import dev.dosql.DatabaseClosedException;
import dev.dosql.StorageException;
import dev.dosql.internal.engine.ForeignWait;
import dev.dosql.internal.engine.Integrity;
import dev.dosql.internal.sqlite.DriverConnection;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Makes of somebody's database file one that a tenant can have.
 *
 * <p>The source is read by SQLite alone, through a connection that cannot write: its log counts,
 * and whoever uses it meanwhile goes on. All work is done on the copy, which is a file in the
 * making until it is published.
 *
 * <p>Safe for use by many threads.
 */
final class Importer {
  /** The least that a database has: its header. */
  private static final int HEADER_BYTES = 100;

  /** Problems that are told in a message. */
  private static final int TOLD_MAX = 3;

  private final TenantFiles files;
  private final ConnectionFactory connections;
  private final Schema schema;
  private final Duration wait;

  Importer(TenantFiles files, ConnectionFactory connections, Schema schema, Duration wait) {
    this.files = files;
    this.connections = connections;
    this.schema = schema;
    this.wait = wait;
  }

  /**
   * Copies a file, checks the copy and brings it to the newest schema.
   *
   * @param source a path outside of the directory of tenants
   * @param imports tells whether imports are to end, since the directory is closed
   * @throws CorruptDatabaseException if it is no database, or none that a tenant can have
   * @throws dev.dosql.MigrationException if it does not fit the migrations
   * @throws DatabaseClosedException if imports are to end; nothing is left
   */
  FileImport copy(TenantName name, Path source, RunningImports imports) {
    String where = name + ", file=" + source;
    checkSize(source, where);
    FileImport copy = new FileImport(files, name);
    try {
      copyTo(copy.file(), source, where);
      checkNotClosing(imports, where);
      prepare(name, copy.file(), imports, where);
      checkNotClosing(imports, where);
      return copy;
    } catch (SqliteException e) {
      copy.close();
      throw e.primaryCode() == SqliteException.INTERRUPT && imports.areRefused()
          ? new DatabaseClosedException(closed(where), e)
          : SqliteErrors.translate(e, null, 0, where);
    } catch (RuntimeException | Error e) {
      copy.close();
      throw e;
    }
  }

  private static void checkNotClosing(RunningImports imports, String where) {
    if (imports.areRefused()) {
      throw new DatabaseClosedException(closed(where));
    }
  }

  private static String closed(String where) {
    return "closed while a file was imported (tenant=" + where + ")";
  }

  private static StorageException leftHalfway(SqliteException e, String where) {
    return new StorageException(
        "file cannot be imported: was left in the middle of a transaction, needed one that its"
            + " own program has opened since (tenant="
            + where
            + ")",
        e);
  }

  /** SQLite takes a file of no bytes for a new database. Nothing but SQLite may open the file. */
  private static void checkSize(Path source, String where) {
    try {
      if (!Files.isRegularFile(source)) {
        throw new StorageException("file cannot be imported: is no file (tenant=" + where + ")");
      }
      if (Files.size(source) < HEADER_BYTES) {
        throw new CorruptDatabaseException(
            "file is no database: seen %d bytes, needed %d or more (tenant=%s)"
                .formatted(Files.size(source), HEADER_BYTES, where));
      }
    } catch (IOException e) {
      throw new StorageException("file cannot be read: " + e + " (tenant=" + where + ")", e);
    }
  }

  private void copyTo(Path copy, Path source, String where) throws SqliteException {
    try (SqliteConnection reading = open(source, where)) {
      Backup.copy(reading, copy);
    }
  }

  private SqliteConnection open(Path source, String where) throws SqliteException {
    try {
      return ForeignWait.untilFree(() -> begin(source), wait);
    } catch (SqliteException e) {
      if (e.primaryCode() == SqliteException.READONLY) {
        throw leftHalfway(e, where);
      }
      throw e;
    }
  }

  /** A connection with one snapshot. */
  private static SqliteConnection begin(Path source) throws SqliteException {
    SqliteConnection reading = DriverConnection.openReadOnly(source);
    try {
      reading.execute("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1");
      return reading;
    } catch (SqliteException e) {
      reading.close();
      throw e;
    }
  }

  private void prepare(TenantName name, Path copy, RunningImports imports, String where)
      throws SqliteException {
    try (SqliteConnection writing = connections.writer(copy, false)) {
      Thread self = Thread.currentThread();
      writing.onProgress(() -> self.isInterrupted() || imports.areRefused());
      refuse("file is damaged: ", Integrity.damages(writing), where);
      refuse("file cannot be a tenant's: ", OwnTables.misfits(writing), where);
      schema.bringUpToDate(
          writing, connections.migrating(copy, imports::areRefused), name.text(), where);
      writing.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (SqliteException e) {
      throw SqliteErrors.explained(e, copy, false);
    }
  }

  private static void refuse(String what, List<String> problems, String where) {
    if (!problems.isEmpty()) {
      String told = String.join("; ", problems.subList(0, Math.min(TOLD_MAX, problems.size())));
      throw new CorruptDatabaseException(
          what + told + " (tenant=" + where + ", problems=" + problems.size() + ")");
    }
  }
}
