package dev.dosql.internal.jdbc;

import dev.dosql.LimitExceededException;
import dev.dosql.Limits;
import dev.dosql.internal.values.StoredRow;
import java.util.Collection;

/**
 * Counts the rows that a call of several statements keeps in memory: together they may be no more
 * than one result may be.
 */
final class KeptRows {
  private final Limits limits;
  private final String tenant;
  private long rows;
  private long bytes;

  KeptRows(Limits limits, String tenant) {
    this.limits = limits;
    this.tenant = tenant;
  }

  /**
   * Counts more of them.
   *
   * @throws LimitExceededException if that is too much
   */
  void add(Collection<StoredRow> more) {
    rows += more.size();
    if (rows > limits.resultRowsMax()) {
      throw tooMuch("rows", "resultRowsMax", limits.resultRowsMax(), rows);
    }
    for (StoredRow each : more) {
      bytes += bytes(each);
    }
    if (bytes > limits.resultBytesMax()) {
      throw tooMuch("bytes of text and blobs", "resultBytesMax", limits.resultBytesMax(), bytes);
    }
  }

  /** What it takes in memory at most: two bytes a character of text. */
  private static long bytes(StoredRow row) {
    long bytes = 0;
    for (int column = 0; column < row.count(); column++) {
      Object value = row.value(column);
      if (value instanceof String text) {
        bytes += 2L * text.length();
      } else if (value instanceof byte[] blob) {
        bytes += blob.length;
      }
    }
    return bytes;
  }

  private LimitExceededException tooMuch(String of, String limit, long allowed, long seen) {
    return new LimitExceededException(
        "results of several statements refused: have "
            + seen
            + " or more "
            + of
            + " together, at most "
            + allowed
            + " allowed; run them one by one (tenant="
            + tenant
            + ", limit="
            + limit
            + ")",
        limit,
        allowed,
        seen);
  }
}
