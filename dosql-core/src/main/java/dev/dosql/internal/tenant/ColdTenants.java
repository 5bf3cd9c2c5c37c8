package dev.dosql.internal.tenant;

import dev.dosql.CorruptObjectException;
import dev.dosql.DBOptions;
import dev.dosql.DoSQLException;
import dev.dosql.Durability;
import dev.dosql.FencedException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.Shipping;
import dev.dosql.StorageEvent.Kind;
import dev.dosql.StorageException;
import dev.dosql.internal.files.DurableFiles;
import dev.dosql.internal.files.FileErrors;
import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.ConditionsIgnoredException;
import dev.dosql.storage.ListedObject;
import dev.dosql.storage.LostOwnershipException;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.ObjectStores;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.replica.Head;
import dev.dosql.storage.replica.Replica;
import dev.dosql.storage.replica.Restored;
import dev.dosql.storage.ship.ShipSettings;
import dev.dosql.storage.ship.Shipper;
import dev.dosql.storage.ship.TenantShipping;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tenants and their bucket: brings back those that are only there, compares those that are here
 * with what is there, ships what is committed.
 *
 * <p>Whoever calls this for a tenant has its place in {@link Tenants}, but where a method says
 * otherwise. Safe for use by many threads.
 */
final class ColdTenants {
  private final ObjectStore store;
  private final boolean ownsStore;
  private final Shipper shipper;
  private final TenantFiles files;
  private final StorageEvents events;
  private final ReplicaDirectories directories;
  private final Departures departures;
  private final Handshake handshake;

  private ColdTenants(
      ObjectStore store,
      boolean ownsStore,
      Path directory,
      TenantFiles files,
      DBOptions options,
      InstantSource clock)
      throws IOException {
    this.store = store;
    this.ownsStore = ownsStore;
    this.files = files;
    this.events = new StorageEvents(options.storageListener().orElse(null));
    this.directories = new ReplicaDirectories(directory);
    this.shipper =
        new Shipper(store, directory, directories.node(), settings(options), events, clock);
    this.departures = new Departures(shipper, directories, files, events);
    this.handshake =
        new Handshake(
            shipper, directories, departures, files, events, options.openWhenUnreachable(), clock);
  }

  /**
   * Opens the store that the options name.
   *
   * @return the tenants in it, or null if they name none
   * @throws StorageException if the store cannot be opened, or cannot be what the durability needs
   */
  static @Nullable ColdTenants open(DBOptions options, TenantFiles files, InstantSource clock) {
    if (options.coldUri().isEmpty() && options.coldStore().isEmpty()) {
      return null;
    }
    Path directory = files.own().resolve("replicas");
    boolean owns = options.coldUri().isPresent();
    ObjectStore opened = null;
    try {
      DurableFiles.createDirectories(directory);
      opened = owns ? ObjectStores.open(options.coldUri().get()) : options.coldStore().get();
      if (options.durability() == Durability.BUCKET
          || options.durabilities().containsValue(Durability.BUCKET)) {
        opened = probed(opened, options);
      }
      return new ColdTenants(opened, owns, directory, files, options, clock);
    } catch (IOException | RuntimeException e) {
      if (owns) {
        closeAfter(opened, e);
      }
      throw e instanceof RuntimeException unchecked
          ? unchecked
          : new StorageException("cold store cannot be used: " + e.getMessage(), e);
    }
  }

  /** Nothing is promised before it is known that the store can keep it. */
  private static ObjectStore probed(ObjectStore store, DBOptions options) throws IOException {
    ProbedStore probed = new ProbedStore(store);
    try {
      probed.probe();
    } catch (ConditionsIgnoredException e) {
      throw e;
    } catch (IOException e) {
      if (!options.openWhenUnreachable()) {
        throw e;
      }
    }
    return probed;
  }

