package dev.dosql.storage.capture;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Where a whole image comes from when frames do not tell what the database is.
 *
 * <p>Called while nobody of this process writes, by the thread that captures.
 */
@FunctionalInterface
public interface Image {

  /**
   * Copies the database as of all that is committed now. SQLite's backup does it but for page 1,
   * which it changes in the copy. So page 1 has to be committed anew before the copy is made, as by
   * {@code PRAGMA user_version = <the same>}: it then is in the {@code -wal}, and is taken from
   * there. The {@code -wal} must not be checkpointed or begun anew meanwhile.
   *
   * @param file does not exist; the copy is to be there, without a log of its own
   * @throws IOException if it cannot be copied; what was written to the file is deleted
   */
  void copyTo(Path file) throws IOException;
}
