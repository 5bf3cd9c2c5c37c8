package dev.dosql.internal.tenant;

import dev.dosql.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A tenant in the making: a file that gets the tenant's name when it is whole, and durable as the
 * options say. Used by one thread; closing it deletes what is left.
 */
final class FileImport implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.tenant");

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
   * @throws StorageException if that fails; there is no tenant
   */
  void publish() {
    try {
      if (Files.exists(TenantFiles.wal(file))) {
        throw new StorageException("copy has a log that nobody should have (tenant=" + name + ")");
      }
      files.adopt(name, file);
    } catch (IOException e) {
      throw new StorageException("tenant cannot be imported: " + e + " (tenant=" + name + ")", e);
    }
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
      Files.deleteIfExists(file.resolveSibling(file.getFileName() + "-journal"));
      TenantFiles.deleteSidecars(file);
    } catch (IOException e) {
      log.warn("temporary file was not deleted (file={})", file, e); // The next process does it.
    }
  }
}
