package dev.dosql.internal.jdbc;

import dev.dosql.LimitExceededException;
import dev.dosql.ReadOnlyException;
import dev.dosql.internal.engine.ForeignWait;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.engine.Outcome;
import dev.dosql.internal.engine.StatementWatch;
import dev.dosql.internal.engine.WriteStatements;
import dev.dosql.internal.engine.Writer.Turn;
import dev.dosql.internal.events.QueryEvent;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.internal.values.StoredRow;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs the statements of a session, each within its limits and in the transaction that it belongs
 * to.
 *
 * <p>Used under the lock of its session; any thread may cancel.
 */
final class StatementRunner {
  private final OpenTenant tenant;
  private final SqliteConnection sqlite;
  private final JdbcOptions options;
  private final SessionTransaction transaction;
  private final OpenResults results;
  private volatile @Nullable JdbcCall running;
  private boolean watching;

  StatementRunner(
      OpenTenant tenant,
      SqliteConnection sqlite,
      JdbcOptions options,
      SessionTransaction transaction,
      OpenResults results) {
    this.tenant = tenant;
    this.sqlite = sqlite;
    this.options = options;
    this.transaction = transaction;
    this.results = results;
  }

  /** Whether SQLite is to end what runs; called by SQLite, within the call that runs it. */
  boolean isOver() {
    JdbcCall now = running;
    return watching && now != null && now.isOver(transaction);
  }

  void commitBegins() {
    watching = false;
  }

  /** Ends a statement if it is running; takes no lock. */
  void cancel(JdbcStatement statement) {
    JdbcCall now = running;
    if (now != null && now.isOf(statement)) {
      now.cancel();
    }
  }

  /** Ends whatever is running; takes no lock. */
  void cancelAll() {
    JdbcCall now = running;
    if (now != null) {
      now.cancel();
    }
  }

  static boolean writes(ParsedSql parsed) {
    return switch (parsed.verb()) {
      case INSERT, UPDATE, DELETE, SCHEMA -> true;
      default -> false;
    };
  }

  /** Whether a statement has rows, by the newest schema. */
  boolean hasRows(JdbcStatement by, ParsedSql parsed) throws SQLException {
    transaction.startClockIfIdle();
    return limited(by, parsed, () -> hasRows(parsed.sqlForSqlite()));
  }

  private boolean hasRows(String sql) throws SqliteException {
    SqliteStatement statement = sqlite.prepare(sql);
    try {
      return statement.count() > 0;
    } finally {
      statement.release();
    }
  }

  /** Makes a call of JDBC, be it of several statements, one that can be ended as a whole. */
  <T> T call(@Nullable JdbcStatement by, SessionTransaction.Work<T> work) throws SQLException {
    running = new JdbcCall(by);
    try {
      return work.run();
    } finally {
      running = null;
    }
  }

  /** Runs the statements of a call, all or nothing. */
  <T> T allOrNothing(boolean writes, SessionTransaction.Work<T> work) throws SQLException {
    return transaction.allOrNothing(called(), writes, work);
  }

  /** Runs a statement about a savepoint, in a call of its own, which can be ended as others can. */
  void savepoint(String sql) throws SQLException {
    call(
        null,
        () -> {
          transaction.savepoint(called(), sql);
          return true;
        });
  }

  private JdbcCall called() {
    return Objects.requireNonNull(running, "call");
  }

  /** Ends a call between two of its statements, which may be too short to be ended themselves. */
  void checkGoesOn() throws SQLException {
    JdbcCall now = running;
    if (now != null && now.isOver()) {
      throw error(now, new SqliteException(SqliteException.INTERRUPT, "ended"), null);
    }
  }

  // ---- one statement

  /** Runs a statement of a call, in the transaction that is due, or as one of its own. */
  Result execute(JdbcStatement by, ParsedSql parsed, Bound bound, Keys keys) throws SQLException {
    checkCount(bound);
    boolean writes = writes(parsed);
    if (writes && transaction.readOnly()) {
      throw SqlErrors.of(
          new ReadOnlyException("write refused: connection is read-only" + transaction.where()));
    }
    JdbcCall now = called();
    if (!transaction.autoCommit()) {
      transaction.begin(now);
      return writes ? written(now, by, parsed, bound, keys) : read(now, by, parsed, bound);
    }
    return writes
        ? transaction.alone(now, () -> written(now, by, parsed, bound, keys))
        : readAlone(now, by, parsed, bound);
  }

  private void checkCount(Bound bound) throws SQLException {
    try {
      options.binder().checkCount(bound.values().length);
    } catch (LimitExceededException e) {
      throw SqlErrors.of(e);
    }
  }

  /** With auto-commit each statement sees what was committed before it. */
  private Result readAlone(JdbcCall now, JdbcStatement by, ParsedSql parsed, Bound bound)
      throws SQLException {
    results.detach();
    transaction.startClock();
    return read(now, by, parsed, bound);
  }

