package dev.dosql.storage.ship;

/**
 * How much of a database's log is not captured, or not even read, by its length when somebody
 * looked at it last.
 *
 * <p>Safe for use by many threads.
 */
final class Growth {
  private long seenBytes;
  private long capturedBytes;
  private long readBytes;

  /** How often it was seen to have been begun anew. */
  private int generation;

  /** Notes how long it is. */
  synchronized void looked(long logBytes) {
    if (logBytes < seenBytes) {
      generation++;
      capturedBytes = 0;
      readBytes = 0;
    }
    seenBytes = logBytes;
  }

  /** How long it was seen to be, which a capture that begins now will reach at least. */
  synchronized Seen seen() {
    return new Seen(generation, seenBytes);
  }

  /** Notes that it was captured up to there; nothing happens if it was begun anew since. */
  synchronized void captured(Seen seen) {
    if (seen.generation == generation) {
      capturedBytes = Math.max(capturedBytes, seen.bytes);
    }
  }

  /** Whether so much is neither captured nor was read; if so, it counts as read from now on. */
  synchronized boolean isUnread(long atLeastBytes) {
    boolean unread = seenBytes - Math.max(capturedBytes, readBytes) >= atLeastBytes;
    if (unread) {
      readBytes = seenBytes;
    }
    return unread;
  }

  /** How much is not captured. */
  synchronized long leftBytes() {
    return seenBytes - capturedBytes;
  }

  /**
   * A length that was seen.
   *
   * @param generation of which log
   * @param bytes how long it was
   */
  record Seen(int generation, long bytes) {}
}
