package dev.dosql.internal.tenant;

import dev.dosql.internal.engine.WriteStatements;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import java.nio.file.Path;

/** SQLite's backup of a database into a new file. */
final class Backup {
  private Backup() {}

  /**
   * Copies a database, which cannot be ended.
   *
   * @param source a connection with a snapshot
   * @throws SqliteException if that fails, with the reason if the copy cannot be written
   */
  static void copy(SqliteConnection source, Path file) throws SqliteException {
    long bytes =
        WriteStatements.number(source, "PRAGMA page_count")
            * WriteStatements.number(source, "PRAGMA page_size");
    try {
      source.backupTo(file);
    } catch (SqliteException e) {
      throw SqliteErrors.explainedCopy(e, file, bytes);
    }
  }
}
