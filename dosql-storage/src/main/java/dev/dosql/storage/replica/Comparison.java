package dev.dosql.storage.replica;

import dev.dosql.storage.capture.Position;
import org.jspecify.annotations.Nullable;

/**
 * How a local position stands to what is in the bucket.
 *
 * @param state how
 * @param why the same for people, with both positions
 * @param head the head as it was read, or null if there is none
 * @param bucket the newest position in the bucket, or null if there is no head or a tombstone
 */
public record Comparison(State state, String why, @Nullable Head head, @Nullable Position bucket) {

  /** What the caller does about it. */
  public enum State {
    /**
     * Both are the same. Pending segments are in the bucket although no put of them was confirmed:
     * they are shipped.
     */
    EQUAL,
    /**
     * The bucket is the beginning of the local history: pending segments up to {@code
     * bucket.txid()} are shipped, ship the others. If the lineage of {@code bucket} is another, the
     * local one comes from there, and none of its segments are shipped.
     */
    AHEAD,
    /**
     * The bucket goes on from the local position, and all that is here is also there: roll forward.
     * If the lineage of {@code bucket} is another, the local one is its ancestor, and the roll
     * forward is a restore.
     */
    BEHIND,
    /**
     * Both have what the other lacks, or nothing in common: keep the local file aside and restore.
     */
    DIVERGED,
    /** The bucket knows nothing of this tenant: create it there, under a new lineage. */
    NO_HEAD,
    /** The tenant was deleted: nothing here may bring it back. */
    DELETED
  }
}
