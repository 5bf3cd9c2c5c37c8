package dev.dosql.storage.ltx;

/** Numbers of the format; its layout is in the description of the package. */
final class Ltx {

  /** Page number and flags. */
  static final int PAGE_HEADER = 6;

  /** Page header and length of the block. */
  static final int FRAME_HEADER = 10;

  /** Two checksums. */
  static final int TRAILER = 16;

  /** Page flags: an LZ4 frame, as Litestream wrote until 0.5.15. */
  static final int LEGACY_FRAME = 0;

  /** Page flags: a length and an LZ4 block. */
  static final int BLOCK = 1;

  /** Begins an LZ4 frame. */
  static final int LZ4_MAGIC = 0x184d2204;

  /** Flags: version 1, independent blocks, checksum of the content. 64 KiB. Their checksum. */
  static final int LZ4_DESCRIPTOR = 0x6440a7;

  /** Set in the length of a block that is not compressed. */
  static final int LZ4_STORED = 1 << 31;

  /** Set in every checksum that was computed. */
  static final long CHECKSUM_FLAG = 1L << 63;

  private Ltx() {}
}
