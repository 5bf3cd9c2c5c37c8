package dev.dosql.storage.capture;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Goes through the frames of a {@code -wal} by SQLite's own rules of what counts: those of the
 * given salts, whose checksums follow from one another, up to the last that commits.
 *
 * <p>Others may append meanwhile. A frame that is being written has not yet the right checksum, and
 * what an open transaction writes anew comes after the last commit; so neither is taken.
 *
 * <p>Used by one thread at a time.
 */
final class WalScan {

  /** The file is read in pieces of about this length. */
  private static final int CHUNK_BYTES = 64 * 1024;

  private static final byte[] NO_CHUNK = {};

  private final long salts;
  private final int frameBytes;
  private final NewestFrames frames = new NewestFrames();
  private Wal wal;
  private byte[] chunk = NO_CHUNK;
  private long offset;
  private long sums;
  private long committedOffset;
  private long committedSums;
  private long pages;

  /** Begins where a frame of these salts would, after this checksum. */
  WalScan(Wal wal, long salts, long offset, long sums) {
    this.wal = wal;
    this.salts = salts;
    this.frameBytes = wal.frameBytes();
    this.offset = offset;
    this.sums = sums;
    this.committedOffset = offset;
    this.committedSums = sums;
  }

  /** Begins with the first frame of the file. */
  static WalScan ofAll(Wal wal) {
    return new WalScan(wal, wal.salts(), Wal.HEADER_BYTES, wal.startSums());
  }

  /**
   * Goes on as far as it can, but not beyond the given place, and forgets the frames up to it;
   * whether it got there, with a commit.
   */
  boolean skipTo(long end) throws IOException {
    run(end, false);
    frames.clear();
    return committedOffset == end;
  }

  /** Goes on to the last commit, but not beyond that many frames of the file. */
  WalScan toFrame(long frames) throws IOException {
    run(Wal.HEADER_BYTES + frames * frameBytes, false);
    return this;
  }

  /** Goes on to the last commit. */
  WalScan toEnd() throws IOException {
    run(Long.MAX_VALUE, false);
    return this;
  }

  /** Goes on to the next commit. */
  WalScan toNextCommit() throws IOException {
    run(Long.MAX_VALUE, true);
    return this;
  }

  private void run(long end, boolean oneCommit) throws IOException {
    long before = committedOffset;
    int chunkFrames = Math.max(1, oneCommit ? 4 : CHUNK_BYTES / frameBytes);
    while (offset < end && !(oneCommit && committedOffset > before)) {
      int wanted = (int) Math.min(chunkFrames, (end - offset) / frameBytes) * frameBytes;
      if (chunk.length < wanted) {
        chunk = new byte[wanted];
      }
      int read = wal.read(offset, chunk, wanted);
      int taken = take(read / frameBytes, oneCommit);
      if (taken * frameBytes < wanted || wanted == 0) {
        break;
      }
      chunkFrames = Math.max(1, CHUNK_BYTES / frameBytes);
    }
  }

  /** Takes frames from the chunk until one does not count; how many it took. */
  private int take(int available, boolean oneCommit) {
    ByteBuffer fields = ByteBuffer.wrap(chunk);
    WalSum sum = wal.sum();
    for (int i = 0; i < available; i++) {
      int at = i * frameBytes;
      long next = sum.add(sums, chunk, at, at + 8);
      next = sum.add(next, chunk, at + Wal.FRAME_HEADER_BYTES, at + frameBytes);
      int pgno = fields.getInt(at);
      if (fields.getLong(at + 8) != salts || fields.getLong(at + 16) != next || pgno == 0) {
        return i;
      }
      frames.add(pgno, offset);
      sums = next;
      offset += frameBytes;
      int size = fields.getInt(at + 4);
      if (size != 0) {
        commit(Integer.toUnsignedLong(size));
        if (oneCommit) {
          return i + 1;
        }
      }
    }
    return available;
  }

  private void commit(long size) {
    frames.commit();
    committedOffset = offset;
    committedSums = sums;
    pages = size;
  }

  /** Whether it met a commit; one that was skipped does not count. */
  boolean hasCommits() {
    return !frames.isEmpty();
  }

  /** Keeps only what is needed to go on later, after the last commit. */
  WalScan paused() {
    chunk = NO_CHUNK;
    offset = committedOffset;
    sums = committedSums;
    frames.rollback();
    return this;
  }

  /**
   * Goes on where it was paused, in the same file opened once more; whether it still is that file
   * and has that commit. Otherwise it is of no use.
   */
  boolean goesOnIn(Wal opened) throws IOException {
    if (opened.salts() != salts || !opened.isStillAt(committedOffset, committedSums)) {
      return false;
    }
    wal = opened;
    return true;
  }

  /** Where the last commit ends, or where it began if there was none. */
  long end() {
    return committedOffset;
  }

  /** The running checksum there. */
  long endSums() {
    return committedSums;
  }

  /** The size of the database by the last commit, in pages; 0 if there was none. */
  long pages() {
    return pages;
  }

  /** The frames up to the last commit. */
  NewestFrames frames() {
    return frames;
  }

  Cursor cursor() {
    return new Cursor(salts, committedOffset, committedSums, wal.pageSize(), pages);
  }
}
