package dev.dosql.internal.tenant;

import dev.dosql.Bookmark;
import dev.dosql.DBOptions;
import dev.dosql.DatabaseClosedException;
import dev.dosql.Durability;
import dev.dosql.HistoryNotConfiguredException;
import dev.dosql.ShippingReport;
import dev.dosql.TenantInfo;
import dev.dosql.TenantInfo.State;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.engine.Writer;
import dev.dosql.internal.files.DurableFiles;
import dev.dosql.internal.files.FileErrors;
import dev.dosql.internal.jdbc.JdbcOptions;
import dev.dosql.internal.sql.Binder;
import dev.dosql.internal.sql.ParsedSqlCache;
import dev.dosql.internal.values.Values;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.ship.Shipper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of tenants in the hands of this process: all that is behind one {@code DoSQL}.
 *
 * <p>It has two threads. One evicts idle tenants, which takes as long as closing their files does;
 * the other takes back what is held for too long, which nobody's files may delay.
 *
 * <p>Safe for use by many threads.
 */
public final class Instance implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.tenant");

  /** Different statements whose parsing is remembered. */
  private static final int PARSED_MAX = 4_096;

  /** Between two looks for what is open too long lies a quarter of that time, but not less. */
  private static final long LOOK_MILLIS_MIN = 10;

  /** And not more. */
  private static final long LOOK_MILLIS_MAX = 1_000;

  /** Longer than any process lives, and not too long for {@link System#nanoTime}. */
  private static final Duration FOREVER = Duration.ofDays(36_525);

  private final DBOptions options;
  private final Path directory;
  private final Values values;
  private final ParsedSqlCache parsed;
  private final Binder binder;
  private final JdbcOptions jdbc;
  private final TenantFiles files;
  private final @Nullable ColdTenants cold;
  private final TenantOpener opener;
  private final Importer importer;
  private final Tenants tenants;
  private final ConnectionFactory connections;
  private final RunningImports imports = new RunningImports();
  private final DirectoryLock lock;
  private final InstantSource clock;
  private final @Nullable Path deletedOnClose;
  private final ScheduledExecutorService evictor = thread("dosql-evictor");
  private final ScheduledExecutorService expirer = thread("dosql-expirer");
  private final AtomicBoolean telling = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();

  private Instance(
      DBOptions options,
      Path directory,
      DirectoryLock lock,
      Schema schema,
      InstantSource clock,
      boolean inMemory) {
    this.options = options;
    this.directory = directory;
    this.parsed = new ParsedSqlCache(PARSED_MAX, options.limits().sqlLengthMax());
    this.values = new Values(options.converters(), options.lookup().orElse(null));
    this.binder =
        new Binder(
            values::toColumn, options.lookup().orElse(null), options.limits().parametersMax());
    this.jdbc =
        new JdbcOptions(values, parsed, binder, options.writeLockTimeout(), options.limits());
    this.files = new TenantFiles(directory, isDurable(options));
    files.settle(); // Before there is something to close if it fails.
    this.cold = inMemory ? null : ColdTenants.open(options, files, clock);
    this.lock = lock;
    this.clock = clock;
    this.deletedOnClose = inMemory ? directory : null;
    this.connections = new ConnectionFactory(options, values, inMemory);
    this.opener = new TenantOpener(files, connections, schema, options, cold);
    this.importer = new Importer(files, connections, schema, options.writeLockTimeout());
    this.tenants = new Tenants(opener, options.openTenantsMax(), evictor);
    long period = Math.max(1, options.idleTimeout().toMillis() / 4);
    long periodMillis = Math.min(period, Duration.ofSeconds(30).toMillis());
    evictor.scheduleWithFixedDelay(
        this::evictIdle, periodMillis, periodMillis, TimeUnit.MILLISECONDS);
    long limit = options.limits().transactionTimeout().toMillis() / 4;
    long lookMillis = Math.max(LOOK_MILLIS_MIN, Math.min(limit, LOOK_MILLIS_MAX));
    expirer.scheduleWithFixedDelay(
        this::expireOverdue, lookMillis, lookMillis, TimeUnit.MILLISECONDS);
    if (cold != null) {
      cold.visitBy(name -> evictor.execute(() -> visitToShip(new TenantName(name))));
      daemon(this::shipLeftOvers, "dosql-left-overs").start();
    }
  }

  /** Opens each tenant once that an earlier process has not shipped whole, which ships the rest. */
  private void shipLeftOvers() {
    try {
      if (cold != null) {
        cold.goneBefore().forEach(this::tellOfGone);
      }
      files.forEach(this::shipLeftOver);
    } catch (RuntimeException e) {
      log.warn("tenants of an earlier process could not be looked for", e);
    }
  }

  private void tellOfGone(TenantName name) {
    tenants.unlessOpen(
        name,
        () -> {
          if (cold != null) {
            cold.left(name);
          }
          return true;
        });
  }

  private void shipLeftOver(TenantName name) {
    if (cold == null || closed.get() || !cold.isWaiting(name)) {
      return;
    }
    visitToShip(name);
  }

  /** What is left of it is captured when it is closed again, at the latest. */
  private void visitToShip(TenantName name) {
    try {
      if (files.isSuspended(name)) {
        tenants.unlessOpen(name, () -> opener.shipSuspended(name));
        return;
      }
      tenants.beginVisit(name.text());
      try {
        tenants.acquireForVisit(name.text()).unpin();
      } finally {
        tenants.endVisit(name.text());
      }
    } catch (RuntimeException e) {
      log.warn("what is left of a tenant was not shipped (tenant={})", name, e);
    }
  }

  /** Tells the bucket what it could not be told before; one thread at a time, which may wait. */
  private void tellOfPutOff() {
    if (cold != null && !cold.putOff().isEmpty() && telling.compareAndSet(false, true)) {
      List<TenantName> gone = cold.putOff();
      daemon(() -> tellOf(gone), "dosql-left-overs").start();
    }
  }

  private void tellOf(List<TenantName> gone) {
    try {
      gone.forEach(this::tellOfGone);
    } catch (RuntimeException e) {
      log.debug("bucket was not told what is gone", e); // Closed meanwhile, mostly.
    } finally {
      telling.set(false);
    }
  }

  /** Whether some tenant must survive the loss of power. */
  private static boolean isDurable(DBOptions options) {
    return options.durability() != Durability.PROCESS
        || options.durabilities().values().stream().anyMatch(each -> each != Durability.PROCESS);
  }

  /** Started with its first work; what is left when it is shut down has nobody who waits for it. */
  private static ScheduledExecutorService thread(String name) {
    return new ScheduledThreadPoolExecutor(
        1, work -> daemon(work, name), new ScheduledThreadPoolExecutor.DiscardPolicy());
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Takes a directory.
   *
   * @param holder how it is held, for the message to the next one who asks
   * @throws dev.dosql.DatabaseLockedException if somebody has it
   * @throws dev.dosql.MigrationException if the migrations are not in order
   */
  public static Instance open(DBOptions options, String holder) {
    return open(options, holder, InstantSource.system());
  }

  /** Takes a directory; times of its tenants are by the given clock. */
  public static Instance open(DBOptions options, String holder, InstantSource clock) {
    Schema schema = Schema.load(options);
    Path directory = make(options.directory());
    DirectoryLock lock = DirectoryLock.acquire(directory, directory.resolve(".dosql"), holder);
    try {
      return new Instance(options, directory, lock, schema, clock, false);
    } catch (RuntimeException | Error e) {
      release(lock);
      throw e;
    }
  }

  /** Makes a directory of its own, which is deleted when it is closed. */
  public static Instance inMemory(DBOptions options) {
    DBOptions changed = options.toBuilder().durability(Durability.PROCESS).build();
    Schema schema = Schema.load(changed);
    Path made;
    try {
      made = MemoryDirectories.make();
    } catch (IOException e) {
      throw FileErrors.writing("temporary directory cannot be made", e, "tenant=memory");
    }
    try {
      return inMemory(changed, schema, make(made));
    } catch (RuntimeException | Error e) {
      MemoryDirectories.deleteAll(made);
      throw e;
    }
  }

  private static Instance inMemory(DBOptions options, Schema schema, Path directory) {
    DirectoryLock lock = DirectoryLock.acquire(directory, directory.resolve(".dosql"), "memory");
    try {
      return new Instance(options, directory, lock, schema, InstantSource.system(), true);
    } catch (RuntimeException | Error e) {
      release(lock);
      throw e;
    }
  }

  private static Path make(Path directory) {
    try {
      DurableFiles.createDirectories(directory.resolve(".dosql"));
      return directory.toRealPath();
    } catch (IOException e) {
      throw FileErrors.writing("directory cannot be made", e, "directory=" + directory);
    }
  }

  private static void release(DirectoryLock lock) {
    try {
      lock.close();
    } catch (IOException e) {
      log.warn("directory was not given back cleanly", e);
    }
  }

  private void evictIdle() {
    try {
      tenants.evictIdle(options.idleTimeout());
      tellOfPutOff();
    } catch (RuntimeException e) {
      log.warn("idle tenants could not be evicted", e); // Or the next round would never come.
    }
  }

  private void expireOverdue() {
    try {
      tenants.expireOverdue();
    } catch (RuntimeException e) {
      log.warn("what is open for too long could not be ended", e);
    }
  }

  /** The options. */
  public DBOptions options() {
    return options;
  }

  /** The clock of what is kept for a time. */
  public InstantSource clock() {
    return clock;
  }

  /** Conversions of values. */
  public Values values() {
    return values;
  }

  /** What is known of statements before SQLite sees them. */
  public ParsedSqlCache parsed() {
    return parsed;
  }

  /** Binding of parameters. */
  public Binder binder() {
    return binder;
  }

  /** What connections of a {@code DataSource} share. */
  public JdbcOptions jdbc() {
    return jdbc;
  }

  /** Where the tenants' files are; a real path. */
  public Path directory() {
    return directory;
  }

  /**
   * The tenant, open and pinned.
   *
   * @param mayCreate whether it is created if it is missing
   */
  public OpenTenant acquire(String name, boolean mayCreate) {
    return tenants.acquire(name, mayCreate);
  }

  /**
   * Does something for a tenant that exists and is not suspended, for which none is evicted: if it
   * was not open it is closed again, unless others than {@link #acquireForVisit} have it by then.
   */
  public <T extends @Nullable Object> T visit(String name, Callable<T> work) throws Exception {
    checkOpen();
    opener.refuseUnusable(new TenantName(name));
    tenants.beginVisit(name);
    try {
      return work.call();
    } finally {
      tenants.endVisit(name);
    }
  }

  /** The tenant, open and pinned, for a visit; never created. */
  public OpenTenant acquireForVisit(String name) {
    return tenants.acquireForVisit(name);
  }

  /** Whether a tenant exists. */
  public boolean exists(String name) {
    checkOpen();
    return opener.exists(new TenantName(name));
  }

  /**
   * Creates a tenant.
   *
   * @throws dev.dosql.TenantExistsException if there is one
   */
  public void create(String name) {
    checkOpen();
    // Opened once, so that a tenant which cannot be migrated is found out here.
    tenants.create(new TenantName(name)).unpin();
  }

  /** Deletes a tenant once those who use it are done. */
  public void delete(String name) {
    onExisting(
        name,
        tenant -> {
          if (cold == null) {
            files.delete(tenant);
            return;
          }
          cold.leaving(tenant, null);
          if (files.exists(tenant)) {
            files.delete(tenant);
          }
          cold.left(tenant);
        });
  }

  /** Refuses calls of a tenant from now on, once those that run are done. */
  public void suspend(String name) {
    onExisting(name, tenant -> files.setSuspended(tenant, true));
  }

  /** Permits calls of a tenant again. */
  public void resume(String name) {
    checkOpen();
    TenantName checked = new TenantName(name);
    if (!opener.exists(checked) || files.isSuspended(checked)) {
      onExisting(name, tenant -> files.setSuspended(tenant, false));
    }
  }

  /** Gives a tenant another name, once those who use it are done. */
  public void rename(String from, String to) {
    checkOpen();
    TenantName source = new TenantName(from);
    TenantName target = new TenantName(to);
    Runnable check =
        () -> {
          opener.refuseMissing(source);
          opener.refuseExisting(target);
        };
    check.run(); // Before anybody is disturbed; and so the two differ.
    tenants.exclusively(
        source,
        target,
        () -> {
          check.run();
          opener.bringHere(source);
          opener.moveLog(source);
          move(source, target);
        });
  }

  /** The bucket has a tenant under its name, so it is another there afterwards. */
  private void move(TenantName source, TenantName target) {
    if (cold == null) {
      files.rename(source, target);
      return;
    }
    cold.leftForGood(
        target); // The bucket may not know yet that an earlier one of that name has gone.
    cold.leaving(source, target);
    files.rename(source, target);
    cold.created(target);
    try {
      opener.shipFirst(target);
    } finally {
      cold.left(source);
    }
  }

  /** Makes a tenant of a database file, which is copied. */
  public void importFile(String name, Path source) {
    checkOpen();
    TenantName checked = new TenantName(name);
    Writer.checkOutsideTransactions(name);
    Path outside = FileExport.outside(source, directory);
    opener.refuseExisting(checked);
    imports.begin();
    try {
      importFrom(checked, outside);
    } finally {
      imports.end();
    }
  }

  private void importFrom(TenantName checked, Path outside) {
    try (FileImport copy = importer.copy(checked, outside, imports)) {
      tenants.exclusively(
          checked,
          () -> {
            opener.refuseExisting(checked);
            if (cold != null) {
              cold.leftForGood(checked);
            }
            copy.publish();
            if (cold != null) {
              cold.created(checked);
              opener.shipFirst(checked);
            }
          });
    }
  }

  /**
   * Brings a tenant to the newest schema, without making it one of those in memory.
   *
   * @return whether it had to be
   */
  public boolean bringUpToDate(String name) {
    TenantName checked = new TenantName(name);
    if (cold != null) {
      // It has to be open for what is done to be shipped.
      boolean current = tenants.isOpen(checked);
      OpenTenant tenant = acquireForVisit(name);
      boolean changed = !current && tenant.wasMigrated();
      tenant.unpin();
      return changed;
    }
    // One that is open was brought there when it was opened.
    return tenants.unlessOpen(checked, () -> opener.bringUpToDate(checked)).orElse(false);
  }

  /** The names of the tenants that exist. */
  public Set<String> names() {
    checkOpen();
    Set<String> names = new TreeSet<>();
    files.forEach(name -> names.add(name.text()));
    forEachCold(name -> names.add(name.text()));
    return names;
  }

  /**
   * Checks that no thread would wait for this one's transaction, of a handle or on a connection.
   *
   * @throws dev.dosql.TransactionScopeException if one is open that writes
   */
  public void checkOutsideTransactions() {
    tenants.checkOutsideTransactions();
  }

  /** Whether it was closed. */
  public boolean isClosed() {
    return closed.get();
  }

  private void onExisting(String name, Consumer<TenantName> work) {
    TenantName checked = new TenantName(name);
    tenants.exclusively(
        checked,
        () -> {
          opener.refuseMissing(checked);
          work.accept(checked);
        });
  }

  /** Every tenant that exists. */
  public List<TenantInfo> list() {
    checkOpen();
    List<TenantInfo> all = new ArrayList<>();
    files.forEach(name -> all.add(new TenantInfo(name.text(), state(name), files.sizeBytes(name))));
    forEachCold(name -> all.add(new TenantInfo(name.text(), coldState(name), 0)));
    return all;
  }

  /** Visits the tenants that are only in the bucket. */
  private void forEachCold(Consumer<TenantName> visitor) {
    if (cold != null) {
      cold.forEach(
          encoded -> {
            if (!files.exists(encoded)) {
              cold.nameOf(encoded).ifPresent(visitor);
            }
          });
    }
  }

  /** Restores the newest state that the bucket has of a tenant into a new file. */
  public Bookmark restoreTo(String name, Path file) {
    checkOpen();
    TenantName checked = new TenantName(name);
    ColdTenants bucket = bucket(name);
    try (FileExport export = FileExport.of(name, file, directory)) {
      Position position =
          bucket
              .restoreTo(checked, export.temporary())
              .orElseThrow(() -> TenantOpener.notFound(checked));
      export.publishAsIs();
      return new Bookmark(position.lineage(), position.txid());
    }
  }

  /** How shipping stands. */
  public ShippingReport shippingReport() {
    checkOpen();
    Shipper shipper = bucket("*").shipper();
    return ShippingReports.of(shipper, clock.instant());
  }

  private ColdTenants bucket(String name) {
    if (cold == null) {
      throw new HistoryNotConfiguredException(
          "there is no bucket: needed DBOptions.cold (tenant=" + name + ")");
    }
    return cold;
  }

  private State coldState(TenantName name) {
    return files.isSuspended(name) ? State.SUSPENDED : State.COLD;
  }

  private State state(TenantName name) {
    if (files.isSuspended(name)) {
      return State.SUSPENDED;
    }
    return tenants.isOpen(name) ? State.OPEN : State.CLOSED;
  }

  private void checkOpen() {
    if (closed.get()) {
      throw new DatabaseClosedException("closed (directory=" + options.directory() + ")");
    }
  }

  /**
   * Waits for the calls that run, closes every tenant and gives the directory back. Calls and
   * migrations that take too long are ended. If something does not end even then, a thread waits
   * for it and gives the directory back: nothing is written there by who does not have it.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    evictor.shutdown();
    imports.refuseNew();
    boolean ended;
    try {
      ended = awaitEnd();
    } finally {
      expirer.shutdown(); // Not before: whoever is waited for may be overdue.
    }
    if (ended && endCold()) {
      giveBack();
      return;
    }
    log.warn("directory stays locked: some work in it does not end (directory={})", directory);
    daemon(this::giveBackLater, "dosql-closer").start();
  }

  private boolean awaitEnd() {
    if (awaitEnd(Tenants.DRAIN_TIMEOUT)) {
      return true;
    }
    connections.endMigrations();
    return awaitEnd(Tenants.FORCED_TIMEOUT);
  }

  /** Closes what can be closed in time; whether nothing is left. */
  private boolean awaitEnd(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    boolean closedAll = tenants.close(deadline);
    return imports.awaitNone(deadline) && closedAll;
  }

  private void giveBackLater() {
    while (!awaitEnd(FOREVER) || !endCold()) {
      log.debug("directory stays locked (directory={})", directory);
    }
    giveBack();
  }

  /** Ships what is left, for a while, and ends shipping; whether nothing of it runs any more. */
  private boolean endCold() {
    if (cold == null) {
      return true;
    }
    cold.drain(System.nanoTime() + Tenants.DRAIN_TIMEOUT.toNanos());
    return cold.end();
  }

  private void giveBack() {
    release(lock);
    if (deletedOnClose != null) {
      MemoryDirectories.deleteAll(deletedOnClose);
    }
  }
}
