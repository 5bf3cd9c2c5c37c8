package dev.dosql.storage.ship;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * How many objects may be put in a second. A put for which somebody waits goes at once; it counts
 * all the same, so that the others go later for it, but never by more than a second.
 *
 * <p>Safe for use by many threads.
 */
final class PutRate {
  private static final long SECOND_NANOS = 1_000_000_000;

  /** Between two looks whether the wait is to end. */
  private static final long STEP_NANOS = 20_000_000;

  private final long nanosPerPut;

  /** When the next put may be, by {@link System#nanoTime}; a second's worth may come in a burst. */
  private long next = System.nanoTime() - SECOND_NANOS;

  PutRate(int perSecond) {
    this.nanosPerPut = SECOND_NANOS / perSecond;
  }

  /** Returns when one more may be put, or as soon as the put is urgent. */
  void take(BooleanSupplier urgent) {
    long due = reserve(urgent.getAsBoolean());
    long left = due - System.nanoTime();
    while (left > 0 && !urgent.getAsBoolean() && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(this, Math.min(left, STEP_NANOS));
      left = due - System.nanoTime();
    }
  }

  private synchronized long reserve(boolean urgent) {
    long now = System.nanoTime();
    next = Math.max(next, now - SECOND_NANOS) + nanosPerPut;
    if (urgent) {
      next = Math.min(next, now + SECOND_NANOS);
    }
    return next;
  }
}
