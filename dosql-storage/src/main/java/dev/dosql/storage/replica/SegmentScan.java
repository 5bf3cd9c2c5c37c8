package dev.dosql.storage.replica;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.StoredObject;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The segments of one lineage from one txid on, until there are no more, without a list: some are
 * read ahead, and always a few more than are known to be there. One that is absent before one that
 * is there is a hole.
 *
 * <p>Used by one thread at a time.
 */
final class SegmentScan {

  /** How many absent ones in a row end a history at least; one after them would not be missed. */
  static final int ABSENT_MIN = 4;

  /** How many beyond the known ones are read at first where some may have come since. */
  static final int LOOK_AHEAD = 6;

  private final Requests requests;
  private final Reads reads;
  private final ReplicaKeys keys;
  private final String lineage;
  private final int firstBytes;
  private final long limit;
  private final int ahead;

  private final Deque<Future<Optional<StoredObject>>> started = new ArrayDeque<>();
  private long next;
  private long known;
  private long required;
  private int lookAhead;
  private boolean foundMore;
  private @Nullable Found given;

  /**
   * A segment that is there.
   *
   * @param txid its number
   * @param key its key
   * @param first its first bytes, and what is known of it
   * @param marks what is said of it
   */
  record Found(long txid, String key, StoredObject first, Marks marks) {}

  SegmentScan(
      Requests requests,
      Reads reads,
      ReplicaKeys keys,
      String lineage,
      long from,
      long limit,
      int lookAhead,
      int firstBytes) {
    this.requests = requests;
    this.reads = reads;
    this.keys = keys;
    this.lineage = lineage;
    this.next = from;
    this.known = from - 1;
    this.limit = limit;
    this.lookAhead = lookAhead;
    this.firstBytes = firstBytes;
    this.ahead = Math.max(LOOK_AHEAD, 2 * requests.settings().parallel());
  }

  /** Says which segment must be there, or the history is incomplete. */
  void need(long txid) {
    required = Math.max(required, txid);
    expect(txid);
  }

  /** Says which segment should be there, so that it is read at once. */
  void expect(long txid) {
    known = Math.max(known, txid);
  }

  /** Starts reading, so that it runs while the caller does something else. */
  void start() {
    long txid = next + started.size();
    long newest = Math.max(known, next - 1);
    if (txid > newest + ABSENT_MIN) {
      return; // the next round trip only when it is needed
    }
    if (foundMore) {
      lookAhead = Math.min(2 * lookAhead, ahead);
      foundMore = false;
    }
    long end = Math.min(Math.min(next + ahead - 1, newest + lookAhead), limit);
    for (; txid <= end; txid++) {
      String key = keys.segment(lineage, txid);
      String lost = lost(txid);
      started.add(reads.start(() -> requests.first(key, firstBytes, lost)));
    }
  }

  /** Gives a segment back, to be the next again. */
  SegmentScan again(Found found) {
    given = found;
    return this;
  }

  /** Returns the next segment, or null after the last. */
  @Nullable Found next() throws IOException {
    Found back = given;
    given = null;
    return back == null ? read() : back;
  }

  private @Nullable Found read() throws IOException {
    start();
    Future<Optional<StoredObject>> read = started.poll();
    if (read == null) {
      return null; // beyond the limit
    }
    Optional<StoredObject> found = Reads.await(read);
    if (found.isEmpty()) {
      found = orEnd();
    }
    return found.isEmpty() ? null : found(found.get());
  }

  private Found found(StoredObject first) throws BadObjectException {
    long txid = next++;
    if (txid > known) {
      known = txid;
      foundMore = true;
    }
    Marks marks = Marks.of(first.info(), lost(txid));
    return new Found(txid, keys.segment(lineage, txid), first, marks);
  }

  /**
   * An absent one is the end if nothing says otherwise. If something does, it is read once more:
   * the owner may have put it, and the later one, between our two reads.
   */
  private Optional<StoredObject> orEnd() throws IOException {
    String evidence = next <= required ? "the head knows of txid=" + required : laterOne();
    if (evidence == null) {
      return Optional.empty();
    }
    String key = keys.segment(lineage, next);
    Optional<StoredObject> again = requests.first(key, firstBytes, lost(next));
    if (again.isEmpty()) {
      throw new BadObjectException(
          key, "it is missing", "it, because " + evidence, lost(next), null);
    }
    return again;
  }

  private @Nullable String laterOne() throws IOException {
    long txid = next;
    for (Future<Optional<StoredObject>> read : started) {
      txid++;
      if (Reads.await(read).isPresent()) {
        return "txid=" + txid + " is there";
      }
    }
    return null;
  }

  private String lost(long txid) {
    return "what was committed from txid=%d on (lineage=%s)".formatted(txid, lineage);
  }
}
