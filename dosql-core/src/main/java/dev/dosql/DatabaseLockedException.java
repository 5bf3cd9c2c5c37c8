package dev.dosql;

/**
 * The directory or a tenant's file is held by somebody else, who is named where known. Nothing was
 * changed.
 */
public final class DatabaseLockedException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public DatabaseLockedException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public DatabaseLockedException(String message, Throwable cause) {
    super(message, cause);
  }
}
