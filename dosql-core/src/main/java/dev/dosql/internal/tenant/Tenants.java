package dev.dosql.internal.tenant;

import dev.dosql.DatabaseClosedException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.TenantNotFoundException;
import dev.dosql.TransactionScopeException;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.engine.Writer;
import dev.dosql.internal.events.EvictEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The tenants that are in memory, and the right to bring one in or take one out.
 *
 * <p>A name has a place in the map for as long as somebody opens, has open, closes or changes that
 * tenant, so that memory is taken by open tenants only. Whoever puts a place there owns it: all
 * that takes time is done with no lock held, and others wait for the place's futures. A failure is
 * not remembered.
 *
 * <p>A tenant is a resident or a guest. Residents were opened by calls of the application, and of
 * them there are no more than {@code openMax}, but for those in use. A guest was opened for a visit
 * alone, by a fleet: it is not counted, so that nobody has to go for it, and is closed when the
 * visit is over. A call of the application makes a resident of it.
 *
 * <p>Safe for use by many threads.
 */
final class Tenants {
  /** How long those who use a tenant may go on once it is to be closed. */
  static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(10);

  /** How long it is waited for calls to notice that they were ended. */
  static final Duration FORCED_TIMEOUT = Duration.ofSeconds(5);

  private final Map<String, Place> places = new ConcurrentHashMap<>();

  /** How many visits there are of a tenant now. */
  private final Map<String, Integer> visits = new ConcurrentHashMap<>();

  /** Those whose closing goes on behind calls that did not end. */
  private final Set<OpenTenant> notClosed = ConcurrentHashMap.newKeySet();

  private final TenantOpener opener;
  private final int openMax;
  private final Executor evictor;
  private final AtomicInteger openCount = new AtomicInteger();
  private volatile @Nullable Thread expirer;
  private volatile boolean closing;

  /**
   * Makes it, with nothing open.
   *
   * @param openMax how many residents there may be
   * @param evictor closes what the thread that takes back what is overdue has no time to close
   */
  Tenants(TenantOpener opener, int openMax, Executor evictor) {
    this.opener = opener;
    this.openMax = openMax;
    this.evictor = evictor;
  }

  /**
   * The tenant, open and pinned.
   *
   * @param mayCreate whether it is created if it is missing
   * @throws DatabaseClosedException if the instance is closing
   */
  OpenTenant acquire(String name, boolean mayCreate) {
    return acquire(name, mayCreate, Standing.RESIDENT);
  }

  /** The tenant, open and pinned for a visit; one that is not open becomes a guest. */
  OpenTenant acquireForVisit(String name) {
    return acquire(name, false, Standing.GUEST);
  }

  private OpenTenant acquire(String name, boolean mayCreate, Standing as) {
    while (true) {
      Place place = places.get(name);
      if (place == null) {
        if (!mayCreate) {
          checkOpen();
          opener.refuseMissingHere(new TenantName(name)); // Without a place that others wait for.
        }
        Place mine = new Place();
        place = places.putIfAbsent(name, mine);
        if (place == null) {
          return open(new TenantName(name), mine, mayCreate, as);
        }
      }
      OpenTenant tenant = place.await(name).orElse(null);
      if (tenant != null && (tenant.pin() || tenant.pinAgain())) {
        if (as == Standing.RESIDENT && place.settle()) {
          openCount.incrementAndGet();
          evictBeyondMax();
        }
        return tenant;
      }
      checkOpen();
      if (tenant == null || !endAndClose(name, place, tenant)) {
        get(place.gone, name);
      }
    }
  }

  private OpenTenant open(TenantName name, Place mine, boolean mayCreate, Standing as) {
    OpenTenant tenant;
    try {
      checkOpen(); // Now that whoever closes the instance can see the place.
      tenant = opener.open(name, mayCreate);
    } catch (InterruptedQueryException | TenantNotFoundException e) {
      leave(name.text(), mine);
      // Those who wait were not interrupted, and may want it created.
      mine.opened.complete(Optional.empty());
      throw e;
    } catch (RuntimeException | Error e) {
      leave(name.text(), mine);
      mine.opened.completeExceptionally(e);
      throw e;
    }
    return opened(tenant, mine, as);
  }

