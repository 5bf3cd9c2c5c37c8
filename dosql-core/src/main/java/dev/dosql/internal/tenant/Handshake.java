package dev.dosql.internal.tenant;

import dev.dosql.StorageEvent.Kind;
import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.ConditionsIgnoredException;
import dev.dosql.storage.LostOwnershipException;
import dev.dosql.storage.capture.LocalLog;
import dev.dosql.storage.capture.PageSizeException;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.internal.FailPoints;
import dev.dosql.storage.replica.Claim;
import dev.dosql.storage.replica.Comparison;
import dev.dosql.storage.replica.Head;
import dev.dosql.storage.replica.Replica;
import dev.dosql.storage.replica.RestoreProgress;
import dev.dosql.storage.replica.Restored;
import dev.dosql.storage.replica.TakenOver;
import dev.dosql.storage.ship.ClaimFile;
import dev.dosql.storage.ship.Shipper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/**
 * How a tenant's file and its bucket meet: once in the life of a process, before the tenant is
 * opened.
 *
 * <table>
 *   <caption>What is done; the local file counts with what a crash has left in its log</caption>
 *   <tr><th>found</th><th>done</th></tr>
 *   <tr><td>only in the bucket</td><td>restored, and verified before it gets its name</td></tr>
 *   <tr><td>both the same</td><td>nothing</td></tr>
 *   <tr><td>the bucket is behind</td><td>what it lacks is shipped</td></tr>
 *   <tr><td>the bucket is ahead</td><td>the file is rolled forward</td></tr>
 *   <tr><td>each has what the other lacks, or nothing in common</td>
 *       <td>the file is kept aside, and the tenant restored</td></tr>
 *   <tr><td>the bucket has a tombstone</td><td>the file is kept aside</td></tr>
 *   <tr><td>the bucket does not answer</td><td>the file is opened, if the options permit</td></tr>
 * </table>
 *
 * <p>Whoever calls this for a tenant has its place in {@link Tenants}.
 */
final class Handshake {
  private static final DateTimeFormatter ASIDE =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS").withZone(ZoneOffset.UTC);

  private final Shipper shipper;
  private final ReplicaDirectories directories;
  private final Departures departures;
  private final TenantFiles files;
  private final StorageEvents events;
  private final boolean openWhenUnreachable;
  private final InstantSource clock;

  Handshake(
      Shipper shipper,
      ReplicaDirectories directories,
      Departures departures,
      TenantFiles files,
      StorageEvents events,
      boolean openWhenUnreachable,
      InstantSource clock) {
    this.shipper = shipper;
    this.directories = directories;
    this.departures = departures;
    this.files = files;
    this.events = events;
    this.openWhenUnreachable = openWhenUnreachable;
    this.clock = clock;
  }

  private static String key(TenantName name) {
    return name.encoded();
  }

  private Replica replica(TenantName name) {
    return shipper.replica(name.text(), key(name));
  }

  private boolean greeted(TenantName name) throws IOException {
    directories.greeted(name);
    return true;
  }

  private void clear(TenantName name) throws IOException {
    shipper.abandon(key(name));
    directories.clear(name);
  }

  /**
   * Brings a tenant's file to the state that its bucket says, before it is opened: brings it back
   * if it is only there, and compares the two once in the life of this process.
   *
   * @return whether there is such a tenant, whose file is here now
   * @throws BadObjectException if what the bucket has cannot be restored
   * @throws IOException if the bucket does not answer and it must, or a file fails
   */
  boolean meet(TenantName name) throws IOException {
    departures.finish(name);
    boolean local = files.exists(name);
    if (local && (shipper.isActive(key(name)) || directories.isGreeted(name))) {
      return true;
    }
    return local ? greet(name) : hydrateIfThere(name);
  }

  private boolean hydrateIfThere(TenantName name) throws IOException {
    Replica replica = replica(name);
    Optional<Head> head = replica.readHead();
    clear(name); // What an earlier file of the name has left.
    return head.isPresent() && head.get().deleted() == null && hydrate(name, replica, head.get());
  }

  private boolean greet(TenantName name) throws IOException {
    Replica replica = replica(name);
    Comparison found;
    boolean behind;
    try (LocalLog log = LocalLog.open(directories.of(name), files.database(name))) {
      behind = captureLeftOver(log);
      found = reaching(() -> compare(replica, log));
      switch (found.state()) {
        case EQUAL, AHEAD -> keep(name, replica, log, found);
        case NO_HEAD -> forgetIfShipped(name, log);
        default -> {}
      }
    } catch (OutOfReachException e) {
      return unreachable(name, e.failure);
    }
    return switch (found.state()) {
      case EQUAL, AHEAD, NO_HEAD -> greeted(name);
      case BEHIND -> behind ? setAside(name, replica, found) : rollForward(name, replica, found);
      case DIVERGED -> setAside(name, replica, found);
      case DELETED -> buried(name, found);
    };
  }

