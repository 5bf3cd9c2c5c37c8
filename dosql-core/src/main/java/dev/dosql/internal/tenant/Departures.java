package dev.dosql.internal.tenant;

import dev.dosql.StorageEvent.Kind;
import dev.dosql.storage.replica.Head;
import dev.dosql.storage.replica.Replica;
import dev.dosql.storage.ship.Shipper;
import java.io.IOException;
import java.util.Optional;

/**
 * Tells the bucket of tenants that go, deleted or under another name. A mark is there before the
 * file goes, and until the bucket has its tombstone: so a crash, or a bucket that is away, puts it
 * off and no more.
 *
 * <p>Whoever calls this for a tenant has its place in {@link Tenants}.
 */
final class Departures {
  private final Shipper shipper;
  private final ReplicaDirectories directories;
  private final TenantFiles files;
  private final StorageEvents events;

  Departures(
      Shipper shipper, ReplicaDirectories directories, TenantFiles files, StorageEvents events) {
    this.shipper = shipper;
    this.directories = directories;
    this.files = files;
    this.events = events;
  }

  /** Says that a tenant is about to go from here. */
  void begin(TenantName name) throws IOException {
    directories.beginGoing(name);
    shipper.abandon(name.encoded());
  }

  /** Tells the bucket of a tenant that has gone; later, if it does not answer. */
  void finishOrPutOff(TenantName name) {
    try {
      finish(name);
    } catch (IOException e) {
      events.on(Kind.SHIPPING_FAILED, name.text(), "bucket is to be told later that it is gone", e);
    }
  }

  /**
   * The same, if a tenant has gone.
   *
   * @throws IOException if the bucket does not answer
   */
  void finish(TenantName name) throws IOException {
    if (!directories.isGone(name)) {
      return;
    }
    if (files.exists(name)) {
      directories.endGoing(name); // It did not go: a crash came between.
      return;
    }
    Replica replica = shipper.replica(name.text(), name.encoded());
    Optional<Head> head = replica.readHead().filter(seen -> seen.deleted() == null);
    if (head.isPresent()) {
      replica.tombstone(head.get());
    }
    shipper.abandon(name.encoded());
    files.forget(name); // A crash may have come before that.
    directories.clear(name);
  }
}
