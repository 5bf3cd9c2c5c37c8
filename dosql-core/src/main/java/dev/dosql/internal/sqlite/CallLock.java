package dev.dosql.internal.sqlite;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Whose call into SQLite is running on a connection, so that nobody else closes it meanwhile:
 * closing frees what a statement stands on, and reading that would end the process.
 *
 * <p>It stands in for SQLite's own mutex, without which these connections are opened, and for the
 * driver's monitor. JDK 17 inflates a monitor for good when it gives up a compiled frame that holds
 * it (jdk.JavaMonitorInflate shows where), and all native methods of the driver, being
 * synchronized, go the slow way from then on; so no frame here holds it. A connection is lent to
 * one thread at a time, so this is nearly always free; a {@code ReentrantLock} would cost a scan a
 * tenth.
 *
 * <p>Safe for use by many threads. The thread whose call is running may begin another, as a
 * function or a collation does that SQLite calls.
 */
final class CallLock {
  /** Between two looks at a call that is in the way of closing. */
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final VarHandle CALLER = caller();

  private volatile @Nullable Thread caller;

  /** Calls inside the first; used by the caller. */
  private int inner;

  private static VarHandle caller() {
    try {
      return MethodHandles.lookup().findVarHandle(CallLock.class, "caller", Thread.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Begins a call, once those of others have ended; however long that takes. */
  void begin() {
    Thread self = Thread.currentThread();
    if (!isTakenBy(self)) {
      if (caller == self) {
        inner++;
      } else {
        await(self);
      }
    }
  }

  private boolean isTakenBy(Thread self) {
    return CALLER.compareAndSet(this, (Thread) null, self);
  }

  private void await(Thread self) {
    boolean interrupted = false;
    while (!isTakenBy(self)) {
      LockSupport.parkNanos(this, POLL_NANOS);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      self.interrupt();
    }
  }

  /** Ends the call that was begun last. */
  void end() {
    if (inner > 0) {
      inner--;
    } else {
      CALLER.setRelease(this, (Thread) null);
    }
  }
}
