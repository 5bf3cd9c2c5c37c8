package dev.dosql.internal.tenant;

import dev.dosql.DatabaseLockedException;
import dev.dosql.internal.files.FileErrors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The right to a directory, which one instance in one process has at a time.
 *
 * <p>Within the process a registry decides, before any file is touched. Between processes a lock on
 * an empty file decides, which the operating system drops when the process ends, however it ends.
 * That file is opened once and never read: on POSIX, closing any other descriptor of it would drop
 * the lock. Who holds it is written in a second file, for people.
 */
final class DirectoryLock implements AutoCloseable {
  private static final Map<Path, String> HELD = new ConcurrentHashMap<>();

  /**
   * Channels of lock files that another copy of this library holds: kept, so as not to be closed.
   */
  private static final Queue<FileChannel> NEVER_CLOSED = new ConcurrentLinkedQueue<>();

  private final Path directory;
  private final FileChannel channel;
  private final Path holderFile;

  private DirectoryLock(Path directory, FileChannel channel, Path holderFile) {
    this.directory = directory;
    this.channel = channel;
    this.holderFile = holderFile;
  }

  /**
   * Takes a directory.
   *
   * @param directory its real path
   * @param own where this library's own files are
   * @param holder who asks, for the message to the next one
   * @throws DatabaseLockedException if somebody else has it
   */
  static DirectoryLock acquire(Path directory, Path own, String holder) {
    String other = HELD.putIfAbsent(directory, holder);
    if (other != null) {
      throw locked(directory, "this process, " + other);
    }
    try {
      return acquireFile(directory, own, holder);
    } catch (RuntimeException | Error e) {
      HELD.remove(directory);
      throw e;
    } catch (IOException e) {
      HELD.remove(directory);
      throw FileErrors.writing("directory cannot be locked", e, "directory=" + directory);
    }
  }

  private static DirectoryLock acquireFile(Path directory, Path own, String holder)
      throws IOException {
    Path holderFile = own.resolve("holder");
    FileChannel channel =
        FileChannel.open(own.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      return lock(directory, channel, holderFile, holder);
    } catch (OverlappingFileLockException e) {
      // Another copy of this library in this process has it, and closing would drop its lock.
      NEVER_CLOSED.add(channel);
      throw locked(directory, "this process, " + describe(holderFile));
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  private static DirectoryLock lock(
      Path directory, FileChannel channel, Path holderFile, String holder) throws IOException {
    FileLock lock = channel.tryLock();
    if (lock == null) {
      throw locked(directory, describe(holderFile));
    }
    Files.writeString(
        holderFile,
        "pid="
            + ProcessHandle.current().pid()
            + ", host="
            + hostName()
            + ", since="
            + Instant.now()
            + ", "
            + holder
            + System.lineSeparator());
    return new DirectoryLock(directory, channel, holderFile);
  }

  private static String describe(Path holderFile) {
    try {
      return Files.readString(holderFile).strip();
    } catch (IOException e) {
      return "another process";
    }
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }

  private static DatabaseLockedException locked(Path directory, String holder) {
    return new DatabaseLockedException(
        "directory is held: by " + holder + " (directory=" + directory + ")");
  }

  /** The directory. */
  Path directory() {
    return directory;
  }

  /** Gives the directory back. */
  @Override
  public void close() throws IOException {
    try {
      Files.deleteIfExists(holderFile);
    } finally {
      try {
        channel.close();
      } finally {
        HELD.remove(directory);
      }
    }
  }
}
