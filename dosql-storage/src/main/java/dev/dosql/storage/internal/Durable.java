package dev.dosql.storage.internal;

import java.io.File;
import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Bytes and names that survive the loss of power, written without regard to interrupts.
 *
 * <p>Safe for use by many threads.
 */
public final class Durable {

  private static final boolean WINDOWS = File.separatorChar == '\\';

  private Durable() {}

  /**
   * Forces a file's bytes.
   *
   * @param file exists
   * @throws IOException if it may not be on the disk
   */
  public static void force(Path file) throws IOException {
    // An asynchronous channel only because that is the kind which an interrupt does not close.
    try (AsynchronousFileChannel channel =
        AsynchronousFileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(false);
    }
  }

  /**
   * Gives a file that is on the disk its name, replacing what has that name, and forces the name.
   *
   * @param from the file, in the same directory as the new name
   * @param to its new name
   * @throws IOException if it may have either name
   */
  public static void rename(Path from, Path to) throws IOException {
    replace(from, to);
    forceDirectory(to.toAbsolutePath().getParent());
  }

  /**
   * Gives a file its name, which a loss of power may undo.
   *
   * @param from the file, in the same directory as the new name
   * @param to its new name
   * @throws IOException if it may have either name
   */
  public static void replace(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Makes a directory and those above it that are missing, and forces their names.
   *
   * @param directory may exist
   * @throws IOException if one cannot be made
   */
  public static void makeDirectories(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = directory.toAbsolutePath().getParent();
    makeDirectories(parent);
    makeDirectory(directory);
    forceDirectory(parent);
  }

  private static void makeDirectory(Path directory) throws IOException {
    try {
      Files.createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException("not a directory, needed one (file=" + directory + ")", e);
      }
    }
  }

  /**
   * Forces the names in a directory.
   *
   * @param directory exists
   * @throws IOException if they may not be on the disk
   */
  public static void forceDirectory(Path directory) throws IOException {
    if (WINDOWS) {
      return; // it cannot open directories, and keeps their changes in a journal
    }
    boolean interrupted = false;
    try {
      while (!tryForceDirectory(directory)) {
        interrupted |= Thread.interrupted();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Returns false if an interrupt came between; only a channel can open a directory. */
  private static boolean tryForceDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
      return true;
    } catch (ClosedByInterruptException e) {
      return false;
    }
  }
}
