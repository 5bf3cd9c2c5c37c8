package dev.dosql.storage.replica;

import dev.dosql.storage.OpenObject;
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

  /** Longer than a segment without pages. */
  private static final long FENCE_MAX = 1024;

  private final Requests requests;
  private final ReplicaKeys keys;
  private final Position local;
  private final long shippedTxid;
  private final List<Segment> pending;
  private List<Position> origins = List.of();
  private String node = "";

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

  /** Names where the bucket may stand while it has nothing of the local lineage. */
  Comparing from(List<Position> positions, String ours) {
    origins = positions;
    node = ours;
    return this;
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
    List<Position> from =
        origins.stream().filter(each -> each.lineage().equals(head.lineage())).toList();
    Optional<Position> end = from.isEmpty() ? Optional.empty() : new Tail(head, from).end();
    return end.isPresent()
        ? answer(State.AHEAD, "the local history comes from there", head, end.get())
        : laterLineage(head);
  }

  private Comparison laterLineage(Head head) throws IOException {
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

  /**
   * The end of the bucket's lineage, of which the local one is said to be the continuation: whether
   * all in it is also here.
   */
  private final class Tail {
    private final Head head;
    private final List<Position> from;
    private final long first;
    private Position end;
    private boolean isHere;
    private long newestEpoch;

    Tail(Head head, List<Position> from) {
      this.head = head;
      this.from = from;
      this.first = from.stream().mapToLong(Position::txid).min().orElse(0);
      this.end = Position.start(head.lineage());
      this.isHere = from.contains(end);
    }

    /** Returns where it ends, or empty if it has something that is not here. */
    Optional<Position> end() throws IOException {
      try (Reads reads = new Reads(requests.settings())) {
        SegmentScan scan =
            new SegmentScan(
                requests,
                reads,
                keys,
                head.lineage(),
                Math.max(first, head.floor()),
                Long.MAX_VALUE,
                SegmentScan.ABSENT_MIN,
                1);
        scan.need(head.last().txid());
        for (var found = scan.next(); found != null; found = scan.next()) {
          add(found);
        }
      }
      return isHere ? Optional.of(end) : Optional.empty();
    }

    private void add(SegmentScan.Found found) throws IOException {
      Position there = new Position(head.lineage(), found.txid(), found.marks().chain());
      long epoch = found.marks().epoch();
      if (from.contains(there)) {
        isHere = true;
      } else if (epoch < newestEpoch && !continues(found)) {
        return; // Of an owner that was fenced: no part of the history.
      } else {
        isHere = isHere && isOurFence(found);
      }
      newestEpoch = Math.max(newestEpoch, epoch);
      end = there;
    }

    private boolean continues(SegmentScan.Found found) throws IOException {
      Optional<Puts.Identity> identity = new Puts(requests).identity(found.key());
      return identity.isPresent()
          && end.next(identity.get().checksum()).chain().equals(found.marks().chain());
    }

    /** We may have claimed the tenant, and died before our history was there. */
    private boolean isOurFence(SegmentScan.Found found) throws IOException {
      if (!head.node().equals(node) || found.first().info().size() > FENCE_MAX) {
        return false;
      }
      String lost = "what was committed from txid=%d on".formatted(found.txid());
      Optional<OpenObject> object = requests.retry(() -> requests.store().open(found.key()));
      if (object.isEmpty()) {
        return false;
      }
      try (OpenObject open = object.get()) {
        return Puts.verified(open, lost).pages() == 0;
      }
    }
  }

  private Comparison answer(State state, String why, Head head, Position bucket) {
    return new Comparison(
        state, "%s: local=%s bucket=%s: %s".formatted(state, local, bucket, why), head, bucket);
  }
}
