package dev.dosql.internal.tenant;

import dev.dosql.StorageEvent.Kind;
import dev.dosql.storage.replica.Head;
import dev.dosql.storage.replica.Replica;
import dev.dosql.storage.ship.Shipper;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

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

  /** Those of whom the bucket is to be told later, by this process. */
  private final Set<TenantName> putOff = ConcurrentHashMap.newKeySet();

  Departures(
      Shipper shipper, ReplicaDirectories directories, TenantFiles files, StorageEvents events) {
    this.shipper = shipper;
    this.directories = directories;
    this.files = files;
    this.events = events;
  }

  /**
   * Says that a tenant is about to go from here.
   *
   * @param target its new name, or null if it is deleted
   */
  void begin(TenantName name, @Nullable TenantName target) throws IOException {
    directories.beginGoing(name, target);
    shipper.abandon(name.encoded());
  }

  /**
   * Tells the bucket of a tenant that has gone; later, if it does not answer, or has not got the
   * tenant under its new name yet: it must have it under one of the two.
   */
  void finishOrPutOff(TenantName name) {
    try {
      if (isDue(name)) {
        finish(name);
      } else {
        putOff.add(name);
      }
    } catch (IOException e) {
      putOff(name, e);
    }
  }

  /** The same, wherever it is under its new name: its old one is about to be another's. */
  void finishNowOrPutOff(TenantName name) {
    try {
      finish(name);
    } catch (IOException e) {
      putOff(name, e);
    }
  }

  private void putOff(TenantName name, IOException e) {
    if (putOff.add(name)) {
      events.on(Kind.SHIPPING_FAILED, name.text(), "bucket is to be told later that it is gone", e);
    }
  }

  private boolean isDue(TenantName name) throws IOException {
    if (!directories.isGone(name) || files.exists(name)) {
      return true;
    }
    TenantName target = directories.goneTo(name).orElse(null);
    if (target == null) {
      return true;
    }
    // One that went on, deleted or to a third name, is waited for; that settles both.
    return files.exists(target) ? directories.isInTheBucket(target) : !directories.isGone(target);
  }

  /** Those of whom the bucket is to be told later. */
  List<TenantName> putOff() {
    return List.copyOf(putOff);
  }

  /**
   * Tells the bucket, if a tenant has gone.
   *
   * @throws IOException if the bucket does not answer
   */
  void finish(TenantName name) throws IOException {
    if (!directories.isGone(name)) {
      putOff.remove(name);
      return;
    }
    if (files.exists(name)) {
      directories.endGoing(name); // It did not go: a crash came between.
      putOff.remove(name);
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
    putOff.remove(name);
  }
}
