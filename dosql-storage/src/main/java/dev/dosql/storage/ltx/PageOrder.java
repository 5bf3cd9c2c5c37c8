package dev.dosql.storage.ltx;

import org.jspecify.annotations.Nullable;

/**
 * Which page may come next in a file: they ascend, and from the size that the database had before
 * there is none left out but the lock page. A whole image is growth from nothing.
 */
final class PageOrder {

  private final LtxHeader header;
  private final long lockPage;

  /** How many pages there are without this file. */
  private long before;

  private long last;

  PageOrder(LtxHeader header) {
    this.header = header;
    this.lockPage = LtxFiles.lockPage(header.pageSize());
    this.before = header.isSnapshot() ? 0 : header.commit();
  }

  /** Says what size the database had before; without it only whole images are known to be whole. */
  void follows(long commit) {
    before = commit;
  }

  /** Returns what is needed if the page may not come now, else null. */
  @Nullable String refusal(long pgno) {
    if (pgno == lockPage) {
      return "another page than the lock page";
    }
    if (pgno <= last) {
      return "more than pgno=" + last;
    }
    if (pgno > header.commit()) {
      return "commit=" + header.commit() + " at most";
    }
    return pgno > before && pgno != nextNew()
        ? "pgno=" + nextNew() + " before it, which is new too"
        : null;
  }

  void accept(long pgno) {
    last = pgno;
  }

  /** Returns what is missing if the file may not end now, else null. */
  @Nullable String missing() {
    return nextNew() <= header.commit()
        ? "no page after pgno=%d, needed all from %d to commit=%d"
            .formatted(last, nextNew(), header.commit())
        : null;
  }

  /**
   * The first page that must be in the file, of those that were neither there before nor came yet.
   */
  private long nextNew() {
    long next = Math.max(last, before) + 1;
    return next == lockPage ? next + 1 : next;
  }
}
