package dev.dosql.storage.replica;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.StoredObject;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.ltx.LtxFiles;
import dev.dosql.storage.ltx.LtxSummary;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One restore: a base, which is a snapshot, a file, or nothing, and the segments after it.
 *
 * <p>A bad snapshot is replaced by an older one, in the end by segment 1, because the segments
 * between tell the same; a bad segment cannot be replaced by anything. Whatever is bad is read a
 * second time first, as the bytes may have been damaged on the way.
 */
final class Restoration {

  /** How often all is read until what is bad is believed to be so. */
  private static final int READINGS = 2;

  /** How much of a segment is read ahead; most are shorter. */
  private static final int SEGMENT_FIRST_BYTES = 256 << 10;

  private static final int IGNORED_MAX = 1000;
  private static final long NEWS_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Requests requests;
  private final ReplicaKeys keys;
  private final Head head;
  private final Path target;
  private final RestoreProgress progress;

  private final String lineage;
  private final @Nullable Position at;
  private final Map<Long, String> knownChains = new HashMap<>();
  private final long required;
  private List<String> ignored = List.of();
  private long limit;

  private boolean nameForced = true;
  private long newestEpoch;
  private long segments;
  private long bytesDone;
  private long bytesKnown;
  private long lastNews;

  Restoration(
      Requests requests,
      ReplicaKeys keys,
      Head head,
      Path target,
      @Nullable Position at,
      RestoreProgress progress) {
    if (head.deleted() != null) {
      throw new IllegalArgumentException("restore refused: the head is a tombstone, needed one");
    }
    this.requests = requests;
    this.keys = keys;
    this.head = head;
    this.target = target;
    this.progress = progress;
    this.at = at;
    lineage = at == null ? head.lineage() : at.lineage();
    limit = at == null ? Long.MAX_VALUE : at.txid();
    required = at == null ? head.last().txid() : at.txid();
    learn(head.last());
    head.parents().forEach(this::learn);
    head.snapshots().forEach(snapshot -> learn(snapshot.position()));
    if (at != null) {
      learn(at);
    }
  }

  private void learn(Position position) {
    if (position.lineage().equals(lineage)) {
      knownChains.put(position.txid(), position.chain());
    }
  }

  /** Leaves the name of the file to the caller, who gives it another. */
  Restoration unnamed() {
    nameForced = false;
    return this;
  }

  /** The newest owner of whom something was restored. */
  long newestEpoch() {
    return newestEpoch;
  }

  // What to begin with.

  Optional<Restored> restore() throws IOException {
    BadObjectException first = null;
    for (@Nullable Snapshot base : bases()) {
      try {
        return readTwice(() -> fromSnapshot(base));
      } catch (BadObjectException e) {
        first = add(first, e);
        if (base == null || !e.object().equals(key(base))) {
          break; // every older base needs this segment too
        }
      }
    }
    throw first == null ? nothingToBeginWith() : first;
  }

  private static BadObjectException add(@Nullable BadObjectException first, BadObjectException e) {
    if (first == null) {
      return e;
    }
    first.addSuppressed(e);
    return first;
  }

  /** Snapshots, newest first; null stands for segment 1. */
  private List<@Nullable Snapshot> bases() {
    List<@Nullable Snapshot> bases = new ArrayList<>();
    head.snapshots().stream()
        .filter(each -> each.position().lineage().equals(lineage))
        .filter(each -> each.position().txid() <= limit)
        .forEach(bases::add);
    if (!lineage.equals(head.lineage()) || head.floor() <= 1) {
      bases.add(null);
    }
    return bases;
  }

  private BadObjectException nothingToBeginWith() {
    return new BadObjectException(
        keys.head(),
        "no snapshot up to txid=%d, floor=%d".formatted(limit, head.floor()),
        "one, or floor=1",
        "that position (lineage=" + lineage + ")",
        null);
  }

