package dev.dosql.storage.ship;

import dev.dosql.storage.capture.LocalLog;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.capture.Segment;
import dev.dosql.storage.replica.Replica;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Ships one tenant: has its commits captured into segments, and puts those, one after another.
 *
 * <pre>
 *   commit ──due──► capture, beside the writer ──► segment on the disk ──put──► in the bucket
 *                                                               ──read of the head──► confirmed
 * </pre>
 *
 * <p>The first commit after a capture plans a round; it runs when the interval has passed, or as
 * soon as somebody waits, captures what was committed and puts what is on the disk. Whoever waits
 * while a round runs is served by the next: so commits that come together share one put. A put
 * counts as confirmed only after a read of the head that still shows this owner, which is done when
 * somebody waits for it.
 *
 * <p>Safe for use by many threads; some methods need the writer, and say so. Lock order: the
 * writer, then the lock of the rounds.
 */
public final class TenantShipping {
  /** How long a round waits for commits of others who are there, where puts take no longer. */
  private static final long GATHER_NANOS_MIN = 2_000_000;

  /** Or such a part of what the last round has taken, but not longer than this. */
  private static final int GATHER_PART = 10;

  private static final long GATHER_NANOS_MAX = 25_000_000;

  private static final long GATHER_STEP_NANOS = 200_000;

  /** Longer than a request takes that is given up. */
  private static final Duration ABANDON_TIMEOUT = Duration.ofSeconds(60);

  private final Shipper shipper;
  private final String tenant;
  private final String key;
  private final Requests requests;
  private final LocalLog log;
  private final Confirmations confirmations = new Confirmations();
  private final Captures captures;
  private final Uploads uploads;
  private final Rounds rounds;
  private final SnapshotWork snapshots;

