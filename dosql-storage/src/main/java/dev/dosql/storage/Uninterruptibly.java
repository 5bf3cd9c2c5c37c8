package dev.dosql.storage;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Bounded waits that an interrupt neither fails nor shortens; the flag stays set. */
final class Uninterruptibly {

  private Uninterruptibly() {}

  static <T> T get(Future<T> future, long nanosMax) throws ExecutionException, TimeoutException {
    long end = System.nanoTime() + nanosMax;
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  static void sleep(long nanos) {
    long end = System.nanoTime() + nanos;
    boolean interrupted = false;
    try {
      for (long left = nanos; left > 0; left = end - System.nanoTime()) {
        try {
          TimeUnit.NANOSECONDS.sleep(left);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
