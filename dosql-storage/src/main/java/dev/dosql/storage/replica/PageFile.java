package dev.dosql.storage.replica;

import dev.dosql.storage.internal.Durable;
import dev.dosql.storage.internal.FailPoints;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A file in the making, which gets its name when it is complete and on the disk, or is deleted.
 *
 * <p>What is written beyond the first buffer is written by a thread of its own, and forced bit by
 * bit by another, so that the disk works while the next pages are made. Used by one thread at a
 * time.
 */
final class PageFile implements Closeable {

  private static final int BUFFER_BYTES = 256 << 10;
  private static final int BUFFERS = 16;
  private static final long FORCE_BYTES = 16L << 20;

  private final Path tmp;
  private final Path target;
  // Not a channel: an interrupt would close it in the middle.
  private final RandomAccessFile file;
  private final BlockingQueue<Step> steps = new ArrayBlockingQueue<>(BUFFERS);
  private final BlockingQueue<byte[]> free = new ArrayBlockingQueue<>(BUFFERS);
  private int made;

  private byte[] buffer = new byte[0];
  private long bufferOffset;
  private int buffered;

  private @Nullable Thread writer;
  private @Nullable Thread forcer;
  private final Semaphore unforced = new Semaphore(0);
  private volatile @Nullable IOException failure;
  private volatile boolean ended;
  private boolean placed;

  /** Bytes to write at an offset; without bytes, a length to set; with neither, the end. */
  private record Step(long offset, byte @Nullable [] bytes, int count) {
    static final Step END = new Step(-1, null, 0);
  }

  private PageFile(Path target) throws IOException {
    this.target = target;
    this.tmp = tmp(target);
    this.file = new RandomAccessFile(tmp.toFile(), "rw");
  }

  static Path tmp(Path target) {
    return target.resolveSibling(target.getFileName() + ".tmp");
  }

  /** Begins an empty file. */
  static PageFile create(Path target) throws IOException {
    Files.deleteIfExists(tmp(target));
    return new PageFile(target);
  }

  /** Begins with a copy of what is there. */
  static PageFile copyOf(Path target) throws IOException {
    Files.deleteIfExists(tmp(target));
    try {
      Files.copy(target, tmp(target));
      return new PageFile(target);
    } catch (IOException | RuntimeException | Error e) {
      Files.deleteIfExists(tmp(target));
      throw e;
    }
  }

  void write(long offset, byte[] bytes, int count) throws IOException {
    if (offset != bufferOffset + buffered || buffered + count > buffer.length) {
      flush();
      if (buffer.length == 0) {
        buffer = takeBuffer();
      }
      bufferOffset = offset;
    }
    System.arraycopy(bytes, 0, buffer, buffered, count);
    buffered += count;
  }

  void setLength(long length) throws IOException {
    flush();
    step(new Step(length, null, 0));
  }

  private void flush() throws IOException {
    if (buffered > 0) {
      Step step = new Step(bufferOffset, buffer, buffered);
      if (buffered == buffer.length && writer == null) {
        startWriter(); // it is more than a small file
      }
      buffer = writer == null ? buffer : new byte[0];
      buffered = 0;
      step(step);
    }
  }

  private byte[] takeBuffer() throws IOException {
    byte[] spare = free.poll();
    if (spare != null) {
      return spare;
    }
    if (made < BUFFERS) {
      made++;
      return new byte[BUFFER_BYTES];
    }
    try {
      return free.take();
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private void startWriter() {
    writer = start("dosql-restore-write", this::writeSteps);
    forcer = start("dosql-restore-force", this::forceParts);
  }

  private static Thread start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void step(Step step) throws IOException {
    check();
    if (writer == null) {
      apply(step);
      return;
    }
    try {
      steps.put(step);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private void check() throws IOException {
    IOException failed = failure;
    if (failed != null) {
      throw new IOException("write failed: " + failed + " (file=" + tmp + ")", failed);
    }
  }

  private static InterruptedIOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("interrupted while writing a restored file");
  }

  private void apply(Step step) throws IOException {
    byte[] bytes = step.bytes();
    if (bytes == null) {
      file.setLength(step.offset());
    } else {
      file.seek(step.offset());
      file.write(bytes, 0, step.count());
    }
  }

  /** The writer: ends with the last step, and after a failure only takes the others away. */
  private void writeSteps() {
    long written = 0;
    try {
      for (Step step = steps.take(); step != Step.END; step = steps.take()) {
        tryApply(step);
        byte[] bytes = step.bytes();
        if (bytes != null) {
          free.add(bytes);
        }
        written += step.count();
        if (written >= FORCE_BYTES) {
          written = 0;
          unforced.release();
        }
      }
    } catch (InterruptedException e) {
      failure = new InterruptedIOException("closed"); // by close(), which waits for this thread
    } finally {
      ended = true;
      unforced.release();
    }
  }

  private void tryApply(Step step) {
    try {
      if (failure == null) {
        apply(step);
      }
    } catch (IOException e) {
      failure = e;
    }
  }

  /** Forces what is written while more is: the end then has little left to wait for. */
  private void forceParts() {
    try {
      while (!ended) {
        unforced.acquireUninterruptibly();
        unforced.drainPermits();
        if (!ended && failure == null) {
          file.getFD().sync();
        }
      }
    } catch (IOException e) {
      failure = e;
    }
  }

  /** Forces the file and gives it its name, for good. */
  void place() throws IOException {
    place(true);
  }

  /**
   * Forces the file and gives it its name.
   *
   * @param nameForced whether a loss of power must not take that back
   */
  void place(boolean nameForced) throws IOException {
    flush();
    if (writer != null) {
      step(Step.END);
      endThreads();
    }
    check();
    file.getFD().sync();
    file.close();
    FailPoints.reached("replica.restored");
    if (nameForced) {
      Durable.rename(tmp, target);
    } else {
      Durable.replace(tmp, target);
    }
    placed = true;
    FailPoints.reached("replica.placed");
  }

  /** Deletes the file unless it was placed. */
  @Override
  public void close() throws IOException {
    if (placed) {
      return;
    }
    if (writer != null) {
      writer.interrupt();
      endThreads();
    }
    file.close();
    Files.deleteIfExists(tmp);
  }

  /** Both end soon: what they still do is bounded by the buffers. */
  private void endThreads() {
    join(writer);
    join(forcer);
    writer = null;
    forcer = null;
  }

  private static void join(@Nullable Thread thread) {
    boolean interrupted = false;
    while (thread != null && thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
