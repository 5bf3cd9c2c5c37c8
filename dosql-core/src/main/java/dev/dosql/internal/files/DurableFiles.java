package dev.dosql.internal.files;

import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * Forcing files and names to the disk. All of it works in a thread that is interrupted, and leaves
 * its flag alone: the channels are asynchronous ones because those are not closed by an interrupt.
 */
public final class DurableFiles {
  private static final boolean WINDOWS =
      System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");

  private DurableFiles() {}

  /** Forces a file's bytes. */
  public static void force(Path file) throws IOException {
    try (AsynchronousFileChannel channel =
        AsynchronousFileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Forces a directory's names. Windows has no such call, and orders its metadata by itself. */
  public static void forceDirectory(Path directory) throws IOException {
    if (WINDOWS) {
      return;
    }
    try (AsynchronousFileChannel channel =
        AsynchronousFileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Makes a directory and those above it that are missing, and forces their names. */
  public static void createDirectories(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = parent(directory);
    createDirectories(parent);
    Files.createDirectories(directory);
    forceDirectory(parent);
  }

  /** Gives a file a new name in one step, replacing what has that name, and forces both. */
  public static void publish(Path from, Path to) throws IOException {
    force(from);
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    forceDirectory(parent(to));
  }

  /**
   * Gives a file a name that must be free, in one step, and forces both.
   *
   * @throws FileAlreadyExistsException if the name is taken; both files stay as they are
   */
  public static void publishNew(Path from, Path to) throws IOException {
    force(from);
    try {
      Files.createLink(to, from); // Unlike a move, it never replaces.
      Files.delete(from);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (UnsupportedOperationException | FileSystemException e) {
      moveNew(from, to); // A file system without links.
    }
    forceDirectory(parent(to));
  }

  private static void moveNew(Path from, Path to) throws IOException {
    if (Files.exists(to, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(to.toString());
    }
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  /** The directory that a file is in. */
  public static Path parent(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException("has no directory: " + file);
    }
    return parent;
  }
}
