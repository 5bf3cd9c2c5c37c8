package dev.dosql.storage.replica;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.ltx.LtxFiles;
import dev.dosql.storage.ltx.LtxFormatException;
import dev.dosql.storage.ltx.LtxHeader;
import dev.dosql.storage.ltx.LtxReader;
import dev.dosql.storage.ltx.LtxSummary;
import java.io.IOException;
import java.io.InputStream;

/**
 * A database file to which LTX files are applied, one after another. Once one was refused the file
 * is of no use. Used by one thread at a time.
 */
final class Assembly {

  private final PageFile file;
  private int pageSize;
  private long pages;
  private byte[] page;
  private long timestampMillis;

  Assembly(PageFile file, int pageSize, long pages) {
    this.file = file;
    this.pageSize = pageSize;
    this.pages = pages;
    this.page = new byte[pageSize];
  }

  int pageSize() {
    return pageSize;
  }

  long pages() {
    return pages;
  }

  long timestampMillis() {
    return timestampMillis;
  }

  /** Applies and verifies one object, which must be of these txids. */
  LtxSummary apply(InputStream in, String key, long min, long max, String lost) throws IOException {
    try {
      LtxReader reader = new LtxReader(in, key);
      checkTxids(reader.header(), key, min, max, lost);
      applyPages(reader, key, lost);
      return reader.summary();
    } catch (LtxFormatException e) {
      throw new BadObjectException(key, e.seen() + " at offset " + e.offset(), e.needed(), lost, e);
    }
  }

  private static void checkTxids(LtxHeader header, String key, long min, long max, String lost)
      throws BadObjectException {
    if (header.minTxid() != min || header.maxTxid() != max) {
      throw new BadObjectException(
          key,
          "txids %d to %d in its header".formatted(header.minTxid(), header.maxTxid()),
          "%d to %d".formatted(min, max),
          lost,
          null);
    }
  }

  private void applyPages(LtxReader reader, String key, String lost) throws IOException {
    LtxHeader header = reader.header();
    if (header.pageSize() != pageSize) {
      restart(header.pageSize());
    }
    long before = pages;
    long commit = header.commit();
    if (commit < before) {
      file.setLength(commit * pageSize);
    }
    long grown = writePages(reader, before);
    checkGrowth(before, commit, grown, key, lost);
    if (commit > before && commit == LtxFiles.lockPage(pageSize)) {
      file.setLength(commit * pageSize); // its last page is one that nobody writes
    }
    pages = commit;
    timestampMillis = header.timestampMillis();
  }

  /** Pages of another size: nothing of the old ones stays, so all have to come. */
  private void restart(int newSize) throws IOException {
    file.setLength(0);
    pages = 0;
    pageSize = newSize;
    page = new byte[newSize];
  }

  private long writePages(LtxReader reader, long before) throws IOException {
    long grown = 0;
    for (long pgno = reader.next(page); pgno != 0; pgno = reader.next(page)) {
      file.write((pgno - 1) * pageSize, page, pageSize);
      if (pgno > before) {
        grown++;
      }
    }
    return grown;
  }

  /** A page that is new must come with its content: nothing else says what it is. */
  private void checkGrowth(long before, long commit, long grown, String key, String lost)
      throws BadObjectException {
    long lockPage = LtxFiles.lockPage(pageSize);
    long needed = Math.max(0, commit - before);
    if (before < lockPage && lockPage <= commit) {
      needed--;
    }
    if (grown != needed) {
      throw new BadObjectException(
          key,
          "%d new pages from %d to %d".formatted(grown, before, commit),
          needed + " of them",
          lost,
          null);
    }
  }
}
