package dev.dosql;

/**
 * The calling thread was interrupted while a call waited or ran. The statement had no effect;
 * inside a transaction, an interrupted write ends the transaction. The thread's interrupt flag is
 * set.
 */
public final class InterruptedQueryException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public InterruptedQueryException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public InterruptedQueryException(String message, Throwable cause) {
    super(message, cause);
  }
}
