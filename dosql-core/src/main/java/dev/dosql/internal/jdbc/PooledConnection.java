package dev.dosql.internal.jdbc;

import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One of SQLite's connections as the pool keeps it. The pool sees what it needs of JDBC to keep it;
 * statements do not pass through the pool.
 *
 * <p>Lent to one session at a time.
 */
final class PooledConnection extends Faced<Connection> {
  private final SqliteConnection connection;
  private final Runnable onClose;
  private volatile @Nullable Statements user;

  PooledConnection(SqliteConnection connection, Runnable onClose) throws SqliteException {
    super(Connection.class);
    this.connection = connection;
    this.onClose = onClose;
    connection.onProgress(this::isCancelled);
    connection.onCommit(this::commitBegins);
  }

  private boolean isCancelled() {
    Statements statements = user;
    return statements != null && statements.isOver();
  }

  /** SQLite asks once more when a statement has committed, and would call it interrupted then. */
  private void commitBegins() {
    Statements statements = user;
    if (statements != null) {
      statements.commitBegins();
    }
  }

  SqliteConnection connection() {
    return connection;
  }

  void lendTo(@Nullable Statements statements) {
    user = statements;
  }

  @Override
  @Nullable Session session() {
    return null;
  }

  public <T> T unwrap(Class<T> type) throws SQLException {
    if (type == PooledConnection.class) {
      return type.cast(this);
    }
    throw SqlErrors.refused("connection of the pool is not for others");
  }

  public boolean isWrapperFor(Class<?> type) {
    return type == PooledConnection.class;
  }

  public boolean isValid(int timeoutSeconds) {
    return !connection.isClosed();
  }

  public boolean isClosed() {
    return connection.isClosed();
  }

  public void close() throws SQLException {
    try {
      connection.close();
    } catch (SqliteException e) {
      throw new SQLException("connection did not close: " + e.text(), SqlErrors.CLOSED, e);
    } finally {
      onClose.run();
    }
  }

  /** By force, while it is lent. */
  public void abort(Executor executor) throws SQLException {
    connection.interrupt();
    close();
  }

  public boolean getAutoCommit() {
    return true;
  }

  public void setAutoCommit(boolean autoCommit) {}

  public boolean isReadOnly() {
    return false;
  }

  public void setReadOnly(boolean readOnly) {}

  public int getTransactionIsolation() {
    return Connection.TRANSACTION_SERIALIZABLE;
  }

  public int getNetworkTimeout() {
    return 0;
  }

  public void setNetworkTimeout(Executor executor, int millis) {}

  public void clearWarnings() {}

  public @Nullable String getCatalog() {
    return null;
  }

  public @Nullable String getSchema() {
    return null;
  }
}
