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

  private static final int BUFFER_BYTES = 32 * 1024;

  private final String name;
  private final Input input;
  private final LtxHeader header;
  private final PageOrder order;
  private final Crc64 crc = new Crc64();
  private final PageIndex index = new PageIndex();
  private long pages;

  /** Where in the window the block of the last page is, until more is read. */
  private int blockStart;

  private int blockLength;
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
    Input head = new Input(in, name, LtxHeader.BYTES, 0);
    head.need(LtxHeader.BYTES, "a header");
    this.header = LtxHeader.decode(head.bytes(), name);
    crc.update(head.bytes(), 0, LtxHeader.BYTES);
    int capacity = BUFFER_BYTES + Lz4.bound(header.pageSize());
    this.input = new Input(in, name, capacity, LtxHeader.BYTES);
    this.order = new PageOrder(header);
  }

  /**
   * Requires that this file goes on exactly where another ended: the next transaction, the same
   * page size, and every page that is new. Without it nobody notices pages that are missing where
   * the database grew. To be called before the first page is read.
   *
   * @param before the header of the file before this one
   * @throws LtxFormatException if it does not go on there
   */
  public void follows(LtxHeader before) throws LtxFormatException {
    if (header.minTxid() - 1 != before.maxTxid()) {
      throw refused(16, "minTxid=" + header.minTxid(), "one more than " + before.maxTxid());
    }
    if (header.pageSize() != before.pageSize()) {
      throw refused(8, "pageSize=" + header.pageSize(), "pageSize=" + before.pageSize());
    }
    order.follows(before.commit());
  }

  /** Requires that this file needs none before it. */
  void needSnapshot() throws LtxFormatException {
    if (!header.isSnapshot()) {
      throw refused(16, "minTxid=" + header.minTxid(), "1, as nothing is before it");
    }
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
    return next(page, 0);
  }

  /**
   * Reads the next page, or verifies the rest of the file after the last.
   *
   * @param page where the page goes
   * @param at where in the array it begins; bytes outside the page stay as they are
   * @return the number of the page; 0 if there is none, and then all of the file is verified
   * @throws LtxFormatException if the file is refused; the place of the page may be written to
   * @throws IOException if the stream fails
   */
  public long next(byte[] page, int at) throws IOException {
    Objects.checkFromIndexSize(at, header.pageSize(), page.length);
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
    frame(offset, flags, page, at);
    crc.update(page, at, header.pageSize());
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

  private void frame(long offset, int flags, byte[] page, int at) throws IOException {
    switch (flags) {
      case Ltx.BLOCK -> block(page, at);
      case Ltx.LEGACY_FRAME -> legacyFrame(page, at);
      default -> throw refused(offset + 4, "page flags=" + flags, "1, or 0 as of old");
    }
  }

  private void block(byte[] page, int at) throws IOException {
    long offset = input.offset();
    int start = input.need(Integer.BYTES, "the length of a block");
    int length = (int) INTS.get(input.bytes(), start);
    crc.update(input.bytes(), start, Integer.BYTES);
    int bound = Lz4.bound(header.pageSize());
    if (length < 1 || length > bound) {
      throw refused(offset, "block of " + Integer.toUnsignedString(length), "1 to " + bound);
    }
    int data = input.need(length, "a block");
    decompress(offset + Integer.BYTES, data, length, page, at);
    blockStart = data;
    blockLength = length;
  }

  private void decompress(long offset, int data, int length, byte[] page, int at)
      throws LtxFormatException {
    int size = header.pageSize();
    int wrong = Lz4.decompress(input.bytes(), data, length, page, at, size);
    if (wrong >= 0) {
      throw refused(offset + wrong - data, "bytes that do not decompress", "a page of " + size);
    }
  }

  /** Reads one LZ4 frame with one block, as the encoder of that time wrote it. */
  private void legacyFrame(byte[] page, int at) throws IOException {
    long offset = input.offset();
    same(offset, "LZ4 magic", littleEndian(), Ltx.LZ4_MAGIC);
    int descriptor = input.need(3, "an LZ4 frame descriptor");
    for (int i = 0; i < 3; i++) {
      same(
          offset + 4 + i,
          "LZ4 descriptor byte",
          input.bytes()[descriptor + i] & 0xff,
          Ltx.LZ4_DESCRIPTOR >>> (16 - 8 * i) & 0xff);
    }
    legacyBlock(page, at);
    blockLength = 0; // another file cannot take it over
    same(input.offset(), "LZ4 end mark", littleEndian(), 0);
    same(input.offset(), "LZ4 checksum", littleEndian(), Xxh32.of(page, at, header.pageSize()));
  }

  private void legacyBlock(byte[] page, int at) throws IOException {
    long offset = input.offset();
    int size = littleEndian();
    int length = size & ~Ltx.LZ4_STORED;
    int pageSize = header.pageSize();
    if (size < 0) {
      same(offset, "length of a stored block", length, pageSize);
      System.arraycopy(input.bytes(), input.need(length, "a stored block"), page, at, length);
      return;
    }
    if (length < 1 || length > pageSize) {
      throw refused(offset, "block of " + length, "1 to " + pageSize);
    }
    int data = input.need(length, "a block");
    decompress(offset + Integer.BYTES, data, length, page, at);
  }

  private int littleEndian() throws IOException {
    int start = input.need(Integer.BYTES, "an LZ4 frame");
    return Integer.reverseBytes((int) INTS.get(input.bytes(), start));
  }

  private void same(long offset, String what, int seen, int needed) throws LtxFormatException {
    if (seen != needed) {
      throw refused(offset, "%s=0x%x".formatted(what, seen), "0x%x".formatted(needed));
    }
  }

  /** Gives a page that was just read to a writer, which has no need to compress it again. */
  void copyTo(LtxWriter writer, long pgno, byte[] page) throws IOException {
    if (blockLength == 0) {
      writer.page(pgno, page, 0);
    } else {
      writer.copy(pgno, page, input.bytes(), blockStart, blockLength);
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
    LtxSummary read = trailer();
    input.needEnd();
    summary = read;
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
