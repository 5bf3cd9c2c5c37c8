package dev.dosql.storage.ship;

import dev.dosql.storage.LostOwnershipException;
import dev.dosql.storage.capture.Image;
import dev.dosql.storage.capture.LocalLog;
import dev.dosql.storage.capture.PageSizeException;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.capture.Segment;
import dev.dosql.storage.replica.Head;
import dev.dosql.storage.replica.Replica;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Ships one tenant: has its commits captured into segments, and puts those, one after another.
 *
 * <pre>
 *   commit ──due──► capture, with the writer held ──► segment on the disk ──put──► in the bucket
 *                                                                             └─head read─► confirmed
 * </pre>
 *
 * <p>The first commit after a capture starts a clock; when it has run out, or as soon as somebody
 * waits, a round captures what was committed and puts what is on the disk. Whoever waits while a
 * round runs is served by the next: so commits that come together share one put. A put counts as
 * confirmed only after a read of the head that still shows this owner, which is done when somebody
 * waits for it.
 *
 * <p>Safe for use by many threads; some methods need the writer, and say so. Lock order: the
 * writer, then this object's lock, which is never held over input or output.
 */
public final class TenantShipping {
  /** Between a failed round and the next; doubled each time, up to the longest. */
  private static final Duration RETRY_FIRST = Duration.ofMillis(100);

  private static final Duration RETRY_LAST = Duration.ofSeconds(30);

  /** How long a round waits for commits of others who are there; far less than a put takes. */
  private static final long GATHER_NANOS_MAX = 2_000_000;

  private static final long GATHER_STEP_NANOS = 200_000;

  private final Shipper shipper;
  private final String tenant;
  private final String key;
  private final Replica replica;
  private final Requests requests;
  private final Path directory;
  private final LocalLog log;
  private final Snapshots snapshots;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Which commits a segment holds that is not confirmed. */
  private final ArrayDeque<Covered> covered = new ArrayDeque<>();

  /** Whether something was committed since the last capture; set with the writer held. */
  private volatile boolean due;

  private volatile long dueSinceMillis;
  private volatile long confirmedCommit;
  private volatile @Nullable Source source;
  private volatile boolean full;

  /** Whether nothing is captured until the bucket answers. */
  private volatile boolean degraded;

  private volatile @Nullable LostOwnershipException fence;
  private volatile @Nullable IOException lastError;

  // Used by one who holds the writer.
  private long seenBytes;
  private long capturedBytes;

  // Under the lock.
  private boolean attached = true;
  private boolean detached;
  private boolean abandoned;
  private boolean scheduled;
  private boolean running;
  private boolean again;
  private int waiting;
  private int failures;

  /** The last segment of the present lineage that was put, and that is confirmed. */
  private volatile long putTxid;

  private volatile long confirmedTxid;

  // Used by the round that runs.
  private @Nullable Head owned;

  private @Nullable Position lastPut;

  TenantShipping(
      Shipper shipper,
      String tenant,
      String key,
      Replica replica,
      Requests requests,
      Path directory,
      Path database)
      throws IOException {
    this.shipper = shipper;
    this.tenant = tenant;
    this.key = key;
    this.replica = replica;
    this.requests = requests;
    this.directory = directory;
    this.log = LocalLog.open(directory, database);
    this.putTxid = log.shippedTxid();
    this.snapshots = new Snapshots(directory);
  }

  String key() {
    return key;
  }

  // ---- its life

