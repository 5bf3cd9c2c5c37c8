package dev.dosql.internal.jdbc;

import dev.dosql.CommitInDoubtException;
import dev.dosql.DoSQLException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.LimitExceededException;
import dev.dosql.QueryTimeoutException;
import dev.dosql.ReadOnlyException;
import dev.dosql.TransactionEndedException;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.engine.Outcome;
import dev.dosql.internal.engine.StatementWatch;
import dev.dosql.internal.engine.WriteStatements;
import dev.dosql.internal.engine.Writer.Turn;
import dev.dosql.internal.events.QueryEvent;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.internal.values.StoredRow;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The time from getting a connection to closing it: which transaction it is in, and whose turn to
 * write it has.
 *
 * <pre>
 *   idle ──first statement──► in a transaction, with the turn ──commit, rollback, close──► idle
 *     │                        in a snapshot, if read-only          (the turn is given on)
 *     │                                  └──over time, ended by SQLite──► lost ──rollback──► idle
 *     └─ with auto-commit: a statement that writes has the turn while it runs
 * </pre>
 *
 * <p>Everything but cancelling is done under its lock, which is held for one call of JDBC; so what
 * expires a transaction never meets a statement. Safe for use by many threads, one after the other.
 */
final class Session {
  /** How often a file is tried that a foreign process holds. */
  private static final long FOREIGN_POLL_NANOS = 2_000_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final OpenTenant tenant;
  private final ConnectionPool pool;
  private final Connection lease;
  private final PooledConnection pooled;
  private final SqliteConnection sqlite;
  private final JdbcOptions options;
  private final JdbcConnection connection;
  private final Set<JdbcResultSet> live = new HashSet<>();

  private volatile boolean closed;
  private boolean usable = true;
  private boolean autoCommit = true;
  private boolean ownTransaction;
  private boolean readOnly;
  private boolean inTransaction;
  private @Nullable Turn turn;
  private @Nullable DoSQLException lost;

  private long deadline;
  private long queryDeadline;
  private long queryNanos;
  private boolean queryLimited;
  private boolean watching;
  private Thread thread = Thread.currentThread();
  private @Nullable Ending ending;
  private volatile @Nullable JdbcStatement running;
  private volatile boolean cancelled;

  /** Begins with a connection that was borrowed; the tenant is pinned. */
  Session(OpenTenant tenant, ConnectionPool pool, Connection lease, JdbcOptions options)
      throws SQLException {
    this.tenant = tenant;
    this.pool = pool;
    this.lease = lease;
    this.options = options;
    this.pooled = lease.unwrap(PooledConnection.class);
    this.sqlite = pooled.connection();
    this.connection = new JdbcConnection(this);
    pooled.lendTo(this);
    pool.begun(this);
  }

  JdbcConnection connection() {
    return connection;
  }

  JdbcOptions options() {
    return options;
  }

  SqliteConnection sqlite() {
    return sqlite;
  }

  /** Takes the lock for a call. */
  void enter() {
    lock.lock();
    thread = Thread.currentThread();
    Turn taken = turn;
    if (taken != null) {
      taken.useBy(thread);
    }
  }

  /** Lets go of it. */
  void exit() {
    lock.unlock();
  }

  void checkOpen() throws SQLException {
    if (closed) {
      throw SqlErrors.closed("connection");
    }
  }

  boolean isClosed() {
    return closed;
  }

  boolean autoCommit() {
    return autoCommit;
  }

  boolean readOnly() {
    return readOnly;
  }

  /** Whether SQLite is to end what runs; called by SQLite, within the call that runs it. */
  boolean isCancelled() {
    if (!watching) {
      return false;
    }
    long now = System.nanoTime();
    if (cancelled) {
      ending = Ending.CANCELLED;
    } else if (thread.isInterrupted()) {
      ending = Ending.INTERRUPTED;
    } else if (queryLimited && now - queryDeadline >= 0) {
      ending = Ending.QUERY_TIMEOUT;
    } else if (now - deadline >= 0) {
      ending = Ending.OVER_TIME;
    }
    return ending != null;
  }

  void commitBegins() {
    watching = false;
  }

  /** Ends a statement if it is running; takes no lock. */
  void cancel(JdbcStatement statement) {
    if (running == statement) {
      cancelled = true;
    }
  }

  /** Ends whatever is running; takes no lock. */
  void cancelAll() {
    cancelled = true;
  }

  // ---- statements

  static boolean writes(ParsedSql parsed) {
    return switch (parsed.verb()) {
      case INSERT, UPDATE, DELETE, SCHEMA -> true;
      default -> false;
    };
  }

