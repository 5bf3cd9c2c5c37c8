package dev.dosql.storage.replica;

import dev.dosql.storage.StoredObject;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.capture.Segment;
import dev.dosql.storage.replica.Comparison.State;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** One comparison of a local position with the bucket. Used by one thread. */
final class Comparing {

  private final Requests requests;
  private final ReplicaKeys keys;
  private final Position local;
  private final long shippedTxid;
  private final List<Segment> pending;

  Comparing(
      Requests requests,
      ReplicaKeys keys,
      Position local,
      long shippedTxid,
      List<Segment> pending) {
    this.requests = requests;
    this.keys = keys;
    this.local = local;
    this.shippedTxid = shippedTxid;
    this.pending = pending;
    checkPending();
  }

  private void checkPending() {
    long txid = shippedTxid;
    String chain = local.chain();
    for (Segment segment : pending) {
      chain = segment.txid() == ++txid ? segment.chain() : "";
    }
    if (shippedTxid < 0 || txid != local.txid() || !chain.equals(local.chain())) {
      throw new IllegalArgumentException(
          "comparison refused: %d segments after txid=%d, needed them to lead to %s"
              .formatted(pending.size(), shippedTxid, local));
    }
  }

  Comparison compare(Requests.Attempt<Optional<Head>> readHead) throws IOException {
    try (Reads reads = new Reads(requests.settings())) {
      Future<Optional<Head>> read = reads.start(readHead);
      // Most lineages are those of the head: what will be asked then is asked now.
      SegmentScan scan =
          new SegmentScan(
              requests,
              reads,
              keys,
              local.lineage(),
              Math.max(1, shippedTxid),
              Long.MAX_VALUE,
              SegmentScan.ABSENT_MIN,
              1);
      scan.expect(shippedTxid);
      scan.start();
      return compare(Reads.await(read).orElse(null), scan);
    }
  }

  private Comparison compare(@Nullable Head head, SegmentScan scan) throws IOException {
    if (head == null) {
      return new Comparison(State.NO_HEAD, "the bucket has no head", null, null);
    }
    if (head.deleted() != null) {
      return new Comparison(State.DELETED, "deleted at " + head.deleted(), head, null);
    }
    if (!head.lineage().equals(local.lineage())) {
      return otherLineage(head);
    }
    scan.need(head.last().txid());
    return sameLineage(head, scan);
  }

  // The same lineage.

  private Comparison sameLineage(Head head, SegmentScan scan) throws IOException {
    if (shippedTxid > 0 && shippedTxid < head.floor()) {
      return belowTheFloor(head);
    }
    scan.need(shippedTxid); // it was confirmed
    Position bucket = Position.start(local.lineage());
    for (var found = scan.next(); found != null; found = scan.next()) {
      Position there = new Position(local.lineage(), found.txid(), found.marks().chain());
      if (there.txid() > local.txid()) {
        return answer(State.BEHIND, "it goes on from there", head, there);
      }
      if (!isOurs(there)) {
        return answer(State.DIVERGED, other(found), head, there);
      }
      bucket = there;
    }
    return bucket.txid() == local.txid()
        ? answer(State.EQUAL, "both are the same", head, bucket)
        : answer(State.AHEAD, "it ends before that", head, bucket);
  }

  private boolean isOurs(Position there) {
    if (there.txid() == local.txid()) {
      return there.equals(local);
    }
    if (there.txid() == shippedTxid) {
      Segment next = pending.get(0);
      return there.next(next.checksum()).chain().equals(next.chain());
    }
    return there.chain().equals(pending.get((int) (there.txid() - shippedTxid - 1)).chain());
  }

  private static String other(SegmentScan.Found found) {
    return "its txid=%d is another segment, of epoch=%d"
        .formatted(found.txid(), found.marks().epoch());
  }

  /** The segments that could be compared are gone; ours were confirmed up to there. */
  private Comparison belowTheFloor(Head head) {
    return pending.isEmpty() && local.txid() <= head.last().txid()
        ? answer(State.BEHIND, "floor=" + head.floor(), head, head.last())
        : answer(State.DIVERGED, "floor=" + head.floor(), head, head.last());
  }

  // Another lineage.

  private Comparison otherLineage(Head head) throws IOException {
    Optional<Position> parent =
        head.parents().stream().filter(each -> each.lineage().equals(local.lineage())).findFirst();
    if (parent.isEmpty()) {
      return answer(State.DIVERGED, "it has another lineage", head, head.last());
    }
    return isInTheBucket(parent.get())
        ? answer(State.BEHIND, "its lineage comes from this one", head, head.last())
        : answer(
            State.DIVERGED,
            "its lineage comes from this one at txid=%d, without all of it"
                .formatted(parent.get().txid()),
            head,
            head.last());
  }

  /**
   * Whether what is here is kept there: as the parent, before it, or in the old lineage after it.
   */
  private boolean isInTheBucket(Position parent) throws IOException {
    if (local.txid() == 0 || local.equals(parent)) {
      return true;
    }
    String key = keys.segment(local.lineage(), local.txid());
    Optional<StoredObject> object = requests.first(key, 1, "what is there");
    return object.isPresent()
        && Marks.of(object.get().info(), "what is there").chain().equals(local.chain());
  }

  private Comparison answer(State state, String why, Head head, Position bucket) {
    return new Comparison(
        state, "%s: local=%s bucket=%s: %s".formatted(state, local, bucket, why), head, bucket);
  }
}