  private Result read(JdbcCall now, JdbcStatement by, ParsedSql parsed, Bound bound)
      throws SQLException {
    return limited(now, parsed, () -> read(by, parsed, bound));
  }

  private Result read(JdbcStatement by, ParsedSql parsed, Bound bound) throws SqliteException {
    @Nullable QueryEvent event = StatementWatch.event();
    long since = System.nanoTime();
    long started = -1;
    SqliteStatement statement = sqlite.prepare(bound.sql());
    boolean onRow = false;
    try {
      onRow = statement.start(bound.values());
      started = onRow ? 1 : 0;
      statement.refreshColumns();
      JdbcResultSet rows = JdbcResultSet.live(by, parsed, statement, onRow);
      if (onRow) {
        results.add(rows);
      }
      return statement.count() == 0 ? Result.of(0) : Result.of(rows);
    } finally {
      if (!onRow) {
        statement.release();
      }
      tenant.watch().end(event, since, sqlite, bound.sql(), false, started);
    }
  }

  private Result written(JdbcCall now, JdbcStatement by, ParsedSql parsed, Bound bound, Keys keys)
      throws SQLException {
    Turn taken = transaction.turn();
    if (taken == null) {
      throw new IllegalStateException("write without the turn");
    }
    if (parsed.changesSchema()) {
      taken.schemaChanging();
    }
    return limited(now, parsed, () -> write(taken, by, parsed, bound, keys));
  }

  private Result write(Turn taken, JdbcStatement by, ParsedSql parsed, Bound bound, Keys keys)
      throws SqliteException {
    boolean hasRows = hasRows(bound.sql());
    boolean returning = !hasRows && !keys.columns().isEmpty() && !parsed.changesSchema();
    Bound used = returning ? keys.returning(parsed, bound) : bound;
    Outcome outcome =
        WriteStatements.execute(
            sqlite,
            parsed,
            used,
            hasRows || returning,
            Integer.MAX_VALUE,
            tenant.watch(),
            taken::epoch);
    JdbcResultSet rows =
        hasRows ? JdbcResultSet.of(by, parsed, outcome.columns(), outcome.rows()) : null;
    long changes = outcome.result().changes();
    long rowid = outcome.result().lastInsertRowid();
    if (keys.rowid() && !hasRows) {
      List<StoredRow> key = rowid == 0 ? List.of() : List.of(StoredRow.of(rowid));
      return new Result(null, changes, List.of(Keys.ROWID_COLUMN), key);
    }
    return new Result(rows, changes, outcome.columns(), outcome.rows());
  }

  // ---- limits

  /** Runs a step of a result of a statement, within the limits of whoever asks for it. */
  <T> T limited(JdbcStatement by, ParsedSql parsed, ForeignWait.Attempt<T> step)
      throws SQLException {
    JdbcCall now = running;
    if (now != null) {
      return limited(now, parsed, step); // Another statement, which needs the connection.
    }
    JdbcCall own = new JdbcCall(by);
    running = own;
    try {
      return limited(own, parsed, step);
    } finally {
      running = null;
    }
  }

  private <T> T limited(JdbcCall now, ParsedSql parsed, ForeignWait.Attempt<T> step)
      throws SQLException {
    watching = true;
    try {
      return ForeignWait.untilFree(step, options.waitMax(), now::isOver);
    } catch (SqliteException e) {
      watching = false;
      throw failed(now, e, parsed);
    } catch (RuntimeException | Error e) {
      watching = false; // A result that is too large is ended inside SQLite.
      transaction.loseIfEnded(": " + e.getMessage(), e);
      throw e;
    } finally {
      watching = false;
    }
  }

  /** The error of a statement; notes whether the transaction has ended with it. */
  private SQLException failed(JdbcCall now, SqliteException e, ParsedSql parsed) {
    Turn taken = transaction.turn();
    if (taken != null && !transaction.isOpen() && e.primaryCode() == SqliteException.IOERR) {
      taken.failed(e);
    }
    SQLException failure = error(now, e, parsed);
    // An interrupted write may be done or undone, and SQLite does not tell which.
    boolean half = e.primaryCode() == SqliteException.INTERRUPT && writes(parsed);
    String reason = " with a statement that failed: " + e.text();
    if (transaction.isOpen() && now.isOverTime()) {
      transaction.expire();
    } else if (transaction.isOpen() && half) {
      transaction.lose(reason, e);
    } else {
      transaction.loseIfEnded(reason, e);
    }
    return failure;
  }

  private SQLException error(JdbcCall now, SqliteException e, @Nullable ParsedSql parsed) {
    if (e.primaryCode() == SqliteException.INTERRUPT) {
      if (now.isOverTime()) {
        return SqlErrors.overTime(transaction.overTime());
      }
      SQLException ended = now.error(transaction.where(), e);
      if (ended != null) {
        return ended;
      }
    }
    return SqlErrors.of(e, parsed, tenant.name());
  }
}
