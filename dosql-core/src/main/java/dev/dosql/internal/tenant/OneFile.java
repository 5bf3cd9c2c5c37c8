package dev.dosql.internal.tenant;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.function.BooleanSupplier;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The least of a {@link DataSource}: a new connection each time, to one file. */
final class OneFile implements DataSource {
  private final Opener opener;
  private final BooleanSupplier ended;

  /**
   * Makes it.
   *
   * @param ended whether what runs on its connections is ended, by whoever closes the directory
   */
  OneFile(Opener opener, BooleanSupplier ended) {
    this.opener = opener;
    this.ended = ended;
  }

  /** Whether what runs on its connections is ended, so that it fails for no fault of its own. */
  boolean isEnded() {
    return ended.getAsBoolean();
  }

  @Override
  public Connection getConnection() throws SQLException {
    return opener.open();
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    return opener.open();
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(@Nullable PrintWriter out) {
    // There is nothing to log.
  }

  @Override
  public void setLoginTimeout(int seconds) {
    // A file needs no login.
  }

  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException("java.util.logging is not used");
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("wraps nothing: " + type.getName());
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }

  /** Opens a connection. */
  @FunctionalInterface
  interface Opener {
    /** Opens it. */
    Connection open() throws SQLException;
  }
}
