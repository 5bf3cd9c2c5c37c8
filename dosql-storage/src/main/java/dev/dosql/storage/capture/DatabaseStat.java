package dev.dosql.storage.capture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Optional;

/**
 * What can be seen of a database file without opening it: SQLite writes to it only when it
 * checkpoints.
 *
 * @param bytes its length
 * @param modified when it was last written to, as exactly as the file system tells
 */
record DatabaseStat(long bytes, Instant modified) {

  /** Looks at a file; empty if there is none. */
  static Optional<DatabaseStat> of(Path database) throws IOException {
    try {
      BasicFileAttributes seen = Files.readAttributes(database, BasicFileAttributes.class);
      return Optional.of(new DatabaseStat(seen.size(), seen.lastModifiedTime().toInstant()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
