package dev.dosql;

import java.util.Iterator;
import java.util.stream.Stream;

/**
 * The rows of a query, one after the other: one snapshot of the database in constant memory.
 *
 * <p>It holds a reader connection of its tenant until it is exhausted or closed, so open it in a
 * try-with-resources; writes by others go on and are not seen.
 *
 * <p>When it is open for longer than {@link Limits#transactionTimeout()}, its connection is taken
 * back, and its next use is a {@link LimitExceededException}; when its tenant is closed under it, a
 * {@link DatabaseClosedException}. Neither looks like the end of the rows. After {@link #close}
 * there are no more rows.
 *
 * <p>Used by one thread at a time.
 *
 * @param <T> what each row becomes
 */
public interface RowStream<T> extends Iterator<T>, AutoCloseable {
  /**
   * The rest of the rows as a {@link Stream}. Closing that closes this.
   *
   * @return a sequential stream, in the order of the rows
   */
  Stream<T> stream();

  /** Ends the query and frees its connection. Does nothing the second time. */
  @Override
  void close();
}
