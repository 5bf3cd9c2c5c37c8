package dev.dosql.storage.ship;

import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.replica.Replica;
import dev.dosql.storage.replica.ReplicaSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Ships the tenants of one directory to one store: the threads, the clock and the rate that they
 * share.
 *
 * <p>Its threads are made when there is something to do, and end when there has been nothing for a
 * while: at most {@value #BACKGROUND_MAX} ship what nobody waits for, at most {@value #URGENT_MAX}
 * what somebody does. Memory is taken by tenants that are open or have something to ship.
 *
 * <p>Safe for use by many threads. Ending it does not close the store.
 */
public final class Shipper {
  /** Tenants that are shipped at once while nobody waits. */
  private static final int BACKGROUND_MAX = 16;

  /** Tenants that are shipped at once while somebody waits: each waits for the store in turn. */
  private static final int URGENT_MAX = 64;

  /** A round that fails is tried again after a while, so that its requests need little patience. */
  private static final ReplicaSettings PATIENCE = ReplicaSettings.DEFAULT.withAttemptsMax(2);

  private static final Duration IDLE_THREAD_ENDS = Duration.ofSeconds(10);

  private final ObjectStore store;
  private final Path directory;
  private final String node;
  private final ShipSettings settings;
  private final ShipListener listener;
  private final InstantSource clock;
  private final Instant since;
  private final Requests total = new Requests();
  private final PutRate rate;
  private final Map<String, TenantShipping> active = new ConcurrentHashMap<>();
  private final ScheduledThreadPoolExecutor timer;
  private final ThreadPoolExecutor background = workers("dosql-shipper", BACKGROUND_MAX);
  private final ThreadPoolExecutor urgent = workers("dosql-shipper-urgent", URGENT_MAX);

  /**
   * Starts nothing yet.
   *
   * @param store where tenants go
   * @param directory where what waits for the store is kept, in a directory for each tenant
   * @param node a name for this directory, by which the store tells its owner from others
   */
  public Shipper(
      ObjectStore store,
      Path directory,
      String node,
      ShipSettings settings,
      ShipListener listener,
      InstantSource clock) {
    this.store = store;
    this.directory = directory;
    this.node = node;
    this.settings = settings;
    this.listener = listener;
    this.clock = clock;
    this.since = clock.instant();
    this.rate = new PutRate(settings.putsPerSecondMax());
    this.timer = new ScheduledThreadPoolExecutor(1, work -> daemon(work, "dosql-ship-timer"));
    timer.setKeepAliveTime(IDLE_THREAD_ENDS.toMillis(), TimeUnit.MILLISECONDS);
    timer.allowCoreThreadTimeOut(true);
    timer.setRemoveOnCancelPolicy(true);
  }

  private static ThreadPoolExecutor workers(String name, int max) {
    ThreadPoolExecutor workers =
        new ThreadPoolExecutor(
            max,
            max,
            IDLE_THREAD_ENDS.toMillis(),
            TimeUnit.MILLISECONDS,
            new LinkedBlockingQueue<>(),
            work -> daemon(work, name));
    workers.allowCoreThreadTimeOut(true);
    return workers;
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  /** What a tenant has in the store. */
  public Replica replica(String tenant, String key) {
    return new Replica(new MeteredStore(store, total), key, tenant);
  }

  /** The name by which the store tells the owner. */
  public String node() {
    return node;
  }

  /**
   * What ships a tenant, from its opening on until it is closed and all is in the store.
   *
   * @param tenant the tenant's name
   * @param key what its keys begin with, and the name of its directory
   * @param database its database file
   * @throws IOException if its directory cannot be read or made
   */
  public TenantShipping attach(String tenant, String key, Path database) throws IOException {
    TenantShipping known = active.get(key);
    if (known != null && known.keepAttached()) {
      return known;
    }
    Requests requests = new Requests();
    Replica replica = new Replica(new MeteredStore(store, total, requests), key, tenant, PATIENCE);
    TenantShipping fresh =
        new TenantShipping(this, tenant, key, replica, requests, directory.resolve(key), database);
    active.put(key, fresh);
    return fresh;
  }

  /** Forgets a tenant that is closed and has nothing more to ship, if it is still that one. */
  void detached(TenantShipping shipping) {
    active.remove(shipping.key(), shipping);
  }

  /** Whether a tenant is open, or has something to ship that this process captured. */
  public boolean isActive(String key) {
    return active.containsKey(key);
  }

  /**
   * Gives up what a tenant has to ship, since it is deleted or has another name now.
   *
   * @throws IOException if a request that runs does not end
   */
  public void abandon(String key) throws IOException {
    TenantShipping known = active.get(key);
    if (known != null) {
      known.abandon();
      active.remove(key, known);
    }
  }

  ShipSettings settings() {
    return settings;
  }

  ShipListener listener() {
    return listener;
  }

  /** Tells the listener something from a thread that holds nothing. */
  void tell(Consumer<ShipListener> news) {
    soon(() -> news.accept(listener), false);
  }

  PutRate rate() {
    return rate;
  }

  long nowMillis() {
    return clock.millis();
  }

  /** Runs work later, on a thread of the background. */
  void later(Runnable work, Duration delay) {
    try {
      timer.schedule(() -> soon(work, false), delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      // Closed: what is left is shipped when the directory is opened again.
    }
  }

  /** Runs work as soon as a thread is free. */
  void soon(Runnable work, boolean somebodyWaits) {
    try {
      (somebodyWaits ? urgent : background).execute(work);
    } catch (RejectedExecutionException e) {
      // Closed, as above.
    }
  }

  /** How all tenants stand that are open, or have something to ship. */
  public List<TenantShipping.Standing> standings() {
    List<TenantShipping.Standing> all = new ArrayList<>();
    active.values().forEach(each -> all.add(each.standing()));
    all.sort(Comparator.comparing(TenantShipping.Standing::tenant));
    return List.copyOf(all);
  }

  /** What was asked of the store since this was made. */
  public Requests.Counted total() {
    return total.counted();
  }

  /** When this was made. */
  public Instant since() {
    return since;
  }

  /**
   * Ships what is left of tenants that are closed by now, as far as that succeeds in time, and ends
   * the threads. What is left then is shipped when the directory is opened again.
   *
   * @param deadlineNanos by {@link System#nanoTime}
   * @return whether all is in the store
   */
  public boolean drain(long deadlineNanos) {
    boolean all = true;
    List<TenantShipping> left = new ArrayList<>(active.values());
    left.forEach(TenantShipping::requestLast);
    for (TenantShipping each : left) {
      all &= each.awaitDrained(deadlineNanos);
    }
    return all;
  }

  /**
   * Ends the threads. Requests that run are waited for, with a bound: what is ended writes nothing
   * more into the directory.
   *
   * @return whether all have ended; if not, this is to be called again
   */
  public boolean end() {
    active.values().forEach(TenantShipping::stop);
    timer.shutdownNow();
    background.shutdownNow();
    urgent.shutdownNow();
    return hasEnded(background) && hasEnded(urgent);
  }

  private static boolean hasEnded(ThreadPoolExecutor workers) {
    boolean interrupted = false;
    long deadline = System.nanoTime() + IDLE_THREAD_ENDS.toNanos();
    while (!workers.isTerminated() && System.nanoTime() - deadline < 0) {
      try {
        workers.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return workers.isTerminated();
  }
}
