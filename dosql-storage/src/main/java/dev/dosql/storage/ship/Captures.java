package dev.dosql.storage.ship;

import dev.dosql.storage.capture.Image;
import dev.dosql.storage.capture.LocalLog;
import dev.dosql.storage.capture.PageSizeException;
import dev.dosql.storage.capture.Segment;
import dev.dosql.storage.internal.FailPoints;
import dev.dosql.storage.replica.Replica;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Captures what was committed into segments on the disk, and keeps what waits there for the bucket
 * within bounds.
 *
 * <p>Most is captured beside those who commit, and only what is left with the writer held: before a
 * checkpoint, and where the end has to be exact.
 *
 * <p>What says so is called with the writer held; the rest is safe for use by many threads.
 */
final class Captures {
  /** So much at least is worth a look at the log beside the writer: half a millisecond of it. */
  private static final long READ_AHEAD_BYTES = 1 << 20;

  private final String tenant;
  private final Shipper shipper;
  private final LocalLog log;
  private final Confirmations confirmations;

  /**
   * Held while something is captured, so that what is noted after it is of that and no other
   * history. A checkpoint captures first, and so waits for a capture that runs beside the writer.
   * Lock order: the writer, where that is held, then this.
   */
  private final ReentrantLock capturing = new ReentrantLock();

  private volatile @Nullable Source source;

  /** Whether something was committed since the last capture; set with the writer held. */
  private volatile boolean due;

  private volatile long dueSinceMillis;

  /** Whether nothing is captured until the bucket answers. */
  private volatile boolean suspended;

  /** Whether the tenant is being closed. */
  private volatile boolean closing;

  /** Whether writes must wait until the bucket has taken some of what waits. */
  private volatile boolean blocked;

  private final Growth growth = new Growth();

  /** How long the log was when somebody looked last. */
  private volatile Counted counted = new Counted(0, 0);

  /** Whether it is being read ahead, or about to be. */
  private final AtomicBoolean reading = new AtomicBoolean();

  Captures(String tenant, Shipper shipper, LocalLog log, Confirmations confirmations) {
    this.tenant = tenant;
    this.shipper = shipper;
    this.log = log;
    this.confirmations = confirmations;
  }

  /** The open database, or null. */
  @Nullable Source source() {
    return source;
  }

  void opened(Source open) {
    confirmations.reopened();
    closing = false;
    source = open;
  }

  /** Whether this was the open database; it is none from now on. */
  boolean closed(Source closed) {
    boolean mine = source == closed;
    if (mine) {
      source = null;
    }
    return mine;
  }

  /** Says that commits which another opening has left are counted as this one. */
  void countLeftOvers(long commit) {
    if (!due) {
      log.position()
          .ifPresent(newest -> confirmations.captured(newest.lineage(), newest.txid(), commit));
    }
  }

  boolean isDue() {
    return due;
  }

  /** Notes a commit; whether it is the first since the last capture. The writer is held. */
  boolean becameDue() {
    if (due) {
      return false;
    }
    dueSinceMillis = shipper.nowMillis();
    due = true;
    return true;
  }

  /**
   * Notes how long the database's log has become; whether so much of it is not captured that it
   * should be, now. The writer is held.
   */
  boolean looked(long logBytes) {
    growth.looked(logBytes);
    return due && growth.leftBytes() >= shipper.settings().bytes();
  }

  /**
   * Has what was committed read beside those who commit, in steps: a writer that waits for a
   * capture then waits for the rest. The writer is held, and the file lacks some of the log.
   *
   * @param frames how many frames the log has
   */
  void readAhead(long frames) {
    counted = new Counted(log.epoch(), frames);
    if (due
        && !suspended
        && !reading.get()
        && growth.isUnread(READ_AHEAD_BYTES)
        && reading.compareAndSet(false, true)) {
      readSoon();
    }
  }

  private void readSoon() {
    try {
      shipper.soon(this::readCounted, false);
    } catch (OutOfMemoryError e) {
      reading.set(false); // No thread can be had; the capture reads it then.
    }
  }

  /** As far as was counted last, which is further where this was put off. */
  private void readCounted() {
    try {
      Counted last = counted;
      log.readAhead(last.epoch, last.frames);
    } catch (IOException e) {
      // The capture reads it anew; it fails of the same, and is heard.
    } finally {
      reading.set(false);
    }
  }

  /**
   * Captures what was committed while others go on committing, if that can be done without the
   * writer: not if an image is needed, or what waits has to be given up. The tenant stays open.
   *
   * @return whether all is captured that had been committed when this was called
   * @throws IOException if it cannot be
   */
  boolean captureAhead() throws IOException {
    capturing.lock();
    try {
      Source open = source;
      return open != null && !suspended && !givesUp() && captureAhead(open);
    } finally {
      capturing.unlock();
    }
  }