  private String key(Snapshot snapshot) {
    return keys.snapshot(snapshot.position().lineage(), snapshot.position().txid());
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  private <T> T readTwice(Reading<T> reading) throws IOException {
    for (int read = 1; ; ) {
      try {
        segments = 0;
        bytesDone = 0;
        bytesKnown = 0;
        return reading.read();
      } catch (EndedByFenceException e) {
        limit = e.end; // what lies after the fence has been written into the file: begin anew
        ignored = e.ignored;
      } catch (BadObjectException e) {
        if (read++ >= READINGS) {
          throw e;
        }
      }
    }
  }

  // From the bucket alone.

  private Optional<Restored> fromSnapshot(@Nullable Snapshot base) throws IOException {
    Position start = base == null ? Position.start(lineage) : base.position();
    try (Reads reads = new Reads(requests.settings());
        PageFile file = PageFile.create(target)) {
      Assembly assembly = new Assembly(file, 0, 0);
      Future<StoredObject> first = base == null ? null : reads.start(() -> firstOf(base));
      SegmentScan scan = scan(reads, start.txid() + 1);
      scan.start(); // in the same round trip as the snapshot
      long epoch = 0;
      if (base != null) {
        epoch = applySnapshot(reads, Reads.await(Objects.requireNonNull(first)), base, assembly);
      }
      Position end = applySegments(reads, scan, start, epoch, assembly);
      return end.txid() == 0
          ? Optional.empty()
          : Optional.of(place(file, assembly, end, start.txid()));
    }
  }

  private SegmentScan scan(Reads reads, long from) {
    // After a release nothing is put; otherwise the head is behind by some segments.
    int lookAhead = head.released() ? SegmentScan.ABSENT_MIN : SegmentScan.LOOK_AHEAD;
    SegmentScan scan =
        new SegmentScan(
            requests, reads, keys, lineage, from, limit, lookAhead, SEGMENT_FIRST_BYTES);
    scan.need(required);
    return scan;
  }

  private StoredObject firstOf(Snapshot snapshot) throws IOException {
    String key = key(snapshot);
    int count = (int) Math.min(snapshot.length(), requests.settings().partBytes());
    return requests
        .first(key, Math.max(1, count), lostWith(snapshot))
        .orElseThrow(
            () ->
                new BadObjectException(
                    key, "it is missing", "the snapshot of the head", lostWith(snapshot), null));
  }

  private static String lostWith(Snapshot snapshot) {
    return "the snapshot of txid=%d, which only older snapshots and all segments replace (lineage=%s)"
        .formatted(snapshot.position().txid(), snapshot.position().lineage());
  }

  /** Returns the epoch in which it was put. */
  private long applySnapshot(Reads reads, StoredObject first, Snapshot base, Assembly assembly)
      throws IOException {
    String key = key(base);
    String lost = lostWith(base);
    Marks marks = Marks.of(first.info(), lost);
    check(key, "size", first.info().size(), base.length(), lost);
    check(key, Marks.CHAIN, marks.chain(), base.position().chain(), lost);
    bytesKnown += base.length();
    ObjectStream stream = ObjectStream.after(requests, reads, first, lost);
    LtxSummary read =
        assembly.apply(
            new NewsStream(stream, Progress.Phase.SNAPSHOT), key, 1, base.position().txid(), lost);
    check(key, "checksum", hex(read.checksum()), hex(base.checksum()), lost);
    news(Progress.Phase.SNAPSHOT, true);
    return marks.epoch();
  }

  private static String hex(long value) {
    return "%016x".formatted(value);
  }

  private static void check(String key, String what, Object seen, Object needed, String lost)
      throws BadObjectException {
    if (!seen.equals(needed)) {
      throw new BadObjectException(key, what + "=" + seen, what + "=" + needed, lost, null);
    }
  }

  // The segments.

  private Position applySegments(
      Reads reads, SegmentScan scan, Position start, long startEpoch, Assembly assembly)
      throws IOException {
    Position position = start;
    long epoch = startEpoch;
    for (var found = scan.next(); found != null; found = scan.next()) {
      Position next = apply(reads, found, position, assembly);
      if (!next.chain().equals(found.marks().chain())) {
        throw notInTheChain(scan, found, position, next, epoch);
      }
      checkKnown(next, found.key());
      position = next;
      epoch = Math.max(epoch, found.marks().epoch());
      segments++;
      news(Progress.Phase.SEGMENTS, false);
    }
    newestEpoch = epoch;
    if (at != null && !position.equals(at)) {
      throw notThere(position);
    }
    news(Progress.Phase.SEGMENTS, true);
    return position;
  }

  private Position apply(Reads reads, SegmentScan.Found found, Position position, Assembly assembly)
      throws IOException {
    long txid = found.txid();
    String lost = lostFrom(txid);
    bytesKnown += found.first().info().size();
    ObjectStream stream = ObjectStream.after(requests, reads, found.first(), lost);
    LtxSummary read =
        assembly.apply(
            new NewsStream(stream, Progress.Phase.SEGMENTS), found.key(), txid, txid, lost);
    return position.next(read.checksum());
  }

  private String lostFrom(long txid) {
    return "what was committed from txid=%d on (lineage=%s)".formatted(txid, lineage);
  }

  private void checkKnown(Position next, String key) throws BadObjectException {
    String known = knownChains.get(next.txid());
    if (known != null && !known.equals(next.chain())) {
      throw new BadObjectException(
          key,
          "chain=" + next.chain(),
          "chain=" + known + ", as the head or the caller says",
          lostFrom(next.txid()),
          null);
    }
  }

  private BadObjectException notThere(Position end) {
    return new BadObjectException(
        keys.segment(lineage, end.txid() + 1),
        "the history ends at " + end,
        "it to reach " + at,
        "that position",
        null);
  }

  // What an old owner put after a fence.

  /** Known only to {@link #readTwice}, which begins anew and stops before it. */
  private static final class EndedByFenceException extends IOException {
    private static final long serialVersionUID = 1L;
    private final long end;
    private final transient List<String> ignored;

    EndedByFenceException(long end, List<String> ignored) {
      super("an old owner's segments after txid=" + end);
      this.end = end;
      this.ignored = ignored;
    }
  }

  /**
   * A segment that does not continue the chain is foreign, with one exception: an old owner may
   * have had it under way when it was fenced. Then its epoch is less than that of a segment before
   * it, and it is no part of the history. The seal of the epoch excludes that damage looks like
   * this.
   */
  private IOException notInTheChain(
      SegmentScan scan, SegmentScan.Found found, Position before, Position seen, long epoch)
      throws IOException {
    if (found.marks().epoch() >= epoch || found.txid() <= required) {
      return new BadObjectException(
          found.key(),
          "chain=%s of its bytes, %s=%s"
              .formatted(seen.chain(), Marks.CHAIN, found.marks().chain()),
          "both the same: it does not continue " + before,
          lostFrom(found.txid()),
          null);
    }
    List<String> all = new ArrayList<>();
    for (var each = found; each != null && all.size() < IGNORED_MAX; each = scan.next()) {
      if (each.marks().epoch() >= epoch) {
        return new BadObjectException(
            each.key(),
            "epoch=%d after a foreign segment".formatted(each.marks().epoch()),
            "none after txid=" + before.txid(),
            lostFrom(found.txid()),
            null);
      }
      all.add(each.key());
    }
    return new EndedByFenceException(before.txid(), all);
  }

  // From a file that is there.

  Restored rollForward(Position from) throws IOException {
    if (!from.lineage().equals(lineage) || from.txid() + 1 < head.floor() || from.txid() == 0) {
      return whole();
    }
    try {
      return readTwice(() -> fromFile(from));
    } catch (BadObjectException e) {
      return wholeInsteadOf(e); // a later snapshot may hold what is bad here
    }
  }

  private Restored wholeInsteadOf(BadObjectException first) throws IOException {
    try {
      return whole();
    } catch (BadObjectException e) {
      throw add(first, e);
    }
  }

  private Restored whole() throws IOException {
    return restore()
        .orElseThrow(
            () ->
                new BadObjectException(
                    keys.segment(lineage, 1), "it is missing", "it", lostFrom(1), null));
  }

  private Restored fromFile(Position from) throws IOException {
    checkKnown(from, keys.head());
    try (Reads reads = new Reads(requests.settings())) {
      SegmentScan scan = scan(reads, from.txid() + 1);
      DatabaseFile database = DatabaseFile.of(target);
      SegmentScan.Found first = scan.next();
      if (first == null) {
        return new Restored(from, database.pageSize, database.pages, 0, from.txid(), 0, 0, ignored);
      }
      news(Progress.Phase.COPY, true);
      try (PageFile file = PageFile.copyOf(target)) {
        Assembly assembly = new Assembly(file, database.pageSize, database.pages);
        Position end = applySegments(reads, scan.again(first), from, 0, assembly);
        return place(file, assembly, end, from.txid());
      }
    }
  }

  /** What the file says of itself; offsets by "Database File Format" of sqlite.org, 1.3. */
  private record DatabaseFile(int pageSize, long pages) {

    static DatabaseFile of(Path path) throws IOException {
      try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
        file.seek(16);
        int stored = file.length() < 18 ? 0 : file.readUnsignedShort();
        int pageSize = stored == 1 ? 65_536 : stored;
        if (!LtxFiles.isPageSize(pageSize) || file.length() % pageSize != 0) {
          throw new IOException(
              "roll forward failed: page size %d of %d bytes, needed a database (file=%s)"
                  .formatted(pageSize, file.length(), path));
        }
        return new DatabaseFile(pageSize, file.length() / pageSize);
      }
    }
  }

  // The end, and news of the way there.

  private Restored place(PageFile file, Assembly assembly, Position end, long from)
      throws IOException {
    news(Progress.Phase.PLACE, true);
    file.place(nameForced);
    return new Restored(
        end,
        assembly.pageSize(),
        assembly.pages(),
        assembly.timestampMillis(),
        from,
        segments,
        bytesDone,
        ignored);
  }

  private void news(Progress.Phase phase, boolean now) {
    long nanos = System.nanoTime();
    if (now || nanos - lastNews >= NEWS_NANOS) {
      lastNews = nanos;
      progress.on(new Progress(phase, segments, bytesDone, bytesKnown));
    }
  }

  /** Counts what is read of an object. */
  private final class NewsStream extends java.io.InputStream {
    private final ObjectStream stream;
    private final Progress.Phase phase;

    NewsStream(ObjectStream stream, Progress.Phase phase) {
      this.stream = stream;
      this.phase = phase;
    }

    @Override
    public int read() throws IOException {
      int read = stream.read();
      bytesDone += read < 0 ? 0 : 1;
      return read;
    }

    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
      int read = stream.read(bytes, offset, count);
      bytesDone += Math.max(0, read);
      news(phase, false);
      return read;
    }
  }
}
