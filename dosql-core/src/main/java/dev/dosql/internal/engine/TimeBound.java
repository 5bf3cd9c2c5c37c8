package dev.dosql.internal.engine;

import dev.dosql.LimitExceededException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What somebody holds of a tenant for a limited time: a transaction, a snapshot, a stream.
 *
 * <p>Its holder enters it for each use. When the time is up between two uses, what is held is taken
 * back by another thread, and the next use is an error; a use that runs then is asked to end.
 *
 * <p>Entered by its holder, expired by the instance's own thread.
 */
public final class TimeBound {
  private final ReentrantLock lock = new ReentrantLock();
  private final long sinceNanos = System.nanoTime();
  private final String what;
  private final Duration limit;
  private final String tenant;
  private final Held held;
  private boolean over;
  private volatile boolean expired;
  private volatile boolean overdue;

  /**
   * Starts its time.
   *
   * @param what the word for what is held, for the error
   * @param limit how long it may be held
   * @param held gives it back
   */
  public TimeBound(String what, Duration limit, String tenant, Held held) {
    this.what = what;
    this.limit = limit;
    this.tenant = tenant;
    this.held = held;
  }

  /**
   * Begins a use; {@link #exit} ends it, unless this throws.
   *
   * @throws LimitExceededException if the time is up; what was held has been given back
   */
  public void enter() {
    lock.lock();
    if (expired) {
      lock.unlock();
      throw error();
    }
  }

  /** Ends a use. */
  public void exit() {
    lock.unlock();
  }

  /**
   * Ends the holding; to be called by the holder. False if the time was up before, so that there is
   * nothing left to give back.
   */
  public boolean end() {
    lock.lock();
    try {
      over = true;
      return !expired;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the time is up, so that what runs must end. */
  public boolean isOverdue() {
    return overdue;
  }

  /** Whether what was held has been taken back. */
  public boolean isExpired() {
    return expired;
  }

  /** The error for a use after that. */
  public LimitExceededException error() {
    long seen = Duration.ofNanos(System.nanoTime() - sinceNanos).toMillis();
    return new LimitExceededException(
        what
            + " ended: open for "
            + Duration.ofMillis(seen)
            + ", at most "
            + limit
            + " allowed (tenant="
            + tenant
            + ", limit=transactionTimeout)",
        "transactionTimeout",
        limit.toMillis(),
        seen);
  }

  /** Takes back what is held if its time is up; if it is in use, asks that use to end. */
  void expire(long nowNanos) {
    if (nowNanos - sinceNanos < limit.toNanos()) {
      return;
    }
    overdue = true;
    if (!lock.tryLock()) {
      return; // In use: that ends by itself, and this is tried again.
    }
    boolean mine = !over && !expired;
    try {
      expired |= mine;
      if (mine) {
        held.takeBack();
      }
    } finally {
      lock.unlock();
      if (mine) {
        held.afterwards();
      }
    }
  }

  /** What is to be done when the time is up. */
  public interface Held {
    /** Gives back what is held; nobody uses it meanwhile. */
    void takeBack();

    /** Lets others go on. */
    default void afterwards() {}
  }
}
