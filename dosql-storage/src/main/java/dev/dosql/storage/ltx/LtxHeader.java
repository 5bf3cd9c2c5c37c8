package dev.dosql.storage.ltx;

import java.nio.ByteBuffer;

/**
 * The first 100 bytes of an LTX file, as far as they say something.
 *
 * <p>The flags are always {@code NoChecksum}, and the checksum of the database before it always 0:
 * the reader refuses anything else. A header with {@code minTxid} 1 is that of a whole image.
 *
 * @param pageSize the size of a page in bytes, a power of two from 512 to 65536
 * @param commit the size of the database in pages, after this file was applied; 1 to 4294967294
 * @param minTxid the first transaction in the file, from 1
 * @param maxTxid the last transaction in the file, at least {@code minTxid}
 * @param timestampMillis when the last transaction was committed, in ms since 1970
 * @param walOffset where in the {@code -wal} the first frame began, or 0 if it is not known
 * @param walSize the length of the frames in the {@code -wal} in bytes
 * @param walSalt1 the first salt of the {@code -wal}
 * @param walSalt2 the second salt of the {@code -wal}
 * @param nodeId 0, or a number that the writer chose
 */
public record LtxHeader(
    int pageSize,
    long commit,
    long minTxid,
    long maxTxid,
    long timestampMillis,
    long walOffset,
    long walSize,
    int walSalt1,
    int walSalt2,
    long nodeId) {

  /** The length of a header in bytes. */
  public static final int BYTES = 100;

  static final int MAGIC = 0x4c545831; // "LTX1"
  static final int NO_CHECKSUM = 2;

  /**
   * Checks all of it.
   *
   * @param pageSize the size of a page in bytes, a power of two from 512 to 65536
   * @param commit the size of the database in pages, after this file was applied; 1 to 4294967294
   * @param minTxid the first transaction in the file, from 1
   * @param maxTxid the last transaction in the file, at least {@code minTxid}
   * @param timestampMillis when the last transaction was committed, in ms since 1970
   * @param walOffset where in the {@code -wal} the first frame began, or 0 if it is not known
   * @param walSize the length of the frames in the {@code -wal} in bytes
   * @param walSalt1 the first salt of the {@code -wal}
   * @param walSalt2 the second salt of the {@code -wal}
   * @param nodeId 0, or a number that the writer chose
   * @throws IllegalArgumentException if a value is outside its range, or a salt or a size is given
   *     without an offset
   */
  public LtxHeader {
    require(LtxFiles.isPageSize(pageSize), "pageSize", pageSize, "a power of two, 512 to 65536");
    require(commit >= 1 && commit <= LtxFiles.PAGES_MAX, "commit", commit, "1 to 4294967294");
    require(minTxid >= 1, "minTxid", minTxid, "1 or more");
    require(maxTxid >= minTxid, "maxTxid", maxTxid, "minTxid=" + minTxid + " or more");
    require(walOffset >= 0, "walOffset", walOffset, "0 or more");
    require(walSize >= 0, "walSize", walSize, "0 or more");
    require(walSize == 0 || walOffset > 0, "walOffset", walOffset, "more than 0 with a walSize");
    require(
        (walSalt1 | walSalt2) == 0 || walOffset > 0,
        "walOffset",
        walOffset,
        "more than 0 with walSalt1 or walSalt2");
  }

  private static void require(boolean holds, String field, long seen, String needed) {
    if (!holds) {
      throw new IllegalArgumentException(
          "LTX header refused: %s=%d, needed %s".formatted(field, seen, needed));
    }
  }

  /**
   * Returns whether the file must hold every page of the database.
   *
   * @return true if it begins with transaction 1
   */
  public boolean isSnapshot() {
    return minTxid == 1;
  }

  byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .putInt(MAGIC)
        .putInt(NO_CHECKSUM)
        .putInt(pageSize)
        .putInt((int) commit)
        .putLong(minTxid)
        .putLong(maxTxid)
        .putLong(timestampMillis)
        .putLong(0)
        .putLong(walOffset)
        .putLong(walSize)
        .putInt(walSalt1)
        .putInt(walSalt2)
        .putLong(nodeId)
        .array();
  }

  /** Reads the header that {@code bytes} begins with. */
  static LtxHeader decode(byte[] bytes, String file) throws LtxFormatException {
    ByteBuffer in = ByteBuffer.wrap(bytes, 0, BYTES);
    same(file, 0, "magic", in.getInt(), MAGIC);
    same(file, 4, "flags", in.getInt(), NO_CHECKSUM);
    in.position(40);
    same(file, 40, "checksum of the database before it", in.getLong(), 0);
    in.position(80);
    same(file, 80, "reserved", in.getInt(), 0);
    same(file, 84, "reserved", in.getLong(), 0);
    same(file, 92, "reserved", in.getLong(), 0);
    try {
      return fields(in);
    } catch (IllegalArgumentException e) {
      throw new LtxFormatException(file, 0, String.valueOf(e.getMessage()), "a valid header");
    }
  }

  private static LtxHeader fields(ByteBuffer in) {
    return new LtxHeader(
        in.getInt(8),
        Integer.toUnsignedLong(in.getInt(12)),
        in.getLong(16),
        in.getLong(24),
        in.getLong(32),
        in.getLong(48),
        in.getLong(56),
        in.getInt(64),
        in.getInt(68),
        in.getLong(72));
  }

  private static void same(String file, long offset, String what, long seen, long needed)
      throws LtxFormatException {
    if (seen != needed) {
      throw new LtxFormatException(
          file, offset, "%s=0x%x".formatted(what, seen), "0x%x".formatted(needed));
    }
  }
}