  private OpenTenant opened(OpenTenant tenant, Place mine, Standing as) {
    tenant.whenUnused(() -> evictUnneeded(tenant.name(), mine));
    tenant.pin();
    mine.standing.set(as);
    if (as == Standing.RESIDENT) {
      openCount.incrementAndGet();
    }
    mine.opened.complete(Optional.of(tenant));
    evictBeyondMax();
    return tenant;
  }

  private void checkOpen() {
    if (closing) {
      throw new DatabaseClosedException("closed");
    }
  }

  private void leave(String name, Place place) {
    places.remove(name, place);
    place.gone.complete(null);
  }

  /** Closes a tenant that nobody can pin, unless somebody else is at it; false then. */
  private boolean endAndClose(String name, Place place, OpenTenant tenant) {
    if (!tenant.end()) {
      return false;
    }
    tenant.awaitUnused(DRAIN_TIMEOUT.toNanos());
    close(name, place, tenant, "end", FORCED_TIMEOUT.toNanos());
    return true;
  }

  private void close(String name, Place place, OpenTenant tenant, String reason, long forcedNanos) {
    EvictEvent event = new EvictEvent();
    event.begin();
    if (place.standing.getAndSet(Standing.NONE) == Standing.RESIDENT) {
      openCount.decrementAndGet(); // Before it takes its time, or others would make room as well.
    }
    try {
      if (!tenant.close(forcedNanos)) {
        notClosed.removeIf(each -> each.awaitClosed(System.nanoTime()));
        notClosed.add(tenant);
      }
    } finally {
      leave(name, place);
    }
    event.end();
    if (event.shouldCommit()) {
      event.tenant = name;
      event.reason = reason;
      event.commit();
    }
  }

  /**
   * Creates a tenant and opens it, pinned. Nobody can have used it if that fails.
   *
   * @throws dev.dosql.TenantExistsException if there is one; it and its calls are not disturbed
   */
  OpenTenant create(TenantName name) {
    opener.refuseTenant(name); // Looked at in full once the place is taken.
    Place mine = takeOver(name);
    OpenTenant tenant;
    try {
      checkOpen();
      tenant = opener.create(name);
    } catch (RuntimeException | Error e) {
      leave(name.text(), mine);
      mine.opened.complete(Optional.empty()); // The failure is not that of those who wait.
      throw e;
    }
    return opened(tenant, mine, Standing.RESIDENT);
  }

  /**
   * Does something to a tenant that must not be open meanwhile: waits until those who use it are
   * done, closes it, and keeps it closed until the work has returned.
   *
   * @throws TransactionScopeException if this thread would wait for itself, or, being in another
   *     tenant's transaction, could be waited for by those it waits for
   */
  void exclusively(TenantName name, Runnable work) {
    Writer.checkOutsideTransactions(name.text());
    Place mine = takeOver(name);
    try {
      checkOpen();
      work.run();
    } finally {
      leave(name.text(), mine);
      mine.opened.complete(Optional.empty());
    }
  }

  /** Does something to two tenants that must not be open meanwhile; see the other. */
  void exclusively(TenantName one, TenantName other, Runnable work) {
    // In the order of their names, or two who want the same two could wait for each other.
    boolean inOrder = one.text().compareTo(other.text()) < 0;
    TenantName first = inOrder ? one : other;
    TenantName second = inOrder ? other : one;
    exclusively(first, () -> exclusively(second, work));
  }

  /**
   * Does something to a tenant's files if it is not open, and keeps it closed meanwhile. One that
   * somebody opens is waited for, and left alone.
   *
   * @return what came of it, or empty if the tenant is open
   */
  <T> Optional<T> unlessOpen(TenantName name, Supplier<T> work) {
    Place mine = new Place();
    for (Place other = places.putIfAbsent(name.text(), mine);
        other != null;
        other = places.putIfAbsent(name.text(), mine)) {
      checkOpen();
      if (other.awaitIfOpened(name.text()).isPresent()) {
        return Optional.empty();
      }
      get(other.gone, name.text());
    }
    try {
      checkOpen();
      return Optional.of(work.get());
    } finally {
      leave(name.text(), mine);
      mine.opened.complete(Optional.empty());
    }
  }