  /** Keeps it for a tenant that is opened once more; false if it was forgotten. */
  boolean keepAttached() {
    lock.lock();
    try {
      if (!detached) {
        attached = true;
      }
      return !detached;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Says that the tenant is open, before anybody commits. What a crash has left in its log is
   * shipped with the next commits, or after the interval.
   */
  public void opened(Source open) throws IOException {
    boolean behind = log.position().isEmpty() || log.isBehind();
    lock.lock();
    try {
      List<Covered> old = List.copyOf(covered);
      covered.clear();
      old.forEach(each -> covered.add(new Covered(each.txid, 0))); // Commits are counted anew.
      confirmedCommit = 0;
      source = open;
    } finally {
      lock.unlock();
    }
    if (behind) {
      becomeDue();
    } else if (!log.pending().isEmpty()) {
      schedule(shipper.settings().interval());
    }
  }

  /** Whether something was committed that no segment holds yet. */
  public boolean isDue() {
    return due;
  }

  /** Says that the tenant is closed. */
  public void closed() {
    source = null;
    boolean left = !log.pending().isEmpty();
    lock.lock();
    try {
      attached = false;
    } finally {
      lock.unlock();
    }
    if (left) {
      schedule(shipper.settings().interval());
    } else {
      detachIfDone();
    }
  }

  private void detachIfDone() {
    lock.lock();
    try {
      if (attached || running || detached || !log.pending().isEmpty()) {
        return;
      }
      detached = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    log.close();
    shipper.detached(this);
  }

  /** Ships nothing more. */
  void abandon() {
    lock.lock();
    try {
      abandoned = true;
      detached = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  // ---- what the writer tells

  /** Notes a commit. The caller holds the writer. */
  public void committed() {
    if (!due) {
      becomeDue();
    }
  }

  private void becomeDue() {
    dueSinceMillis = shipper.nowMillis();
    due = true;
    schedule(shipper.settings().interval());
  }

  /**
   * Captures what was committed, so that the log may be moved into the file. The caller holds the
   * writer.
   *
   * @throws IOException if it cannot be; the log must stay
   */
  public void beforeCheckpoint() throws IOException {
    Source open = source;
    if (open != null) {
      capture(open);
      if (log.pendingBytes() >= shipper.settings().bytes()) {
        requestNow(false);
      }
    }
  }

  /**
   * Looks at how long the log has become. The caller holds the writer.
   *
   * @param logBytes how long it is
   */
  public void looked(long logBytes) {
    long before = logBytes < seenBytes ? 0 : capturedBytes; // It was begun anew.
    capturedBytes = before;
    seenBytes = logBytes;
    if (due && logBytes - before >= shipper.settings().bytes()) {
      requestNow(false);
    }
  }

  /**
   * Captures what was committed, and tells where the history stands. The caller holds the writer.
   */
  public Position mark() throws IOException {
    Source open = source;
    if (open != null) {
      capture(open);
    }
    return log.position().orElseThrow(() -> new IOException("tenant has no history yet"));
  }

  private void capture(Source open) throws IOException {
    if (hasTooMuch() && shipper.settings().degrades()) {
      degrade();
    }
    if (degraded) {
      return; // The next capture is of the whole database, so nothing is missed.
    }
    long commit = open.executed();
    boolean wasDue = due;
    due = false;
    capturedBytes = seenBytes;
    try {
      if (log.position().isEmpty()) {
        begin();
      }
      Optional<Segment> segment = capture(open::copyTo);
      captured(commit);
      segment.filter(made -> made.image() && made.txid() > 1).ifPresent(made -> imageTaken(made));
    } catch (IOException | RuntimeException | Error e) {
      due |= wasDue;
      throw e;
    }
  }

  private Optional<Segment> capture(Image image) throws IOException {
    try {
      return log.capture(image, shipper.nowMillis());
    } catch (PageSizeException e) {
      begin(); // A lineage has one size of pages.
      return log.capture(image, shipper.nowMillis());
    }
  }

  /** Begins a new history, of which nothing was put. */
  private void begin() throws IOException {
    log.begin(Replica.newLineage());
    putTxid = 0;
    confirmedTxid = 0;
    lock.lock();
    try {
      covered.clear();
    } finally {
      lock.unlock();
    }
  }

  private void imageTaken(Segment segment) {
    String reason = segment.imageReason();
    shipper.listener().imageTaken(tenant, reason == null ? "unknown" : reason);
  }

  /** Notes that the log, all of which was captured, is in the file. The caller holds the writer. */
  public void checkpointed() {
    try {
      log.checkpointed();
    } catch (IOException e) {
      failed(e); // It may cost a whole image, no more.
    }
  }

  private void captured(long commit) {
    long txid = log.position().map(Position::txid).orElse(0L);
    lock.lock();
    try {
      Covered last = covered.peekLast();
      if (last != null && last.txid == txid) {
        covered.removeLast();
      }
      covered.add(new Covered(txid, commit));
    } finally {
      lock.unlock();
    }
  }

  // ---- the queue's bounds

  private boolean hasTooMuch() {
    List<Segment> pending = log.pending();
    return log.pendingBytes() > shipper.settings().queueBytesMax()
        || !pending.isEmpty()
            && shipper.nowMillis() - pending.get(0).timestampMillis()
                > shipper.settings().queueAgeMax().toMillis();
  }

  /** Gives up what waits, and begins anew with the next capture. The writer is held. */
  private void degrade() throws IOException {
    long bytes = log.pendingBytes();
    int segments = log.pending().size();
    begin();
    degraded = true;
    due = true;
    shipper
        .listener()
        .degraded(tenant, "gave up " + segments + " segments of " + bytes + " bytes that waited");
  }

  /** Whether writes have to wait until the bucket has taken some of what waits for it. */
  public boolean isFull() {
    return full;
  }

  /** Waits until they need no longer, or for so long; uninterruptibly, but not for long then. */
  public void awaitRoom(Duration timeout) {
    await(() -> !full, timeout);
  }

  /** Why this process must not write the tenant any more, or null. */
  public @Nullable IOException fence() {
    return fence;
  }

  // ---- who waits

  /** Whether the bucket has confirmed a commit. */
  public boolean isConfirmed(long commit) {
    return confirmedCommit >= commit;
  }

  /** The point in the history that holds a commit. */
  public Optional<Position> positionOf(long commit) {
    lock.lock();
    try {
      for (Covered each : covered) {
        if (each.commit >= commit) {
          return log.position().map(now -> new Position(now.lineage(), each.txid, now.chain()));
        }
      }
    } finally {
      lock.unlock();
    }
    return log.position().map(now -> new Position(now.lineage(), now.txid() + 1, now.chain()));
  }

  /** Waits until the bucket has confirmed a commit, which is shipped at once; uninterruptibly. */
  public boolean awaitConfirmed(long commit, Duration timeout) {
    return isConfirmed(commit) || await(() -> confirmedCommit >= commit, timeout);
  }

  /**
   * The same for a point in the history.
   *
   * @throws IllegalArgumentException if it is not one of this history, or not yet one
   */
  public boolean awaitConfirmed(String lineage, long txid, Duration timeout) {
    log.position()
        .filter(now -> now.lineage().equals(lineage) && now.txid() >= txid)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "bookmark is none of the tenant's present lineage (tenant="
                        + tenant
                        + ", bookmark="
                        + lineage
                        + "-"
                        + txid
                        + ", newest="
                        + log.position().orElse(null)
                        + ")"));
    return await(
        () -> {
          return confirmedTxid >= txid;
        },
        timeout);
  }

  private boolean await(Reached reached, Duration timeout) {
    long left = timeout.toNanos();
    boolean interrupted = false;
    lock.lock();
    try {
      waiting++;
      while (!reached.now() && fence == null && !abandoned && left > 0) {
        requestNow(true);
        try {
          left = changed.awaitNanos(left);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      return reached.now();
    } finally {
      waiting--;
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  // ---- rounds

  private void schedule(Duration delay) {
    lock.lock();
    try {
      if (scheduled || detached) {
        return;
      }
      scheduled = true;
    } finally {
      lock.unlock();
    }
    shipper.later(this::runScheduled, delay);
  }

  private void runScheduled() {
    lock.lock();
    try {
      scheduled = false;
    } finally {
      lock.unlock();
    }
    run();
  }

  private void requestNow(boolean somebodyWaits) {
    lock.lock();
    try {
      again = true;
      if (running || failures > 0 && scheduled) {
        return; // The round that runs goes on; one that failed is tried again when it is time.
      }
    } finally {
      lock.unlock();
    }
    shipper.soon(this::run, somebodyWaits);
  }

  void requestLast() {
    lock.lock();
    try {
      failures = 0;
    } finally {
      lock.unlock();
    }
    requestNow(true);
  }

  /** Waits until it is closed and has nothing to ship. */
  boolean awaitDrained(long deadlineNanos) {
    lock.lock();
    try {
      boolean interrupted = false;
      long left = deadlineNanos - System.nanoTime();
      while (!detached && fence == null && failures == 0 && left > 0) {
        try {
          left = changed.awaitNanos(left);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      return detached;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    lock.lock();
    try {
      if (running || detached || fence != null) {
        again |= running;
        return;
      }
      running = true;
    } finally {
      lock.unlock();
    }
    boolean more = true;
    while (more) {
      more = round();
    }
    settle();
  }

  /** One round; whether another is wanted at once. */
  private boolean round() {
    lock.lock();
    try {
      again = false;
    } finally {
      lock.unlock();
    }
    boolean succeeded = false;
    try {
      gather();
      Source open = source;
      if (degraded && open != null) {
        own(); // Once the bucket answers.
        degraded = false;
      }
      if (open != null && due) {
        open.whileStill(() -> captureIfOpen(open));
      }
      ship();
      succeeded();
      succeeded = true;
    } catch (LostOwnershipException e) {
      fenced(e);
    } catch (IOException | RuntimeException e) {
      failed(e instanceof IOException io ? io : new IOException(e));
    }
    lock.lock();
    try {
      boolean more = succeeded && again && !abandoned;
      running = more;
      changed.signalAll();
      return more;
    } finally {
      lock.unlock();
    }
  }

  private void captureIfOpen(Source open) throws IOException {
    if (source == open) {
      capture(open);
    }
  }

  /** Sees to it that there is another round, if one is needed, or to the end. */
  private void settle() {
    if (fence != null || abandoned) {
      return;
    }
    int failed;
    lock.lock();
    try {
      failed = failures;
    } finally {
      lock.unlock();
    }
    if (failed > 0) {
      long factor = 1L << Math.min(failed - 1, 20);
      Duration pause = RETRY_FIRST.multipliedBy(factor);
      schedule(pause.compareTo(RETRY_LAST) > 0 ? RETRY_LAST : pause);
    } else if (due || !log.pending().isEmpty()) {
      schedule(shipper.settings().interval());
    } else {
      detachIfDone();
    }
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Where several wait, lets those commit that are about to: one put then serves them too. */
  private void gather() {
    Source open = source;
    if (open == null || waiting < 2) {
      return;
    }
    long began = System.nanoTime();
    long seen;
    do {
      seen = open.executed();
      LockSupport.parkNanos(this, GATHER_STEP_NANOS);
    } while (open.executed() != seen && System.nanoTime() - began < GATHER_NANOS_MAX);
  }

  private void ship() throws IOException {
    List<Segment> pending = log.pending();
    boolean unconfirmed = waiting > 0 && putTxid > confirmedTxid;
    if (pending.isEmpty() && !unconfirmed) {
      answer();
      return;
    }
    Head mine = own();
    for (Segment each : pending) {
      shipper.rate().take(waiting > 0);
      mine = put(each, mine);
    }
    if (waiting > 0) {
      long reached = putTxid;
      owned = replica.checkOwned(mine);
      confirmedTxid = reached;
    }
    answer();
    snapshots.shipped(pending);
    takeSnapshotIfDue();
  }

  private Head put(Segment segment, Head mine) throws IOException {
    Head head = mine;
    Position position = new Position(lineage(), segment.txid(), segment.chain());
    if (!position.lineage().equals(head.lineage())) {
      replica.put(segment, position.lineage(), head);
      head = replica.beginLineage(head, position, lastPut);
      owned = head;
    } else {
      replica.put(segment, head);
    }
    log.shipped(segment.txid());
    putTxid = segment.txid();
    lastPut = position;
    return head;
  }

  /** The head that says that the tenant is this directory's. */
  private Head own() throws IOException {
    Head mine = owned;
    if (mine == null) {
      Optional<Head> seen = replica.readHead();
      mine = seen.isPresent() ? owned(seen.get()) : replica.create(shipper.node(), lineage());
      ClaimFile.write(directory, mine);
      owned = mine;
    }
    return mine;
  }

  private Head owned(Head seen) throws IOException {
    if (ClaimFile.isOf(directory, seen)) {
      return seen;
    }
    return seen.deleted() == null
        ? replica.claim(seen, shipper.node()).head()
        : replica.create(shipper.node(), lineage());
  }

  private String lineage() throws IOException {
    return log.position()
        .map(Position::lineage)
        .orElseThrow(() -> new IOException("tenant has no history yet"));
  }

  /** Says what the bucket has. */
  private void answer() {
    lock.lock();
    try {
      while (!covered.isEmpty() && covered.peekFirst().txid <= confirmedTxid) {
        confirmedCommit = Math.max(confirmedCommit, covered.removeFirst().commit);
      }
      full = !shipper.settings().degrades() && hasTooMuch();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void takeSnapshotIfDue() throws IOException {
    Source open = source;
    Head mine = owned;
    if (open == null || mine == null || !snapshots.isDue(shipper.nowMillis())) {
      return;
    }
    Optional<Snapshots.Taken> taken = snapshots.take(open, this::markIfOpen);
    if (taken.isPresent()) {
      for (Segment each : log.pending()) {
        mine = put(each, mine);
      }
      owned = replica.putSnapshot(mine, taken.get().at(), taken.get().file());
      snapshots.done(taken.get(), shipper.nowMillis());
    }
  }

  private Optional<Snapshots.Marked> markIfOpen() throws IOException {
    if (source == null) {
      return Optional.empty();
    }
    Position at = mark();
    List<Segment> pending = log.pending();
    return Optional.of(new Snapshots.Marked(at, pending.get(pending.size() - 1).file()));
  }

  // ---- outcomes

  private void succeeded() {
    boolean recovered;
    lock.lock();
    try {
      recovered = failures > 0;
      failures = 0;
      lastError = null;
    } finally {
      lock.unlock();
    }
    if (recovered) {
      shipper.listener().recovered(tenant);
    }
  }

  private void failed(IOException e) {
    boolean first;
    lock.lock();
    try {
      first = failures++ == 0;
      lastError = e;
      full = !shipper.settings().degrades() && hasTooMuch();
    } finally {
      lock.unlock();
    }
    owned = null; // Whether it was claimed meanwhile is looked up anew.
    if (first) {
      shipper.listener().failed(tenant, e);
    }
  }

  private void fenced(LostOwnershipException e) {
    lock.lock();
    try {
      fence = e;
      lastError = e;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    shipper.listener().fenced(tenant, e);
  }

  // ---- figures

  /** How it stands. */
  public Standing standing() {
    IOException error = lastError;
    long nowMillis = shipper.nowMillis();
    List<Segment> pending = log.pending();
    long oldest = due ? dueSinceMillis : nowMillis;
    if (!pending.isEmpty()) {
      oldest = Math.min(oldest, pending.get(0).timestampMillis());
    }
    return new Standing(
        tenant,
        log.position().map(now -> new Position(now.lineage(), putTxid, now.chain())),
        Duration.ofMillis(Math.max(0, nowMillis - oldest)),
        log.pendingBytes(),
        requests.counted(),
        Optional.ofNullable(error).map(IOException::toString));
  }

  /**
   * How a tenant stands.
   *
   * @param tenant its name
   * @param shipped what is in the bucket
   * @param lag how long the oldest commit waits that is not
   * @param lagBytes how many bytes of segments wait
   * @param requests what was asked of the store for it
   * @param lastError the last failure, if nothing has succeeded since
   */
  public record Standing(
      String tenant,
      Optional<Position> shipped,
      Duration lag,
      long lagBytes,
      Requests.Counted requests,
      Optional<String> lastError) {}

  private record Covered(long txid, long commit) {}

  @FunctionalInterface
  private interface Reached {
    boolean now();
  }
}
