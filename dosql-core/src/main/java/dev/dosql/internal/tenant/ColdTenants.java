package dev.dosql.internal.tenant;

import dev.dosql.CorruptObjectException;
import dev.dosql.DBOptions;
import dev.dosql.DoSQLException;
import dev.dosql.Durability;
import dev.dosql.FencedException;
import dev.dosql.RestoreProgress;
import dev.dosql.Shipping;
import dev.dosql.StorageEvent.Kind;
import dev.dosql.StorageException;
import dev.dosql.internal.files.DurableFiles;
import dev.dosql.internal.files.FileErrors;
import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.LostOwnershipException;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.ObjectStores;
import dev.dosql.storage.capture.LocalLog;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.replica.Claim;
import dev.dosql.storage.replica.Comparison;
import dev.dosql.storage.replica.Head;
import dev.dosql.storage.replica.Replica;
import dev.dosql.storage.replica.Restored;
import dev.dosql.storage.ship.ClaimFile;
import dev.dosql.storage.ship.ShipSettings;
import dev.dosql.storage.ship.Shipper;
import dev.dosql.storage.ship.TenantShipping;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tenants and their bucket: brings back those that are only there, compares those that are here
 * with what is there, ships what is committed.
 *
 * <table>
 *   <caption>In {@code .dosql/replicas}; {@code E} is a tenant's encoded name</caption>
 *   <tr><th>file</th><th>what it is</th></tr>
 *   <tr><td>{@code node}</td><td>by which name the bucket knows this directory</td></tr>
 *   <tr><td>{@code E/…}</td><td>segments that wait for the bucket, and where the tenant stands</td></tr>
 *   <tr><td>{@code E/greeted}</td><td>by which process it was compared with the bucket last</td></tr>
 *   <tr><td>{@code E/hydrating}</td><td>that its file is being brought back</td></tr>
 *   <tr><td>{@code E/gone}</td><td>that the bucket must be told of its deletion</td></tr>
 * </table>
 *
 * <p>Whoever calls this for a tenant has its place in {@link Tenants}, but where a method says
 * otherwise. Safe for use by many threads.
 */
final class ColdTenants implements AutoCloseable {
  private static final DateTimeFormatter ASIDE =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS").withZone(ZoneOffset.UTC);

  private static final String GREETED = "greeted";
  private static final String GONE = "gone";
  private static final String HYDRATING = "hydrating";

  private final ObjectStore store;
  private final boolean ownsStore;
  private final Shipper shipper;
  private final TenantFiles files;
  private final StorageEvents events;
  private final boolean openWhenUnreachable;
  private final InstantSource clock;
  private final String session = UUID.randomUUID().toString();

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
    this.openWhenUnreachable = options.openWhenUnreachable();
    this.clock = clock;
    this.events = new StorageEvents(options.storageListener().orElse(null));
    this.shipper = new Shipper(store, directory, node(directory), settings(options), events, clock);
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
        ObjectStores.probe(opened).requireFencing();
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

  /** The name of this directory, made once. */
  private static String node(Path directory) throws IOException {
    Path file = directory.resolve("node");
    if (!Files.exists(file)) {
      Path made = directory.resolve("node.tmp");
      Files.writeString(made, UUID.randomUUID().toString());
      DurableFiles.publish(made, file);
    }
    return Files.readString(file).trim();
  }

  private static String key(TenantName name) {
    return name.encoded();
  }

  private Replica replica(TenantName name) {
    return shipper.replica(name.text(), key(name));
  }

  private Path directory(TenantName name) {
    return shipper.directory(key(name));
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
    if (Files.exists(directory(name).resolve(GONE))) {
      return false;
    }
    try {
      return replica(name).readHead().filter(head -> head.deleted() == null).isPresent();
    } catch (IOException e) {
      throw translate("bucket cannot be asked for the tenant", name, e);
    }
  }

