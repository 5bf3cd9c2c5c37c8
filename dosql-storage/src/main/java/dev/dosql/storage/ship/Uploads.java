package dev.dosql.storage.ship;

import dev.dosql.storage.LostOwnershipException;
import dev.dosql.storage.capture.LocalLog;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.capture.Segment;
import dev.dosql.storage.replica.Head;
import dev.dosql.storage.replica.Replica;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts a tenant's segments into the bucket, one after another, and a snapshot beside them.
 *
 * <p>Used by one round at a time, but for what says otherwise.
 */
final class Uploads {
  private final Shipper shipper;
  private final Replica replica;
  private final Path directory;
  private final LocalLog log;
  private final Confirmations confirmations;
  private final BooleanSupplier stopped;
  private final ReentrantLock deleting = new ReentrantLock();
  private volatile @Nullable Head owned;

  /**
   * Puts nothing yet.
   *
   * @param stopped whether nothing more may be put or written
   */
  Uploads(
      Shipper shipper,
      Replica replica,
      Path directory,
      LocalLog log,
      Confirmations confirmations,
      BooleanSupplier stopped) {
    this.shipper = shipper;
    this.replica = replica;
    this.directory = directory;
    this.log = log;
    this.confirmations = confirmations;
    this.stopped = stopped;
  }

  /**
   * Puts what waits.
   *
   * @param somebodyWaits whether the puts are to be confirmed, which takes a read of the head
   * @return what was put
   * @throws LostOwnershipException if the tenant is another owner's
   * @throws IOException if the bucket fails; what is left is put by the next round
   */
  List<Segment> ship(BooleanSupplier somebodyWaits) throws IOException {
    String lineage = lineage();
    List<Segment> pending = log.pending();
    boolean unconfirmed =
        somebodyWaits.getAsBoolean() && log.shippedTxid() > confirmations.txid(lineage);
    if (pending.isEmpty() && !unconfirmed || !lineage.equals(lineage())) {
      return List.of(); // Nothing to do, or another history was begun, which asks for a round.
    }
    try {
      for (Segment each : pending) {
        shipper.rate().take(() -> somebodyWaits.getAsBoolean() || stopped.getAsBoolean());
        put(each, lineage);
      }
      if (somebodyWaits.getAsBoolean()) {
        long reached = pending.isEmpty() ? log.shippedTxid() : last(pending).txid();
        owned = replica.checkOwned(own());
        confirmations.confirmed(lineage, reached);
      }
      return pending;
    } catch (IOException | RuntimeException e) {
      owned = null; // It is looked up anew.
      if (lineage.equals(lineage()) || e instanceof LostOwnershipException) {
        throw e;
      }
      return List.of(); // What was being put was given up meanwhile, and its file is gone.
    }
  }

  private static Segment last(List<Segment> segments) {
    return segments.get(segments.size() - 1);
  }

  private void put(Segment segment, String lineage) throws IOException {
    checkNotStopped();
    Head mine = own();
    Position position = new Position(lineage, segment.txid(), segment.chain());
    replica.put(segment, lineage, mine);
    if (!lineage.equals(mine.lineage())) {
      checkNotStopped();
      owned = replica.beginLineage(mine, position, parentIn(mine));
    }
    deleting.lock();
    try {
      checkNotStopped(); // Somebody else may have the directory by now.
      log.shipped(position);
    } finally {
      deleting.unlock();
    }
    confirmations.put(lineage, segment.txid());
  }

  /**
   * Does something while no segment is deleted that was put; any thread may call this. Lock order:
   * the writer, then this.
   */
  <T> T whileNothingIsDeleted(Reading<T> work) throws IOException {
    deleting.lock();
    try {
      return work.run();
    } finally {
      deleting.unlock();
    }
  }

  /** From where the history comes, if that is in the one that the head names. */
  private @Nullable Position parentIn(Head mine) {
    return log.parent().filter(parent -> parent.lineage().equals(mine.lineage())).orElse(null);
  }

  private void checkNotStopped() throws IOException {
    if (stopped.getAsBoolean()) {
      throw new InterruptedIOException("shipping was ended");
    }
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
  private Head own() throws IOException {
    Head mine = owned;
    if (mine == null) {
      Optional<Head> seen = replica.readHead();
      mine = seen.isPresent() ? owned(seen.get()) : replica.create(shipper.node(), lineage());
      checkNotStopped();
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

  /** Whether the bucket has a position, as far as is known here; any thread may ask. */
  boolean has(Position position) {
    return position.lineage().equals(lineage()) && log.shippedTxid() >= position.txid();
  }

  /**
   * Puts a snapshot of a state that the bucket has; beside rounds, which go on meanwhile.
   *
   * @throws IOException if the bucket fails, or does not have that state
   */
  void putSnapshot(Snapshots.Taken taken) throws IOException {
    Head mine = owned;
    if (mine == null || !has(taken.at()) || stopped.getAsBoolean()) {
      throw new InterruptedIOException("snapshot is of a state that was not put");
    }
    replica.putSnapshot(mine, taken.at(), taken.file());
  }

  /** What is in the bucket, as far as is known here; any thread may ask. */
  Optional<Position> shipped() {
    return log.shippedPosition().filter(position -> position.txid() > 0);
  }

  /** Work that reads segments. */
  @FunctionalInterface
  interface Reading<T> {
    T run() throws IOException;
  }
}
