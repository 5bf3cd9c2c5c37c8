package dev.dosql.internal.tenant;

import dev.dosql.StorageException;
import dev.dosql.internal.files.DurableFiles;
import dev.dosql.internal.files.FileErrors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a directory of tenants, by name; none of them is opened here but those that SQLite
 * does not know.
 *
 * <table>
 *   <caption>In the directory; {@code E} is a tenant's encoded name</caption>
 *   <tr><th>file</th><th>what it is</th></tr>
 *   <tr><td>{@code E.db}, {@code E.db-wal}, {@code E.db-shm}</td><td>the tenant's database</td></tr>
 *   <tr><td>{@code E.name}</td><td>the true name, where {@code E} is a hash</td></tr>
 *   <tr><td>{@code E.db.diverged-<time>}</td><td>what was set aside for the bucket's</td></tr>
 *   <tr><td>{@code E.suspended}</td><td>that the tenant is suspended</td></tr>
 *   <tr><td>{@code .dosql/lock}, {@code .dosql/holder}</td><td>who has the directory</td></tr>
 *   <tr><td>{@code .dosql/template-…​.db}</td><td>what new tenants are copies of</td></tr>
 *   <tr><td>{@code .dosql/replicas/…}</td><td>see {@link ReplicaDirectories}</td></tr>
 *   <tr><td>{@code .dosql/tmp-…}</td><td>files in the making, of no worth after a crash</td></tr>
 * </table>
 *
 * <p>A tenant exists when its {@code .db} file does: it is the last to appear and the first to go.
 */
final class TenantFiles {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.tenant");

  private static final String DATABASE = ".db";
  private static final String NAME = ".name";
  private static final String SUSPENDED = ".suspended";
  private static final String TEMPORARY = "tmp-";

  private final Path directory;
  private final Path own;
  private final boolean durable;

  /**
   * Makes it; the directory is there, and {@code .dosql} in it.
   *
   * @param durable whether what it does to files is forced
   */
  TenantFiles(Path directory, boolean durable) {
    this.directory = directory;
    this.own = directory.resolve(".dosql");
    this.durable = durable;
  }

  /** The directory of this library's own files. */
  Path own() {
    return own;
  }

  /** The tenant's database. */
  Path database(TenantName name) {
    return directory.resolve(name.encoded() + DATABASE);
  }

  /** The log of a database. */
  static Path wal(Path database) {
    return beside(database, "-wal");
  }

  private static Path beside(Path database, String suffix) {
    return database.resolveSibling(database.getFileName() + suffix);
  }

  private Path suspended(TenantName name) {
    return directory.resolve(name.encoded() + SUSPENDED);
  }

  /** Whether the tenant exists. */
  boolean exists(TenantName name) {
    return Files.isRegularFile(database(name));
  }

  /** Whether a tenant of such an encoded name exists. */
  boolean exists(String encoded) {
    return Files.isRegularFile(directory.resolve(encoded + DATABASE));
  }

  /** Whether something stands in the place of the tenant's file that is none. */
  boolean isBlocked(TenantName name) {
    return Files.exists(database(name), LinkOption.NOFOLLOW_LINKS) && !exists(name);
  }

  /** Whether the tenant is suspended. */
  boolean isSuspended(TenantName name) {
    return Files.exists(suspended(name));
  }

  /** Suspends or resumes the tenant. */
  void setSuspended(TenantName name, boolean value) {
    attempt(
        "suspend or resume tenant",
        name,
        () -> {
          if (value) {
            Files.write(suspended(name), new byte[0]);
          } else {
            Files.deleteIfExists(suspended(name));
          }
          forceDirectory();
        });
  }

  /** A name for a file in the making. */
  Path temporary() {
    return own.resolve(TEMPORARY + UUID.randomUUID());
  }

