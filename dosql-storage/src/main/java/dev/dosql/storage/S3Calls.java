package dev.dosql.storage;

import dev.dosql.storage.S3Failure.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Carries out requests on threads of its own, within bounds of time and number.
 *
 * <p>The SDK gives up as soon as the calling thread is interrupted; here callers are not, they wait
 * for a thread that nobody interrupts. There are as many threads as connections. What waits for one
 * has a caller who waits too, so the queue is as long as there are callers.
 *
 * <p>A request is sent again only if that cannot do anything twice: a read after any trouble that
 * may pass; a write only if the answer says that nothing was done, or if it was never sent. Even a
 * write without a condition is not sent again after a lost answer: the lost one may still arrive,
 * after what the caller writes next.
 */
final class S3Calls {

  static final int ATTEMPTS_MAX = 6;

  private static final long PAUSE_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long PAUSE_NANOS_MAX = TimeUnit.SECONDS.toNanos(2);
  private static final long ATTEMPT_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long IDLE_SECONDS_MAX = 30;

  /** The SDK gives up first and closes the connection; this is for when it does not. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final AtomicLong THREADS = new AtomicLong();

  private final ThreadPoolExecutor executor;
  private final Duration callTimeout;

  S3Calls(int threads, Duration callTimeout) {
    this.callTimeout = callTimeout;
    executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS_MAX,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            S3Calls::thread);
    executor.allowCoreThreadTimeOut(true);
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "dosql-s3-" + THREADS.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }

  /** One request, given how long it may take. */
  interface Attempt<T> {
    T run(Duration limit) throws IOException;
  }

  /** Reads, as often as need be within the bounds. */
  <T> T read(Duration limit, Attempt<T> attempt) throws IOException {
    return call(false, limit, attempt);
  }

  /** Writes, again only if the last attempt did nothing. */
  <T> T write(Duration limit, Attempt<T> attempt) throws IOException {
    return call(true, limit, attempt);
  }

  private <T> T call(boolean write, Duration limit, Attempt<T> attempt) throws IOException {
    // The limit grows with what is to be sent, and the whole call with it.
    long end = System.nanoTime() + Math.max(callTimeout.toNanos(), limit.toNanos());
    for (int attempts = 1; ; attempts++) {
      long left = Math.max(ATTEMPT_NANOS_MIN, Math.min(limit.toNanos(), end - System.nanoTime()));
      try {
        return once(Duration.ofNanos(left), attempt);
      } catch (S3Failure e) {
        long pause = pause(attempts);
        boolean last = attempts == ATTEMPTS_MAX || end - System.nanoTime() <= pause;
        if (last || !e.isWorthARetry(write)) {
          throw attempts == 1 ? e : afterAttempts(attempts, e);
        }
        Uninterruptibly.sleep(pause);
      }
    }
  }

  private static S3Failure afterAttempts(int attempts, S3Failure e) {
    return new S3Failure(e.kind(), e.getMessage() + ", attempts=" + attempts, e);
  }

  private static long pause(int attempts) {
    long most = Math.min(PAUSE_NANOS_MIN << (attempts - 1), PAUSE_NANOS_MAX);
    return ThreadLocalRandom.current().nextLong(most / 2, most);
  }

  /** Does something once, on a thread that nobody interrupts. */
  <T> T once(Duration limit, Attempt<T> attempt) throws IOException {
    FutureTask<T> task = new FutureTask<>(() -> attempt.run(limit));
    executor.execute(task);
    try {
      return Uninterruptibly.get(task, limit.toNanos() + GRACE_NANOS);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } catch (TimeoutException e) {
      boolean neverSent = executor.remove(task);
      task.cancel(true);
      String seen = neverSent ? "no free connection" : "no answer";
      Kind kind = neverSent ? Kind.REJECTED : Kind.UNKNOWN;
      throw new S3Failure(kind, "%s in %s".formatted(seen, limit), e);
    }
  }

  /** Throws what is ours or an error as it is; the stack of the worker is the one of interest. */
  private static IOException failure(Throwable cause) {
    if (cause instanceof IOException e) {
      return e;
    }
    if (cause instanceof Error e) {
      throw e;
    }
    return new S3Failure(Kind.UNKNOWN, cause.toString(), cause);
  }

  /** Takes no more requests; those that run end. */
  void shutdown() {
    executor.shutdown();
  }
}
