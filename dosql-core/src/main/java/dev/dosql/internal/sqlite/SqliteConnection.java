package dev.dosql.internal.sqlite;

import dev.dosql.Column;
import java.nio.file.Path;
import java.sql.DatabaseMetaData;
import java.time.Duration;
import java.util.List;

/**
 * A connection to one database file, and the whole of what this library asks of an SQLite binding.
 *
 * <p>Used by one thread at a time, but for {@link #close} and {@link #interrupt}, which any thread
 * may call: a call that is under way ends first, and later ones fail.
 */
public interface SqliteConnection extends AutoCloseable {
  /**
   * Takes a prepared statement from the cache, or prepares it. It is given back with {@link
   * SqliteStatement#release}.
   *
   * @throws SqliteException if SQLite does not accept the SQL, or the connection is closed
   */
  SqliteStatement prepare(String sql) throws SqliteException;

  /**
   * What the columns of a statement are by the newest schema; the statement is not run.
   *
   * @throws SqliteException if SQLite does not accept the SQL, or the connection is closed
   */
  List<Column> describe(String sql) throws SqliteException;

  /**
   * What JDBC tells of the database, to be read under the lock of whoever uses the connection.
   *
   * @throws SqliteException if the connection is closed
   */
  DatabaseMetaData metaData() throws SqliteException;

  /**
   * Runs statements of this library's own that take no parameters and whose rows do not matter.
   *
   * @throws SqliteException if one fails; those before it stay done
   */
  void execute(String script) throws SqliteException;

  /** The rows that the last INSERT, UPDATE or DELETE changed by itself. */
  long changes() throws SqliteException;

  /** The rows changed since the connection was opened, by triggers and foreign keys too. */
  long totalChanges() throws SqliteException;

  /**
   * Has a check called every few thousand steps of a running statement, which ends with {@code
   * SQLITE_INTERRUPT} if the check says so.
   */
  void onProgress(ProgressCheck check) throws SqliteException;

  /**
   * Ends statements that run for too long, with {@link SqliteException#TIMEOUT}: each from its
   * start to its release, but for the pauses before {@link SqliteStatement#resume}.
   */
  void limitTime(Duration timeout);

  /**
   * Keeps the database from growing further, with {@link SqliteException#DATABASE_FULL}.
   *
   * @param bytes how large it may be, rounded down to whole pages
   */
  void limitBytes(long bytes) throws SqliteException;

  /**
   * Has work called when a transaction that wrote is about to be committed, on the thread that does
   * it.
   */
  void onCommit(Runnable work);

  /**
   * Starts to note whether a row of this rowid is inserted into a table; for UPSERT, of which
   * SQLite does not tell otherwise which of the two it did.
   */
  InsertWatch watchInserts(String table, long rowid) throws SqliteException;

  /**
   * Copies the database into a new file, page by page, as this connection sees it now: inside a
   * transaction all pages are of its snapshot, whoever writes meanwhile. It cannot be ended before
   * its end.
   *
   * @param file where nothing is yet
   * @throws SqliteException if that fails; the file may be there, and is of no worth
   */
  void backupTo(Path file) throws SqliteException;

  /**
   * Writes the database anew without free pages, in a transaction of its own.
   *
   * @throws SqliteException if that fails; nothing was changed
   */
  void vacuum() throws SqliteException;

  /** Ends the statement that is running, whichever it is; any thread may call this. */
  void interrupt();

  /** Whether {@link #close} was called. */
  boolean isClosed();

  /** Closes the connection and its statements. Does nothing the second time. */
  @Override
  void close() throws SqliteException;

  /** Says whether the running statement is to end. */
  @FunctionalInterface
  interface ProgressCheck {
    /** True to end the statement; called on the thread that runs it. */
    boolean isCancelled();
  }

  /** Whether the row was inserted since the watch began. */
  interface InsertWatch extends AutoCloseable {
    /** True if the table got that row. */
    boolean inserted();

    /** Ends the watch. */
    @Override
    void close();
  }
}
