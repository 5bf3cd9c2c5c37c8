package dev.dosql.testing;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A thread that calls the database in a test. Whoever starts one joins it, and gets what went wrong
 * in it: an assertion that fails there fails the test.
 */
public final class Caller {
  private static final long TIMEOUT_SECONDS = 60;

  private final Thread thread;
  private volatile @Nullable Throwable failure;

  Caller(Work work, Kind kind) {
    this.thread = kind.unstarted(() -> run(work));
    thread.start();
  }

  private void run(Work work) {
    try {
      work.run();
    } catch (Throwable e) {
      failure = e;
    }
  }

  /**
   * Waits until it has ended, and throws what its work has thrown: as it was, but a checked
   * exception inside an AssertionError.
   */
  public void join() throws InterruptedException {
    TimeUnit.SECONDS.timedJoin(thread, TIMEOUT_SECONDS);
    if (thread.isAlive()) {
      throw new AssertionError("caller does not end: " + Arrays.toString(thread.getStackTrace()));
    }
    Throwable thrown = failure;
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
    if (thrown != null) {
      throw new AssertionError("caller failed", thrown);
    }
  }

  /** Joins all of them, the later ones also if an earlier one failed. */
  public static void joinAll(Iterable<Caller> callers) throws InterruptedException {
    Throwable first = null;
    for (Caller caller : callers) {
      try {
        caller.join();
      } catch (RuntimeException | Error e) {
        if (first != null) {
          e.addSuppressed(first);
        }
        first = e;
      }
    }
    if (first instanceof Error error) {
      throw error;
    }
    if (first instanceof RuntimeException exception) {
      throw exception;
    }
  }

  /** Interrupts it. */
  public void interrupt() {
    thread.interrupt();
  }

  /** Whether it still runs after so many milliseconds. */
  public boolean runsFor(long millis) throws InterruptedException {
    thread.join(millis);
    return thread.isAlive();
  }

  /** The thread itself. */
  public Thread thread() {
    return thread;
  }

  /** What it does. */
  @FunctionalInterface
  public interface Work {
    /** Does it. */
    void run() throws Exception;
  }

  /** Makes a thread. */
  @FunctionalInterface
  interface Kind {
    Thread unstarted(Runnable work);
  }
}
