package dev.dosql.internal.engine;

import dev.dosql.internal.events.ForceEvent;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Forces a tenant's log to the disk, once for all commits that wait for it.
 *
 * <p>Commits are numbered as they are executed. Whoever waits for a commit and finds nobody forcing
 * does it, for every commit that was executed by then; whoever comes meanwhile waits, and one of
 * those forces next. So the disk is never idle while somebody waits, and never asked twice for the
 * same bytes. Waiting cannot be interrupted, since the commit has happened.
 *
 * <p>After a failed force nothing more is known: the operating system may have dropped the pages
 * and will report success the next time. So a failure is final, for every commit that was not
 * forced before.
 *
 * <p>Safe for use by many threads.
 */
final class WalSync {
  private static final int WAITING = 0;
  private static final int LEADING = 1;
  private static final int SETTLED = 2;

  /** How long a force waits for commits that are about to come: less than a force takes. */
  private static final long GATHER_NANOS_MAX = 100_000;

  /** From when on the wait was longer than it was worth. */
  private static final long LATE_NANOS = 500_000;

  /** How long forces then do not wait. */
  private static final long REST_NANOS = 1_000_000_000;

  private final Log log;
  private final String tenant;
  private final ReentrantLock lock = new ReentrantLock();
  private final Queue<Waiter> waiters = new ArrayDeque<>();
  private boolean forcing;

  /** Commits that the last force made durable; used by whoever forces, as is the next. */
  private long lastServed;

  private long restsUntil = System.nanoTime();
  private volatile long executed;
  private volatile long forced;
  private volatile @Nullable IOException failure;

  WalSync(String tenant, Log log) {
    this.log = log;
    this.tenant = tenant;
  }

  /** Notes that one more commit was executed. Called only with the writer held. */
  void committed() {
    long next = executed + 1;
    executed = next;
  }

  /** The number of the last commit that was executed. */
  long executed() {
    return executed;
  }

  /** Ends all waiting, as a failed force does: the log's file cannot be trusted any more. */
  void fail(IOException cause) {
    lock.lock();
    try {
      if (failure == null) {
        failure = cause;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether a commit is on the disk. */
  boolean isForced(long commit) {
    return forced >= commit;
  }

  /** What went wrong, if something did. */
  @Nullable IOException failure() {
    return failure;
  }

  /** Returns when a commit is on the disk, or it is known that it could not be forced. */
  void await(long commit) {
    if (forced < commit && enqueueOrLead(commit)) {
      lead();
    }
  }

  /** Waits for somebody else's force to cover a commit; true if this thread is to force instead. */
  private boolean enqueueOrLead(long commit) {
    Waiter self = new Waiter(Thread.currentThread(), commit);
    lock.lock();
    try {
      if (forced >= commit || failure != null) {
        return false;
      }
      if (!forcing) {
        forcing = true;
        return true;
      }
      waiters.add(self);
    } finally {
      lock.unlock();
    }
    return self.await() == LEADING;
  }

  private void lead() {
    gather();
    long target = executed;
    lastServed = target - forced;
    IOException failed = null;
    ForceEvent event = new ForceEvent();
    event.begin();
    try {
      log.force();
      committed(event, lastServed);
    } catch (IOException e) {
      failed = e;
    } catch (RuntimeException | Error e) {
      settle(target, new IOException(e));
      throw e;
    }
    settle(target, failed);
  }

  /**
   * Lets others who can run execute first, where commits have come side by side, for as long as
   * more come: one force then serves them too. Where something else has the cores, to give one up
   * is to wait long for it, so that is not tried again for a while.
   */
  private void gather() {
    long began = System.nanoTime();
    if (lastServed < 2 || began - restsUntil < 0) {
      return;
    }
    long seen;
    long now;
    do {
      seen = executed;
      Thread.yield();
      now = System.nanoTime();
    } while (executed != seen && now - began < GATHER_NANOS_MAX);
    if (now - began > LATE_NANOS) {
      restsUntil = now + REST_NANOS;
    }
  }

  private void committed(ForceEvent event, long commits) {
    event.end();
    if (event.shouldCommit()) {
      event.tenant = tenant;
      event.commits = commits;
      event.commit();
    }
  }

  /**
   * Publishes the outcome, makes the first that is not served the next leader, wakes the others.
   */
  private void settle(long target, @Nullable IOException failed) {
    Queue<Waiter> served = new ArrayDeque<>();
    Waiter next = null;
    lock.lock();
    try {
      if (failed == null && failure == null) {
        forced = target;
      } else if (failure == null) {
        failure = failed;
      }
      for (Waiter waiter = waiters.poll(); waiter != null; waiter = waiters.poll()) {
        if (waiter.commit > forced && failure == null) {
          next = waiter;
          break;
        }
        served.add(waiter);
      }
      forcing = next != null;
    } finally {
      lock.unlock();
    }
    if (next != null) {
      next.wake(LEADING);
    }
    for (Waiter waiter : served) {
      waiter.wake(SETTLED);
    }
  }

  /** The bytes that are forced. */
  @FunctionalInterface
  interface Log {
    /** Returns when all that was written to the log before is on the disk. */
    void force() throws IOException;
  }

  private static final class Waiter {
    private final Thread thread;
    private final long commit;
    private volatile int state;

    Waiter(Thread thread, long commit) {
      this.thread = thread;
      this.commit = commit;
    }

    void wake(int newState) {
      state = newState;
      LockSupport.unpark(thread);
    }

    int await() {
      boolean interrupted = false;
      while (state == WAITING) {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
      if (interrupted) {
        thread.interrupt();
      }
      return state;
    }
  }
}
