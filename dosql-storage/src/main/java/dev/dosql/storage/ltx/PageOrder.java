package dev.dosql.storage.ltx;

import org.jspecify.annotations.Nullable;

/** Which page may come next in a file: ascending, and each one in a whole image. */
final class PageOrder {

  private final LtxHeader header;
  private final long lockPage;
  private long last;

  PageOrder(LtxHeader header) {
    this.header = header;
    this.lockPage = LtxFiles.lockPage(header.pageSize());
  }

  /** Returns what is needed if the page may not come now, else null. */
  @Nullable String refusal(long pgno) {
    if (pgno > header.commit()) {
      return "commit=" + header.commit() + " at most";
    }
    if (pgno == lockPage) {
      return "another page than the lock page";
    }
    if (header.isSnapshot()) {
      return pgno == next() ? null : "pgno=" + next() + ", as all of a whole image";
    }
    return pgno > last ? null : "more than pgno=" + last;
  }

  void accept(long pgno) {
    last = pgno;
  }

  /** Returns what is missing if the file may not end now, else null. */
  @Nullable String missing() {
    return header.isSnapshot() && next() <= header.commit()
        ? "the last page is pgno=%d, needed all up to commit=%d".formatted(last, header.commit())
        : null;
  }

  private long next() {
    return last + 1 == lockPage ? last + 2 : last + 1;
  }
}