  /**
   * Makes a tenant of a template, which is copied: all of it, or nothing.
   *
   * @throws IOException if it cannot be; nothing is left
   */
  void create(TenantName name, Path template) throws IOException {
    Path made = temporary();
    try {
      Files.copy(template, made);
      adopt(name, made);
    } catch (IOException | RuntimeException | Error e) {
      Files.deleteIfExists(made);
      throw e;
    }
  }

  /**
   * Makes a tenant of a whole database in a file in the making: at once, or not.
   *
   * @throws IOException if it cannot be; there is no tenant
   */
  void adopt(TenantName name, Path made) throws IOException {
    clear(name);
    if (durable) {
      DurableFiles.force(made);
    }
    place(name, made);
  }

  /**
   * The same for a tenant that exists elsewhere, whose suspension is here and stays; its file is on
   * the disk already.
   */
  void adoptUnderSuspension(TenantName name, Path made) throws IOException {
    clearLog(name);
    place(name, made);
  }

  private void place(TenantName name, Path made) throws IOException {
    if (keepName(name)) {
      forceDirectory(); // Or a power cut could leave the database without it, which nobody can use.
    }
    Files.move(made, database(name), StandardCopyOption.ATOMIC_MOVE);
    forceDirectory();
  }

  /**
   * Gives a tenant another name, which none has. It is closed and has no log. It changes its name
   * with its database; what belongs to either name without one is ignored and goes with the next
   * that is made.
   */
  void rename(TenantName from, TenantName to) {
    attempt(
        "rename tenant",
        from,
        () -> {
          clear(to);
          keepName(to);
          if (isSuspended(from)) {
            Files.write(suspended(to), new byte[0]);
          }
          forceDirectory();
          Files.move(database(from), database(to), StandardCopyOption.ATOMIC_MOVE);
          forceDirectory();
          deleteBeside(from);
        });
  }

  /** What is gone is gone on the disk as well, or the next tenant of the name could meet it. */
  private void deleteBeside(TenantName name) throws IOException {
    boolean log = deleteSidecars(database(name));
    boolean suspension = Files.deleteIfExists(suspended(name));
    boolean trueName = Files.deleteIfExists(directory.resolve(name.encoded() + NAME));
    if (log || suspension || trueName) {
      forceDirectory();
    }
  }

  /**
   * Deletes what a crash in the middle of deleting may have left of an earlier tenant. Its log
   * would be taken for the new file's, and its rows would come back; so that happens before, also
   * on the disk.
   */
  private void clear(TenantName name) throws IOException {
    boolean suspension = Files.deleteIfExists(suspended(name));
    if (!clearLog(name) && suspension) {
      forceDirectory();
    }
  }

  /** The same, but for the suspension; whether there was something. */
  private boolean clearLog(TenantName name) throws IOException {
    boolean log = deleteSidecars(database(name));
    if (log) {
      forceDirectory();
    }
    return log;
  }

  /** Keeps the true name of a tenant whose encoded one does not tell it; whether it had to. */
  private boolean keepName(TenantName name) throws IOException {
    String encoded = name.encoded();
    if (!TenantName.isHashed(encoded)) {
      return false;
    }
    Path file = directory.resolve(encoded + NAME);
    Files.writeString(file, name.text());
    if (durable) {
      DurableFiles.force(file);
    }
    return true;
  }

  /**
   * Checks that a hashed name is the one whose file this is: two names never share a file, not even
   * if a hash should repeat.
   */
  boolean isNamed(TenantName name) throws IOException {
    String encoded = name.encoded();
    return !TenantName.isHashed(encoded)
        || Files.readString(directory.resolve(encoded + NAME)).equals(name.text());
  }

  /** Deletes a tenant that is closed. */
  void delete(TenantName name) {
    attempt(
        "delete tenant",
        name,
        () -> {
          Files.deleteIfExists(database(name));
          forceDirectory();
          deleteBeside(name);
        });
  }

  /** Deletes what may be left of a tenant that has no file any more. */
  void forget(TenantName name) throws IOException {
    deleteBeside(name);
  }

