package dev.dosql.internal.sqlite;

import dev.dosql.internal.values.Columns;
import dev.dosql.internal.values.RowReader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prepared statement and, while it stands on one, its row.
 *
 * <p>Used by one thread at a time.
 */
public interface SqliteStatement extends Columns {
  /** The statement's text. */
  String sql();

  /**
   * Binds every parameter and runs to the first row or to the end.
   *
   * @param values {@code Long}, {@code Double}, {@code String}, {@code byte[]} or null
   * @return true on a row
   * @throws SqliteException if SQLite says so; the statement is reset
   */
  boolean start(@Nullable Object[] values) throws SqliteException;

  /**
   * Goes to the next row.
   *
   * @return true on a row, false at the end, where the statement is reset
   * @throws SqliteException if SQLite says so; the statement is reset
   */
  boolean next() throws SqliteException;

  /**
   * Makes a value of the row. If the connection is closed meanwhile, the next value that did not
   * come with the row is an error, since SQLite frees the row with the statement.
   *
   * @throws SqliteException if the connection is closed
   */
  <T> T read(RowReader<T> reader) throws SqliteException;

  /** Starts the statement's time anew: whoever reads it has done something else meanwhile. */
  void resume();

  /** How many bytes of text and blobs have been read since it was started. */
  long bytesRead();

  /** The names of the columns, as they were when the statement was last prepared by SQLite. */
  List<String> columnNames();

  /**
   * Reads the names of the columns again: SQLite prepares a statement anew when the schema has
   * changed, at its next start.
   */
  void refreshColumns() throws SqliteException;

  /** Something that the caller wants to find again with the statement; null at first. */
  @Nullable Object attachment();

  /** Keeps something with the statement. */
  void attach(@Nullable Object attachment);

  /** Resets the statement and gives it back to its connection's cache. */
  void release();
}
