package dev.dosql.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that do one thing again and again until the time is over. */
final class Load {
  private Load() {}

  /** Nanoseconds that an operation takes, all threads together. */
  static double nanosPerOperation(int threads, Duration time, Operation operation)
      throws Exception {
    long began = System.nanoTime();
    long end = began + time.toNanos();
    long operations = 0;
    for (Future<Long> each : start(threads, thread -> repeat(thread, end, operation))) {
      operations += result(each);
    }
    return (double) (System.nanoTime() - began) / operations;
  }

  private static long repeat(int thread, long end, Operation operation) throws Exception {
    long done = 0;
    do {
      operation.run(thread);
      done++;
    } while (System.nanoTime() < end);
    return done;
  }

  /** Starts threads; what each comes to is in its future. */
  static <T> List<Future<T>> start(int threads, Work<T> work) {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    List<Future<T>> futures = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int thread = i;
      futures.add(executor.submit(() -> work.run(thread)));
    }
    executor.shutdown();
    return futures;
  }

  /** The result of a thread, or what it threw. */
  static <T> T result(Future<T> future) throws Exception {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception failure) {
        throw failure;
      }
      throw e;
    }
  }

  /** One operation of a thread. */
  @FunctionalInterface
  interface Operation {
    /** Does it, in the thread of this number. */
    void run(int thread) throws Exception;
  }

  /** All that a thread does. */
  @FunctionalInterface
  interface Work<T> {
    /** Does it, in the thread of this number. */
    T run(int thread) throws Exception;
  }
}
