package dev.dosql.internal.engine;

import dev.dosql.InterruptedQueryException;
import dev.dosql.WriteLockTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who holds a tenant's writer, and who waits for it, in the order in which they came.
 *
 * <p>A caller brings work that its holder may do for it, or work that only the caller's own thread
 * can do. Whoever finds the writer free holds it; before letting go, a holder does the work that is
 * at the head of the queue, up to a bound, and then gives the writer to the first that it cannot
 * serve. Handing the writer from thread to thread costs more than a statement does, so this is what
 * makes many small writes fast.
 *
 * <pre>
 *   WAITING ──holder does the work──► TAKEN ──outcome is durable──► DONE
 *      │ └───writer is given──► HOLDING
 *      └─timeout, interrupt─► withdrawn
 * </pre>
 *
 * <p>The queue is bounded by the number of threads that call, each of which waits for its one place
 * at most {@code writeLockTimeout}. Safe for use by many threads.
 */
final class WriteQueue {
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Place> queue = new ArrayDeque<>();
  private final long timeoutNanos;
  private final String tenant;
  private boolean held;

  WriteQueue(Duration timeout, String tenant) {
    this.timeoutNanos = timeout.toNanos();
    this.tenant = tenant;
  }

  /**
   * Waits until this thread holds the writer, or its work was done by another.
   *
   * @param work what another may do, or null if only this thread can
   * @return true if this thread holds the writer now; false if the work is done
   * @throws WriteLockTimeoutException if it took too long; nothing was executed
   * @throws InterruptedQueryException if the thread was interrupted; nothing was executed
   */
  boolean enter(@Nullable Work work) {
    return enter(work, Patience.LASTING);
  }

  /**
   * The same for a caller that may want to wait no more.
   *
   * @throws InterruptedQueryException also if its patience is over; nothing was executed
   */
  boolean enter(@Nullable Work work, Patience patience) {
    Place place;
    lock.lock();
    try {
      if (!held) {
        held = true;
        return true;
      }
      place = new Place(Thread.currentThread(), work);
      queue.add(place);
    } finally {
      lock.unlock();
    }
    return await(place, patience);
  }

  private boolean await(Place place, Patience patience) {
    long began = System.nanoTime();
    long deadline = began + timeoutNanos;
    while (place.state < Place.HOLDING) {
      long left = deadline - System.nanoTime();
      if (place.state == Place.TAKEN) {
        // The work is being done: what is left is to hear its outcome.
        LockSupport.park(this);
        place.cancelled |= Thread.interrupted();
      } else if (left > 0 && !place.thread.isInterrupted() && !patience.isOver()) {
        LockSupport.parkNanos(this, Math.min(left, patience.leftNanos()));
      } else if (withdraw(place)) {
        throw gaveUp(left <= 0, System.nanoTime() - began);
      }
    }
    if (place.cancelled) {
      place.thread.interrupt();
    }
    return place.state == Place.HOLDING;
  }

  private boolean withdraw(Place place) {
    lock.lock();
    try {
      return place.state == Place.WAITING && queue.remove(place);
    } finally {
      lock.unlock();
    }
  }

  private RuntimeException gaveUp(boolean timedOut, long waitedNanos) {
    if (timedOut) {
      Duration allowed = Duration.ofNanos(timeoutNanos);
      Duration seen = Duration.ofNanos(waitedNanos);
      return new WriteLockTimeoutException(
          "writer not free: waited %s, allowed %s (tenant=%s, waiting=%d, limit=writeLockTimeout)"
              .formatted(seen, allowed, tenant, waiting()),
          allowed,
          seen);
    }
    return new InterruptedQueryException(
        "interrupted while waiting for the writer (tenant=" + tenant + ")");
  }

  private int waiting() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the next work that the holder can do for its owner, and otherwise lets go of the writer.
   *
   * @param mayServe whether the holder will do work for another
   * @return the place whose work is to be done now, or null if the writer is given on or free
   */
  @Nullable Place nextOrLeave(boolean mayServe) {
    Place next;
    lock.lock();
    try {
      next = queue.poll();
      if (next == null) {
        held = false;
        return null;
      }
      if (next.work != null && mayServe) {
        next.state = Place.TAKEN;
        return next;
      }
      next.state = Place.HOLDING;
    } finally {
      lock.unlock();
    }
    LockSupport.unpark(next.thread);
    return null;
  }

  /** Work that whoever holds the writer can do for its owner. */
  interface Work {
    /**
     * Does the work and keeps its outcome, be it a failure.
     *
     * @param cancelled whether the owner has been interrupted
     */
    void execute(BooleanSupplier cancelled);
  }

  /** A place in the queue. */
  static final class Place {
    private static final int WAITING = 0;
    private static final int TAKEN = 1;
    private static final int HOLDING = 2;
    private static final int DONE = 3;

    private final Thread thread;
    private final @Nullable Work work;
    private volatile int state = WAITING;

    /** That the owner was interrupted; it cannot park with its own flag up. */
    private volatile boolean cancelled;

    Place(Thread thread, @Nullable Work work) {
      this.thread = thread;
      this.work = work;
    }

    /** Does the work for its owner. */
    void execute() {
      if (work != null) {
        work.execute(() -> cancelled || thread.isInterrupted());
      }
    }

    /** Tells the owner that its work is done. */
    void done() {
      state = DONE;
      LockSupport.unpark(thread);
    }
  }
}
