package dev.dosql.internal.jdbc;

import dev.dosql.internal.sqlite.SqliteException;

/**
 * Stands in the pool for a connection that could not be opened, and brings the failure to whoever
 * waits for one: HikariCP itself would try again until their patience ends.
 *
 * <p>Immutable; safe for use by many threads.
 */
final class FailedConnection extends PoolMember {
  private final SqliteException failure;
  private final long madeNanos = System.nanoTime();

  FailedConnection(SqliteException failure) {
    this.failure = failure;
  }

  /** Why it could not be opened. */
  SqliteException failure() {
    return failure;
  }

  /** Whether it was tried since then, by {@link System#nanoTime}. */
  boolean isSince(long nanos) {
    return madeNanos - nanos >= 0;
  }

  /** Never, so that HikariCP drops one that nobody has waited for. */
  public boolean isValid(int timeoutSeconds) {
    return false;
  }

  public boolean isClosed() {
    return false;
  }

  public void close() {}
}
