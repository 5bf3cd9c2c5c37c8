package dev.dosql.storage.ship;

import dev.dosql.storage.LostOwnershipException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * When a tenant's rounds run: after a while, or at once if somebody waits, never two at a time, and
 * after a failure again with growing pauses. Nothing is planned when there is nothing to do.
 *
 * <pre>
 *   idle ──plan──► planned ──time, or request──► running ──work is left──► planned
 *                                                  └─nothing is left──► idle
 * </pre>
 *
 * <p>Safe for use by many threads. Its lock is held for moments only, and under the writer.
 */
final class Rounds {
  /** Between a failed round and the next; doubled each time, up to the longest. */
  private static final Duration RETRY_FIRST = Duration.ofMillis(100);

  private static final Duration RETRY_LAST = Duration.ofSeconds(30);

  /** The longest pause while somebody waits: an outage is hardly longer for them than it is. */
  private static final Duration RETRY_WAITED = Duration.ofSeconds(1);

  private static final int BACKGROUND = 1;
  private static final int URGENT = 2;

  private final Shipper shipper;
  private final Work work;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile int waiting;
  private volatile @Nullable IOException lastError;
  private volatile @Nullable LostOwnershipException fence;
  private boolean planned;

  /** How urgently a thread was asked for that has not begun; 0 if none was. */
  private int queued;

  private boolean running;
  private boolean again;
  private boolean hurried;
  private volatile boolean ended;
  private int failures;

  Rounds(Shipper shipper, Work work) {
    this.shipper = shipper;
    this.work = work;
  }

  /** How many threads wait for the bucket. */
  int waiting() {
    return waiting;
  }

  /** The failure of the last round, or null if it succeeded. */
  @Nullable IOException lastError() {
    return lastError;
  }

  /** Whether nothing more may be done. */
  boolean isEnded() {
    return ended;
  }

  /** Tells those who wait that something may hold by now. */
  void signal() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Why there are no more rounds, if another owner has the tenant. */
  @Nullable LostOwnershipException fence() {
    return fence;
  }

  /** Plans a round, unless one is planned. */
  void plan(Duration delay) {
    lock.lock();
    try {
      if (planned || ended) {
        return;
      }
      planned = true;
    } finally {
      lock.unlock();
    }
    shipper.later(this::runPlanned, delay);
  }

  private void runPlanned() {
    lock.lock();
    try {
      planned = false;
    } finally {
      lock.unlock();
    }
    run();
  }

  /**
   * Asks for a round now. After a failure it waits all the same until it is time, but not for long
   * where somebody waits.
   */
  void request(boolean somebodyWaits) {
    int urgency = somebodyWaits ? URGENT : BACKGROUND;
    boolean afterFailure;
    lock.lock();
    try {
      again = true;
      afterFailure = failures > 0;
      if (running || ended || queued >= urgency || afterFailure && (hurried || !somebodyWaits)) {
        return;
      }
      if (afterFailure) {
        hurried = true;
      } else {
        queued = urgency;
      }
    } finally {
      lock.unlock();
    }
    if (afterFailure) {
      shipper.later(this::runHurried, RETRY_WAITED);
    } else {
      shipper.soon(this::run, somebodyWaits);
    }
  }

  private void runHurried() {
    lock.lock();
    try {
      hurried = false;
    } finally {
      lock.unlock();
    }
    run();
  }

  /** Asks for a last round, whatever failed before. */
  void requestLast() {
    lock.lock();
    try {
      failures = 0;
    } finally {
      lock.unlock();
    }
    request(true);
  }

  /**
   * Waits until something holds, for which rounds are made; uninterruptibly.
   *
   * @return whether it holds
   */
  boolean await(BooleanSupplier reached, Duration timeout) {
    lock.lock();
    try {
      waiting++;
      return awaitChanged(
          () -> {
            boolean done = reached.getAsBoolean();
            if (!done) {
              request(true);
            }
            return done || fence != null || ended;
          },
          timeout.toNanos(),
          reached);
    } finally {
      waiting--;
      lock.unlock();
    }
  }

