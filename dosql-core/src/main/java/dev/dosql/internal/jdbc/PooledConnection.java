package dev.dosql.internal.jdbc;

import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import java.sql.SQLException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One of SQLite's connections as the pool keeps it. The pool sees what it needs of JDBC to keep it;
 * statements do not pass through the pool.
 *
 * <p>Lent to one session at a time.
 */
final class PooledConnection extends PoolMember {
  private final SqliteConnection connection;
  private final Runnable onClose;
  private volatile @Nullable StatementRunner user;

  PooledConnection(SqliteConnection connection, Runnable onClose) throws SqliteException {
    this.connection = connection;
    this.onClose = onClose;
    connection.onProgress(this::isCancelled);
    connection.onCommit(this::commitBegins);
  }

  private boolean isCancelled() {
    StatementRunner runner = user;
    return runner != null && runner.isOver();
  }

  /** SQLite asks once more when a statement has committed, and would call it interrupted then. */
  private void commitBegins() {
    StatementRunner runner = user;
    if (runner != null) {
      runner.commitBegins();
    }
  }

  SqliteConnection connection() {
    return connection;
  }

  void lendTo(@Nullable StatementRunner runner) {
    user = runner;
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
}
