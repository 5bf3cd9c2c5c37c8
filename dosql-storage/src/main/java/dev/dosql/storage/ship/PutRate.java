package dev.dosql.storage.ship;

import java.util.concurrent.locks.LockSupport;

/**
 * How many objects may be put in a second. A put for which somebody waits goes at once; it counts
 * all the same, so that the others go later for it.
 *
 * <p>Safe for use by many threads.
 */
final class PutRate {
  private static final long SECOND_NANOS = 1_000_000_000;

  private final long nanosPerPut;

  /** When the next put may be, by {@link System#nanoTime}; a second's worth may come in a burst. */
  private long next = System.nanoTime() - SECOND_NANOS;

  PutRate(int perSecond) {
    this.nanosPerPut = SECOND_NANOS / perSecond;
  }

  /** Returns when one more may be put; at once if it is urgent, or this thread is interrupted. */
  void take(boolean urgent) {
    long due = reserve();
    long left = due - System.nanoTime();
    while (!urgent && left > 0 && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(this, left);
      left = due - System.nanoTime();
    }
  }

  private synchronized long reserve() {
    long now = System.nanoTime();
    next = Math.max(next, now - SECOND_NANOS) + nanosPerPut;
    return next;
  }
}
