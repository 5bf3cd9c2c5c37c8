package dev.dosql.storage.ltx;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A database file that LTX files are applied to, one after the other.
 *
 * <p>After {@link #apply} has returned the file is exactly the database as of the last transaction
 * of what was applied, but perhaps not on the disk yet. After an exception it is pages of two
 * states, or pages that were not verified: it must be thrown away. So this is for files that nobody
 * else knows yet. It uses 256 KiB of memory, and does not mind interrupts.
 *
 * <p>Used by one thread at a time. Does not close the file.
 */
public final class DatabaseImage {

  private static final int BUFFER_BYTES = 256 * 1024;

  private final RandomAccessFile file;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private @Nullable LtxHeader last;

  private DatabaseImage(RandomAccessFile file, @Nullable LtxHeader last) {
    this.file = Objects.requireNonNull(file, "file");
    this.last = last;
  }

  /**
   * Starts with nothing, so that the first file must be a whole image.
   *
   * @param file where the database goes; emptied
   * @return the image
   * @throws IOException if the file cannot be emptied
   */
  public static DatabaseImage empty(RandomAccessFile file) throws IOException {
    file.setLength(0);
    return new DatabaseImage(file, null);
  }

  /**
   * Goes on with a file that is a database.
   *
   * @param file the database, with nothing in a {@code -wal}
   * @param pageSize its page size
   * @param txid the last transaction in it, from 1
   * @return the image
   * @throws IllegalArgumentException if the file is not a number of pages from 1
   * @throws IOException if the length of the file cannot be read
   */
  public static DatabaseImage at(RandomAccessFile file, int pageSize, long txid)
      throws IOException {
    long length = file.length();
    LtxHeader last = new LtxHeader(pageSize, length / pageSize, txid, txid, 0, 0, 0, 0, 0, 0);
    if (length % pageSize != 0) {
      throw new IllegalArgumentException(
          "database refused: length=%d, needed a multiple of pageSize=%d"
              .formatted(length, pageSize));
    }
    return new DatabaseImage(file, last);
  }

  /**
   * Applies all that is left of a file.
   *
   * @param reader a file that goes on where the one before ended, of which no page was read yet;
   *     the first one a whole image
   * @return what was applied, verified
   * @throws LtxFormatException if the file is refused; the database must be thrown away
   * @throws IOException if reading or writing fails; the database must be thrown away
   */
  public LtxSummary apply(LtxReader reader) throws IOException {
    if (last != null) {
      reader.follows(last);
    } else {
      reader.needSnapshot();
    }
    LtxHeader header = reader.header();
    copyPages(reader, header.pageSize());
    file.setLength(header.commit() * header.pageSize());
    last = header;
    return reader.summary();
  }

  private void copyPages(LtxReader reader, int pageSize) throws IOException {
    long first = 0; // the page at the beginning of the buffer
    int filled = 0;
    for (long pgno; (pgno = reader.next(buffer, filled)) != 0; ) {
      if (filled > 0 && pgno != first + filled / pageSize) {
        write(first, pageSize, filled);
        System.arraycopy(buffer, filled, buffer, 0, pageSize);
        filled = 0;
      }
      first = filled == 0 ? pgno : first;
      filled += pageSize;
      if (filled == buffer.length) {
        write(first, pageSize, filled);
        filled = 0;
      }
    }
    write(first, pageSize, filled);
  }

  private void write(long first, int pageSize, int length) throws IOException {
    if (length > 0) {
      file.seek((first - 1) * pageSize);
      file.write(buffer, 0, length);
    }
  }

  /**
   * Returns the last transaction that was applied.
   *
   * @return its number; 0 if there is none
   */
  public long txid() {
    return last == null ? 0 : last.maxTxid();
  }
}
