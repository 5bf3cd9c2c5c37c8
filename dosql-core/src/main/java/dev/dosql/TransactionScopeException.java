package dev.dosql;

/**
 * A call would wait for itself: the tenant's own {@link DB} was used inside its transaction on the
 * same thread, where the {@link Transaction} is meant; or another tenant was written to inside a
 * transaction, which could deadlock with a caller that nests them the other way round. Nothing of
 * the call was executed, and the transaction goes on.
 */
public final class TransactionScopeException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public TransactionScopeException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public TransactionScopeException(String message, Throwable cause) {
    super(message, cause);
  }
}
