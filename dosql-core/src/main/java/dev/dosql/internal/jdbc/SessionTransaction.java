package dev.dosql.internal.jdbc;

import dev.dosql.CommitInDoubtException;
import dev.dosql.DoSQLException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.LimitExceededException;
import dev.dosql.TransactionEndedException;
import dev.dosql.internal.engine.ForeignWait;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.engine.WriteStatements;
import dev.dosql.internal.engine.Writer.Turn;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which transaction a session is in, and whose turn to write it has.
 *
 * <pre>
 *   idle ──first statement──► in a transaction, with the turn ──commit, rollback, close──► idle
 *     │                        in a snapshot, if read-only          (the turn is given on)
 *     │                                  └──over time, ended by SQLite──► lost ──rollback──► idle
 *     └─ with auto-commit: a statement that writes has the turn while it runs
 * </pre>
 *
 * <p>Used under the lock of its session.
 */
final class SessionTransaction {
  /** The savepoint of a script. */
  private static final String SCRIPT = "dosql_jdbc_script";

  private final OpenTenant tenant;
  private final SqliteConnection sqlite;
  private final JdbcOptions options;
  private final OpenResults results;

  private boolean autoCommit = true;
  private boolean own;
  private boolean readOnly;
  private boolean open;
  private @Nullable Turn turn;
  private @Nullable DoSQLException lost;
  private boolean timed;
  private long deadline;

  SessionTransaction(
      OpenTenant tenant, SqliteConnection sqlite, JdbcOptions options, OpenResults results) {
    this.tenant = tenant;
    this.sqlite = sqlite;
    this.options = options;
    this.results = results;
  }

  boolean autoCommit() {
    return autoCommit;
  }

  boolean readOnly() {
    return readOnly;
  }

  /** Whether one is open that is not each statement's own. */
  boolean isOpen() {
    return open;
  }

  /** Whether the transaction is one that {@link #together} ends. */
  boolean isOwn() {
    return own;
  }

  /** Whether it has ended, and the user has not been told or has not said rollback. */
  boolean isLost() {
    return lost != null;
  }

  /** The turn to write that it has, or null. */
  @Nullable Turn turn() {
    return turn;
  }

  /** Says which thread uses it now. */
  void useBy(Thread thread) {
    Turn taken = turn;
    if (taken != null) {
      taken.useBy(thread);
    }
  }

  /**
   * Whether what is open, or runs on its own, has to end; nothing has while the clock stands.
   *
   * @param nowNanos by {@link System#nanoTime}
   */
  boolean isOverTime(long nowNanos) {
    return timed && nowNanos - deadline >= 0;
  }

  /** Starts the clock for a call that belongs to nothing which is open. */
  void startClockIfIdle() {
    if (!open && results.isEmpty()) {
      startClock();
    }
  }

  void startClock() {
    timed = true;
    deadline = System.nanoTime() + options.limits().transactionTimeout().toNanos();
  }

  LimitExceededException overTime() {
    Duration allowed = options.limits().transactionTimeout();
    long seen = allowed.plusNanos(System.nanoTime() - deadline).toMillis();
    return new LimitExceededException(
        "transaction, or result, ended: open for "
            + Duration.ofMillis(seen)
            + ", at most "
            + allowed
            + " allowed (tenant="
            + tenant.name()
            + ", limit=transactionTimeout)",
        "transactionTimeout",
        allowed.toMillis(),
        seen);
  }

  /** Refuses to go on if the transaction has ended and the user has not said rollback yet. */
  void checkNotLost() throws SQLException {
    DoSQLException why = lost;
    if (why != null) {
      throw lostError(why);
    }
  }

  private static SQLException lostError(DoSQLException why) {
    return why instanceof LimitExceededException limit
        ? SqlErrors.overTime(limit)
        : SqlErrors.of(why);
  }

  /** The tenant, as messages name it. */
  String where() {
    return " (tenant=" + tenant.name() + ")";
  }

  // ---- beginning

  /**
   * Begins the transaction that is due, if it has not begun.
   *
   * @param by the statement that it is due for
   */
  void begin(JdbcCall by) throws SQLException {
    if (open) {
      return;
    }
    results.detach(); // What is open stands on an older snapshot, from which SQLite cannot write.
    try {
      if (readOnly) {
        ForeignWait.untilFree(this::beginSnapshot, options.waitMax(), by::isOver);
      } else {
        beginWriting(by);
      }
    } catch (SqliteException e) {
      throw notBegun(e, by);
    }
    open = true;
    startClock();
  }

