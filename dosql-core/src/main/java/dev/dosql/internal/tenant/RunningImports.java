package dev.dosql.internal.tenant;

import dev.dosql.DatabaseClosedException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The imports that run, for which no place of a tenant stands until they are whole. Whoever closes
 * the directory refuses more of them, and waits for those that run.
 *
 * <p>Safe for use by many threads.
 */
final class RunningImports {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition none = lock.newCondition();
  private int running;
  private volatile boolean refused;

  /**
   * Says that one begins; {@link #end} says that it has ended.
   *
   * @throws DatabaseClosedException if no more may begin
   */
  void begin() {
    lock.lock();
    try {
      if (refused) {
        throw new DatabaseClosedException("closed");
      }
      running++;
    } finally {
      lock.unlock();
    }
  }

  /** Says that one has ended, and is done with the directory. */
  void end() {
    lock.lock();
    try {
      running--;
      none.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Refuses more of them; what runs is to end as soon as it can. */
  void refuseNew() {
    lock.lock();
    try {
      refused = true;
    } finally {
      lock.unlock();
    }
  }

  /** Whether what runs is to end. */
  boolean areRefused() {
    return refused;
  }

  /**
   * Waits until nothing runs, whoever interrupts.
   *
   * @param deadlineNanos by {@link System#nanoTime}
   * @return whether nothing runs
   */
  boolean awaitNone(long deadlineNanos) {
    boolean interrupted = false;
    lock.lock();
    try {
      while (running > 0 && System.nanoTime() - deadlineNanos < 0) {
        try {
          none.await(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      return running == 0;
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
