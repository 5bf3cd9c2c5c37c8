package dev.dosql.internal.jdbc;

import dev.dosql.DoSQLException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.LimitExceededException;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.function.Supplier;

/**
 * A tenant's {@code DataSource}: as lasting as a handle, since each connection opens the tenant if
 * it was evicted, and keeps it open until it is closed.
 *
 * <p>Safe for use by many threads.
 */
public final class TenantDataSource extends OneTenant {
  private final String tenant;

  /**
   * Makes one.
   *
   * @param tenant the tenant's name
   * @param acquire opens the tenant if need be, and pins it
   */
  public TenantDataSource(String tenant, Supplier<OpenTenant> acquire, JdbcOptions options) {
    super(() -> open(tenant, acquire, options));
    this.tenant = tenant;
  }

  private static Connection open(String tenant, Supplier<OpenTenant> acquire, JdbcOptions options)
      throws SQLException {
    OpenTenant open;
    try {
      open = acquire.get();
    } catch (DoSQLException e) {
      throw SqlErrors.of(e);
    }
    try {
      return connect(open, options);
    } catch (SQLException | RuntimeException | Error e) {
      open.unpin();
      throw e;
    }
  }

  private static Connection connect(OpenTenant open, JdbcOptions options) throws SQLException {
    ConnectionPool pool;
    try {
      pool =
          (ConnectionPool) open.bridge(opener -> new ConnectionPool(open.name(), opener, options));
    } catch (SqliteException e) {
      throw SqlErrors.of(SqliteErrors.translate(e, null, 0, open.name()));
    }
    Connection lease = borrow(open, pool, options);
    try {
      return new Session(open, pool, lease, options).connection().face();
    } catch (SQLException | RuntimeException | Error e) {
      lease.close();
      throw e;
    }
  }

  private static Connection borrow(OpenTenant open, ConnectionPool pool, JdbcOptions options)
      throws SQLException {
    try {
      return pool.borrow();
    } catch (SQLTransientConnectionException e) {
      throw noConnection(open, options, e);
    } catch (SQLException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw SqlErrors.of(
            new InterruptedQueryException(
                "interrupted while waiting for a connection (tenant=" + open.name() + ")", e));
      }
      throw e.getSQLState() == null ? SqlErrors.closed("tenant") : e; // HikariCP's own has none.
    }
  }

  private static SQLException noConnection(
      OpenTenant open, JdbcOptions options, SQLTransientConnectionException e) {
    if (e.getNextException() != null) {
      return e.getNextException(); // It could not be opened.
    }
    return SqlErrors.of(
        new LimitExceededException(
            "no connection came free: waited "
                + options.waitMax()
                + " (tenant="
                + open.name()
                + ", connectionsMax="
                + ConnectionPool.CONNECTIONS_MAX
                + ")",
            "connectionsMax",
            ConnectionPool.CONNECTIONS_MAX,
            ConnectionPool.CONNECTIONS_MAX + 1L));
  }

  @Override
  public String toString() {
    return "DataSource[" + tenant + "]";
  }
}