  /** Whether a statement has rows, by the newest schema. */
  boolean hasRows(ParsedSql parsed) throws SQLException {
    try {
      return untilFree(() -> hasRows(parsed.sqlForSqlite()));
    } catch (SqliteException e) {
      throw error(e, parsed);
    }
  }

  private boolean hasRows(String sql) throws SqliteException {
    SqliteStatement statement = sqlite.prepare(sql);
    try {
      return statement.count() > 0;
    } finally {
      statement.release();
    }
  }

  /** Runs a statement, in the transaction that is open or is to be, or as one of its own. */
  Result execute(JdbcStatement by, ParsedSql parsed, Bound bound, Keys keys) throws SQLException {
    checkUsable();
    checkCount(bound);
    boolean writes = writes(parsed);
    if (writes && readOnly) {
      throw SqlErrors.of(new ReadOnlyException("write refused: connection is read-only" + where()));
    }
    if (!autoCommit) {
      begin();
      return writes ? written(by, parsed, bound, keys) : read(by, parsed, bound);
    }
    if (live.isEmpty()) {
      startClock();
    }
    return writes ? alone(by, parsed, bound, keys) : read(by, parsed, bound);
  }

  private void checkCount(Bound bound) throws SQLException {
    try {
      options.binder().checkCount(bound.values().length);
    } catch (LimitExceededException e) {
      throw SqlErrors.of(e);
    }
  }