  /** Says that a visit begins: what it opens is a guest until the last visit is over. */
  void beginVisit(String name) {
    visits.merge(name, 1, Integer::sum);
  }

  /** Says that a visit is over. A guest is closed, by whoever uses it last. */
  void endVisit(String name) {
    visits.computeIfPresent(name, (any, count) -> count == 1 ? null : count - 1);
    Place place = places.get(name);
    if (place != null) {
      evictIfLeft(name, place);
    }
  }

  private boolean evictIfLeft(String name, Place place) {
    boolean left = place.standing.get() == Standing.GUEST && !visits.containsKey(name);
    if (left) {
      evict(name, place, "room");
    }
    return left;
  }

  /** Takes a tenant's place once whoever has it is done. */
  private Place takeOver(TenantName name) {
    Place mine = new Place();
    for (Place other = places.putIfAbsent(name.text(), mine);
        other != null;
        other = places.putIfAbsent(name.text(), mine)) {
      checkOpen();
      makeWay(name.text(), other);
    }
    return mine;
  }

  private void makeWay(String name, Place place) {
    OpenTenant tenant = place.awaitQuietly().orElse(null);
    if (tenant != null && tenant.readers().isHeldByThisThread()) {
      throw new TransactionScopeException(
          "tenant would wait for a read of it on the same thread: end that first (tenant="
              + name
              + ")");
    }
    if (tenant != null && tenant.isBridgeUsedByThisThread()) {
      throw new TransactionScopeException(
          "tenant would wait for a connection of its DataSource on the same thread: end its"
              + " transaction, or close its results, first (tenant="
              + name
              + ")");
    }
    if (tenant == null || !endAndClose(name, place, tenant)) {
      get(place.gone, name);
    }
  }

  /**
   * Checks that this thread is in no transaction that writes, be it of a handle or on a connection
   * of a {@code DataSource}, of whatever tenant that is open.
   *
   * @throws TransactionScopeException if it is
   */
  void checkOutsideTransactions() {
    Writer.checkOutsideTransactions("*");
    for (Place place : places.values()) {
      OpenTenant tenant = place.openNow();
      if (tenant != null) {
        tenant.writer().checkScope();
      }
    }
  }

  /** Whether a tenant is in memory. */
  boolean isOpen(TenantName name) {
    Place place = places.get(name.text());
    return place != null && place.openNow() != null;
  }

  /** Evicts what need not be open now that nobody uses some tenant any more. */
  private void evictUnneeded(String name, Place place) {
    if (Thread.currentThread() == expirer) {
      // Others wait for that thread, and closing takes its time.
      evictor.execute(() -> evictNow(name, place));
    } else {
      evictNow(name, place);
    }
  }

  private void evictNow(String name, Place place) {
    if (!evictIfLeft(name, place)) {
      evictBeyondMax();
    }
  }

  private void evictBeyondMax() {
    while (openCount.get() > openMax) {
      Map.Entry<String, Place> oldest =
          places.entrySet().stream()
              .filter(entry -> entry.getValue().standing.get() == Standing.RESIDENT)
              .filter(entry -> isUnused(entry.getValue()))
              .min(Comparator.comparingLong(entry -> lastUsed(entry.getValue())))
              .orElse(null);
      if (oldest == null) {
        return; // All are in the middle of a call.
      }
      evict(oldest.getKey(), oldest.getValue(), "room");
    }
  }

  private static boolean isUnused(Place place) {
    OpenTenant tenant = place.openNow();
    return tenant != null && tenant.isUnused();
  }

  /** Relative to now, since the clock has no zero. */
  private static long lastUsed(Place place) {
    OpenTenant tenant = place.openNow();
    return tenant == null ? 0 : tenant.lastUsedNanos() - System.nanoTime();
  }

  private void evict(String name, Place place, String reason) {
    OpenTenant tenant = place.openNow();
    if (tenant != null && tenant.endIfUnused()) {
      close(name, place, tenant, reason, 0);
    }
  }

  /** Evicts those that nobody has used for so long. */
  void evictIdle(Duration idleTimeout) {
    long longest = -idleTimeout.toNanos();
    places.forEach(
        (name, place) -> {
          if (isUnused(place) && lastUsed(place) <= longest) {
            evict(name, place, "idle");
          }
        });
  }

