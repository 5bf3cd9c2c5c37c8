package dev.dosql.storage.replica;

import dev.dosql.storage.capture.Position;
import java.util.List;

/**
 * What was restored: a database file that is exactly one position of the history.
 *
 * @param position the position
 * @param pageSize the size of a page in bytes
 * @param pages how many pages the file has
 * @param timestampMillis when the last commit in it was made, milliseconds since 1970; 0 if nothing
 *     had to be applied
 * @param snapshotTxid the snapshot or position from which it started, 0 for the first segment
 * @param segments how many segments were applied
 * @param bytes how many bytes of objects were applied
 * @param ignored objects that are no part of the history, being an old owner's after a fence;
 *     unmodifiable, mostly empty. If it is not, the lineage cannot be continued: begin a new one
 */
public record Restored(
    Position position,
    int pageSize,
    long pages,
    long timestampMillis,
    long snapshotTxid,
    long segments,
    long bytes,
    List<String> ignored) {

  /**
   * Copies the list.
   *
   * @param position the position
   * @param pageSize the size of a page in bytes
   * @param pages how many pages the file has
   * @param timestampMillis when the last commit in it was made
   * @param snapshotTxid the snapshot or position from which it started
   * @param segments how many segments were applied
   * @param bytes how many bytes of objects were applied
   * @param ignored objects that are no part of the history
   */
  public Restored {
    ignored = List.copyOf(ignored);
  }

  /** The same with a fence behind it, which has no pages. */
  Restored fenced(Position fence, long fenceMillis) {
    return new Restored(
        fence, pageSize, pages, fenceMillis, snapshotTxid, segments, bytes, ignored);
  }
}
