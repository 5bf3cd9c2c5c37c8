package dev.dosql.internal.engine;

import dev.dosql.LimitExceededException;
import dev.dosql.RunResult;
import dev.dosql.StatementException;
import dev.dosql.TooManyRowsException;
import dev.dosql.internal.events.QueryEvent;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sql.Verb;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteConnection.InsertWatch;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.internal.values.StoredRow;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Running statements on the connection that writes, and telling what they did. */
public final class WriteStatements {
  private static final Object[] NONE = {};

  /**
   * A table that has rowids: not WITHOUT ROWID, and not a view, whose triggers do the inserting.
   */
  private static final String HAS_ROWID =
      "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE"
          + " AND wr = 0 AND type <> 'view'";

  private WriteStatements() {}

  /**
   * Runs a statement to its end.
   *
   * @param wantsRows whether it must return rows, or must not
   * @param tooMany so many rows are an error, and undo the statement with the transaction around it
   * @param watch knows how many rows and bytes of them there may be at all; likewise
   */
  public static Outcome execute(
      SqliteConnection connection,
      ParsedSql parsed,
      Bound bound,
      boolean wantsRows,
      int tooMany,
      StatementWatch watch,
      Rows.Epoch epoch)
      throws SqliteException {
    @Nullable QueryEvent event = StatementWatch.event();
    long since = System.nanoTime();
    long seen = -1;
    try {
      Outcome outcome = executeWatched(connection, parsed, bound, wantsRows, tooMany, watch, epoch);
      seen = wantsRows ? outcome.rows().size() : outcome.result().changes();
      return outcome;
    } finally {
      watch.end(event, since, connection, bound.sql(), true, seen);
    }
  }

  private static Outcome executeWatched(
      SqliteConnection connection,
      ParsedSql parsed,
      Bound bound,
      boolean wantsRows,
      int tooMany,
      StatementWatch watch,
      Rows.Epoch epoch)
      throws SqliteException {
    SqliteStatement statement = connection.prepare(bound.sql());
    try {
      checkKind(parsed, statement.count() > 0, wantsRows);
      if (!bound.decimals().isEmpty()) {
        DecimalColumns.check(connection, bound);
      }
      boolean insert = parsed.verb() == Verb.INSERT && !wantsRows;
      boolean rowids = insert && hasRowid(connection, statement, parsed, epoch.current());
      if (wantsRows) {
        return withRows(connection, statement, bound, tooMany, watch);
      }
      if (rowids && parsed.upsert()) {
        return upsert(connection, statement, parsed, bound);
      }
      statement.start(bound.values());
      return finished(connection, parsed, rowids);
    } finally {
      statement.release();
    }
  }

  private static void checkKind(ParsedSql parsed, boolean hasRows, boolean wantsRows) {
    if (hasRows && !wantsRows) {
      throw refused("statement returns rows: use query, queryOne or stream", parsed);
    }
    if (wantsRows && !hasRows) {
      throw refused("statement returns no rows: use run, or add RETURNING", parsed);
    }
  }

  /** The error for a statement that was given to the wrong method. */
  public static StatementException refused(String message, ParsedSql parsed) {
    return new StatementException(message, parsed.sql(), 0, parsed.line(), null);
  }

  private static Outcome withRows(
      SqliteConnection connection,
      SqliteStatement statement,
      Bound bound,
      int tooMany,
      StatementWatch watch)
      throws SqliteException {
    List<StoredRow> rows = new ArrayList<>();
    boolean onRow = statement.start(bound.values());
    statement.refreshColumns();
    while (onRow) {
      rows.add(statement.read(StoredRow::read));
      if (rows.size() == tooMany) {
        undo(connection, statement);
        throw tooManyRows();
      }
      checkSize(connection, statement, rows.size(), watch);
      onRow = statement.next();
    }
    return new Outcome(new RunResult(connection.changes(), 0), statement.columnNames(), rows);
  }

  private static void checkSize(
      SqliteConnection connection, SqliteStatement statement, int rows, StatementWatch watch)
      throws SqliteException {
    try {
      Rows.checkSize(rows, statement.bytesRead(), watch);
    } catch (LimitExceededException e) {
      undo(connection, statement);
      throw e;
    }
  }

  /** A statement that is reset commits what it did; one that is interrupted undoes it. */
  private static void undo(SqliteConnection connection, SqliteStatement statement)
      throws SqliteException {
    connection.interrupt();
    try {
      statement.next();
    } catch (SqliteException e) {
      if (e.primaryCode() != SqliteException.INTERRUPT) {
        throw e;
      }
    }
  }