  /**
   * Keeps a closed tenant's database under another name, with its log, where no tenant is looked
   * for. Its suspension stays.
   *
   * @return what it is kept as
   */
  Path setAside(TenantName name, String suffix) throws IOException {
    Path database = database(name);
    Path kept = beside(database, "." + suffix);
    if (Files.exists(wal(database))) {
      Files.copy(wal(database), wal(kept)); // A crash must leave neither without its log.
      DurableFiles.force(wal(kept));
    }
    Files.move(database, kept, StandardCopyOption.ATOMIC_MOVE);
    forceDirectory();
    clearLog(name);
    return kept;
  }

  /** Deletes a directory and the files in it, if it is there. */
  static void deleteTree(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(directory);
    DurableFiles.forceDirectory(DurableFiles.parent(directory));
  }

  /** Deletes the log of a database that is closed, and its index; whether there was one. */
  static boolean deleteSidecars(Path database) throws IOException {
    boolean log = Files.deleteIfExists(wal(database));
    boolean index = Files.deleteIfExists(beside(database, "-shm"));
    return log || index;
  }

  /** Deletes a database in the making and what SQLite has beside it, as far as there is any. */
  static void deleteTemporary(Path database) {
    try {
      Files.deleteIfExists(database);
      Files.deleteIfExists(beside(database, "-journal"));
      deleteSidecars(database);
    } catch (IOException e) {
      log.warn("temporary file was not deleted (file={})", database, e);
    }
  }

  private void forceDirectory() throws IOException {
    if (durable) {
      DurableFiles.forceDirectory(directory);
    }
  }

  /** Visits every tenant that exists, in no order. */
  void forEach(Consumer<TenantName> visitor) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + DATABASE)) {
      for (Path file : files) {
        String fileName = file.getFileName().toString();
        String encoded = fileName.substring(0, fileName.length() - DATABASE.length());
        nameOf(encoded).filter(this::exists).ifPresent(visitor);
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw new StorageException("tenants cannot be listed (directory=" + directory + ")", e);
    }
  }

  private Optional<TenantName> nameOf(String encoded) {
    if (!TenantName.isHashed(encoded)) {
      return TenantName.decode(encoded);
    }
    try {
      return Optional.of(new TenantName(Files.readString(directory.resolve(encoded + NAME))))
          .filter(name -> name.encoded().equals(encoded));
    } catch (IOException | UncheckedIOException | dev.dosql.InvalidTenantNameException e) {
      return Optional.empty(); // Made by nobody here, or deleted meanwhile.
    }
  }

  /** The size of the tenant's database file, or 0 if it is gone. */
  long sizeBytes(TenantName name) {
    try {
      return Files.size(database(name));
    } catch (IOException e) {
      return 0;
    }
  }

  /**
   * Deletes what an earlier process left in the making, and forces the names that it left: it may
   * have been killed before it did, and what is built on them must not outlive them.
   */
  void settle() {
    sweep(TEMPORARY + "*", own);
    try {
      forceDirectory();
    } catch (IOException e) {
      throw FileErrors.writing("directory cannot be forced", e, "directory=" + directory);
    }
  }

  /** Deletes templates other than one. */
  void sweepTemplates(Path kept) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(own, "template-*")) {
      for (Path file : files) {
        if (!file.equals(kept)) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw FileErrors.writing("old template cannot be deleted", e, "directory=" + own);
    }
  }

  private static void sweep(String pattern, Path directory) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, pattern)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw FileErrors.writing("left-over file cannot be deleted", e, "directory=" + directory);
    }
  }

  private void attempt(String what, TenantName name, FileWork work) {
    try {
      work.run();
    } catch (IOException e) {
      throw FileErrors.writing("cannot " + what, e, "tenant=" + name + ", directory=" + directory);
    }
  }

  @FunctionalInterface
  private interface FileWork {
    void run() throws IOException;
  }
}