  private SQLException notBegun(SqliteException e, JdbcCall by) {
    SQLException ended = e.primaryCode() == SqliteException.INTERRUPT ? by.error(where(), e) : null;
    return ended == null ? SqlErrors.of(e, null, tenant.name()) : ended;
  }

  /** SQLite takes its snapshot at the first read, not at BEGIN. */
  private boolean beginSnapshot() throws SqliteException {
    sqlite.execute("BEGIN");
    try {
      sqlite.execute("SELECT 1 FROM sqlite_schema LIMIT 1");
      return true;
    } catch (SqliteException e) {
      sqlite.execute("ROLLBACK");
      throw e;
    }
  }

  private void beginWriting(JdbcCall by) throws SQLException, SqliteException {
    Turn taken = takeTurn(by);
    try {
      taken.begin(by::isOver);
    } catch (SqliteException | RuntimeException | Error e) {
      turn = null;
      taken.abandon();
      throw e;
    }
  }

  private Turn takeTurn(JdbcCall by) throws SQLException {
    try {
      Turn taken = tenant.writer().takeTurn(sqlite, by);
      turn = taken;
      return taken;
    } catch (SqliteException e) {
      throw SqlErrors.of(e, null, tenant.name());
    } catch (InterruptedQueryException e) {
      SQLException ended = by.error(where(), e);
      throw ended == null ? SqlErrors.of(e) : ended;
    }
  }

  /** Runs a statement that writes as a transaction of its own. */
  <T> T alone(JdbcCall by, Work<T> work) throws SQLException {
    results.detach(); // SQLite could not write under an open result of an older snapshot.
    Turn taken = takeTurn(by);
    T result;
    try {
      startClock();
      result = work.run();
    } catch (SQLException | RuntimeException | Error e) {
      turn = null;
      timed = false;
      endAfter(taken, e);
      throw e;
    }
    turn = null;
    timed = false;
    taken.countCommit();
    taken.end();
    return result;
  }

  /** A statement that failed may have kept rows: OR FAIL does. */
  private static void endAfter(Turn taken, Throwable failure) {
    try {
      taken.countCommit();
      taken.end();
    } catch (DoSQLException e) {
      failure.addSuppressed(e);
    }
  }

  /** Runs several statements as one transaction: the one that is open, or one of their own. */
  <T> T together(boolean writes, Work<T> work) throws SQLException {
    if (!autoCommit || !writes || readOnly) {
      return work.run();
    }
    results.detach();
    autoCommit = false;
    own = true;
    try {
      T result = work.run();
      commit();
      return result;
    } catch (SQLException | RuntimeException | Error e) {
      lost = null;
      if (open) {
        undo();
      }
      throw e;
    } finally {
      autoCommit = true;
      own = false;
    }
  }

  /**
   * Runs several statements, all or nothing, also within a transaction that goes on. Undoing them
   * there closes results, as going back to a savepoint does.
   */
  <T> T allOrNothing(JdbcCall by, boolean writes, Work<T> work) throws SQLException {
    if (autoCommit || !writes || readOnly) {
      return together(writes, work);
    }
    checkNotLost();
    begin(by);
    step("SAVEPOINT " + SCRIPT);
    try {
      T result = work.run();
      step("RELEASE " + SCRIPT);
      return result;
    } catch (SQLException | RuntimeException | Error e) {
      if (open) {
        undoScript(e);
      }
      throw e;
    }
  }

  private void undoScript(Throwable failure) {
    results.close();
    try {
      WriteStatements.step(sqlite, "ROLLBACK TO " + SCRIPT);
      WriteStatements.step(sqlite, "RELEASE " + SCRIPT);
    } catch (SqliteException e) {
      failure.addSuppressed(e);
      lose(" with a script that could not be undone alone: " + e.text(), e);
    }
  }

  private void step(String sql) throws SQLException {
    try {
      WriteStatements.step(sqlite, sql);
    } catch (SqliteException e) {
      throw SqlErrors.of(e, null, tenant.name());
    }
  }

  // ---- ending

