package dev.dosql.internal.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What HikariCP keeps and asks about: it changes no setting of a connection. */
abstract class PoolMember extends Faced<Connection> {
  PoolMember() {
    super(Connection.class);
  }

  @Override
  final @Nullable Session session() {
    return null;
  }

  public final <T> T unwrap(Class<T> type) throws SQLException {
    if (type == getClass()) {
      return type.cast(this);
    }
    throw SqlErrors.refused("connection of the pool is not for others");
  }

  public final boolean isWrapperFor(Class<?> type) {
    return type == getClass();
  }

  public final boolean getAutoCommit() {
    return true;
  }

  public final void setAutoCommit(boolean autoCommit) {}

  public final boolean isReadOnly() {
    return false;
  }

  public final void setReadOnly(boolean readOnly) {}

  public final int getTransactionIsolation() {
    return Connection.TRANSACTION_SERIALIZABLE;
  }

  public final int getNetworkTimeout() {
    return 0;
  }

  public final void setNetworkTimeout(Executor executor, int millis) {}

  public final void clearWarnings() {}

  public final @Nullable String getCatalog() {
    return null;
  }

  public final @Nullable String getSchema() {
    return null;
  }
}
