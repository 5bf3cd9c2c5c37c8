package dev.dosql;

/**
 * A handle was used after its transaction ended, or SQLite ended the transaction under it, as
 * {@code RAISE(ROLLBACK)}, {@code ON CONFLICT ROLLBACK} and an interrupted write do. Nothing of the
 * transaction is stored.
 */
public final class TransactionEndedException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public TransactionEndedException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public TransactionEndedException(String message, Throwable cause) {
    super(message, cause);
  }
}
