package dev.dosql;

/**
 * A call asked for more than an option allows; the message names the option, its value and what was
 * seen.
 */
public final class LimitExceededException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public LimitExceededException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public LimitExceededException(String message, Throwable cause) {
    super(message, cause);
  }
}
