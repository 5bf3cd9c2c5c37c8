package dev.dosql.storage.capture;

/**
 * Up to where a {@code -wal} was captured, and what the database was there.
 *
 * @param salts both salts of the {@code -wal}; they tell its generations apart
 * @param offset where the last captured frame ends; 0 if nothing of a {@code -wal} was captured
 * @param sums both words of the running checksum there, the first one high
 * @param pageSize the size of a page in bytes; 0 if nothing is known of the database
 * @param pages the size of the database in pages
 */
record Cursor(long salts, long offset, long sums, int pageSize, long pages) {

  /** Nothing is known, so the next segment has to be an image. */
  static final Cursor UNKNOWN = new Cursor(0, 0, 0, 0, 0);

  /** A database of so many pages that has no {@code -wal}. */
  static Cursor withoutLog(int pageSize, long pages) {
    return new Cursor(0, 0, 0, pageSize, pages);
  }

  /** The number of frames up to it. */
  long frames() {
    return offset == 0 ? 0 : (offset - Wal.HEADER_BYTES) / (Wal.FRAME_HEADER_BYTES + pageSize);
  }

  boolean isKnown() {
    return pageSize != 0;
  }
}
