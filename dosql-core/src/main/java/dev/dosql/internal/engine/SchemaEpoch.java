package dev.dosql.internal.engine;

/**
 * The number of times that a tenant's schema has changed, doubled, and odd while it is changing.
 *
 * <p>SQLite prepares a statement anew by itself when the schema has changed under it, and its
 * columns may then be others. Whoever sees the same even number before and after a statement has
 * started knows that no change was committed in between, so what was noted of the columns at that
 * number still holds. Changed only by the thread that holds the writer; read by all.
 */
final class SchemaEpoch {
  private volatile long value;

  /** The number now. */
  long current() {
    return value;
  }

  /** A statement that may change the schema is about to run. */
  void changing() {
    if (value % 2 == 0) {
      value = value + 1;
    }
  }

  /** Whether such a statement has run since the last transaction ended. */
  boolean isChanging() {
    return value % 2 != 0;
  }

  /** The transaction of that statement has ended, one way or the other. */
  void settled() {
    if (value % 2 != 0) {
      value = value + 1;
    }
  }
}
