package dev.dosql.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The threads that call the database in tests: virtual ones when {@code dosql.test.virtualThreads}
 * is set, which needs Java 21, and platform threads otherwise.
 */
public final class Callers {
  private static final boolean VIRTUAL = Boolean.getBoolean("dosql.test.virtualThreads");
  private static final long TIMEOUT_SECONDS = 120;

  private Callers() {}

  /** Makes threads of the kind that this run is about. */
  private static Thread unstarted(Runnable work) {
    if (!VIRTUAL) {
      return unstartedPlatform(work);
    }
    try {
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      return (Thread)
          Class.forName("java.lang.Thread$Builder")
              .getMethod("unstarted", Runnable.class)
              .invoke(builder, work);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("dosql.test.virtualThreads needs Java 21 or later", e);
    }
  }

  private static Thread unstartedPlatform(Runnable work) {
    Thread thread = new Thread(work);
    thread.setDaemon(true);
    return thread;
  }

  /** Starts one; to be joined. */
  public static Caller start(Caller.Work work) {
    return new Caller(work, Callers::unstarted);
  }

  /**
   * Starts a platform thread in every run, for what spins or hangs: virtual ones would starve the
   * others. To be joined.
   */
  public static Caller startPlatform(Caller.Work work) {
    return new Caller(work, Callers::unstartedPlatform);
  }

  /** Runs a task in each of so many threads at once; the first failure comes out as it was. */
  public static <T> List<T> together(int threads, Task<T> task) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(threads, Callers::unstarted);
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int number = i;
        Callable<T> call = () -> task.run(number);
        futures.add(executor.submit(call));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS));
      }
      return results;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw e;
    } finally {
      executor.shutdownNow();
    }
  }

  /**
   * What each thread does.
   *
   * @param <T> what it returns
   */
  @FunctionalInterface
  public interface Task<T> {
    /** Does it; threads are numbered from 0. */
    T run(int number) throws Exception;
  }
}
