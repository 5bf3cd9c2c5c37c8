package dev.dosql.internal.tenant;

import dev.dosql.StorageException;
import dev.dosql.internal.files.FileErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A tenant in the making: a file that gets the tenant's name when it is whole, and durable as the
 * options say. Used by one thread; closing it deletes what is left.
 */
final class FileImport implements AutoCloseable {
  private final TenantFiles files;
  private final TenantName name;
  private final Path file;

  FileImport(TenantFiles files, TenantName name) {
    this.files = files;
    this.name = name;
    this.file = files.temporary();
  }

  /** The file in the making. */
  Path file() {
    return file;
  }

  /**
   * Makes it the tenant's, of which there must be none.
   *
   * @throws dev.dosql.DiskFullException if there is no room; there is no tenant
   * @throws dev.dosql.ReadOnlyException if the directory may not be written; likewise
   * @throws StorageException if it fails otherwise; likewise
   */
  void publish() {
    try {
      if (Files.exists(TenantFiles.wal(file))) {
        throw new StorageException("copy has a log that nobody should have (tenant=" + name + ")");
      }
      files.adopt(name, file);
    } catch (IOException e) {
      throw FileErrors.writing("tenant cannot be imported", e, "tenant=" + name);
    }
  }

  @Override
  public void close() {
    TenantFiles.deleteTemporary(file); // If that fails, the next process does it.
  }
}
