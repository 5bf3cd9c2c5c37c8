package dev.dosql.testing;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waiting in tests, always with an end. */
public final class Waits {
  private static final Duration SOON = Duration.ofSeconds(20);

  private Waits() {}

  /** Waits until something holds. */
  public static void until(String what, BooleanSupplier holds) throws InterruptedException {
    until(what, SOON, holds);
  }

  /** Waits until something holds, for so long. */
  public static void until(String what, Duration patience, BooleanSupplier holds)
      throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("did not happen: " + what);
      }
      Thread.sleep(1);
    }
  }

  /** Waits until a caller waits for somebody. */
  public static void untilParked(Caller caller) throws InterruptedException {
    untilParked(caller.thread());
  }

  /** Waits until a thread waits for somebody. */
  public static void untilParked(Thread thread) throws InterruptedException {
    until(
        "thread parks",
        () ->
            thread.getState() == Thread.State.WAITING
                || thread.getState() == Thread.State.TIMED_WAITING);
  }
}
