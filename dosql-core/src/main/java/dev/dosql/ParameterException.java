package dev.dosql;

/**
 * The parameters of a call do not fit its SQL: a wrong count, a missing or unknown name, or a value
 * that cannot be stored exactly. Nothing was executed; if it is what the work of {@link DB#once}
 * returned, the work is undone.
 */
public final class ParameterException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public ParameterException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public ParameterException(String message, Throwable cause) {
    super(message, cause);
  }
}