  /**
   * Brings a tenant's file to the state that its bucket says, before it is opened: brings it back
   * if it is only there, and compares the two once in the life of this process.
   *
   * @return whether there is such a tenant, whose file is here now
   * @throws StorageException if the bucket does not answer and it must
   * @throws CorruptObjectException if what it has cannot be restored
   */
  boolean settle(TenantName name) {
    try {
      finishDeletion(name);
      boolean local = files.exists(name);
      if (local && (shipper.isActive(key(name)) || isGreeted(name))) {
        return true;
      }
      if (local && Files.exists(directory(name).resolve(HYDRATING))) {
        files.delete(name); // Nobody has used it: a crash came between.
        return hydrateIfThere(name);
      }
      return local ? greet(name) : hydrateIfThere(name);
    } catch (IOException e) {
      throw translate("tenant cannot be brought to the state of its bucket", name, e);
    }
  }

  private boolean hydrateIfThere(TenantName name) throws IOException {
    Replica replica = replica(name);
    Optional<Head> head = replica.readHead();
    if (head.isEmpty() || head.get().deleted() != null) {
      clearDirectory(name); // What an earlier tenant of the name has left.
      return false;
    }
    return hydrate(name, replica, head.get(), Kind.HYDRATED, "brought back from the bucket");
  }

  private boolean greet(TenantName name) throws IOException {
    Replica replica = replica(name);
    Comparison found;
    boolean behind;
    try (LocalLog log = LocalLog.open(directory(name), files.database(name))) {
      if (log.position().isPresent()) {
        log.captureAhead(clock.millis()); // What a crash has left, as far as it needs no image.
      }
      found = compare(replica, log);
      behind = log.position().isPresent() && log.isBehind();
      switch (found.state()) {
        case EQUAL, AHEAD -> keep(name, replica, log, found);
        case NO_HEAD -> forgetIfShipped(name, log);
        default -> {}
      }
    } catch (BadObjectException e) {
      throw e;
    } catch (IOException e) {
      return unreachable(name, e);
    }
    return switch (found.state()) {
      case EQUAL, AHEAD, NO_HEAD -> greeted(name);
      case BEHIND -> behind ? setAside(name, replica, found) : rollForward(name, replica, found);
      case DIVERGED -> setAside(name, replica, found);
      case DELETED -> buried(name, found);
    };
  }

  /**
   * Goes on with the local file, which has all that the bucket has. If another directory has
   * claimed the tenant and died before it had its fence there, that lies now where the next segment
   * would, so a new history begins.
   */
  private void keep(TenantName name, Replica replica, LocalLog log, Comparison found)
      throws IOException {
    Head head = head(found);
    if (head.released() || isOurs(name, head)) {
      log.shipped(bucket(found).txid());
      return;
    }
    takeOver(name, replica, head);
    log.begin(Replica.newLineage());
    events.on(Kind.WHOLE_IMAGE, name.text(), "another directory had begun to take it over", null);
  }

  /** Whether a head is a claim of this directory's that was completed. */
  private boolean isOurs(TenantName name, Head head) throws IOException {
    return head.node().equals(shipper.node())
        && (!head.fenceDue() || ClaimFile.isOf(directory(name), head));
  }

  private static Comparison compare(Replica replica, LocalLog log) throws IOException {
    Optional<Position> local = log.position();
    if (local.isPresent()) {
      return replica.compare(local.get(), log.shippedTxid(), log.pending());
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
      log.begin(Replica.newLineage());
      events.on(Kind.WHOLE_IMAGE, name.text(), "bucket has nothing of it any more", null);
    }
  }

  private boolean unreachable(TenantName name, IOException e) {
    if (!openWhenUnreachable) {
      throw translate("bucket is out of reach, and openWhenUnreachable is off", name, e);
    }
    events.on(Kind.UNREACHABLE, name.text(), "opened from its local file", e);
    return true; // Not greeted, so that the next opening asks again.
  }