  /** Guarded by the lock of the rounds. */
  private boolean attached = true;

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
    this.requests = requests;
    this.log = LocalLog.open(directory, database);
    this.captures = new Captures(tenant, shipper, log, confirmations);
    this.rounds = new Rounds(shipper, new Round());
    this.uploads = new Uploads(shipper, replica, directory, log, confirmations, rounds::isEnded);
    this.snapshots = new SnapshotWork(tenant, shipper, directory, uploads, rounds);
  }

  String key() {
    return key;
  }

  // Its life.

  /** Keeps it for a tenant that is opened once more; false if it was forgotten. */
  boolean keepAttached() {
    return rounds.unlessEnded(() -> attached = true);
  }

  /**
   * Says that the tenant is open, before anybody commits. What a crash has left in its log is
   * captured with the next commits, or after the interval.
   *
   * @throws IOException if its log cannot be read
   */
  public void opened(Source open) throws IOException {
    captures.opened(open);
    if (log.position().isEmpty() || log.isBehind()) {
      committed();
    } else if (!log.pending().isEmpty()) {
      rounds.plan(shipper.settings().interval());
    }
  }

  /** Whether something that was committed before it was opened is not in the bucket. */
  public boolean hasLeftOvers() {
    return captures.isDue() || !log.pending().isEmpty();
  }

  /** Says that such commits are counted as this one. The caller is the only one who has it. */
  public void countLeftOvers(long commit) {
    captures.countLeftOvers(commit);
  }

  /**
   * Says that the tenant is being closed, before it is captured for the last time: also if nothing
   * was captured while the bucket was away. A whole image on the disk is shipped without it.
   */
  public void closing() {
    captures.closing();
  }

  /**
   * Says that a database is closed; one that is not the open one any more changes nothing. What
   * could not be captured before is captured when it is opened once more.
   */
  public void closed(Source source) {
    if (!captures.closed(source)) {
      return;
    }
    rounds.unlessEnded(() -> attached = false);
    if (isLeft()) {
      rounds.plan(shipper.settings().interval());
    } else {
      detachIfDone();
    }
  }

  private boolean isLeft() {
    return captures.isDue() || !log.pending().isEmpty();
  }

  private void detachIfDone() {
    if (rounds.endIf(() -> !attached && !isLeft() && !snapshots.isRunning())) {
      log.close();
      shipper.detached(this);
    }
  }

  /** Ships nothing more, and writes nothing more into its directory. */
  void abandon() throws IOException {
    if (!rounds.end(ABANDON_TIMEOUT) || !snapshots.awaitEnd(ABANDON_TIMEOUT)) {
      throw new IOException("a request does not end (tenant=" + tenant + ")");
    }
    log.close();
  }

  /** Ends what it does as soon as that can be, and tells those who wait. */
  void stop() {
    rounds.end(Duration.ZERO);
  }

  /** Asks for what is left, since the directory is being closed. */
  void requestLast() {
    rounds.requestLast();
  }

  /** Waits until it is closed and has nothing to ship; false if that fails, or not in time. */
  boolean awaitDrained(long deadlineNanos) {
    return rounds.awaitEnd(deadlineNanos - System.nanoTime());
  }

  // What the writer tells.

  /** Notes a commit. The caller holds the writer. */
  public void committed() {
    if (captures.becameDue()) {
      rounds.plan(shipper.settings().interval());
    }
  }

  /** Whether something was committed that no segment holds yet. */
  public boolean isDue() {
    return captures.isDue();
  }

  /**
   * Captures what was committed, so that the log may be moved into the file. The caller holds the
   * writer.
   *
   * @throws IOException if it cannot be; the log must stay
   */
  public void beforeCheckpoint() throws IOException {
    captures.capture();
    if (log.pendingBytes() >= shipper.settings().bytes()) {
      rounds.request(false);
    }
  }

  /**
   * Notes how much of the log, all of which was captured, is in the file. The caller holds the
   * writer.
   *
   * @param frames how long the log is
   * @param moved how much of it is in the file
   */
  public void checkpointed(long frames, long moved) {
    try {
      log.checkpointed(frames, moved);
    } catch (IOException e) {
      shipper.listener().failed(tenant, e); // It may cost a whole image, no more.
    }
  }

  /**
   * Looks at how long the log has become. The caller holds the writer.
   *
   * @param logBytes how long it is
   */
  public void looked(long logBytes) {
    if (captures.looked(logBytes)) {
      rounds.request(false);
    }
  }

  /**
   * Has what was committed read beside the writer, where it is much, so that the capture before the
   * next checkpoint has less to read. The caller holds the writer, commits nothing now, and has
   * looked; the log is not begun anew without a checkpoint, since the file lacks some of it.
   *
   * @param frames how many frames it has
   */
  public void readAhead(long frames) {
    captures.readAhead(frames);
  }

  /**
   * Captures what was committed, and tells where the history stands. While nothing is captured
   * because the bucket is away, that is where it will stand when it answers. The caller holds the
   * writer.
   *
   * @throws IOException if it cannot be captured
   */
  public Position mark() throws IOException {
    captures.capture();
    Position newest =
        log.position().orElseThrow(() -> new IOException("tenant has no history yet"));
    return newest.txid() > 0 ? newest : new Position(newest.lineage(), 1, newest.chain());
  }

  /** Whether writes have to wait until the bucket has taken some of what waits for it. */
  public boolean isBlocked() {
    return captures.isBlocked();
  }

  /** Waits until they need no longer, or for so long. */
  public void awaitRoom(Duration timeout) {
    rounds.await(() -> !captures.isBlocked(), timeout);
  }

  /** Why this process must not write the tenant any more, or null. */
  public @Nullable IOException fence() {
    return rounds.fence();
  }

  // Who waits.

  /** Whether the bucket has confirmed a commit. */
  public boolean isConfirmed(long commit) {
    return confirmations.commit() >= commit;
  }

  /**
   * Waits until the bucket has confirmed a commit, which is shipped at once; uninterruptibly.
   *
   * @return whether it has in time
   */
  public boolean awaitConfirmed(long commit, Duration timeout) {
    return isConfirmed(commit) || rounds.await(() -> isConfirmed(commit), timeout);
  }

  /**
   * The same for a point in the history.
   *
   * @throws IllegalArgumentException if it is not one of this history, or not yet one
   */
  public boolean awaitConfirmed(String lineage, long txid, Duration timeout) {
    Position newest = log.position().orElse(null);
    if (newest == null || !newest.lineage().equals(lineage) || Math.max(1, newest.txid()) < txid) {
      throw new IllegalArgumentException(
          "bookmark is none of the tenant's present history (tenant=%s, bookmark=%s-%016x, newest=%s)"
              .formatted(tenant, lineage, txid, newest));
    }
    return rounds.await(() -> confirmations.txid(lineage) >= txid, timeout);
  }

  /**
   * The point in the history that holds a commit, or will. Captures what it can: a commit that came
   * while a segment was made may be in that, or in the next one, and there may never be a next one.
   */
  public Optional<Position> positionOf(long commit) {
    if (confirmations.txidOf(commit).isEmpty()) {
      captureQuietly();
    }
    return log.position()
        .map(newest -> new Position(newest.lineage(), txidOf(commit, newest), newest.chain()));
  }

  private long txidOf(long commit, Position newest) {
    OptionalLong known = confirmations.txidOf(commit);
    if (known.isPresent()) {
      return known.getAsLong();
    }
    // What is confirmed is forgotten.
    return isConfirmed(commit) ? newest.txid() : newest.txid() + 1;
  }

  private void captureQuietly() {
    Source open = captures.source();
    try {
      if (open != null) {
        open.whileOpen(captures::captureAhead);
      }
    } catch (IOException e) {
      // A round fails of it as well and tells; it will be in the next segment.
    }
  }

  // Figures.

  /** How it stands. */
  public Standing standing() {
    IOException error = rounds.lastError();
    long nowMillis = shipper.nowMillis();
    return new Standing(
        tenant,
        uploads.shipped(),
        Duration.ofMillis(Math.max(0, nowMillis - captures.oldestMillis(nowMillis))),
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

  /** What a round does. */
  private final class Round implements Rounds.Work {
    /** How many the last round has served, and how long that took. */
    private int served;

    private long servedNanos;

    @Override
    public void round() throws IOException {
      gather();
      Source open = captures.source();
      captureIfDue(open);
      if (captures.isSuspended()) {
        uploads.checkAnswers();
        captures.resume();
        captureIfDue(open);
      }
      int waiting = rounds.waiting();
      long began = System.nanoTime();
      List<Segment> put;
      try {
        put = uploads.ship(() -> rounds.waiting() > 0);
      } finally {
        captures.bound();
        rounds.signal(); // Whoever waited for a put need not wait for the rest.
      }
      served = waiting;
      servedNanos = System.nanoTime() - began;
      snapshots.shipped(put);
      if (open != null) {
        snapshots.beginIfDue(open, this::markForSnapshot);
      } else if (captures.isDue()) {
        shipper.tell(listener -> listener.uncaptured(tenant));
      }
    }

    /** What is captured already is put all the same while somebody holds the writer for long. */
    private void captureIfDue(@Nullable Source open) throws IOException {
      if (open == null || !captures.isDue() || open.whileOpen(captures::captureAhead)) {
        return;
      }
      try {
        open.whileStill(captures::capture);
      } catch (WriterHeldException e) {
        if (log.pending().isEmpty()) {
          throw e;
        }
      }
    }

    /**
     * Where several wait, or did the last time, lets those commit that are about to: one put then
     * serves them too. Without it whoever of them commits first would have a put for himself, and
     * the others would wait for two.
     */
    private void gather() {
      Source open = captures.source();
      int waiting = rounds.waiting();
      if (open == null || waiting == 0 || Math.max(waiting, served) < 2) {
        return;
      }
      long most = Math.min(GATHER_NANOS_MAX, Math.max(GATHER_NANOS_MIN, servedNanos / GATHER_PART));
      long began = System.nanoTime();
      long seen;
      do {
        seen = open.executed();
        LockSupport.parkNanos(this, GATHER_STEP_NANOS);
      } while ((open.executed() != seen || rounds.waiting() < served)
          && System.nanoTime() - began < most);
    }

    /** A round may capture page 1 before this does, but not put it and delete the segment. */
    private Optional<Snapshots.Marked> markForSnapshot(Source.StillWork before) throws IOException {
      if (captures.source() == null || captures.isSuspended()) {
        return Optional.empty();
      }
      return uploads.whileNothingIsDeleted(
          () -> {
            before.run();
            Position at = mark();
            List<Segment> pending = log.pending();
            return pending.isEmpty()
                ? Optional.empty()
                : Optional.of(Snapshots.Marked.of(at, pending.get(pending.size() - 1).file()));
          });
    }

    @Override
    public boolean isLeft() {
      return TenantShipping.this.isLeft();
    }

    @Override
    public void done() {
      detachIfDone();
    }

    @Override
    public void failed(IOException cause) {
      shipper.listener().failed(tenant, cause);
    }

    @Override
    public void recovered() {
      shipper.listener().recovered(tenant);
    }

    @Override
    public void fenced(IOException cause) {
      shipper.listener().fenced(tenant, cause);
    }
  }
}