  /** The error for more rows than one. */
  public static TooManyRowsException tooManyRows() {
    return new TooManyRowsException("statement returned more than one row: queryOne takes one");
  }

  private static Outcome upsert(
      SqliteConnection connection, SqliteStatement statement, ParsedSql parsed, Bound bound)
      throws SqliteException {
    String table = String.valueOf(parsed.insertTarget());
    long last = lastInsertRowid(connection);
    try (InsertWatch watch = connection.watchInserts(table, last)) {
      statement.start(bound.values());
      // What triggers insert does not stay the last rowid, so a new one is of this statement.
      boolean inserted = watch.inserted() || lastInsertRowid(connection) != last;
      return finished(connection, parsed, inserted);
    }
  }

  private static Outcome finished(
      SqliteConnection connection, ParsedSql parsed, boolean mayHaveInserted)
      throws SqliteException {
    boolean counts = isCounted(parsed.verb());
    long changes = counts ? connection.changes() : 0;
    long rowid = mayHaveInserted && changes > 0 ? lastInsertRowid(connection) : 0;
    return new Outcome(new RunResult(changes, rowid), List.of(), List.of());
  }

  private static boolean isCounted(Verb verb) {
    return verb == Verb.INSERT || verb == Verb.UPDATE || verb == Verb.DELETE;
  }

  /** Whether the table that a statement inserts into has rowids; noted with the statement. */
  private static boolean hasRowid(
      SqliteConnection connection, SqliteStatement statement, ParsedSql parsed, long epoch)
      throws SqliteException {
    if (statement.attachment() instanceof Target noted && noted.epoch() == epoch) {
      return noted.hasRowid();
    }
    String table = parsed.insertTarget();
    boolean hasRowid = table != null && number(connection, HAS_ROWID, table) > 0;
    statement.attach(new Target(epoch % 2 == 0 ? epoch : Rows.UNSETTLED, hasRowid));
    return hasRowid;
  }

  private static long lastInsertRowid(SqliteConnection connection) throws SqliteException {
    return number(connection, "SELECT last_insert_rowid()", NONE);
  }

  /** How long the log is. */
  static LogLength logLength(SqliteConnection connection) throws SqliteException {
    return checkpoint(connection, "NOOP");
  }

  /** Moves as much of the log into the file as can be beside others; how long it is then. */
  static LogLength checkpoint(SqliteConnection connection) throws SqliteException {
    return checkpoint(connection, "PASSIVE");
  }

  private static LogLength checkpoint(SqliteConnection connection, String mode)
      throws SqliteException {
    SqliteStatement checkpoint = connection.prepare("PRAGMA wal_checkpoint(" + mode + ")");
    try {
      return checkpoint.start(NONE)
          ? new LogLength(checkpoint.longAt(1), checkpoint.longAt(1) - checkpoint.longAt(2))
          : new LogLength(0, 0);
    } finally {
      checkpoint.release();
    }
  }

  /**
   * The length of a log, in frames of a page each.
   *
   * @param frames all of them
   * @param pending those that are not yet in the file
   */
  record LogLength(long frames, long pending) {}

  /** The integer that a query of this library's own returns, or 0 if it returns nothing. */
  public static long number(SqliteConnection connection, String sql, @Nullable Object... values)
      throws SqliteException {
    SqliteStatement query = connection.prepare(sql);
    try {
      return query.start(values) ? query.longAt(0) : 0;
    } finally {
      query.release();
    }
  }

  /** Runs a statement to its end, whether or not it has rows, and drops them. */
  public static void drain(SqliteConnection connection, Bound bound, StatementWatch watch)
      throws SqliteException {
    @Nullable QueryEvent event = StatementWatch.event();
    long since = System.nanoTime();
    long rows = -1;
    SqliteStatement statement = connection.prepare(bound.sql());
    try {
      long seen = 0;
      boolean onRow = statement.start(bound.values());
      while (onRow) {
        seen++;
        onRow = statement.next();
      }
      rows = seen;
    } finally {
      statement.release();
      watch.end(event, since, connection, bound.sql(), true, rows);
    }
  }

  /** Runs a statement of this library's own. */
  public static void step(SqliteConnection connection, String sql) throws SqliteException {
    SqliteStatement statement = connection.prepare(sql);
    try {
      statement.start(NONE);
    } finally {
      statement.release();
    }
  }

  private record Target(long epoch, boolean hasRowid) {}
}
