package dev.dosql.storage.replica;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.LostOwnershipException;
import dev.dosql.storage.OpenObject;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.internal.FailPoints;
import dev.dosql.storage.ltx.LtxHeader;
import dev.dosql.storage.ltx.LtxReader;
import dev.dosql.storage.ltx.LtxSummary;
import dev.dosql.storage.ltx.LtxWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts a segment without pages where an old owner would put its next one, so that its put meets
 * ours. Used by one thread, for one claim.
 */
final class Fencing {

  /** How many segments of the old owner may land first; each means that it is still at work. */
  private static final int LANDED_MAX = 1000;

  private static final int HEADER_BYTES = 100;

  /** A segment no longer than this is verified whole before its header is copied. */
  private static final long VERIFIED_MAX = 4 << 20;

  /** The length of a {@code -wal}'s header; Litestream wants an offset that lies behind it. */
  private static final long WAL_OFFSET = 32;

  private final Requests requests;
  private final ReplicaKeys keys;
  private final Puts puts;
  private final Head head;
  private final long nowMillis;

  private Position end;
  private SegmentScan.@Nullable Found newest;
  private long epoch;
  private final List<String> ignored = new ArrayList<>();

  Fencing(Requests requests, ReplicaKeys keys, Puts puts, Head head, long nowMillis) {
    this.requests = requests;
    this.keys = keys;
    this.puts = puts;
    this.head = head;
    this.nowMillis = nowMillis;
    this.end = head.last();
  }

  /** Returns the fence, or empty if the lineage holds nothing that it could follow. */
  Optional<Position> put() throws IOException {
    for (int landed = 0; landed < LANDED_MAX; landed++) {
      readTail();
      SegmentScan.Found last = newest;
      if (last == null) {
        return Optional.empty();
      }
      if (!ignored.isEmpty()) {
        return Optional.of(end); // the slots after an older fence are taken: nothing can follow
      }
      Optional<Position> fence = tryPut(header(last));
      if (fence.isPresent()) {
        return fence;
      }
    }
    throw new IOException(
        "fence failed: %d segments of the old owner landed first, needed it to pause (lineage=%s)"
            .formatted(LANDED_MAX, head.lineage()));
  }

  /**
   * Puts the fence after what was restored since the head was claimed: that was the read of the
   * tail. Returns what was restored with the fence behind it, or empty if something else came
   * there, or a later owner was there before.
   */
  Optional<Restored> putAfter(Restored restored, long newestEpoch) throws IOException {
    if (!restored.ignored().isEmpty() || newestEpoch > head.epoch()) {
      return Optional.empty();
    }
    end = restored.position();
    LtxHeader fence = header(restored.pageSize(), restored.pages(), restored.timestampMillis());
    return tryPut(fence).map(position -> restored.fenced(position, fence.timestampMillis()));
  }

  List<String> ignored() {
    return ignored;
  }

  // The tail.

  private void readTail() throws IOException {
    try (Reads reads = new Reads(requests.settings())) {
      // The one at the end is read too: the fence takes its page size and size from there.
      long from = newest == null ? Math.max(1, end.txid()) : end.txid() + 1;
      SegmentScan scan =
          new SegmentScan(
              requests,
              reads,
              keys,
              head.lineage(),
              from,
              Long.MAX_VALUE,
              SegmentScan.LOOK_AHEAD,
              HEADER_BYTES);
      scan.need(head.last().txid());
      for (var found = scan.next(); found != null; found = scan.next()) {
        add(found);
      }
    }
  }

  private void add(SegmentScan.Found found) throws IOException {
    Marks marks = found.marks();
    if (marks.epoch() > head.epoch()) {
      throw new LostOwnershipException(
          found.key(), "epoch=" + marks.epoch(), "at most ours, " + head.epoch(), null);
    }
    if (marks.epoch() < epoch && !continues(found) || !ignored.isEmpty()) {
      ignored.add(found.key());
      return;
    }
    epoch = Math.max(epoch, marks.epoch());
    newest = found;
    end = new Position(head.lineage(), found.txid(), marks.chain());
  }

  private boolean continues(SegmentScan.Found found) throws IOException {
    Optional<Puts.Identity> identity = puts.identity(found.key());
    return identity.isPresent()
        && end.next(identity.get().checksum()).chain().equals(found.marks().chain());
  }

  // The fence.

  /** Returns empty if a segment of the old owner landed first. */
  private Optional<Position> tryPut(LtxHeader header) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LtxSummary fence = write(out, header);
    Position position = end.next(fence.checksum());
    Puts.Identity identity =
        new Puts.Identity(
            new Marks(position.chain(), head.epoch()), fence.length(), fence.checksum());
    String key = keys.segment(head.lineage(), position.txid());
    try {
      puts.put(
          key,
          (store, name, options) -> store.put(name, out.toByteArray(), options),
          identity,
          fence.header().timestampMillis());
      FailPoints.reached("replica.fenced");
      return Optional.of(position);
    } catch (LostOwnershipException e) {
      return Optional.empty(); // the tail is read on, and tells whose it is
    }
  }

  private static LtxSummary write(ByteArrayOutputStream out, LtxHeader header) throws IOException {
    return new LtxWriter(out, header).finish();
  }

  private LtxHeader header(SegmentScan.Found last) throws IOException {
    LtxHeader before =
        last.first().info().size() <= VERIFIED_MAX ? verified(last) : unverified(last);
    return header(before.pageSize(), before.commit(), before.timestampMillis());
  }

  private LtxHeader header(int pageSize, long pages, long timestampMillis) {
    long txid = end.txid() + 1;
    return new LtxHeader(
        pageSize,
        pages,
        txid,
        txid,
        Math.max(nowMillis, timestampMillis), // times of a history never go back
        WAL_OFFSET,
        0,
        0,
        0,
        head.epoch());
  }

  private LtxHeader verified(SegmentScan.Found last) throws IOException {
    String lost = "what was committed from txid=%d on".formatted(last.txid());
    Optional<OpenObject> object = requests.retry(() -> requests.store().open(last.key()));
    if (object.isEmpty()) {
      throw new BadObjectException(last.key(), "it is gone", "it", lost, null);
    }
    try (OpenObject open = object.get()) {
      return Puts.verified(open, lost).header();
    }
  }

  private LtxHeader unverified(SegmentScan.Found last) throws IOException {
    return new LtxReader(new ByteArrayInputStream(last.first().bytes()), last.key()).header();
  }
}
