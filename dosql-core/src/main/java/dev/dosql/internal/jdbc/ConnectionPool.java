package dev.dosql.internal.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one open tenant that speak JDBC, kept by HikariCP.
 *
 * <p>All pools of the process share one thread, which is there only while there is a pool. The two
 * that HikariCP starts to open and close connections end by themselves after five seconds.
 *
 * <p>Safe for use by many threads.
 */
final class ConnectionPool implements OpenTenant.Bridge {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.jdbc");

  /** Connections of a tenant at once; whoever wants one more waits. */
  static final int CONNECTIONS_MAX = 10;

  /** How long a connection is kept that nobody uses; HikariCP takes no less than ten seconds. */
  private static final long IDLE_MILLIS = 30_000;

  /** HikariCP takes no less. */
  private static final long WAIT_MILLIS_MIN = 250;

  private static final long SCHEDULER_IDLE_SECONDS = 5;

  private static final ScheduledExecutorService SCHEDULER = scheduler();

  private final HikariDataSource pool;
  private final OpenTenant.Connections opener;
  private final JdbcOptions options;
  private final String tenant;
  private final Set<PooledConnection> connections = ConcurrentHashMap.newKeySet();
  private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  ConnectionPool(String tenant, OpenTenant.Connections opener, JdbcOptions options) {
    this.tenant = tenant;
    this.opener = opener;
    this.options = options;
    this.pool = ForgettablePool.create(() -> new HikariDataSource(config()));
  }

  private static ScheduledExecutorService scheduler() {
    ScheduledThreadPoolExecutor scheduler =
        new ScheduledThreadPoolExecutor(1, work -> daemon(work, "dosql-pools"));
    scheduler.setRemoveOnCancelPolicy(true); // Or a closed pool would stay in memory.
    scheduler.setKeepAliveTime(SCHEDULER_IDLE_SECONDS, TimeUnit.SECONDS);
    scheduler.allowCoreThreadTimeOut(true);
    return scheduler;
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  private HikariConfig config() {
    HikariConfig config = new HikariConfig();
    config.setPoolName("dosql-" + tenant);
    config.setDataSource(new OneTenant(this::open));
    config.setMaximumPoolSize(CONNECTIONS_MAX);
    config.setMinimumIdle(0);
    config.setInitializationFailTimeout(-1);
    config.setIdleTimeout(IDLE_MILLIS);
    config.setMaxLifetime(0);
    config.setKeepaliveTime(0);
    config.setConnectionTimeout(Math.max(WAIT_MILLIS_MIN, options.waitMax().toMillis()));
    config.setScheduledExecutor(SCHEDULER);
    config.setThreadFactory(work -> daemon(work, "dosql-pool-" + tenant));
    return config;
  }

  /**
   * Opens a connection; HikariCP tries again for as long as somebody waits, but only where another
   * process may let go of the file meanwhile.
   */
  private Connection open() throws SQLException {
    try {
      SqliteConnection opened = opener.open();
      PooledConnection pooled = pooled(opened);
      connections.add(pooled);
      if (closed) {
        pooled.close();
        throw SqlErrors.closed("tenant");
      }
      return pooled.face();
    } catch (SqliteException e) {
      if (e.primaryCode() == SqliteException.BUSY) {
        throw SqlErrors.of(e, null, tenant);
      }
      return new FailedConnection(e).face();
    }
  }

  private PooledConnection pooled(SqliteConnection opened) throws SqliteException {
    try {
      PooledConnection[] self = new PooledConnection[1];
      self[0] = new PooledConnection(opened, () -> connections.remove(self[0]));
      return self[0];
    } catch (SqliteException e) {
      opened.close();
      throw e;
    }
  }

  /** Borrows a connection of the pool; it is given back with {@link #giveBack}. */
  Connection borrow() throws SQLException {
    while (true) {
      long since = System.nanoTime();
      Connection lease = pool.getConnection();
      if (!lease.isWrapperFor(FailedConnection.class)) {
        return lease;
      }
      FailedConnection failed = lease.unwrap(FailedConnection.class);
      pool.evictConnection(lease);
      lease.close();
      if (failed.isSince(since)) { // Or it was tried for somebody who has gone.
        throw SqlErrors.of(failed.failure().again(), null, tenant);
      }
    }
  }

  /** Says that a session has begun. */
  void begun(Session session) {
    sessions.add(session);
  }

  /**
   * Takes a connection back.
   *
   * @param usable whether another may have it
   */
  void giveBack(Session session, Connection lease, boolean usable) throws SQLException {
    sessions.remove(session);
    if (!usable) {
      pool.evictConnection(lease);
    }
    lease.close();
  }

  @Override
  public void expire(long nowNanos) {
    sessions.forEach(session -> session.expire(nowNanos));
  }

  @Override
  public boolean isUsedByThisThread() {
    return sessions.stream().anyMatch(Session::isUsedByThisThread);
  }

  /** First those that are lent, so that HikariCP need not wait for anybody. */
  @Override
  public void close() {
    closed = true;
    for (PooledConnection each : connections) {
      try {
        each.abort(Runnable::run);
      } catch (SQLException e) {
        log.warn("connection did not close cleanly (tenant={})", tenant, e);
      }
    }
    pool.close();
  }
}
