package dev.dosql;

/**
 * The handle or its {@link DoSQL} is closed, or was closed under a call that took too long to end.
 * What that call wrote is undone.
 */
public final class DatabaseClosedException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public DatabaseClosedException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public DatabaseClosedException(String message, Throwable cause) {
    super(message, cause);
  }
}
