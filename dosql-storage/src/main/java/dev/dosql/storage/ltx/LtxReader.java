package dev.dosql.storage.ltx;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads and verifies one LTX file from a stream.
 *
 * <p>Pages are given out before the checksum at the end of the file is known: nothing that was read
 * may be relied on until {@link #next} has returned 0.
 *
 * <p>Used by one thread at a time. Does not close the stream. After an exception the reader is of
 * no further use.
 */
public final class LtxReader {

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final int BUFFER_BYTES = 64 * 1024;

  private final String name;
  private final Input input;
  private final LtxHeader header;
  private final PageOrder order;
  private final Crc64 crc = new Crc64();
  private final PageIndex index = new PageIndex();
  private long pages;
  private @Nullable LtxSummary summary;

  /**
   * Reads the header.
   *
   * @param in the file, from its first byte
   * @param name what to call it in messages
   * @throws LtxFormatException if it is not a header
   * @throws IOException if the stream fails
   */
  public LtxReader(InputStream in, String name) throws IOException {
    this.name = Objects.requireNonNull(name, "name");
    this.input = new Input(in, name, BUFFER_BYTES + Lz4.bound(LtxFiles.PAGE_SIZE_MAX));
    int start = input.need(LtxHeader.BYTES, "a header");
    this.header = LtxHeader.decode(input.bytes(), name);
    crc.update(input.bytes(), start, LtxHeader.BYTES);
    this.order = new PageOrder(header);
  }

  /**
   * Returns the header, which is not verified until {@link #next} has returned 0.
   *
   * @return the header
   */
  public LtxHeader header() {
    return header;
  }

  /**
   * Reads the next page, or verifies the rest of the file after the last.
   *
   * @param page where the page goes, from its first byte; at least as long as a page
   * @return the number of the page; 0 if there is none, and then all of the file is verified
   * @throws LtxFormatException if the file is refused
   * @throws IOException if the stream fails
   */
  public long next(byte[] page) throws IOException {
    Objects.checkFromIndexSize(0, header.pageSize(), page.length);
    if (summary != null) {
      return 0;
    }
    long offset = input.offset();
    int start = input.need(Ltx.PAGE_HEADER, "a page header");
    byte[] bytes = input.bytes();
    long pgno = Integer.toUnsignedLong((int) INTS.get(bytes, start));
    int flags = (short) SHORTS.get(bytes, start + 4) & 0xffff;
    crc.update(bytes, start, Ltx.PAGE_HEADER);
    if (pgno == 0) {
      end(offset, flags);
      return 0;
    }
    checkOrder(offset, pgno);
    frame(offset, flags, page);
    crc.update(page, 0, header.pageSize());
    index.add(pgno, offset, input.offset() - offset);
    pages++;
    return pgno;
  }

  private void checkOrder(long offset, long pgno) throws LtxFormatException {
    String refused = order.refusal(pgno);
    if (refused != null) {
      throw refused(offset, "pgno=" + pgno, refused);
    }
    order.accept(pgno);
  }

  private void frame(long offset, int flags, byte[] page) throws IOException {
    switch (flags) {
      case Ltx.BLOCK -> block(page);
      default -> throw refused(offset + 4, "page flags=" + flags, "1");
    }
  }

  private void block(byte[] page) throws IOException {
    long offset = input.offset();
    int start = input.need(Integer.BYTES, "the length of a block");
    int length = (int) INTS.get(input.bytes(), start);
    crc.update(input.bytes(), start, Integer.BYTES);
    int bound = Lz4.bound(header.pageSize());
    if (length < 1 || length > bound) {
      throw refused(offset, "block of " + Integer.toUnsignedString(length), "1 to " + bound);
    }
    int data = input.need(length, "a block");
    decompress(offset + Integer.BYTES, data, length, page);
  }

  private void decompress(long offset, int data, int length, byte[] page) throws IOException {
    int size = header.pageSize();
    int wrong = Lz4.decompress(input.bytes(), data, length, page, 0, size);
    if (wrong >= 0) {
      throw refused(offset + wrong - data, "bytes that do not decompress", "a page of " + size);
    }
  }

  private void end(long offset, int flags) throws IOException {
    if (flags != 0) {
      throw refused(offset + 4, "flags=" + flags + " without a page", "0");
    }
    String missing = order.missing();
    if (missing != null) {
      throw refused(offset, missing, "a page header");
    }
    checkIndex();
    summary = trailer();
    input.needEnd();
  }

  private void checkIndex() throws IOException {
    index.end();
    long offset = input.offset();
    for (int done = 0; done < index.length(); ) {
      int part = Math.min(BUFFER_BYTES, index.length() - done);
      int start = input.need(part, "the index");
      for (int i = 0; i < part; i++) {
        if (input.bytes()[start + i] != index.bytes()[done + i]) {
          throw refused(
              offset + done + i,
              "index byte=0x%02x".formatted(input.bytes()[start + i]),
              "0x%02x by the pages before it".formatted(index.bytes()[done + i]));
        }
      }
      done += part;
    }
    crc.update(index.bytes(), 0, index.length());
  }

  private LtxSummary trailer() throws IOException {
    long offset = input.offset();
    int start = input.need(Ltx.TRAILER, "a trailer");
    long database = (long) LONGS.get(input.bytes(), start);
    if (database != 0) {
      throw refused(offset, "checksum of the database=0x%x".formatted(database), "0");
    }
    crc.update(input.bytes(), start, Long.BYTES);
    long needed = crc.getValue() | Ltx.CHECKSUM_FLAG;
    long seen = (long) LONGS.get(input.bytes(), start + Long.BYTES);
    if (seen != needed) {
      throw refused(
          offset + Long.BYTES,
          "checksum=%016x".formatted(seen),
          "%016x by the bytes before it".formatted(needed));
    }
    return new LtxSummary(header, seen, input.offset(), pages);
  }

  /**
   * Returns what is known of the file.
   *
   * @return what was verified
   * @throws IllegalStateException if {@link #next} has not returned 0 yet
   */
  public LtxSummary summary() {
    if (summary == null) {
      throw new IllegalStateException("LTX file is not read to its end (file=" + name + ")");
    }
    return summary;
  }

  private LtxFormatException refused(long offset, String seen, String needed) {
    return new LtxFormatException(name, offset, seen, needed);
  }
}
