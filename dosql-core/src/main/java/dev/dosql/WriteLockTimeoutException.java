package dev.dosql;

/**
 * A write waited for the tenant's writer for longer than {@code writeLockTimeout}. Nothing of it
 * was executed.
 */
public final class WriteLockTimeoutException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public WriteLockTimeoutException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public WriteLockTimeoutException(String message, Throwable cause) {
    super(message, cause);
  }
}
