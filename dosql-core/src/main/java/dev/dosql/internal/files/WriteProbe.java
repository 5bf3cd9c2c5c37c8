package dev.dosql.internal.files;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Finds out why a file could not be written. SQLite tells that a write failed and not why, so a
 * write like it is tried beside the file, as far out as the file reaches.
 */
public final class WriteProbe {
  private static final int BYTES = 64 * 1024;

  private WriteProbe() {}

  /**
   * Tries it. Not ended by an interrupt; what it writes is gone when it returns.
   *
   * @param file the file beside which to write
   * @param position how far out
   * @return what the operating system says, or null if it can be written now
   */
  public static @Nullable IOException attempt(Path file, long position) {
    Path probe = DurableFiles.parent(file).resolve("probe-" + UUID.randomUUID());
    try {
      Files.createFile(probe);
      try (RandomAccessFile open = new RandomAccessFile(probe.toFile(), "rw")) {
        Files.deleteIfExists(probe); // While it is open: a process killed here leaves nothing.
        open.seek(position);
        open.write(new byte[BYTES]);
        return null;
      } finally {
        Files.deleteIfExists(probe);
      }
    } catch (IOException e) {
      return e;
    }
  }

  /** The bytes that the disk of a file has left, or the most there are if that is not known. */
  public static long room(Path file) {
    try {
      return Files.getFileStore(DurableFiles.parent(file)).getUsableSpace();
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }

  /** The length of a file, or 0 if there is none. */
  public static long length(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0;
    }
  }
}
