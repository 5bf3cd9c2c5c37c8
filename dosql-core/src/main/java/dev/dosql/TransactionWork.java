package dev.dosql;

import org.jspecify.annotations.Nullable;

/**
 * Work inside a transaction that returns a value.
 *
 * @param <T> what it returns
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface TransactionWork<T extends @Nullable Object, X extends Exception> {
  /**
   * Does the work.
   *
   * @param tx the transaction, which ends when this returns
   * @return what the transaction returns
   * @throws X to roll back
   */
  T run(Transaction tx) throws X;
}
