package dev.dosql.internal.jdbc;

import dev.dosql.internal.engine.Patience;
import dev.dosql.internal.sqlite.SqliteException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits until no foreign process holds a tenant's file; SQLite itself never waits.
 *
 * @param waitMax how long
 */
record ForeignFile(Duration waitMax) {
  /** How often the file is tried. */
  private static final long POLL_NANOS = 2_000_000;

  /**
   * Tries a step until it finds the file free.
   *
   * @throws SqliteException if it is not in time, or the step fails otherwise
   */
  <T> T untilFree(Step<T> step, Patience patience) throws SqliteException {
    long until = System.nanoTime() + waitMax.toNanos();
    while (true) {
      try {
        return step.run();
      } catch (SqliteException e) {
        if (e.primaryCode() != SqliteException.BUSY || System.nanoTime() - until >= 0) {
          throw e;
        }
        if (patience.isOver()) {
          throw new SqliteException(SqliteException.INTERRUPT, "interrupted", e);
        }
        LockSupport.parkNanos(this, POLL_NANOS);
      }
    }
  }

  /** Something that SQLite does. */
  @FunctionalInterface
  interface Step<T> {
    T run() throws SqliteException;
  }
}
