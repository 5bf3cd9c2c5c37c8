package dev.dosql.storage.capture;

import dev.dosql.storage.capture.NewestFrames.Pages;
import dev.dosql.storage.internal.FailPoints;
import dev.dosql.storage.ltx.LtxFiles;
import dev.dosql.storage.ltx.LtxHeader;
import dev.dosql.storage.ltx.LtxSummary;
import dev.dosql.storage.ltx.LtxWriter;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Writes one segment from the frames that a scan found, and forces it.
 *
 * <p>Used once.
 */
final class SegmentWriter {

  private final Wal wal;
  private final WalScan scan;
  private final Pages newest;
  private final LtxHeader header;
  private final int pageSize;
  private final long lockPage;
  private final byte[] page;

  /**
   * Prepares it.
   *
   * @param begin where in the {@code -wal} the first frame begins
   */
  SegmentWriter(Wal wal, WalScan scan, long begin, long txid, long timestampMillis) {
    this.wal = wal;
    this.scan = scan;
    this.newest = scan.frames().newest();
    this.pageSize = wal.pageSize();
    this.lockPage = LtxFiles.lockPage(pageSize);
    this.page = new byte[pageSize];
    this.header =
        new LtxHeader(
            pageSize,
            scan.pages(),
            txid,
            txid,
            timestampMillis,
            begin,
            scan.end() - begin,
            (int) (wal.salts() >>> 32),
            (int) wal.salts(),
            0);
  }

  /**
   * Writes the newest version of each page in the scan. Pages by which the database grew and that
   * have no frame are zero: SQLite leaves out leaves that were freed before they were written.
   *
   * @param pagesBefore the size of the database before it
   */
  LtxSummary write(Path file, long pagesBefore) throws IOException {
    return write(file, out -> frames(out, pagesBefore));
  }

  private void frames(LtxWriter out, long pagesBefore) throws IOException {
    long grown = pagesBefore + 1;
    for (int i = 0; i < newest.count() && newest.pgnos()[i] <= scan.pages(); i++) {
      long pgno = newest.pgnos()[i];
      zeros(out, grown, pgno);
      grown = Math.max(grown, pgno + 1);
      if (pgno != lockPage) {
        readFrame(i);
        out.page(pgno, page, 0);
      }
    }
    zeros(out, grown, scan.pages() + 1);
  }

  private void zeros(LtxWriter out, long from, long to) throws IOException {
    if (from < to) {
      Arrays.fill(page, (byte) 0);
    }
    for (long pgno = from; pgno < to; pgno++) {
      if (pgno != lockPage) {
        out.page(pgno, page, 0);
      }
    }
  }

  private void readFrame(int index) throws IOException {
    long offset = newest.offsets()[index] + Wal.FRAME_HEADER_BYTES;
    if (wal.read(offset, page, pageSize) < pageSize) {
      throw new WalChangedException("frame at %d is gone".formatted(offset));
    }
  }

  /**
   * Writes all pages of a copy, but for page 1, which the scan must have found. The copy has to
   * hold what the frames say, or somebody wrote while it was made.
   */
  LtxSummary writeImage(Path file, Path copy) throws IOException {
    if (newest.count() == 0 || newest.pgnos()[0] != 1) {
      throw new WalChangedException("page 1, committed before the copy, is not in it");
    }
    long needed = scan.pages() * pageSize;
    if (copy.toFile().length() != needed) {
      throw new WalChangedException(
          "copy has %d bytes, needed %d by the -wal".formatted(copy.toFile().length(), needed));
    }
    try (InputStream in = new FileInputStream(copy.toFile())) {
      return write(file, out -> image(out, in));
    }
  }

  private void image(LtxWriter out, InputStream copy) throws IOException {
    int pagesAtOnce = Math.max(1, (1 << 18) / pageSize);
    byte[] chunk = new byte[pagesAtOnce * pageSize];
    int next = 0;
    for (long first = 1; first <= scan.pages(); first += pagesAtOnce) {
      int read = copy.readNBytes(chunk, 0, chunk.length) / pageSize;
      for (int i = 0; i < read; i++) {
        long pgno = first + i;
        while (next < newest.count() && newest.pgnos()[next] < pgno) {
          next++;
        }
        if (next < newest.count() && newest.pgnos()[next] == pgno) {
          compare(next, chunk, i * pageSize);
        }
        if (pgno != lockPage) {
          out.page(pgno, chunk, i * pageSize);
        }
      }
    }
  }

  private void compare(int index, byte[] chunk, int offset) throws IOException {
    readFrame(index);
    long pgno = newest.pgnos()[index];
    if (pgno == 1) {
      System.arraycopy(page, 0, chunk, offset, pageSize);
    } else if (!Arrays.equals(page, 0, pageSize, chunk, offset, offset + pageSize)) {
      throw new WalChangedException("page %d of the copy is not that of the -wal".formatted(pgno));
    }
  }

  private LtxSummary write(Path file, Content content) throws IOException {
    try (FileOutputStream out = new FileOutputStream(file.toFile())) {
      LtxWriter writer = new LtxWriter(out, header);
      content.to(writer);
      LtxSummary summary = writer.finish();
      FailPoints.reached("capture.written");
      if (!wal.isStillAt(scan.end(), scan.endSums())) {
        throw new WalChangedException("it was begun anew");
      }
      out.getFD().sync();
      FailPoints.reached("capture.forced");
      return summary;
    }
  }

  @FunctionalInterface
  private interface Content {
    void to(LtxWriter out) throws IOException;
  }
}
