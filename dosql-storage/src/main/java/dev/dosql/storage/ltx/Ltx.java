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

  /** Set in every checksum that was computed. */
  static final long CHECKSUM_FLAG = 1L << 63;

  private Ltx() {}
}
