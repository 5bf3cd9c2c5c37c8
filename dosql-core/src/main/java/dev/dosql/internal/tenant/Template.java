package dev.dosql.internal.tenant;

import dev.dosql.internal.files.DurableFiles;
import dev.dosql.internal.files.FileErrors;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The database that new tenants are copies of: made once, migrated, closed, and never opened again.
 * Copying it takes a tenth of the time of running migrations.
 *
 * <p>Safe for use by many threads.
 */
final class Template {
  private final TenantFiles files;
  private final Schema schema;
  private final ConnectionFactory connections;
  private final ReentrantLock making = new ReentrantLock();
  private volatile @Nullable Path made;

  Template(TenantFiles files, Schema schema, ConnectionFactory connections) {
    this.files = files;
    this.schema = schema;
    this.connections = connections;
  }

  /**
   * The template's file; made now if this process has not looked yet and there is none.
   *
   * @throws dev.dosql.MigrationException if the migrations cannot be run; nothing is left, and the
   *     next call tries again
   */
  Path file() {
    Path known = made;
    if (known != null && Files.exists(known)) {
      return known;
    }
    making.lock();
    try {
      Path file = files.own().resolve(schema.templateName());
      if (!Files.exists(file)) {
        make(file);
      }
      files.sweepTemplates(file);
      made = file;
      return file;
    } finally {
      making.unlock();
    }
  }

  private void make(Path file) {
    Path temporary = files.temporary();
    try {
      try (SqliteConnection connection = connections.writer(temporary, true)) {
        fill(temporary, connection);
      }
      DurableFiles.publish(temporary, file);
    } catch (SqliteException e) {
      throw SqliteErrors.translate(e, null, 0, "template");
    } catch (IOException e) {
      throw FileErrors.writing("template cannot be made", e, "file=" + file);
    } finally {
      discard(temporary);
    }
  }

  private void fill(Path temporary, SqliteConnection connection) throws SqliteException {
    try {
      schema.prepareTemplate(connection, connections.migrating(temporary));
      connection.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (SqliteException e) {
      throw SqliteErrors.explained(e, temporary, true); // While the log is as it was.
    }
  }

  private static void discard(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
      TenantFiles.deleteSidecars(temporary);
    } catch (IOException e) {
      // The next process sweeps it.
    }
  }
}