  /**
   * Takes back transactions, snapshots and streams that are open for too long; to be called by one
   * thread, which is not kept by closing what nobody needs then.
   */
  void expireOverdue() {
    expirer = Thread.currentThread();
    long now = System.nanoTime();
    for (Place place : places.values()) {
      OpenTenant tenant = place.openNow();
      if (tenant != null) {
        tenant.expireOverdue(now);
      }
    }
  }

  /**
   * Refuses new calls, waits for those that run, and closes every tenant; those that are used at
   * the deadline by force. One that somebody opens, migrates or changes is not ended from here.
   *
   * @param deadlineNanos by {@link System#nanoTime}
   * @return whether all are closed; if not, this is to be called again
   */
  boolean close(long deadlineNanos) {
    closing = true;
    while (!places.isEmpty()) {
      List<Map.Entry<String, Place>> all = new ArrayList<>(places.entrySet());
      // First all are told, so that they end side by side.
      all.forEach(entry -> endQuietly(entry.getValue()));
      boolean inTime = true;
      for (Map.Entry<String, Place> entry : all) {
        inTime &= drain(entry.getKey(), entry.getValue(), deadlineNanos);
      }
      if (!inTime) {
        return false;
      }
    }
    notClosed.removeIf(tenant -> tenant.awaitClosed(deadlineNanos));
    return notClosed.isEmpty();
  }

  private static void endQuietly(Place place) {
    OpenTenant tenant = place.openNow();
    if (tenant != null && tenant.end()) {
      place.endedByClose = true;
    }
  }

  private boolean drain(String name, Place place, long deadlineNanos) {
    if (!awaitDone(place.opened, deadlineNanos)) {
      return false;
    }
    OpenTenant tenant = place.openNow();
    if (tenant == null || !place.endedByClose && !tenant.end()) {
      return awaitDone(place.gone, deadlineNanos);
    }
    tenant.awaitUnused(deadlineNanos - System.nanoTime());
    close(name, place, tenant, "end", 0);
    return true;
  }

  /** Waits for a future, however it ends and whoever interrupts; false if it has not in time. */
  private static boolean awaitDone(CompletableFuture<?> future, long deadlineNanos) {
    CountDownLatch done = new CountDownLatch(1);
    future.whenComplete((result, failure) -> done.countDown());
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return done.await(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits for a future; a failure comes out as it was. */
  private static <T> T get(Future<T> future, String name) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedQueryException(
          "interrupted while waiting for a tenant to open or close (tenant=" + name + ")", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** What a tenant that is open is counted as. */
  private enum Standing {
    /** It is not open, or being closed. */
    NONE,
    /** It was opened for a visit. */
    GUEST,
    /** It counts. */
    RESIDENT
  }

  /** A tenant's place: somebody's right to it. */
  private static final class Place {
    /** The tenant; empty if those who wait must look again. */
    private final CompletableFuture<Optional<OpenTenant>> opened = new CompletableFuture<>();

    /** Done when the place is free again. */
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    private final AtomicReference<Standing> standing = new AtomicReference<>(Standing.NONE);

    /** Used by the thread that closes the instance. */
    private boolean endedByClose;

    /** Makes a resident of a guest; false if it is none, so that it was counted. */
    boolean settle() {
      return standing.get() == Standing.GUEST
          && standing.compareAndSet(Standing.GUEST, Standing.RESIDENT);
    }

    Optional<OpenTenant> await(String name) {
      return get(opened, name);
    }

    /** The tenant, or empty if it did not open; waits as long as nobody interrupts. */
    Optional<OpenTenant> awaitIfOpened(String name) {
      get(opened.handle((tenant, failure) -> true), name);
      return awaitQuietly();
    }

    /** The tenant, or empty if it did not open. */
    Optional<OpenTenant> awaitQuietly() {
      opened.handle((tenant, failure) -> null).join();
      return opened.isCompletedExceptionally() ? Optional.empty() : opened.join();
    }

    /** The tenant if it is open by now, or null. */
    @Nullable OpenTenant openNow() {
      return opened.isDone() && !opened.isCompletedExceptionally()
          ? opened.join().orElse(null)
          : null;
    }
  }
}
