package dev.dosql.storage.capture;

import java.util.Arrays;

/**
 * Where the newest version of each page is in a {@code -wal}: 16 bytes for each frame.
 *
 * <p>Used by one thread at a time.
 */
final class NewestFrames {

  private static final int CAPACITY_MIN = 64;

  private int[] pgnos = new int[CAPACITY_MIN];
  private long[] offsets = new long[CAPACITY_MIN];
  private int size;
  private int committed;

  void add(int pgno, long offset) {
    if (size == pgnos.length) {
      pgnos = Arrays.copyOf(pgnos, 2 * size);
      offsets = Arrays.copyOf(offsets, 2 * size);
    }
    pgnos[size] = pgno;
    offsets[size] = offset;
    size++;
  }

  /** All frames so far count. */
  void commit() {
    committed = size;
  }

  /** Only those count that were committed. */
  void rollback() {
    size = committed;
  }

  void clear() {
    size = 0;
    committed = 0;
  }

  boolean isEmpty() {
    return committed == 0;
  }

  /** The committed pages in ascending order, each once. */
  Pages newest() {
    long[] order = new long[committed];
    for (int i = 0; i < committed; i++) {
      order[i] = Integer.toUnsignedLong(pgnos[i]) << 31 | i;
    }
    Arrays.sort(order);
    long[] pages = new long[committed];
    long[] newest = new long[committed];
    int count = 0;
    for (long entry : order) {
      long pgno = entry >>> 31;
      if (count == 0 || pages[count - 1] != pgno) {
        count++;
      }
      pages[count - 1] = pgno;
      newest[count - 1] = offsets[(int) entry & Integer.MAX_VALUE];
    }
    return new Pages(Arrays.copyOf(pages, count), newest);
  }

  /** Page numbers, ascending, and where the frame of each begins. */
  record Pages(long[] pgnos, long[] offsets) {

    int count() {
      return pgnos.length;
    }
  }
}
