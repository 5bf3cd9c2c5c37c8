package dev.dosql.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Excludes every other writer of a key: in the same JVM by a monitor, in others by a file lock.
 *
 * <p>Two properties of POSIX locks shape this class. They belong to the process, so threads need a
 * lock of their own; and closing any channel of a file drops the process's locks on it, so within a
 * JVM a lock file may be open once at a time. Both are had by opening, locking and closing the file
 * under a monitor that is the same object in the whole JVM.
 */
final class KeyLocks {

  static final int STRIPES = 64;
  static final Duration WAIT_MAX = Duration.ofSeconds(30);

  private static final long PAUSE_NANOS_MIN = 50_000;
  private static final long PAUSE_NANOS_MAX = 2_000_000;

  private final Path directory;

  KeyLocks(Path realDirectory) {
    directory = realDirectory;
  }

  /** What is done under the lock. */
  interface Action<T> {
    T run() throws IOException;
  }

  <T> T locked(String key, Action<T> action) throws IOException {
    // String.hashCode is specified, so every process takes the same stripe.
    int stripe = Math.floorMod(key.hashCode(), STRIPES);
    Path file = directory.resolve(String.format(Locale.ROOT, "%02x", stripe));
    synchronized (monitor(file)) {
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        lock(channel, file);
        return action.run();
      }
    }
  }

  /** An interned string, because a static field is not shared by two loaders of this class. */
  private static Object monitor(Path file) {
    return ("dev.dosql.storage lock " + file).intern();
  }

  /**
   * Polls, although a blocking lock would be fair: the kernel looks for deadlocks of processes, not
   * threads, and reports one when two processes wait for stripes of each other.
   */
  private static void lock(FileChannel channel, Path file) throws IOException {
    long start = System.nanoTime();
    long pause = PAUSE_NANOS_MIN;
    boolean interrupted = false;
    try {
      while (tryLock(channel) == null) {
        if (System.nanoTime() - start > WAIT_MAX.toNanos()) {
          throw new IOException(
              "lock failed: another process held it for %s, needed it free (file=%s)"
                  .formatted(WAIT_MAX, file));
        }
        interrupted |= Thread.interrupted(); // a set flag would turn the pause into a spin
        LockSupport.parkNanos(pause);
        pause = Math.min(2 * pause, PAUSE_NANOS_MAX);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // someone else in this JVM locks our file: as good as another process
    }
  }
}