  private boolean rollForward(TenantName name, Replica replica, Comparison found)
      throws IOException {
    Path database = files.database(name);
    Position from;
    try (LocalLog log = LocalLog.open(directory(name), database)) {
      from = log.position().orElseThrow();
    }
    if (hasLog(database)) {
      return setAside(name, replica, found); // Its log is of a history that went on elsewhere.
    }
    Head head = takeOver(name, replica, head(found));
    Restored restored = replica.rollForward(head, database, from, progress(name)::accept);
    place(name, restored);
    events.on(Kind.ROLLED_FORWARD, name.text(), found.why(), null);
    return greeted(name);
  }

  private static boolean hasLog(Path database) throws IOException {
    Path wal = TenantFiles.wal(database);
    return Files.exists(wal) && Files.size(wal) > 0;
  }

  private boolean setAside(TenantName name, Replica replica, Comparison found) throws IOException {
    Path kept = files.setAside(name, "diverged-" + ASIDE.format(clock.instant()));
    clearDirectory(name);
    return hydrate(
        name,
        replica,
        head(found),
        Kind.DIVERGED,
        found.why() + "; the local file was kept as " + kept.getFileName());
  }

  /** A tenant that was deleted does not come back from an old disk. */
  private boolean buried(TenantName name, Comparison found) throws IOException {
    Path kept = files.setAside(name, "diverged-" + ASIDE.format(clock.instant()));
    clearDirectory(name);
    events.on(
        Kind.DIVERGED,
        name.text(),
        found.why() + "; the local file was kept as " + kept.getFileName(),
        null);
    return false;
  }

  private boolean hydrate(TenantName name, Replica replica, Head seen, Kind kind, String detail)
      throws IOException {
    Path made = files.temporary();
    try {
      Head head = takeOver(name, replica, seen);
      Optional<Restored> restored = replica.restore(head, made, progress(name)::accept);
      if (restored.isEmpty()) {
        return false; // Nothing was ever put: it is made anew here.
      }
      mark(name, HYDRATING);
      files.adopt(name, made);
      place(name, restored.get());
      Files.delete(directory(name).resolve(HYDRATING));
    } finally {
      Files.deleteIfExists(made);
    }
    events.on(kind, name.text(), detail, null);
    return greeted(name);
  }

  /** Fences an owner that has not given the tenant up. */
  private Head takeOver(TenantName name, Replica replica, Head seen) throws IOException {
    if (seen.released() || isOurs(name, seen)) {
      return seen;
    }
    Claim claim = replica.claim(seen, shipper.node());
    if (!claim.ignored().isEmpty()) {
      events.on(
          Kind.DIVERGED,
          name.text(),
          "objects of an earlier owner behind its fence are no part of the history: "
              + claim.ignored(),
          null);
    }
    ClaimFile.write(directory(name), claim.head());
    return claim.head();
  }

  private void place(TenantName name, Restored restored) throws IOException {
    try (LocalLog log = LocalLog.open(directory(name), files.database(name))) {
      if (restored.ignored().isEmpty()) {
        log.place(restored.position(), restored.pageSize());
      } else {
        log.begin(Replica.newLineage());
      }
    }
  }

  private Consumer<dev.dosql.storage.replica.Progress> progress(TenantName name) {
    return done ->
        events.onRestore(
            new RestoreProgress(name.text(), done.bytesDone(), done.bytesKnown(), done.segments()));
  }

  private boolean isGreeted(TenantName name) throws IOException {
    Path file = directory(name).resolve(GREETED);
    return Files.exists(file) && Files.readString(file, StandardCharsets.US_ASCII).equals(session);
  }

  /** Notes that this process has compared the tenant; needs not survive it. */
  private boolean greeted(TenantName name) throws IOException {
    Files.createDirectories(directory(name));
    Files.writeString(directory(name).resolve(GREETED), session, StandardCharsets.US_ASCII);
    return true;
  }