  /**
   * Captures what a crash has left, as far as it needs no image.
   *
   * @return whether there is more than that
   */
  private boolean captureLeftOver(LocalLog log) throws IOException {
    if (log.position().isEmpty()) {
      return false;
    }
    try {
      log.captureAhead(clock.millis());
      return log.isBehind();
    } catch (PageSizeException e) {
      return true; // The next capture begins another history.
    }
  }

  /**
   * Asks the bucket. Only a bucket that does not answer is out of reach: not one that says no, and
   * not one whose caller was interrupted while it waited.
   */
  private static <T> T reaching(Asking<T> asking) throws IOException {
    try {
      return asking.ask();
    } catch (BadObjectException | LostOwnershipException | ConditionsIgnoredException e) {
      throw e;
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
      throw new OutOfReachException(e);
    }
  }

  /**
   * Goes on with the local file, which has all that the bucket has. If another directory has
   * claimed the tenant and died before it had its fence there, that lies now where the next segment
   * would, so a new history begins: before the tenant is claimed, or a crash between would leave
   * our own fence in the way of the local one.
   */
  private void keep(TenantName name, Replica replica, LocalLog log, Comparison found)
      throws IOException {
    Head head = head(found);
    Position bucket = bucket(found);
    log.shipped(bucket); // Nothing, if that is the history which the local one comes from.
    if (isFree(name, head)) {
      return;
    }
    log.begin(Replica.newLineage(), log.origin().orElse(null));
    FailPoints.reached("handshake.begun");
    Claim claim = reaching(() -> claim(name, replica, head));
    refuseWhatCameBetween(claim, bucket);
    events.on(Kind.WHOLE_IMAGE, name.text(), "another directory had begun to take it over", null);
  }

  /** What another owner has put since the comparison is not in the local file. */
  private static void refuseWhatCameBetween(Claim claim, Position bucket) throws IOException {
    Position fence = claim.fence();
    if (fence != null && fence.txid() != bucket.txid() + 1) {
      throw new LostOwnershipException(
          "head.json", "the history goes on to " + fence, "its end at " + bucket, null);
    }
  }

  /** Whether a head is a claim of this directory's that was completed. */
  private boolean isOurs(TenantName name, Head head) throws IOException {
    return head.node().equals(shipper.node())
        && (!head.fenceDue() || ClaimFile.isOf(directories.of(name), head));
  }

  private Comparison compare(Replica replica, LocalLog log) throws IOException {
    Optional<Position> local = log.position();
    if (local.isPresent()) {
      return replica.compare(
          local.get(), log.shippedTxid(), log.pending(), log.origins(), shipper.node());
    }
    Optional<Head> head = replica.readHead();
    if (head.isEmpty()) {
      return new Comparison(Comparison.State.NO_HEAD, "bucket has no such tenant", null, null);
    }
    return head.get().deleted() == null
        ? new Comparison(
            Comparison.State.DIVERGED,
            "local file has no history, and the bucket has a tenant of its name",
            head.get(),
            null)
        : new Comparison(Comparison.State.NO_HEAD, "bucket has deleted it before", null, null);
  }

  private static Position bucket(Comparison found) {
    Position bucket = found.bucket();
    if (bucket == null) {
      throw new IllegalStateException("comparison has no position: " + found);
    }
    return bucket;
  }

  private static Head head(Comparison found) {
    Head head = found.head();
    if (head == null) {
      throw new IllegalStateException("comparison has no head: " + found);
    }
    return head;
  }

  /** A bucket that was emptied behind us gets the tenant whole, as a new history. */
  private void forgetIfShipped(TenantName name, LocalLog log) throws IOException {
    if (log.shippedTxid() > 0) {
      log.begin(Replica.newLineage(), null);
      events.on(Kind.WHOLE_IMAGE, name.text(), "bucket has nothing of it any more", null);
    }
  }

  private boolean unreachable(TenantName name, IOException e) throws IOException {
    if (!openWhenUnreachable) {
      throw new IOException("bucket is out of reach, and openWhenUnreachable is off", e);
    }
    events.on(Kind.UNREACHABLE, name.text(), "opened from its local file", e);
    return true; // Not greeted, so that the next opening asks again.
  }

