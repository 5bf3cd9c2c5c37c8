package dev.dosql.storage.ship;

import dev.dosql.storage.LostOwnershipException;
import dev.dosql.storage.capture.LocalLog;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.capture.Segment;
import dev.dosql.storage.replica.Head;
import dev.dosql.storage.replica.Replica;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts a tenant's segments into the bucket, one after another, and a snapshot when it is time.
 *
 * <p>Used by one round at a time; what it has put may be read by any thread.
 */
final class Uploads {
  private final Shipper shipper;
  private final Replica replica;
  private final Path directory;
  private final LocalLog log;
  private final Confirmations confirmations;
  private final Snapshots snapshots;
  private @Nullable Head owned;
  private @Nullable Position last;

  Uploads(
      Shipper shipper, Replica replica, Path directory, LocalLog log, Confirmations confirmations)
      throws IOException {
    this.shipper = shipper;
    this.replica = replica;
    this.directory = directory;
    this.log = log;
    this.confirmations = confirmations;
    this.snapshots = new Snapshots(directory);
  }

  /**
   * Puts what waits.
   *
   * @param somebodyWaits whether the puts are to be confirmed, which takes a read of the head
   * @throws LostOwnershipException if the tenant is another owner's
   * @throws IOException if the bucket fails; what is left is put by the next round
   */
  void ship(boolean somebodyWaits) throws IOException {
    String lineage = lineage();
    List<Segment> pending = log.pending();
    boolean unconfirmed = somebodyWaits && log.shippedTxid() > confirmations.txid();
    if (pending.isEmpty() && !unconfirmed || !lineage.equals(lineage())) {
      return; // Nothing to do, or another history was begun this moment, which asks for a round.
    }
    try {
      for (Segment each : pending) {
        shipper.rate().take(somebodyWaits);
        put(each, lineage);
      }
      if (somebodyWaits) {
        long reached = log.shippedTxid();
        owned = replica.checkOwned(own());
        if (lineage.equals(lineage())) {
          confirmations.confirmed(reached);
        }
      }
    } catch (IOException e) {
      owned = null; // It is looked up anew.
      throw e;
    }
    snapshots.shipped(pending);
  }

  private void put(Segment segment, String lineage) throws IOException {
    Head mine = own();
    Position position = new Position(lineage, segment.txid(), segment.chain());
    replica.put(segment, lineage, mine);
    if (!lineage.equals(mine.lineage())) {
      owned = replica.beginLineage(mine, position, last);
    }
    log.shipped(position);
    last = position;
  }

  /**
   * Returns when the bucket answers.
   *
   * @throws IOException if it does not
   */
  void checkAnswers() throws IOException {
    owned = null;
    own();
  }

  /** The head that says that the tenant is this directory's; claims it if it must. */
  Head own() throws IOException {
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
    if (seen.deleted() != null) {
      return replica.create(shipper.node(), lineage());
    }
    checkOurs(seen);
    return replica.claim(seen, shipper.node()).head();
  }

  /**
   * Nothing is taken over here: what is there must be compared with what is here first, which is
   * done when the tenant is opened.
   */
  private void checkOurs(Head seen) throws LostOwnershipException {
    if (!seen.released() && (seen.fenceDue() || !seen.node().equals(shipper.node()))) {
      throw new LostOwnershipException(
          "head.json",
          "node=" + seen.node() + " epoch=" + seen.epoch(),
          "node=" + shipper.node(),
          null);
    }
  }

  /** The present history, or an empty text if there is none yet, and so nothing to put. */
  private String lineage() {
    return log.position().map(Position::lineage).orElse("");
  }

  /**
   * Takes a snapshot if it is time, while the tenant is open.
   *
   * @param marking captures what is committed
   */
  void takeSnapshotIfDue(Source open, Snapshots.Marking marking) throws IOException {
    if (!snapshots.isDue(shipper.nowMillis())) {
      return;
    }
    Optional<Snapshots.Taken> taken = snapshots.take(open, marking);
    if (taken.isPresent()) {
      ship(false); // Up to where the snapshot is, and perhaps further.
      owned = replica.putSnapshot(own(), taken.get().at(), taken.get().file());
      snapshots.done(taken.get(), shipper.nowMillis());
    }
  }

  /** What is in the bucket, as far as is known here. */
  Optional<Position> shipped() {
    return log.position()
        .map(newest -> new Position(newest.lineage(), log.shippedTxid(), newest.chain()))
        .filter(position -> position.txid() > 0);
  }
}
