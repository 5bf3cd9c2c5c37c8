package dev.dosql.storage.ltx;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Writes one LTX file to a stream.
 *
 * <p>Pages come in ascending order; of a file that begins with transaction 1 all of them, but for
 * the lock page. The memory it takes is that of two pages, 64 KiB, and some 8 bytes for each page
 * that was written.
 *
 * <p>Used by one thread at a time. Does not close the stream. After an {@link IOException} what was
 * written is not an LTX file, and the writer is of no further use.
 */
public final class LtxWriter {

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final int BUFFER_BYTES = 64 * 1024;

  private final OutputStream out;
  private final LtxHeader header;
  private final PageOrder order;
  private final Crc64 crc = new Crc64();
  private final Lz4 lz4 = new Lz4();
  private final PageIndex index = new PageIndex();
  private final byte[] buffer;
  private int buffered;
  private long written;
  private long pages;
  private boolean finished;

  /**
   * Starts a file; the header is written with the first pages.
   *
   * @param out where the file goes
   * @param header its header
   */
  public LtxWriter(OutputStream out, LtxHeader header) {
    this.out = Objects.requireNonNull(out, "out");
    this.header = header;
    this.order = new PageOrder(header);
    this.buffer = new byte[BUFFER_BYTES + Ltx.FRAME_HEADER + Lz4.bound(header.pageSize())];
    byte[] bytes = header.encode();
    System.arraycopy(bytes, 0, buffer, 0, bytes.length);
    buffered = bytes.length;
    crc.update(bytes, 0, bytes.length);
  }

  /**
   * Writes a page.
   *
   * @param pgno its number: more than that of the page before, the next but for the lock page in a
   *     file that begins with transaction 1, {@code commit} at most
   * @param bytes an array that holds it; unchanged, and not kept
   * @param offset where in the array it begins
   * @throws IllegalArgumentException if the number is refused; nothing was written
   * @throws IOException if the stream fails
   */
  public void page(long pgno, byte[] bytes, int offset) throws IOException {
    Objects.checkFromIndexSize(offset, header.pageSize(), bytes.length);
    checkOpen();
    String refused = pgno < 1 ? "1 or more" : order.refusal(pgno);
    if (refused != null) {
      throw new IllegalArgumentException(
          "LTX page refused: pgno=%d, needed %s (file=%s)".formatted(pgno, refused, name()));
    }
    order.accept(pgno);
    int data = buffered + Ltx.FRAME_HEADER;
    int end = lz4.compress(bytes, offset, header.pageSize(), buffer, data);
    frame(pgno, end, bytes, offset);
  }

  /** Writes a page whose block is known from another file; its number is checked already. */
  void copy(long pgno, byte[] page, byte[] in, int blockStart, int blockLength) throws IOException {
    order.accept(pgno);
    int data = buffered + Ltx.FRAME_HEADER;
    System.arraycopy(in, blockStart, buffer, data, blockLength);
    frame(pgno, data + blockLength, page, 0);
  }

  /** Completes the frame whose block is in the buffer. */
  private void frame(long pgno, int end, byte[] page, int offset) throws IOException {
    int start = buffered;
    INTS.set(buffer, start, (int) pgno);
    SHORTS.set(buffer, start + 4, (short) Ltx.BLOCK);
    INTS.set(buffer, start + Ltx.PAGE_HEADER, end - start - Ltx.FRAME_HEADER);
    crc.update(buffer, start, Ltx.FRAME_HEADER);
    crc.update(page, offset, header.pageSize());
    index.add(pgno, written + start, end - start);
    pages++;
    buffered = end;
    if (buffered >= BUFFER_BYTES) {
      flush();
    }
  }

  /**
   * Writes what comes after the pages, and gives everything to the stream.
   *
   * @return what was written
   * @throws IllegalStateException if pages are missing of a file that begins with transaction 1
   * @throws IOException if the stream fails
   */
  public LtxSummary finish() throws IOException {
    checkOpen();
    String missing = order.missing();
    if (missing != null) {
      throw new IllegalStateException(
          "LTX file is not complete: %s (file=%s)".formatted(missing, name()));
    }
    finished = true;
    flush();
    hashed(new byte[Ltx.PAGE_HEADER], Ltx.PAGE_HEADER);
    index.end();
    hashed(index.bytes(), index.length());
    byte[] trailer = new byte[Ltx.TRAILER];
    crc.update(trailer, 0, Long.BYTES);
    long checksum = crc.getValue() | Ltx.CHECKSUM_FLAG;
    LONGS.set(trailer, Long.BYTES, checksum);
    write(trailer, trailer.length);
    return new LtxSummary(header, checksum, written, pages);
  }

  private void hashed(byte[] bytes, int length) throws IOException {
    crc.update(bytes, 0, length);
    write(bytes, length);
  }

  private void flush() throws IOException {
    int length = buffered;
    buffered = 0;
    write(buffer, length);
  }

  private void write(byte[] bytes, int length) throws IOException {
    out.write(bytes, 0, length);
    written += length;
  }

  private void checkOpen() {
    if (finished) {
      throw new IllegalStateException("LTX file is finished (file=" + name() + ")");
    }
  }

  private String name() {
    return LtxFiles.name(header.minTxid(), header.maxTxid());
  }
}