  /** Notes that a tenant was made here, of a name that the bucket does not have. */
  void created(TenantName name) {
    try {
      greeted(name);
    } catch (IOException e) {
      throw FileErrors.writing("tenant cannot be created", e, "tenant=" + name);
    }
  }

  /**
   * Says that a tenant is about to go from here, deleted or under another name. If it went, {@link
   * #finish} tells the bucket, now or later.
   */
  void leaving(TenantName name) {
    try {
      mark(name, GONE);
      shipper.abandon(key(name));
    } catch (IOException e) {
      throw FileErrors.writing("tenant cannot be deleted or renamed", e, "tenant=" + name);
    }
  }

  private void mark(TenantName name, String what) throws IOException {
    DurableFiles.createDirectories(directory(name));
    Path mark = directory(name).resolve(what);
    Files.writeString(mark, "");
    DurableFiles.force(mark);
    DurableFiles.forceDirectory(directory(name));
  }

  /** Tells the bucket of a tenant that has gone; later, if it does not answer. */
  void finish(TenantName name) {
    try {
      finishDeletion(name);
    } catch (IOException e) {
      events.on(Kind.SHIPPING_FAILED, name.text(), "bucket is to be told later that it is gone", e);
    }
  }

  private void finishDeletion(TenantName name) throws IOException {
    Path mark = directory(name).resolve(GONE);
    if (!Files.exists(mark)) {
      return;
    }
    if (files.exists(name)) {
      Files.delete(mark); // It did not go: a crash came between.
      return;
    }
    Replica replica = replica(name);
    Optional<Head> head = replica.readHead().filter(seen -> seen.deleted() == null);
    if (head.isPresent()) {
      replica.tombstone(head.get());
    }
    clearDirectory(name);
  }

  /** Forgets where a tenant stands. */
  private void clearDirectory(TenantName name) throws IOException {
    shipper.abandon(key(name));
    TenantFiles.deleteTree(directory(name));
  }

  /**
   * Whether a closed tenant has something that the bucket lacks, as after a crash; needs no place.
   */
  boolean isWaiting(TenantName name) {
    try {
      return !Files.exists(directory(name))
          || hasLog(files.database(name))
          || TenantFiles.holds(directory(name), "*.ltx");
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
          : replica.restore(head.get(), made, progress(name)::accept).map(Restored::position);
    } catch (IOException e) {
      throw translate("tenant cannot be restored", name, e);
    }
  }

  /** Visits every tenant that the bucket has, by its encoded name. */
  void forEach(Consumer<String> visitor) {
    try {
      String after = "";
      while (true) {
        var page = store.list("", after, 1);
        if (page.isEmpty()) {
          return;
        }
        String encoded = page.get(0).key().split("/", 2)[0];
        visitor.accept(encoded);
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
          .map(head -> new TenantName(head.tenant()));
    } catch (IOException e) {
      throw new StorageException("bucket cannot be read (tenant=" + encoded + ")", e);
    }
  }

  /** What ships. */
  Shipper shipper() {
    return shipper;
  }

  /** When it was opened, for the first line of a report. */
  Instant since() {
    return shipper.since();
  }

  private static DoSQLException translate(String what, TenantName name, IOException e) {
    if (e instanceof BadObjectException bad) {
      return new CorruptObjectException(
          what + ": " + bad.getMessage() + " (tenant=" + name + ")", bad.object(), bad);
    }
    if (e instanceof LostOwnershipException) {
      return new FencedException(what + ": " + e.getMessage() + " (tenant=" + name + ")", e);
    }
    return FileErrors.writing(what, e, "tenant=" + name);
  }

  /** Ships what is left, as far as that succeeds in time, and gives the store back. */
  void drain(long deadlineNanos) {
    shipper.drain(deadlineNanos);
  }

  @Override
  public void close() {
    shipper.close();
    if (ownsStore) {
      try {
        store.close();
      } catch (IOException e) {
        events.on(Kind.SHIPPING_FAILED, "*", "store was not closed cleanly", e);
      }
    }
  }
}
