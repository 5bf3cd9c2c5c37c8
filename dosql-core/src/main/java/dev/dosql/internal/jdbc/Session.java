package dev.dosql.internal.jdbc;

import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time from getting a connection to closing it, for which the tenant is pinned and a connection
 * of its pool is lent. Its transaction and its statements are rooms of their own.
 *
 * <p>Everything but cancelling is done under its lock, which is held for one call of JDBC; so what
 * expires a transaction never meets a statement. Safe for use by many threads, one after the other.
 *
 * <p>After a commit of the tenant that is in doubt the tenant is opened again, and what was lent is
 * given back at once, or the tenant would wait for it; the user is told at the next call.
 */
final class Session {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.jdbc");

  private final ReentrantLock lock = new ReentrantLock();
  private final OpenTenant tenant;
  private final ConnectionPool pool;
  private final Connection lease;
  private final PooledConnection pooled;
  private final SqliteConnection sqlite;
  private final JdbcOptions options;
  private final JdbcConnection connection;
  private final OpenResults results = new OpenResults();
  private final SessionTransaction transaction;
  private final StatementRunner runner;
  private volatile boolean closed;
  private volatile @Nullable Thread user;
  private boolean givenBack;

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
    this.transaction = new SessionTransaction(tenant, sqlite, options, results);
    this.runner = new StatementRunner(tenant, sqlite, options, transaction, results);
    pooled.lendTo(runner);
    pool.begun(this);
  }

  JdbcConnection connection() {
    return connection;
  }

  JdbcOptions options() {
    return options;
  }

  String tenantName() {
    return tenant.name();
  }

  SqliteConnection sqlite() {
    return sqlite;
  }

  OpenResults results() {
    return results;
  }

  SessionTransaction transaction() {
    return transaction;
  }

  StatementRunner runner() {
    return runner;
  }

  /** Takes the lock for a call. */
  void enter() {
    lock.lock();
    user = Thread.currentThread();
    transaction.useBy(Thread.currentThread());
  }

  /** Lets go of it. */
  void exit() {
    try {
      if (tenant.hasFailed()) {
        giveBackQuietly();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether the thread that asks used it last and is in the middle of something: within a call, in
   * a transaction or a snapshot, or before the end of a result.
   */
  boolean isUsedByThisThread() {
    return lock.isHeldByCurrentThread() || user == Thread.currentThread() && isInTheMiddle();
  }

  private boolean isInTheMiddle() {
    lock.lock(); // What expires a transaction may have it for a moment.
    try {
      return !closed && !givenBack && (transaction.isOpen() || !results.isEmpty());
    } finally {
      lock.unlock();
    }
  }

  void checkOpen() throws SQLException {
    if (closed) {
      throw SqlErrors.closed("connection");
    }
    if (givenBack || tenant.hasFailed()) {
      throw SqlErrors.reopening(tenant.name());
    }
  }

  /** Checks also that its transaction has not ended without the user's knowing. */
  void checkUsable() throws SQLException {
    checkOpen();
    transaction.checkNotLost();
  }

  boolean isClosed() {
    return closed;
  }

  /** Whether it may be used for another statement. */
  boolean isValid() {
    return !closed && !givenBack && !sqlite.isClosed() && !tenant.hasFailed();
  }

  SQLException error(SqliteException e) {
    return SqlErrors.of(e, null, tenant.name());
  }

  /** Ends a transaction, a snapshot or a result that has been open for too long. */
  void expire(long nowNanos) {
    if (!lock.tryLock()) {
      return; // A call is under way, and what it runs is ended by SQLite's own question.
    }
    try {
      if (!closed && !givenBack && transaction.isOverTime(nowNanos)) {
        transaction.expire();
      }
    } finally {
      exit();
    }
  }

  /** Gives the connection back; what was not committed is undone. */
  void close() throws SQLException {
    closed = true;
    giveBack();
  }

  private void giveBack() throws SQLException {
    if (givenBack) {
      return;
    }
    givenBack = true;
    try {
      transaction.close();
    } finally {
      pooled.lendTo(null);
      try {
        pool.giveBack(this, lease, !sqlite.isClosed() && !tenant.hasFailed());
      } finally {
        tenant.unpin();
      }
    }
  }

  /** For nobody who could be told. */
  private void giveBackQuietly() {
    try {
      giveBack();
    } catch (SQLException | RuntimeException e) {
      log.warn("connection was not given back cleanly (tenant={})", tenant.name(), e);
    }
  }
}
