package dev.dosql.storage.capture;

import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A {@code -wal} file that begins with a valid header, open for reading.
 *
 * <p>Opening and closing it beside SQLite is safe: SQLite's locks are on the other two files. It is
 * not a channel, because an interrupt would close that.
 *
 * <p>Source: SQLite's file format, section 4, "The Write-Ahead Log". All fields are big-endian.
 *
 * <pre>
 * header, 32 bytes                          frame, 24 bytes and a page
 *  0  4  0x377f0682, the last bit of         0  4  page number
 *        which says that checksums are       4  4  for a commit, the size of the
 *        over big-endian words                     database in pages; otherwise 0
 *  4  4  3007000                             8  8  the salts of the header
 *  8  4  page size                          16  8  running checksum: of the 24 bytes of the
 * 12  4  number of checkpoints                     header before its own, and of the first
 * 16  8  two salts                                 8 bytes and the page of each frame
 * 24  8  checksum of the 24 bytes before
 * </pre>
 *
 * <p>Used by one thread at a time.
 */
final class Wal implements Closeable {

  static final int HEADER_BYTES = 32;
  static final int FRAME_HEADER_BYTES = 24;

  private static final int MAGIC = 0x377f0682;
  private static final int VERSION = 3_007_000;
  private static final int PAGE_BYTES_MIN = 512;
  private static final int PAGE_BYTES_MAX = 65_536;

  private final RandomAccessFile file;
  private final WalSum sum;
  private final int pageSize;
  private final long salts;
  private final long sums;

  private Wal(RandomAccessFile file, ByteBuffer header) {
    this.file = file;
    this.sum = WalSum.of((header.getInt(0) & 1) == 1);
    this.pageSize = header.getInt(8);
    this.salts = header.getLong(16);
    this.sums = header.getLong(24);
  }

  /**
   * Opens a file; empty if there is none, or none that SQLite would read anything of.
   *
   * @throws IOException if it cannot be read
   */
  static Optional<Wal> open(Path path) throws IOException {
    RandomAccessFile file;
    try {
      file = new RandomAccessFile(path.toFile(), "r");
    } catch (FileNotFoundException e) {
      if (Files.notExists(path)) {
        return Optional.empty();
      }
      throw e;
    }
    try {
      Optional<Wal> opened = readHeader(file);
      if (opened.isEmpty()) {
        file.close();
      }
      return opened;
    } catch (IOException | RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  private static Optional<Wal> readHeader(RandomAccessFile file) throws IOException {
    byte[] bytes = new byte[HEADER_BYTES];
    if (readFully(file, 0, bytes, HEADER_BYTES) < HEADER_BYTES) {
      return Optional.empty();
    }
    ByteBuffer header = ByteBuffer.wrap(bytes);
    if ((header.getInt(0) & ~1) != MAGIC || header.getInt(4) != VERSION) {
      return Optional.empty();
    }
    int pageSize = header.getInt(8);
    if (Integer.bitCount(pageSize) != 1 || pageSize < PAGE_BYTES_MIN || pageSize > PAGE_BYTES_MAX) {
      return Optional.empty();
    }
    Wal wal = new Wal(file, header);
    return wal.sum.add(0, bytes, 0, 24) == wal.sums ? Optional.of(wal) : Optional.empty();
  }

  int pageSize() {
    return pageSize;
  }

  int frameBytes() {
    return FRAME_HEADER_BYTES + pageSize;
  }

  long salts() {
    return salts;
  }

  WalSum sum() {
    return sum;
  }

  /** The running checksum before the first frame. */
  long startSums() {
    return sums;
  }

  /** Whether the file still begins as it did, and a frame with this checksum ends there. */
  boolean isStillAt(long offset, long expectedSums) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    return read(0, header.array(), HEADER_BYTES) == HEADER_BYTES
        && header.getLong(16) == salts
        && header.getLong(24) == sums
        && endsFrame(offset, salts, expectedSums);
  }

  private boolean endsFrame(long offset, long frameSalts, long expectedSums) throws IOException {
    if (offset <= HEADER_BYTES) {
      return expectedSums == sums;
    }
    ByteBuffer frame = ByteBuffer.allocate(FRAME_HEADER_BYTES);
    return read(offset - frameBytes(), frame.array(), FRAME_HEADER_BYTES) == FRAME_HEADER_BYTES
        && frame.getLong(8) == frameSalts
        && frame.getLong(16) == expectedSums;
  }

  /** Reads as many bytes as there are, up to the number wanted. */
  int read(long offset, byte[] into, int length) throws IOException {
    return readFully(file, offset, into, length);
  }

  private static int readFully(RandomAccessFile file, long offset, byte[] into, int length)
      throws IOException {
    file.seek(offset);
    int done = 0;
    while (done < length) {
      int read = file.read(into, done, length - done);
      if (read < 0) {
        break;
      }
      done += read;
    }
    return done;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
