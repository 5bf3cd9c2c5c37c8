package dev.dosql.storage.replica;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.LostOwnershipException;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.StoredObject;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.capture.Segment;
import dev.dosql.storage.ltx.LtxSummary;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one tenant has in a bucket: its head, its segments, its snapshots.
 *
 * <p>Guarantees:
 *
 * <ul>
 *   <li><b>One history.</b> An object, once there, is never replaced; only the head is, by
 *       compare-and-set. There are never two segments of one txid in a lineage: the second writer
 *       gets {@link LostOwnershipException}, however the answers to its requests were lost.
 *   <li><b>Exact or nothing.</b> A restored file is exactly one position, with every checksum and
 *       the chain of hashes verified before it gets its name. What is damaged, missing or foreign
 *       is a {@link BadObjectException} that names the object. The end of a history is where the
 *       next segments are absent; so what was put after the head was written last, and then deleted
 *       from the very end by someone, is not missed, but {@link Restored#position()} tells.
 *   <li><b>No lists.</b> Every key is known or counted up to.
 *   <li><b>Bounded.</b> Every request is tried {@link ReplicaSettings#attemptsMax()} times, with
 *       growing pauses; then the last failure is thrown. An interrupt during a pause or a parallel
 *       read ends the call with {@link InterruptedIOException}, and the flag stays set.
 * </ul>
 *
 * <p>The order of things, which the caller keeps: it puts segments one after another, each when the
 * one before is confirmed; only the owner by the newest {@link Head} puts; a put counts as
 * confirmed for others only when {@link #checkOwned} after it has returned.
 *
 * <p>Blocking; safe for use by many threads, which is needed for reads only. It holds nothing open
 * and needs no closing; the store is its caller's.
 */
public final class Replica {

  private final Requests requests;
  private final ReplicaKeys keys;
  private final Ownership ownership;
  private final Puts puts;
  private final ReplicaSettings settings;

  /**
   * Names what a tenant has in a store; makes no request.
   *
   * @param store where it is kept; the caller closes it
   * @param prefix what all keys of the tenant begin with, without the last slash, not empty
   * @param tenant the tenant's name, for the head and for messages
   */
  public Replica(ObjectStore store, String prefix, String tenant) {
    this(store, prefix, tenant, ReplicaSettings.DEFAULT);
  }

  /**
   * Names what a tenant has in a store; makes no request.
   *
   * @param store where it is kept; the caller closes it
   * @param prefix what all keys of the tenant begin with, without the last slash, not empty
   * @param tenant the tenant's name, for the head and for messages
   * @param settings bounds
   */
  public Replica(ObjectStore store, String prefix, String tenant, ReplicaSettings settings) {
    this.requests = new Requests(store, settings);
    this.keys = new ReplicaKeys(ObjectStore.checkKey(prefix));
    this.ownership = new Ownership(requests, keys, tenant);
    this.puts = new Puts(requests);
    this.settings = settings;
  }

  // The head.

  /**
   * Reads the head. One request.
   *
   * @return the head, which may be a tombstone, or empty if there is none
   * @throws BadObjectException if it is damaged, another tenant's, or of a later format
   * @throws IOException if the store fails
   */
  public Optional<Head> readHead() throws IOException {
    return ownership.read();
  }

  /**
   * Reads the head of a tenant of whom only the prefix is known. One request.
   *
   * @param store where it is kept
   * @param prefix what all keys of the tenant begin with
   * @return the head, which may be a tombstone and tells the name, or empty if there is none
   * @throws BadObjectException if it is damaged, or of a later format
   * @throws IOException if the store fails
   */
  public static Optional<Head> readHead(ObjectStore store, String prefix) throws IOException {
    String key = new ReplicaKeys(prefix).head();
    Optional<StoredObject> object = store.get(key);
    return object.isEmpty()
        ? Optional.empty()
        : Optional.of(HeadFile.decode(key, object.get().bytes(), object.get().info().etag()));
  }

  /**
   * Creates the head of a tenant that has none, or only a tombstone: epoch 1, or one more than the
   * tombstone's. Nothing of the lineage needs to be there yet.
   *
   * @param node who owns it
   * @param lineage the new history, {@link #newLineage()} or one that is new for other reasons
   * @return the head
   * @throws LostOwnershipException if someone else has created it meanwhile; nothing was written
   * @throws IOException if the store fails; the head may or may not be there, and a second call
   *     with another lineage would then fail: read it
   */
  public Head create(String node, String lineage) throws IOException {
    return ownership.create(node, lineage);
  }

  /**
   * Takes ownership by compare-and-set of the head that was seen: one more epoch.
   *
   * <p>If it belonged to another node that has not released it, the old owner is fenced: after the
   * compare-and-set the tail of the lineage is read and a segment without pages, with the epoch as
   * its NodeID, is put at the next txid, after whatever lands there first. When this returns,
   * nothing that the old owner puts later can be part of the history. If the lineage holds nothing
   * yet, no fence can be put, and a second compare-and-set names a new lineage instead.
   *
   * @param seen the head, as {@link #readHead} or {@link #compare} gave it, not a tombstone
   * @param node who owns it from now on
   * @return the new head, and the fence
   * @throws LostOwnershipException if someone else has written the head meanwhile, or fenced in a
   *     later epoch; nothing was written, or the claim is void
   * @throws BadObjectException if the tail of the lineage is not sound; the head is claimed
   * @throws IOException if the store fails; the claim may have been made, without its fence: read
   *     the head and claim again, which puts it
   */
  public Claim claim(Head seen, String node) throws IOException {
    return claim(seen, node, seen.last());
  }

  /**
   * Takes ownership as above, and notes in the head a position that was found in the bucket, as by
   * {@link #compare}: what lies before it can then not go missing unnoticed, and the tail is read
   * from there. It takes no more requests.
   *
   * @param seen the head, not a tombstone
   * @param node who owns it from now on
   * @param found a position of the lineage of {@code seen} that is in the bucket
   * @return the new head, and the fence
   * @throws LostOwnershipException if someone else has written the head meanwhile, or fenced in a
   *     later epoch; nothing was written, or the claim is void
   * @throws BadObjectException if the tail of the lineage is not sound; the head is claimed
   * @throws IOException if the store fails; the claim may have been made, without its fence: read
   *     the head and claim again, which puts it
   */
  public Claim claim(Head seen, String node, Position found) throws IOException {
    refuseTombstone(seen);
    Head head = ownership.claim(seen, node, found);
    return head.fenceDue() ? fence(head) : new Claim(head, null, List.of());
  }

  private Claim fence(Head head) throws IOException {
    long now = settings.clock().millis();
    Fencing fencing = new Fencing(requests, keys, puts, head, now);
    Optional<Position> fence = fencing.put();
    if (fence.isPresent()) {
      return new Claim(head, fence.get(), fencing.ignored());
    }
    String lineage = newLineage();
    Head moved = ownership.update(head, draft -> moveTo(draft, Position.start(lineage), null));
    return new Claim(moved, null, List.of());
  }

  /**
   * Takes ownership as {@link #claim(Head, String)} does, and restores the newest state, as {@link
   * #restoreUnnamed} does. The restore is the read of the tail that comes before a fence; so it
   * takes three round trips, and no object is read twice unless the old owner is still at work.
   *
   * @param seen the head, not a tombstone
   * @param node who owns it from now on
   * @param made the database file to make
   * @param progress hears how far it is
   * @return the claim, and what was restored
   * @throws LostOwnershipException if someone else has written the head meanwhile, or fenced in a
   *     later epoch; nothing was written, or the claim is void
   * @throws BadObjectException if the state cannot be had exactly; the head is claimed, without its
   *     fence, and no file is left
   * @throws IOException if the store or the disk fails; the claim may have been made, without its
   *     fence: read the head and claim again, which puts it
   */
  public TakenOver takeOver(Head seen, String node, Path made, RestoreProgress progress)
      throws IOException {
    refuseTombstone(seen);
    Head head = ownership.claim(seen, node, seen.last());
    Restoration restoration = restoration(head, made, progress);
    Restored restored = restoration.restore().orElse(null);
    if (!head.fenceDue()) {
      return new TakenOver(new Claim(head, null, List.of()), restored);
    }
    if (restored != null) {
      Fencing fencing = new Fencing(requests, keys, puts, head, settings.clock().millis());
      Restored fenced = fencing.putAfter(restored, restoration.newestEpoch()).orElse(null);
      if (fenced != null) {
        return new TakenOver(new Claim(head, fenced.position(), List.of()), fenced);
      }
    }
    return restoreBehind(fence(head), restored, made, progress);
  }

  /** Restores what has come since, which ends with the fence. */
  private TakenOver restoreBehind(
      Claim claim, @Nullable Restored before, Path made, RestoreProgress progress)
      throws IOException {
    Restoration restoration = restoration(claim.head(), made, progress);
    boolean goesOn = before != null && before.ignored().isEmpty();
    Restored restored =
        goesOn ? restoration.rollForward(before.position()) : restoration.restore().orElse(null);
    return new TakenOver(claim, restored);
  }

  private Restoration restoration(Head head, Path made, RestoreProgress progress) {
    return new Restoration(requests, keys, head, made, null, progress).unnamed();
  }

  private static void refuseTombstone(Head head) {
    if (head.deleted() != null) {
      throw new IllegalArgumentException(
          "claim refused: the tenant was deleted at %s, needed one that is not (tenant=%s)"
              .formatted(head.deleted(), head.tenant()));
    }
  }

  /**
   * Checks that the head still shows the same claim. One request. What was put before this call is
   * then part of the history for good: a later owner finds it before it puts its fence.
   *
   * @param owned a head of this claim
   * @return the head as it is now
   * @throws LostOwnershipException if it shows another claim, a tombstone, or is gone
   * @throws IOException if the store fails
   */
  public Head checkOwned(Head owned) throws IOException {
    return ownership.checkOwned(owned);
  }

  /**
   * Begins a new history for the tenant, from its next position on. Its first segments, up to
   * {@code first}, must already be in the bucket.
   *
   * @param owned a head of this claim
   * @param first the newest position of the new lineage that is in the bucket, from txid 1
   * @param parent the position of the old lineage from which the new one comes, which makes the old
   *     one its parent; null if the new one has nothing of the old
   * @return the new head
   * @throws LostOwnershipException if someone else owns it; nothing was written
   * @throws IOException if the store fails; the head may or may not have been written
   */
  public Head beginLineage(Head owned, Position first, @Nullable Position parent)
      throws IOException {
    if (first.txid() < 1 || parent != null && !parent.lineage().equals(owned.lineage())) {
      throw new IllegalArgumentException(
          "lineage refused: first=%s parent=%s, needed txid 1 or more, and a parent of lineage=%s"
              .formatted(first, parent, owned.lineage()));
    }
    return ownership.update(owned, draft -> moveTo(draft, first, parent));
  }

  private static void moveTo(HeadDraft draft, Position first, @Nullable Position parent) {
    if (draft.lineage.equals(first.lineage())) {
      draft.reached(first); // a second attempt
      return;
    }
    if (parent != null) {
      List<Position> parents = new ArrayList<>(draft.parents);
      parents.add(0, parent);
      draft.parents = parents;
    }
    draft.lineage = first.lineage();
    draft.last = first;
    draft.floor = 1;
  }

  /**
   * Gives ownership up in good order, so that the next owner needs no fence. The caller has ended
   * all its puts.
   *
   * @param owned a head of this claim
   * @param last the newest position that is in the bucket
   * @return the head
   * @throws LostOwnershipException if someone else owns it; nothing was written
   * @throws IOException if the store fails; the head may or may not have been written
   */
  public Head release(Head owned, Position last) throws IOException {
    return ownership.update(owned, draft -> draft.reached(last).released = true);
  }

  /**
   * Marks the tenant as deleted, whoever owns it. The objects stay.
   *
   * @param seen the head that was seen
   * @return the tombstone
   * @throws LostOwnershipException if someone has written the head meanwhile; nothing was written
   * @throws IOException if the store fails; the head may or may not have been written
   */
  public Head tombstone(Head seen) throws IOException {
    return ownership.tombstone(seen);
  }

  // Putting.

  /**
   * Puts a segment that no one has put before, or that this very call or an earlier one of the same
   * owner has put without learning so. One request if all goes well.
   *
   * @param segment the segment
   * @param owned a head of this claim, whose lineage is the segment's
   * @throws LostOwnershipException if another segment or a fence lies at its txid
   * @throws IOException if the store fails, or the file cannot be read; the segment may or may not
   *     be there, and may be put again
   */
  public void put(Segment segment, Head owned) throws IOException {
    put(segment, owned.lineage(), owned);
  }

  /**
   * Puts a segment as above into a lineage that the head may not name yet: the first ones of a new
   * lineage, before {@link #beginLineage}.
   *
   * @param segment the segment
   * @param lineage its lineage
   * @param owned a head of this claim
   * @throws LostOwnershipException if another segment or a fence lies at its txid
   * @throws IOException if the store fails, or the file cannot be read; the segment may or may not
   *     be there, and may be put again
   */
  public void put(Segment segment, String lineage, Head owned) throws IOException {
    Puts.Identity identity =
        new Puts.Identity(
            new Marks(segment.chain(), owned.epoch()), segment.length(), segment.checksum());
    long length = Files.size(segment.file());
    if (length != segment.length()) {
      throw new IOException(
          "put failed: a file of %d bytes, needed %d (file=%s)"
              .formatted(length, segment.length(), segment.file()));
    }
    puts.put(
        keys.segment(lineage, segment.txid()),
        (store, key, options) -> store.put(key, segment.file(), options),
        identity,
        segment.timestampMillis());
  }

  /**
   * Puts a snapshot and lists it in the head, newest first. Two requests if all goes well. Older
   * snapshots than the head keeps stay in the bucket.
   *
   * @param owned a head of this claim
   * @param at the position whose pages the file holds, which is in the bucket
   * @param file a LTX file {@code 1-N} with every page, {@code N = at.txid()}; not changed
   * @return the new head
   * @throws LostOwnershipException if someone else owns the head, or another snapshot is there
   * @throws IOException if the store fails, or the file is not such a file; the head lists it or
   *     not, and a snapshot that is not listed does no harm
   */
  public Head putSnapshot(Head owned, Position at, Path file) throws IOException {
    LtxSummary summary = Puts.summaryOf(file);
    if (summary.header().minTxid() != 1 || summary.header().maxTxid() != at.txid()) {
      throw new IllegalArgumentException(
          "snapshot refused: txids %d to %d, needed 1 to %d (file=%s)"
              .formatted(summary.header().minTxid(), summary.header().maxTxid(), at.txid(), file));
    }
    Snapshot snapshot = puts.snapshot(keys, at, file, summary, owned.epoch());
    return ownership.update(owned, draft -> list(draft.reached(at), snapshot));
  }

  /** The newest few of the present lineage, and of earlier ones as many together. */
  private void list(HeadDraft draft, Snapshot added) {
    List<Snapshot> all = new ArrayList<>(draft.snapshots);
    all.removeIf(each -> each.position().equals(added.position()));
    all.add(added);
    all.sort(
        Comparator.comparing((Snapshot each) -> !each.position().lineage().equals(draft.lineage))
            .thenComparing(each -> each.position().txid(), Comparator.reverseOrder()));
    List<Snapshot> kept = new ArrayList<>();
    int ofPresent = 0;
    for (Snapshot each : all) {
      boolean present = each.position().lineage().equals(draft.lineage);
      ofPresent += present ? 1 : 0;
      if (present
          ? ofPresent <= settings.snapshotsKept()
          : kept.size() < 2 * settings.snapshotsKept()) {
        kept.add(each);
      }
    }
    draft.snapshots = kept;
  }

  /**
   * Makes a snapshot of the newest state that is in the bucket, from what is in the bucket, and
   * puts it as {@link #putSnapshot} does. The live database has no part in it: nothing waits, and
   * what the snapshot is made of has been verified. It takes the requests of a restore, and disk
   * for the database and for the snapshot.
   *
   * @param owned a head of this claim
   * @param scratch an existing directory for two files, which are deleted again
   * @param progress hears how far it is
   * @return the new head, or {@code owned} if the newest snapshot is of the newest state, or there
   *     is none
   * @throws LostOwnershipException if someone else owns the head
   * @throws BadObjectException if the newest state cannot be had exactly
   * @throws IOException if the store or the disk fails
   */
  public Head makeSnapshot(Head owned, Path scratch, RestoreProgress progress) throws IOException {
    Path database = Files.createTempFile(scratch, "snapshot", ".db");
    Path file = Files.createTempFile(scratch, "snapshot", ".ltx");
    try {
      Optional<Restored> restored = restore(owned, database, progress);
      if (restored.isEmpty() || restored.get().segments() == 0) {
        return owned;
      }
      SnapshotFile.write(database, restored.get(), file);
      return putSnapshot(owned, restored.get().position(), file);
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(database);
    }
  }

  // Comparing.

  /**
   * Compares a local position with the bucket. One round trip if both are the same, all reads in
   * parallel; otherwise as many as it takes to find the end.
   *
   * @param local the newest captured position
   * @param shippedTxid up to which txid the local segments were confirmed, from 0
   * @param pending the local segments after that, without gap, up to {@code local}
   * @return how they stand to each other
   * @throws BadObjectException if something in the bucket is damaged, or segments that were
   *     confirmed are missing there
   * @throws IOException if the store fails
   */
  public Comparison compare(Position local, long shippedTxid, List<Segment> pending)
      throws IOException {
    return compare(local, shippedTxid, pending, List.of(), "");
  }

  /**
   * Compares as above a history that was begun when another was in the bucket, and of which nothing
   * may be there yet. If the bucket stands at one of the given positions, or only fences of the
   * given node came after it, it is the beginning of the local history: {@code AHEAD}.
   *
   * @param local the newest captured position
   * @param shippedTxid up to which txid the local segments were confirmed, from 0
   * @param pending the local segments after that, without gap, up to {@code local}
   * @param origins the positions of earlier lineages at which the bucket may stand
   * @param node whose fences do not count
   * @return how they stand to each other
   * @throws BadObjectException if something in the bucket is damaged, or segments that were
   *     confirmed are missing there
   * @throws IOException if the store fails
   */
  public Comparison compare(
      Position local, long shippedTxid, List<Segment> pending, List<Position> origins, String node)
      throws IOException {
    Comparing comparing = new Comparing(requests, keys, local, shippedTxid, pending);
    return comparing.from(origins, node).compare(ownership::read);
  }

  // Restoring.

  /**
   * Restores the newest state. The file is written as {@code <target>.tmp}, verified, forced and
   * renamed; a {@code target} that is there is replaced. It needs no {@code -wal}: the caller has
   * made sure that there is none and that nothing has the target open.
   *
   * @param head the head, not a tombstone
   * @param target the database file to make
   * @param progress hears how far it is
   * @return what was restored, or empty if nothing was ever put in the lineage; then no file is
   *     made
   * @throws BadObjectException if the state cannot be had exactly; no file is left
   * @throws IOException if the store or the disk fails; no file is left
   */
  public Optional<Restored> restore(Head head, Path target, RestoreProgress progress)
      throws IOException {
    return new Restoration(requests, keys, head, target, null, progress).restore();
  }

  /**
   * Restores as above into a file that is about to get another name, from the caller: its bytes are
   * forced, its present name is not.
   *
   * @param head the head, not a tombstone
   * @param made the database file to make
   * @param progress hears how far it is
   * @return what was restored, or empty if nothing was ever put in the lineage; then no file is
   *     made
   * @throws BadObjectException if the state cannot be had exactly; no file is left
   * @throws IOException if the store or the disk fails; no file is left
   */
  public Optional<Restored> restoreUnnamed(Head head, Path made, RestoreProgress progress)
      throws IOException {
    return restoration(head, made, progress).restore();
  }

  /**
   * Restores the state at one position, of the present lineage or of an earlier one.
   *
   * @param head the head, not a tombstone
   * @param target the database file to make, as above
   * @param at the position, from txid 1
   * @param progress hears how far it is
   * @return what was restored
   * @throws BadObjectException if the state cannot be had exactly; no file is left
   * @throws IOException if the store or the disk fails; no file is left
   */
  public Restored restoreTo(Head head, Path target, Position at, RestoreProgress progress)
      throws IOException {
    if (at.txid() < 1) {
      throw new IllegalArgumentException("restore refused: " + at + ", needed txid 1 or more");
    }
    return new Restoration(requests, keys, head, target, at, progress).restore().orElseThrow();
  }

  /**
   * Brings a database file to the newest state: on a copy, {@code <database>.tmp}, which then
   * replaces it. If the segments from its position on are not to be had one by one, or the present
   * lineage is another, the whole is restored. Nothing has the file open, and it has no {@code
   * -wal}.
   *
   * @param head the head, not a tombstone
   * @param database the database file
   * @param from the position whose state the file is
   * @param progress hears how far it is
   * @return what it is now; if the position is {@code from}, the file was not touched
   * @throws BadObjectException if the state cannot be had exactly; the file is as it was
   * @throws IOException if the store or the disk fails; the file is as it was, or replaced if only
   *     the last step failed
   */
  public Restored rollForward(Head head, Path database, Position from, RestoreProgress progress)
      throws IOException {
    return new Restoration(requests, keys, head, database, null, progress).rollForward(from);
  }

  /**
   * Makes a new lineage's name.
   *
   * @return 16 random lower-case hex digits
   */
  public static String newLineage() {
    return Hashes.random16();
  }
}
