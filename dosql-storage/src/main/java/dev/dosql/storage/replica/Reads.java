package dev.dosql.storage.replica;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads that run at once, for one call. Used by the thread of that call, which closes it; reads
 * that have not begun then never do, the others end on their own.
 */
final class Reads implements Closeable {

  private final Executor executor;
  private final @Nullable ExecutorService owned;

  Reads(ReplicaSettings settings) {
    Executor given = settings.reads();
    owned = given == null ? threads(settings.parallel()) : null;
    executor = given == null ? owned : given;
  }

  private static ExecutorService threads(int parallel) {
    return new ThreadPoolExecutor(
        parallel,
        parallel,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        task -> {
          Thread thread = new Thread(task, "dosql-bucket-read");
          thread.setDaemon(true);
          return thread;
        });
  }

  <T> Future<T> start(Requests.Attempt<T> read) {
    FutureTask<T> task = new FutureTask<>(read::run);
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      task.run(); // a full or closed executor slows the call down, and does not end it
    }
    return task;
  }

  static <T> T await(Future<T> read) throws IOException {
    try {
      return read.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while reading from a bucket");
    } catch (ExecutionException e) {
      throw unwrapped(e.getCause());
    }
  }

  private static IOException unwrapped(@Nullable Throwable cause) {
    if (cause instanceof IOException e) {
      return e;
    }
    if (cause instanceof RuntimeException e) {
      throw e;
    }
    if (cause instanceof Error e) {
      throw e;
    }
    return new IOException(cause);
  }

  @Override
  public void close() {
    if (owned != null) {
      owned.shutdownNow();
    }
  }
}