  private Result read(JdbcStatement by, ParsedSql parsed, Bound bound) throws SQLException {
    return limited(
        by,
        parsed,
        () -> {
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
              live.add(rows);
            }
            return statement.count() == 0 ? Result.of(0) : Result.of(rows);
          } finally {
            if (!onRow) {
              statement.release();
            }
            tenant.watch().end(event, since, sqlite, bound.sql(), false, started);
          }
        });
  }

  /** A write with auto-commit. SQLite could not write under an open result of an older snapshot. */
  private Result alone(JdbcStatement by, ParsedSql parsed, Bound bound, Keys keys)
      throws SQLException {
    detachLive();
    Turn taken = takeTurn();
    Result result;
    try {
      startClock();
      result = written(by, parsed, bound, keys);
    } catch (SQLException | RuntimeException | Error e) {
      turn = null;
      endAfter(taken, e);
      throw e;
    }
    turn = null;
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

  private Turn takeTurn() throws SQLException {
    try {
      Turn taken = tenant.writer().takeTurn(sqlite);
      turn = taken;
      return taken;
    } catch (SqliteException e) {
      throw error(e, null);
    }
  }

  private Result written(JdbcStatement by, ParsedSql parsed, Bound bound, Keys keys)
      throws SQLException {
    Turn taken = turn;
    if (taken == null) {
      throw new IllegalStateException("write without the turn");
    }
    if (parsed.changesSchema()) {
      taken.schemaChanging();
    }
    return limited(by, parsed, () -> write(taken, by, parsed, bound, keys));
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

  /** Runs a step of SQLite's within the limits of its statement. */
  <T> T limited(JdbcStatement by, ParsedSql parsed, Step<T> step) throws SQLException {
    long timeout = by.queryTimeoutNanos();
    queryLimited = timeout > 0;
    queryNanos = timeout;
    queryDeadline = System.nanoTime() + timeout;
    ending = null;
    cancelled = false;
    running = by;
    watching = true;
    try {
      return untilFree(step);
    } catch (SqliteException e) {
      throw failed(e, parsed);
    } catch (RuntimeException | Error e) {
      loseIfEnded(e);
      throw e;
    } finally {
      watching = false;
      running = null;
    }
  }

  /** A result that is too large is ended inside SQLite, and the transaction with it. */
  private void loseIfEnded(Throwable e) {
    watching = false;
    if (inTransaction && !isStillInTransaction()) {
      lose(new TransactionEndedException("transaction ended: " + e.getMessage() + where(), e));
    }
  }

  /** Tries until no foreign process holds the file; SQLite itself never waits. */
  private <T> T untilFree(Step<T> step) throws SqliteException {
    long until = System.nanoTime() + options.waitMax().toNanos();
    while (true) {
      try {
        return step.run();
      } catch (SqliteException e) {
        if (e.primaryCode() != SqliteException.BUSY || System.nanoTime() - until >= 0) {
          throw e;
        }
        if (Thread.currentThread().isInterrupted()) {
          throw new SqliteException(SqliteException.INTERRUPT, "interrupted", e);
        }
        LockSupport.parkNanos(this, FOREIGN_POLL_NANOS);
      }
    }
  }

  /** The error of a statement; notes whether the transaction has ended with it. */
  private SQLException failed(SqliteException e, ParsedSql parsed) {
    Turn taken = turn;
    if (taken != null && !inTransaction && e.primaryCode() == SqliteException.IOERR) {
      usable = false;
      taken.failed(e);
    }
    SQLException failure = ended(e, parsed);
    // An interrupted write may be done or undone, and SQLite does not tell which.
    boolean half = e.primaryCode() == SqliteException.INTERRUPT && writes(parsed);
    if (inTransaction && (half || ending == Ending.OVER_TIME || !isStillInTransaction())) {
      lose(
          ending == Ending.OVER_TIME
              ? overTime()
              : new TransactionEndedException(
                  "transaction ended with a statement that failed: " + e.text() + where(), e));
    }
    return failure;
  }

  private SQLException ended(SqliteException e, ParsedSql parsed) {
    if (e.primaryCode() != SqliteException.INTERRUPT || ending == null) {
      return error(e, parsed);
    }
    Duration allowed = Duration.ofNanos(queryNanos);
    return switch (ending) {
      case OVER_TIME -> SqlErrors.overTime(overTime());
      case QUERY_TIMEOUT ->
          SqlErrors.queryTimeout(
              new QueryTimeoutException(
                  "statement ended: ran for longer than its query timeout of " + allowed + where(),
                  allowed,
                  allowed.plusNanos(System.nanoTime() - queryDeadline),
                  e));
      case CANCELLED ->
          SqlErrors.of(new InterruptedQueryException("statement was cancelled" + where(), e));
      case INTERRUPTED -> error(e, parsed);
    };
  }

  private SQLException error(SqliteException e, @Nullable ParsedSql parsed) {
    String sql = parsed == null ? null : parsed.sql();
    int line = parsed == null ? 0 : parsed.line();
    return SqlErrors.of(SqliteErrors.translate(e, sql, line, tenant.name()), e.code());
  }

  SQLException error(SqliteException e) {
    return error(e, null);
  }

  private String where() {
    return " (tenant=" + tenant.name() + ")";
  }

  // ---- open results

  /** Forgets a result that needs SQLite no more. */
  void finished(JdbcResultSet rows) {
    live.remove(rows);
  }

  private void detachLive() throws SQLException {
    for (JdbcResultSet rows : Set.copyOf(live)) {
      rows.detach();
    }
  }

  private void closeLive() {
    Set.copyOf(live).forEach(JdbcResultSet::close);
  }

  // ---- transactions

  private void startClock() {
    deadline = System.nanoTime() + options.transactionTimeout().toNanos();
  }

  private LimitExceededException overTime() {
    Duration allowed = options.transactionTimeout();
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

  void checkUsable() throws SQLException {
    checkOpen();
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

  /** Begins the transaction that is due, if it has not begun. */
  private void begin() throws SQLException {
    if (inTransaction) {
      return;
    }
    detachLive(); // What is open stands on an older snapshot, from which SQLite could not write.
    try {
      if (readOnly) {
        untilFree(this::beginSnapshot);
      } else {
        beginWriting();
      }
    } catch (SqliteException e) {
      throw error(e, null);
    }
    inTransaction = true;
    startClock();
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

  private void beginWriting() throws SQLException, SqliteException {
    Turn taken = takeTurn();
    try {
      taken.begin(Thread.currentThread()::isInterrupted);
    } catch (SqliteException | RuntimeException | Error e) {
      turn = null;
      taken.abandon();
      throw e;
    }
  }

  private boolean isStillInTransaction() {
    try {
      sqlite.execute("BEGIN");
      sqlite.execute("ROLLBACK");
      return false;
    } catch (SqliteException e) {
      return e.primaryCode() == SqliteException.ERROR;
    }
  }

  /** Ends the transaction for a reason that the next call is told. */
  private void lose(DoSQLException why) {
    lost = why;
    undo();
  }

  /** Undoes the transaction, if SQLite has not, and gives the turn on. */
  private void undo() {
    Turn taken = turn;
    try {
      closeLive();
      if (!sqlite.isClosed() && isStillInTransaction()) {
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
    inTransaction = false;
    turn = null;
  }

  /** Closes SQLite's connection, and keeps it from being lent again. */
  private void discard() {
    usable = false;
    try {
      sqlite.close();
    } catch (SqliteException e) {
      lost = SqliteErrors.translate(e, null, 0, tenant.name());
    }
  }

  /** Commits; whatever goes wrong, no transaction is open afterwards. */
  void commit() throws SQLException {
    checkOpen();
    checkNoAutoCommit("commit");
    DoSQLException why = lost;
    if (why != null) {
      lost = null;
      throw lostError(why);
    }
    Turn taken = turn;
    if (taken == null) {
      if (inTransaction) {
        undo(); // A snapshot, in which nothing was changed.
      }
      return;
    }
    closeLive();
    commit(taken);
  }

  private void commit(Turn taken) throws SQLException {
    try {
      taken.commit();
    } catch (SqliteException e) {
      undo();
      throw error(e, null);
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
    checkOpen();
    checkNoAutoCommit("rollback");
    lost = null;
    if (inTransaction) {
      undo();
    }
  }

  private void checkNoAutoCommit(String what) throws SQLException {
    if (autoCommit) {
      throw SqlErrors.wrongState(what + " with auto-commit on: each statement is its own");
    }
  }

  /** Switches; a transaction that is open is committed, as JDBC wants it. */
  void setAutoCommit(boolean wanted) throws SQLException {
    checkOpen();
    if (wanted != autoCommit) {
      if (wanted) {
        commit();
      }
      autoCommit = wanted;
    }
  }

  void setReadOnly(boolean wanted) throws SQLException {
    checkUsable();
    if (wanted == readOnly) {
      return;
    }
    if (inTransaction) {
      throw SqlErrors.wrongState("read-only cannot be set inside a transaction");
    }
    try {
      detachLive();
      sqlite.execute("PRAGMA query_only=" + (wanted ? "ON" : "OFF"));
      readOnly = wanted;
    } catch (SqliteException e) {
      throw error(e, null);
    }
  }

  /** Runs several statements as one transaction: the one that is open, or one of their own. */
  <T> T together(boolean writes, Work<T> work) throws SQLException {
    if (!autoCommit || !writes || readOnly) {
      return work.run();
    }
    detachLive();
    autoCommit = false;
    ownTransaction = true;
    try {
      T result = work.run();
      commit();
      return result;
    } catch (SQLException | RuntimeException | Error e) {
      lost = null;
      if (inTransaction) {
        undo();
      }
      throw e;
    } finally {
      autoCommit = true;
      ownTransaction = false;
    }
  }

  /** Whether the transaction is one that {@link #together} ends. */
  boolean isOwnTransaction() {
    return ownTransaction;
  }

  /** Runs a statement about a savepoint, which begins the transaction if need be. */
  void savepoint(String sql) throws SQLException {
    checkUsable();
    checkNoAutoCommit("savepoint");
    begin();
    try {
      if (sql.startsWith("ROLLBACK")) {
        closeLive();
      }
      WriteStatements.step(sqlite, sql);
    } catch (SqliteException e) {
      throw error(e, null);
    }
  }

  // ---- the end

  /** Ends a transaction, a snapshot or a result that has been open for too long. */
  void expire(long nowNanos) {
    if (!lock.tryLock()) {
      return; // A call is under way, and what it runs is ended by SQLite's own question.
    }
    try {
      if (closed || nowNanos - deadline < 0) {
        return;
      }
      if (inTransaction) {
        lose(overTime());
      } else {
        Set.copyOf(live).forEach(rows -> rows.end(overTime()));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives the connection back; what was not committed is undone. */
  void close() throws SQLException {
    if (closed) {
      return;
    }
    closed = true;
    try {
      closeLive();
      if (inTransaction) {
        undo();
      }
      reset();
    } finally {
      pooled.lendTo(null);
      try {
        pool.giveBack(this, lease, usable && !sqlite.isClosed());
      } finally {
        tenant.unpin();
      }
    }
  }

  private void reset() {
    if (readOnly && !sqlite.isClosed()) {
      try {
        sqlite.execute("PRAGMA query_only=OFF");
      } catch (SqliteException e) {
        discard();
      }
    }
  }

  /** Whether it may be used for another statement. */
  boolean isValid() {
    return !closed && !sqlite.isClosed();
  }

  /** Why SQLite was told to end a statement. */
  private enum Ending {
    CANCELLED,
    INTERRUPTED,
    QUERY_TIMEOUT,
    OVER_TIME
  }

  /** Something that SQLite does. */
  @FunctionalInterface
  interface Step<T> {
    T run() throws SqliteException;
  }

  /** Several statements. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws SQLException;
  }
}
