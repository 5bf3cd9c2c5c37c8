package dev.dosql;

import org.jspecify.annotations.Nullable;

/**
 * Work on one snapshot of a database.
 *
 * @param <T> what it returns
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface ReadWork<T extends @Nullable Object, X extends Exception> {
  /**
   * Does the work.
   *
   * @param reads the snapshot, which ends when this returns
   * @return what the read returns
   * @throws X to end it
   */
  T run(Reads reads) throws X;
}
