package dev.dosql;

/**
 * Work inside a transaction that returns nothing.
 *
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface TransactionAction<X extends Exception> {
  /**
   * Does the work.
   *
   * @param tx the transaction, which ends when this returns
   * @throws X to roll back
   */
  void run(Transaction tx) throws X;
}
