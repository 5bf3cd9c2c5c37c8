package dev.dosql.internal.tenant;

import dev.dosql.StorageException;
import dev.dosql.internal.files.DurableFiles;
import dev.dosql.internal.files.FileErrors;
import dev.dosql.internal.sqlite.DriverConnection;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * A copy of a database in the making: a temporary file beside its target, which gets the target's
 * name when it is whole and on the disk. Used by one thread; closing it deletes what is left.
 */
public final class FileExport implements AutoCloseable {
  private final String tenant;
  private final Path target;
  private final Path temporary;

  private FileExport(String tenant, Path target, Path temporary) {
    this.tenant = tenant;
    this.target = target;
    this.temporary = temporary;
  }

  /**
   * Begins an export.
   *
   * @param file where it shall be; there must be nothing yet
   * @param tenants the directory of tenants, where it must not be
   * @throws StorageException if there is something, or no directory to put it in
   */
  public static FileExport of(String tenant, Path file, Path tenants) {
    Path target = outside(file, tenants);
    refuseExisting(target);
    return new FileExport(
        tenant, target, target.resolveSibling(".dosql-export-" + UUID.randomUUID()));
  }

  /** The log of an earlier database of that name would be taken for the new one's. */
  private static void refuseExisting(Path target) {
    for (String suffix : List.of("", "-wal", "-journal", "-shm")) {
      Path file = target.resolveSibling(target.getFileName() + suffix);
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        throw exists(file, new FileAlreadyExistsException(file.toString()));
      }
    }
  }

  /**
   * The real path of a file that is none of the tenants' own.
   *
   * @throws IllegalArgumentException if it is
   * @throws StorageException if its directory does not exist
   */
  static Path outside(Path file, Path tenants) {
    if (!isLocal(file) || file.getFileName() == null) {
      throw new IllegalArgumentException("file must be one of the local file system: " + file);
    }
    try {
      Path directory = DurableFiles.parent(file).toRealPath();
      if (directory.startsWith(tenants)) {
        throw new IllegalArgumentException(
            "file must not be in the directory of tenants: "
                + file
                + " (directory="
                + tenants
                + ")");
      }
      return directory.resolve(file.getFileName());
    } catch (NoSuchFileException e) {
      throw new StorageException("directory does not exist (file=" + file + ")", e);
    } catch (IOException e) {
      throw new StorageException("directory cannot be read: " + e + " (file=" + file + ")", e);
    }
  }

  private static boolean isLocal(Path file) {
    try {
      file.toFile();
      return true;
    } catch (UnsupportedOperationException e) {
      return false; // SQLite could not open it.
    }
  }

  private static StorageException exists(Path target, FileAlreadyExistsException cause) {
    return new StorageException("file exists: export needs a new one (file=" + target + ")", cause);
  }

  /** Where the copy is made. */
  Path temporary() {
    return temporary;
  }

  /**
   * Writes the copy, which cannot be ended.
   *
   * @param source a connection with a snapshot
   * @throws SqliteException if that fails, with the reason why it cannot be written
   */
  public void copy(SqliteConnection source) throws SqliteException {
    Backup.copy(source, temporary);
  }

  /**
   * Makes the copy one file without a log, and gives it the target's name.
   *
   * @throws dev.dosql.DiskFullException if there is no room; there is no target then, or what
   *     somebody else has put there meanwhile
   * @throws dev.dosql.ReadOnlyException if the directory may not be written; likewise
   * @throws StorageException if it fails otherwise; likewise
   */
  public void publish() {
    try {
      // It says that it has a log, as its original does.
      DriverConnection.open(temporary, false, "PRAGMA journal_mode=DELETE").close();
    } catch (SqliteException e) {
      throw SqliteErrors.translate(
          SqliteErrors.explained(e, temporary, true), null, 0, tenant + ", file=" + target);
    }
    publishAsIs();
  }

  /** Gives the copy the target's name without changing a byte of it; fails as the other does. */
  void publishAsIs() {
    try {
      refuseExisting(target);
      DurableFiles.publishNew(temporary, target);
    } catch (FileAlreadyExistsException e) {
      throw exists(target, e);
    } catch (IOException e) {
      throw FileErrors.writing("export failed", e, "tenant=" + tenant + ", file=" + target);
    }
  }

  /** Deletes the temporary file, if it is still there. */
  @Override
  public void close() {
    TenantFiles.deleteTemporary(temporary);
  }
}