  /** Waits until something holds that others see to, or the end. */
  boolean awaitQuietly(BooleanSupplier reached, Duration timeout) {
    lock.lock();
    try {
      return awaitChanged(() -> reached.getAsBoolean() || ended, timeout.toNanos(), reached);
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the end, as long as rounds succeed; whether it has come. */
  boolean awaitEnd(long timeoutNanos) {
    lock.lock();
    try {
      return awaitChanged(() -> ended || fence != null || failures > 0, timeoutNanos, () -> ended);
    } finally {
      lock.unlock();
    }
  }

  private boolean awaitChanged(BooleanSupplier stop, long timeoutNanos, BooleanSupplier reached) {
    boolean interrupted = false;
    long left = timeoutNanos;
    while (!stop.getAsBoolean() && left > 0) {
      try {
        left = changed.awaitNanos(left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return reached.getAsBoolean();
  }

  /** Ends all rounds, and waits for one that runs; false if that takes too long. */
  boolean end(Duration timeout) {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
      return awaitChanged(() -> !running, timeout.toNanos(), () -> !running);
    } finally {
      lock.unlock();
    }
  }

  /** Ends all rounds if none runs and nothing is left; whether it did so now. */
  boolean endIf(BooleanSupplier nothingIsLeft) {
    lock.lock();
    try {
      if (running || ended || !nothingIsLeft.getAsBoolean()) {
        return false;
      }
      ended = true;
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Does something unless they have ended; whether it did. */
  boolean unlessEnded(Runnable action) {
    lock.lock();
    try {
      if (!ended) {
        action.run();
      }
      return !ended;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    lock.lock();
    try {
      queued = 0;
      if (running || ended || fence != null) {
        return;
      }
      running = true;
    } finally {
      lock.unlock();
    }
    boolean more = true;
    while (more) {
      more = round();
    }
    planNext();
  }

  /** One round; whether another is wanted at once. */
  private boolean round() {
    lock.lock();
    try {
      again = false;
    } finally {
      lock.unlock();
    }
    IOException failure = attempt();
    boolean first;
    boolean recovered;
    boolean more;
    lock.lock();
    try {
      first = failure != null && failures == 0;
      recovered = failure == null && failures > 0;
      failures = failure == null ? 0 : failures + 1;
      lastError = failure;
      fence = failure instanceof LostOwnershipException lost ? lost : fence;
      more = failure == null && again && !ended;
      running = more;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    tell(failure, first, recovered);
    return more;
  }

  private @Nullable IOException attempt() {
    try {
      work.round();
      return null;
    } catch (IOException e) {
      return e;
    } catch (RuntimeException e) {
      return new IOException(e);
    }
  }

  private void tell(@Nullable IOException failure, boolean first, boolean recovered) {
    if (failure instanceof LostOwnershipException lost) {
      work.fenced(lost);
    } else if (failure != null && first) {
      work.failed(failure);
    } else if (recovered) {
      work.recovered();
    }
  }

  private void planNext() {
    int failed;
    lock.lock();
    try {
      failed = failures;
    } finally {
      lock.unlock();
    }
    if (fence != null) {
      return;
    }
    if (failed > 0) {
      Duration pause = RETRY_FIRST.multipliedBy(1L << Math.min(failed - 1, 20));
      plan(pause.compareTo(RETRY_LAST) > 0 ? RETRY_LAST : pause);
    } else if (work.isLeft()) {
      plan(shipper.settings().interval());
    } else {
      work.done();
    }
  }

  /** What rounds do. */
  interface Work {
    /** Does what there is to do. */
    void round() throws IOException;

    /** Whether there is something to do. */
    boolean isLeft();

    /** Called after a round that has left nothing. */
    void done();

    /** Called after the first failure. */
    void failed(IOException cause);

    /** Called after the first success since. */
    void recovered();

    /** Called when another owner has the tenant. */
    void fenced(IOException cause);
  }
}
