package dev.dosql;

/** A query that may have at most one row had more. If it wrote, that is undone. */
public final class TooManyRowsException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public TooManyRowsException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public TooManyRowsException(String message, Throwable cause) {
    super(message, cause);
  }
}
