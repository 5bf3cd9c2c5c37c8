package dev.dosql.internal.files;

import dev.dosql.DiskFullException;
import dev.dosql.DoSQLException;
import dev.dosql.ReadOnlyException;
import dev.dosql.StorageException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What the operating system said of a write, as one of the public errors. Java has a type only for
 * missing permission; the rest is told by the system's own texts, which are in the language of the
 * process: in one that is not known here the error is a {@link StorageException}.
 */
public final class FileErrors {
  private static final String[] FULL = {
    "no space left on device",
    "disk quota exceeded",
    "file too large",
    "not enough space on the disk",
  };

  private static final String[] READ_ONLY = {"read-only file system", "permission denied"};

  private FileErrors() {}

  /**
   * The public error for a write that failed.
   *
   * @param what what failed
   * @param where the tenant and the file or directory, in {@code key=value}
   */
  public static DoSQLException writing(String what, IOException e, String where) {
    String message = what + ": " + e + " (" + where + ")";
    if (isFull(e)) {
      return new DiskFullException(message, e);
    }
    return isReadOnly(e) ? new ReadOnlyException(message, e) : new StorageException(message, e);
  }

  /** Whether there was no room: on the disk, in the quota, or below the largest size of a file. */
  public static boolean isFull(IOException e) {
    return says(e, FULL);
  }

  /** Whether writing was not permitted. */
  public static boolean isReadOnly(IOException e) {
    return e instanceof AccessDeniedException || says(e, READ_ONLY);
  }

  private static boolean says(IOException e, String[] texts) {
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    return Stream.of(texts).anyMatch(message::contains);
  }
}