  /** Whether SQLite has not ended it by itself; the driver has no call that tells. */
  boolean isStillOpen() {
    try {
      sqlite.execute("BEGIN");
      sqlite.execute("ROLLBACK");
      return false;
    } catch (SqliteException e) {
      return e.primaryCode() == SqliteException.ERROR;
    }
  }

  /** Ends it if SQLite has, for a reason that the next call is told. */
  void loseIfEnded(String reason, Throwable cause) {
    if (open && !isStillOpen()) {
      lose(reason, cause);
    }
  }

  /** Ends it for a reason that the next call is told. */
  void lose(String reason, Throwable cause) {
    lose(new TransactionEndedException("transaction ended" + reason + where(), cause));
  }

  /** Ends it, if one is open, for a reason that the next call is told. */
  void loseIfOpen(DoSQLException why) {
    if (open) {
      lose(": " + why.getMessage(), why);
    }
  }

  /** Ends it because it was open for too long, or the results outside one. */
  void expire() {
    if (open) {
      lose(overTime());
    } else {
      results.end(overTime());
    }
  }

  private void lose(DoSQLException why) {
    lost = why;
    undo();
  }

  /** Undoes the transaction, if SQLite has not, and gives the turn on. */
  private void undo() {
    Turn taken = turn;
    try {
      results.close();
      if (!sqlite.isClosed() && isStillOpen()) {
        WriteStatements.step(sqlite, "ROLLBACK");
      }
    } catch (SqliteException e) {
      discard(); // Which undoes it.
    } finally {
      over();
      if (taken != null) {
        taken.abandon();
      }
    }
  }

  private void over() {
    open = false;
    timed = false;
    turn = null;
  }

  /** Closes SQLite's connection, which keeps it from being lent again. */
  private void discard() {
    try {
      sqlite.close();
    } catch (SqliteException e) {
      lost = SqliteErrors.translate(e, null, 0, tenant.name());
    }
  }

  /** Commits; whatever goes wrong, no transaction is open afterwards. */
  void commit() throws SQLException {
    checkNoAutoCommit("commit");
    DoSQLException why = lost;
    if (why != null) {
      lost = null;
      throw lostError(why);
    }
    Turn taken = turn;
    if (taken == null) {
      if (open) {
        undo(); // A snapshot, in which nothing was changed.
      }
      return;
    }
    results.close();
    commit(taken);
  }

  private void commit(Turn taken) throws SQLException {
    try {
      taken.commit();
    } catch (SqliteException e) {
      undo();
      throw SqlErrors.of(e, null, tenant.name());
    } catch (CommitInDoubtException e) {
      discard();
      over();
      taken.abandon();
      throw e;
    }
    over();
    taken.end();
  }

  void rollback() throws SQLException {
    checkNoAutoCommit("rollback");
    lost = null;
    if (open) {
      undo();
    }
  }

  private void checkNoAutoCommit(String what) throws SQLException {
    if (autoCommit) {
      throw SqlErrors.wrongState(what + " with auto-commit on: each statement is its own");
    }
  }

  /** Runs a statement about a savepoint, which begins the transaction if need be. */
  void savepoint(JdbcCall by, String sql) throws SQLException {
    checkNoAutoCommit("savepoint");
    begin(by);
    if (sql.startsWith("ROLLBACK")) {
      results.close();
    }
    step(sql);
  }

  /** Ends what is open, uncommitted, and leaves the connection as it was lent. */
  void close() {
    results.close();
    if (open) {
      undo();
    }
    if (readOnly && !sqlite.isClosed()) {
      try {
        sqlite.execute("PRAGMA query_only=OFF");
      } catch (SqliteException e) {
        discard();
      }
    }
  }

  // ---- settings

  /** Switches; a transaction that is open is committed, as JDBC wants it. */
  void setAutoCommit(boolean wanted) throws SQLException {
    if (wanted != autoCommit) {
      if (wanted) {
        commit();
      }
      autoCommit = wanted;
    }
  }

  void setReadOnly(boolean wanted) throws SQLException {
    if (wanted == readOnly) {
      return;
    }
    if (open) {
      throw SqlErrors.wrongState("read-only cannot be set inside a transaction");
    }
    try {
      results.detach();
      sqlite.execute("PRAGMA query_only=" + (wanted ? "ON" : "OFF"));
      readOnly = wanted;
    } catch (SqliteException e) {
      throw SqlErrors.of(e, null, tenant.name());
    }
  }

  /** One or several statements. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws SQLException;
  }
}
