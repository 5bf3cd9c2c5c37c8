package dev.dosql.storage;

import dev.dosql.storage.internal.Durable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Files and directories that survive the loss of power, written without regard to interrupts. */
final class DurableFiles {

  /** How many directories are remembered as durable; beyond it they are made durable anew. */
  private static final int DIRECTORIES_MAX = 10_000;

  private final Path root;
  private final Set<Path> durable = ConcurrentHashMap.newKeySet();

  DurableFiles(Path root) {
    this.root = root;
  }

  /** A file that is complete and on the disk, but not yet where anyone looks. */
  record Staged(Path path, long size, String etag) {}

  static Staged stage(Path directory, InputStream content) throws IOException {
    Path path = directory.resolve(UUID.randomUUID().toString());
    try {
      return write(path, content);
    } catch (IOException | RuntimeException | Error e) {
      discard(path, e);
      throw e;
    }
  }

  private static Staged write(Path path, InputStream content) throws IOException {
    MessageDigest digest = sha256();
    // Not a channel: an interrupt would close it in the middle.
    try (FileOutputStream file = new FileOutputStream(path.toFile())) {
      long size = content.transferTo(new DigestOutputStream(file, digest));
      file.getFD().sync();
      return new Staged(path, size, etag(digest));
    }
  }

  private static void discard(Path path, Throwable cause) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      cause.addSuppressed(e); // the next open sweeps it
    }
  }

  static String etagOf(InputStream content) throws IOException {
    MessageDigest digest = sha256();
    content.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
    return etag(digest);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e); // every Java platform has it
    }
  }

  private static String etag(MessageDigest digest) {
    return HexFormat.of().formatHex(Arrays.copyOf(digest.digest(), Sidecar.ETAG_BYTES));
  }

  /** Puts a staged file in its place, in a directory that {@link #makeDirectory} has made. */
  static void publish(Staged staged, Path target) throws IOException {
    Files.move(staged.path(), target, StandardCopyOption.ATOMIC_MOVE);
    Durable.forceDirectory(target.getParent());
  }

  static void delete(Path file) throws IOException {
    if (Files.deleteIfExists(file)) {
      Durable.forceDirectory(file.getParent());
    }
  }

  /**
   * Makes a directory below the root, and the ones above it, durable. One that exists may have been
   * made a moment ago by someone who has not synced it yet, so existence alone says nothing.
   */
  void makeDirectory(Path directory) throws IOException {
    if (directory.equals(root) || durable.contains(directory)) {
      return;
    }
    makeDirectory(directory.getParent());
    createDirectory(directory);
    Durable.forceDirectory(directory.getParent());
    if (durable.size() >= DIRECTORIES_MAX) {
      durable.clear();
    }
    durable.add(directory);
  }

  private static void createDirectory(Path directory) throws IOException {
    try {
      Files.createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException("not a directory, needed one (file=" + directory + ")", e);
      }
    }
  }

  /** Makes the root itself, wherever it is. */
  static void makeRoot(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = directory.getParent();
    if (parent != null) {
      makeRoot(parent);
    }
    createDirectory(directory);
    if (parent != null) {
      Durable.forceDirectory(parent);
    }
  }
}
