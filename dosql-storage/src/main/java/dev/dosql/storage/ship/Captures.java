package dev.dosql.storage.ship;

import dev.dosql.storage.capture.Image;
import dev.dosql.storage.capture.LocalLog;
import dev.dosql.storage.capture.PageSizeException;
import dev.dosql.storage.capture.Segment;
import dev.dosql.storage.replica.Replica;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Captures what was committed into segments on the disk, and keeps what waits there for the bucket
 * within bounds.
 *
 * <p>What says so is called with the writer held; the rest is safe for use by many threads.
 */
final class Captures {
  private final String tenant;
  private final Shipper shipper;
  private final LocalLog log;
  private final Confirmations confirmations;
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

  // Used by one who holds the writer.
  private long seenBytes;
  private long capturedBytes;

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
    if (logBytes < seenBytes) {
      capturedBytes = 0; // It was begun anew.
    }
    seenBytes = logBytes;
    return due && logBytes - capturedBytes >= shipper.settings().bytes();
  }

  /**
   * Captures what was committed. The writer is held.
   *
   * @throws IOException if it cannot be, or the tenant is not open
   */
  void capture() throws IOException {
    Source open = source;
    if (open == null) {
      throw new IOException("tenant is closed (tenant=" + tenant + ")");
    }
    if (shipper.settings().degrades() && waitsTooMuch()) {
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
    capturedBytes = seenBytes;
    if (log.position().isEmpty()) {
      beginHistory();
    }
    Optional<Segment> made = segment(open::copyTo);
    log.position()
        .ifPresent(newest -> confirmations.captured(newest.lineage(), newest.txid(), commit));
    made.filter(segment -> segment.txid() > 1).ifPresent(this::tellOfImage);
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
}