  private boolean captureAhead(Source open) throws IOException {
    long commit = open.executed(); // Their frames are in the log by now.
    Growth.Seen seen = growth.seen();
    try {
      if (log.position().isEmpty() || !log.captureAhead(shipper.nowMillis())) {
        return false;
      }
    } catch (PageSizeException e) {
      return false; // It takes another history.
    }
    FailPoints.reached("ship.captured.ahead");
    captured(commit, seen);
    due = false;
    if (open.executed() != commit) {
      due = true; // Who commits from here on sees that it is not, or has set it anew.
    }
    return true;
  }

  /**
   * Captures what was committed. The writer is held.
   *
   * @throws IOException if it cannot be, or the tenant is not open
   */
  void capture() throws IOException {
    capturing.lock();
    try {
      captureStill();
    } finally {
      capturing.unlock();
    }
  }

  private void captureStill() throws IOException {
    Source open = source;
    if (open == null) {
      throw new IOException("tenant is closed (tenant=" + tenant + ")");
    }
    if (givesUp()) {
      giveUpWaiting();
    }
    if (suspended) {
      return; // The next capture is of the whole database, so nothing is missed.
    }
    capture(open);
    due = false; // Not before: until then it waits.
  }

  private void capture(Source open) throws IOException {
    long commit = open.executed();
    Growth.Seen seen = growth.seen();
    if (log.position().isEmpty()) {
      beginHistory();
    }
    Optional<Segment> made = segment(open::copyTo);
    captured(commit, seen);
    made.filter(segment -> segment.txid() > 1).ifPresent(this::tellOfImage);
  }

  private void captured(long commit, Growth.Seen seen) {
    growth.captured(seen);
    log.position()
        .ifPresent(newest -> confirmations.captured(newest.lineage(), newest.txid(), commit));
  }

  private Optional<Segment> segment(Image image) throws IOException {
    try {
      return log.capture(image, shipper.nowMillis());
    } catch (PageSizeException e) {
      beginHistory(); // One history has one size of pages.
      return log.capture(image, shipper.nowMillis());
    }
  }

  /** Not of every image: VACUUM makes one as well, and its commits tell so. */
  private void tellOfImage(Segment segment) {
    String reason = segment.imageReason();
    if (reason != null) {
      shipper.tell(listener -> listener.imageTaken(tenant, reason));
    }
  }

  /** What comes of it is a history that goes on from what the bucket has of this one. */
  private void beginHistory() throws IOException {
    log.begin(Replica.newLineage(), log.origin().orElse(null));
  }

  private boolean givesUp() {
    return shipper.settings().degrades() && waitsTooMuch();
  }

  /** A whole image in front does not count: to give it up would only make another. */
  private boolean waitsTooMuch() {
    List<Segment> pending = log.pending();
    if (pending.isEmpty()) {
      return false;
    }
    Segment first = pending.get(0);
    long bytes = log.pendingBytes() - (first.image() ? first.length() : 0);
    return bytes > shipper.settings().queueBytesMax()
        || shipper.nowMillis() - first.timestampMillis()
            > shipper.settings().queueAgeMax().toMillis();
  }

  private void giveUpWaiting() throws IOException {
    String detail =
        "gave up " + log.pending().size() + " segments of " + log.pendingBytes() + " bytes";
    beginHistory();
    suspended = !closing;
    due = true;
    shipper.tell(listener -> listener.degraded(tenant, detail + " that waited for the bucket"));
  }

  /** Whether nothing is captured until {@link #resume}. */
  boolean isSuspended() {
    return suspended;
  }

  /** Says that the bucket answers again. */
  void resume() {
    suspended = false;
  }

  /** Says that the next capture is the last one, and is not put off. */
  void closing() {
    closing = true;
    suspended = false;
  }

  /** Looks whether writes must wait. */
  void bound() {
    blocked = !shipper.settings().degrades() && waitsTooMuch();
  }

  boolean isBlocked() {
    return blocked;
  }

  /** When the oldest was committed that is not in the bucket, or now. */
  long oldestMillis(long nowMillis) {
    long oldest = due ? dueSinceMillis : nowMillis;
    List<Segment> pending = log.pending();
    return pending.isEmpty() ? oldest : Math.min(oldest, pending.get(0).timestampMillis());
  }

  /**
   * How many frames the log has.
   *
   * @param epoch that of the local log when they were counted
   */
  private record Counted(long epoch, long frames) {}
}