  private boolean rollForward(TenantName name, Replica replica, Comparison found)
      throws IOException {
    Path database = files.database(name);
    Position from;
    try (LocalLog log = LocalLog.open(directories.of(name), database)) {
      from = log.position().orElseThrow();
    }
    if (hasLog(database)) {
      return setAside(name, replica, found); // Its log is of a history that went on elsewhere.
    }
    Head head = takeOver(name, replica, head(found));
    Restored restored = replica.rollForward(head, database, from, events.progress(name.text()));
    place(name, restored);
    events.on(Kind.ROLLED_FORWARD, name.text(), found.why(), null);
    return greeted(name);
  }

  static boolean hasLog(Path database) throws IOException {
    Path wal = TenantFiles.wal(database);
    return Files.exists(wal) && Files.size(wal) > 0;
  }

  private boolean setAside(TenantName name, Replica replica, Comparison found) throws IOException {
    setAside(name, found);
    return hydrate(name, replica, head(found));
  }

  /** It is told at once, since what follows may fail. */
  private void setAside(TenantName name, Comparison found) throws IOException {
    Path kept = files.setAside(name, "diverged-" + ASIDE.format(clock.instant()));
    events.on(
        Kind.DIVERGED,
        name.text(),
        found.why() + "; the local file was kept as " + kept.getFileName(),
        null);
    clear(name);
  }

  /** A tenant that was deleted does not come back from an old disk. */
  private boolean buried(TenantName name, Comparison found) throws IOException {
    setAside(name, found);
    files.forget(name);
    return false;
  }

  /**
   * Brings a tenant back. Its file and where that stands are on the disk before the file gets its
   * name, which is what makes it a tenant; after a crash before that, all begins anew.
   */
  private boolean hydrate(TenantName name, Replica replica, Head seen) throws IOException {
    Path made = files.temporary();
    try {
      Optional<Restored> restored = restore(name, replica, seen, made);
      if (restored.isEmpty()) {
        events.on(
            Kind.HYDRATED, name.text(), "the bucket has its name and no data: it is empty", null);
        return false;
      }
      writeHistory(name, restored.get(), made);
      files.adoptUnderSuspension(name, made);
      FailPoints.reached("handshake.named");
    } finally {
      Files.deleteIfExists(made);
    }
    events.on(Kind.HYDRATED, name.text(), "brought back from the bucket", null);
    return greeted(name);
  }

  /** Restores it; before that, fences an owner that has not given it up. */
  private Optional<Restored> restore(TenantName name, Replica replica, Head seen, Path made)
      throws IOException {
    RestoreProgress progress = events.progress(name.text());
    if (isFree(name, seen)) {
      return replica.restoreUnnamed(seen, made, progress);
    }
    TakenOver taken = replica.takeOver(seen, shipper.node(), made, progress);
    claimed(name, taken.claim());
    return Optional.ofNullable(taken.restored());
  }

  private boolean isFree(TenantName name, Head head) throws IOException {
    return head.released() || isOurs(name, head);
  }

  /** Fences an owner that has not given the tenant up. */
  private Head takeOver(TenantName name, Replica replica, Head seen) throws IOException {
    return isFree(name, seen) ? seen : claim(name, replica, seen).head();
  }

  private Claim claim(TenantName name, Replica replica, Head seen) throws IOException {
    Claim claim = replica.claim(seen, shipper.node());
    claimed(name, claim);
    return claim;
  }

  private void claimed(TenantName name, Claim claim) throws IOException {
    if (!claim.ignored().isEmpty()) {
      events.on(
          Kind.DIVERGED,
          name.text(),
          "objects of an earlier owner behind its fence are no part of the history: "
              + claim.ignored(),
          null);
    }
    ClaimFile.write(directories.of(name), claim.head());
  }

  private void writeHistory(TenantName name, Restored restored, Path made) throws IOException {
    Path directory = directories.of(name);
    if (restored.ignored().isEmpty()) {
      LocalLog.placeBefore(directory, made, restored.position(), restored.pageSize());
    } else {
      LocalLog.beginBefore(directory, Replica.newLineage(), restored.position());
    }
  }

  private void place(TenantName name, Restored restored) throws IOException {
    try (LocalLog log = LocalLog.open(directories.of(name), files.database(name))) {
      if (restored.ignored().isEmpty()) {
        log.place(restored.position(), restored.pageSize());
      } else {
        log.begin(Replica.newLineage(), restored.position());
      }
    }
  }

  /** What is asked of the bucket. */
  @FunctionalInterface
  private interface Asking<T> {
    T ask() throws IOException;
  }

  /** That the bucket does not answer. */
  private static final class OutOfReachException extends IOException {
    private static final long serialVersionUID = 1;

    private final IOException failure;

    OutOfReachException(IOException failure) {
      super(failure);
      this.failure = failure;
    }
  }
}