  private static void closeAfter(@Nullable ObjectStore store, Exception failure) {
    try {
      if (store != null) {
        store.close();
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private static ShipSettings settings(DBOptions options) {
    Shipping shipping = options.shipping();
    return new ShipSettings(
        shipping.shipInterval(),
        shipping.shipBytes(),
        shipping.putsPerSecondMax(),
        shipping.queueBytesMax(),
        shipping.queueAgeMax(),
        shipping.whenFull() == Shipping.WhenFull.DEGRADE);
  }

  private static String key(TenantName name) {
    return name.encoded();
  }

  private Replica replica(TenantName name) {
    return shipper.replica(name.text(), key(name));
  }

  /** What ships the tenant, which is about to be opened. */
  TenantShipping attach(TenantName name, Path database) throws IOException {
    return shipper.attach(name.text(), key(name), database);
  }

  /**
   * Whether the bucket has a tenant that is not here; needs no place.
   *
   * @throws StorageException if the bucket does not say
   */
  boolean exists(TenantName name) {
    if (directories.isGone(name)) {
      return false;
    }
    try {
      return replica(name).readHead().filter(head -> head.deleted() == null).isPresent();
    } catch (IOException e) {
      throw translate("bucket cannot be asked for the tenant", name, e);
    }
  }

  /**
   * Brings a tenant's file to the state that its bucket says, before it is opened; see {@link
   * Handshake}.
   *
   * @return whether there is such a tenant, whose file is here now
   * @throws StorageException if the bucket does not answer and it must
   * @throws CorruptObjectException if what it has cannot be restored
   */
  boolean settle(TenantName name) {
    try {
      return handshake.meet(name);
    } catch (IOException e) {
      throw translate("tenant cannot be brought to the state of its bucket", name, e);
    }
  }

  /** Notes that a tenant was made here, of a name that the bucket does not have. */
  void created(TenantName name) {
    try {
      shipper.abandon(key(name));
      directories.clear(name); // What an earlier tenant of the name has left.
      directories.greeted(name);
    } catch (IOException e) {
      throw FileErrors.writing("tenant cannot be created", e, "tenant=" + name);
    }
  }

  /**
   * Says that a tenant is about to go from here. If it went, {@link #left} tells the bucket, now or
   * later.
   *
   * @param target its new name, or null if it is deleted
   */
  void leaving(TenantName name, @Nullable TenantName target) {
    try {
      departures.begin(name, target);
    } catch (IOException e) {
      throw FileErrors.writing("tenant cannot be deleted or renamed", e, "tenant=" + name);
    }
  }

  /** Tells the bucket of a tenant that has gone; later, if it does not answer. */
  void left(TenantName name) {
    departures.finishOrPutOff(name);
  }

  /** The same, if there is about to be another tenant of that name. */
  void leftForGood(TenantName name) {
    departures.finishNowOrPutOff(name);
  }

  /** The tenants of whom the bucket is to be told later; needs no place. */
  List<TenantName> putOff() {
    return departures.putOff();
  }

  /** The tenants that may have gone without the bucket knowing; needs no place. */
  List<TenantName> goneBefore() {
    try {
      return directories.gone();
    } catch (IOException e) {
      throw FileErrors.writing("directory cannot be read", e, "directory=" + directories.root());
    }
  }

  /**
   * Whether a closed tenant has something that the bucket lacks, as after a crash; needs no place.
   */
  boolean isWaiting(TenantName name) {
    try {
      return directories.isWaiting(name) || Handshake.hasLog(files.database(name));
    } catch (IOException e) {
      return false; // It is found out when it is opened.
    }
  }

  /**
   * Restores the newest state of a tenant into a file; needs no place.
   *
   * @return its position, or empty if the bucket has no such tenant
   */
  Optional<Position> restoreTo(TenantName name, Path made) {
    try {
      Replica replica = replica(name);
      Optional<Head> head = replica.readHead().filter(seen -> seen.deleted() == null);
      return head.isEmpty()
          ? Optional.empty()
          : replica.restore(head.get(), made, events.progress(name.text())).map(Restored::position);
    } catch (IOException e) {
      throw translate("tenant cannot be restored", name, e);
    }
  }

  /** Visits every tenant that the bucket has, by its encoded name. */
  void forEach(Consumer<String> visitor) {
    try {
      String after = "";
      String encoded = "";
      while (true) {
        List<ListedObject> page = store.list("", after, ObjectStore.LIST_MAX);
        for (ListedObject each : page) {
          String next = each.key().split("/", 2)[0];
          if (!next.equals(encoded)) {
            encoded = next;
            visitor.accept(encoded);
          }
        }
        if (page.size() < ObjectStore.LIST_MAX) {
          return;
        }
        after = encoded + "0"; // The character behind the slash: all of its keys are before that.
      }
    } catch (IOException e) {
      throw new StorageException("bucket cannot be listed: " + e.getMessage(), e);
    }
  }

  /** The name of a tenant that the bucket has under an encoded one. */
  Optional<TenantName> nameOf(String encoded) {
    if (!TenantName.isHashed(encoded)) {
      return TenantName.decode(encoded).filter(this::exists);
    }
    try {
      return Replica.readHead(store, encoded)
          .filter(head -> head.deleted() == null)
          .map(head -> new TenantName(head.tenant()))
          .filter(name -> !directories.isGone(name));
    } catch (IOException e) {
      throw new StorageException("bucket cannot be read (tenant=" + encoded + ")", e);
    }
  }

  /** What ships. */
  Shipper shipper() {
    return shipper;
  }

  private static DoSQLException translate(String what, TenantName name, IOException e) {
    if (e instanceof BadObjectException bad) {
      return new CorruptObjectException(
          what + ": " + bad.getMessage() + " (tenant=" + name + ")", bad.object(), bad);
    }
    if (e instanceof LostOwnershipException) {
      return new FencedException(what + ": " + e.getMessage() + " (tenant=" + name + ")", e);
    }
    if (Thread.currentThread().isInterrupted()) {
      return new InterruptedQueryException(what + ": interrupted (tenant=" + name + ")", e);
    }
    return FileErrors.writing(what, e, "tenant=" + name);
  }

  /**
   * Ships what is left, as far as that succeeds in time, and then tells the bucket of those that
   * have gone, which may have waited for that.
   */
  void drain(long deadlineNanos) {
    shipper.drain(deadlineNanos);
    for (TenantName each : departures.putOff()) {
      if (System.nanoTime() - deadlineNanos >= 0) {
        return; // The next process does it.
      }
      left(each);
    }
  }

  /**
   * Ends what ships, and closes the store if it was opened here.
   *
   * @return whether all has ended; if not, something may still write into the directory, and this
   *     is to be called again
   */
  boolean end() {
    if (!shipper.end()) {
      return false;
    }
    if (ownsStore) {
      try {
        store.close();
      } catch (IOException e) {
        events.on(Kind.SHIPPING_FAILED, "*", "store was not closed cleanly", e);
      }
    }
    return true;
  }

  /** Says who opens a closed tenant once more, so that what is left of it is shipped. */
  void visitBy(Consumer<String> visitor) {
    events.visitBy(visitor);
  }
}
