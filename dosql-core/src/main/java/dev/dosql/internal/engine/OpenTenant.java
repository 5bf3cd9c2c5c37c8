package dev.dosql.internal.engine;

import dev.dosql.DBOptions;
import dev.dosql.Limits;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.storage.ship.TenantShipping;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A tenant that is in memory: its writer, its readers, and who is using it.
 *
 * <p>A call pins it for as long as it runs; a stream, for as long as it is open. It is closed only
 * when nobody has it pinned, or by force when somebody will not let go.
 *
 * <pre>
 *   open ──evict, unused──► closing ──► closed
 *     └───drain──► draining ──last unpin, or force──► closing
 * </pre>
 *
 * <p>Safe for use by many threads.
 */
public final class OpenTenant {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.tenant");

  /** Set in {@link #pins} when nobody may pin any more. */
  private static final int ENDING = 1 << 30;

  private final String name;
  private final Writer writer;
  private final Readers readers;
  private final StatementWatch watch;
  private final WalFile walFile;
  private final Connections keeping;
  private final Set<TimeBound> timeBounds = ConcurrentHashMap.newKeySet();
  private final Connections bridging;
  private final Connections reading;
  private final ReentrantLock bridgeLock = new ReentrantLock();
  private volatile @Nullable Bridge bridge;
  private boolean bridgeClosed;
  private final AtomicInteger pins = new AtomicInteger();
  private final CountDownLatch unused = new CountDownLatch(1);
  private volatile long lastUsedNanos = System.nanoTime();
  private volatile @Nullable Thread closingByForce;
  private Runnable whenUnused = () -> {};
  private boolean migrated;

  /** As those see it who ship its commits; null if nobody does. */
  private @Nullable ShippedTenant source;

  private OpenTenant(
      String name,
      Writer writer,
      Readers readers,
      StatementWatch watch,
      WalFile walFile,
      Connections keeping,
      Connections bridging,
      Connections reading) {
    this.name = name;
    this.writer = writer;
    this.readers = readers;
    this.watch = watch;
    this.walFile = walFile;
    this.keeping = keeping;
    this.bridging = bridging;
    this.reading = reading;
  }

  /**
   * Makes a tenant of what opens its connections.
   *
   * @param writing opens the connection that writes, once
   * @param reading opens connections that read
   * @param keeping opens a connection that keeps SQLite from moving the log into the file
   * @param bridging opens connections for a {@link Bridge}
   * @param wal the log's file
   * @param shipping what ships its commits, or null
   */
  public static OpenTenant of(
      String name,
      Connections writing,
      Connections reading,
      Connections keeping,
      Connections bridging,
      Path wal,
      @Nullable TenantShipping shipping,
      DBOptions options) {
    SchemaEpoch schema = new SchemaEpoch();
    StatementWatch watch = new StatementWatch(name, options);
    WalFile walFile = new WalFile(wal);
    Readers readers =
        new Readers(
            options.readersMax(),
            options.writeLockTimeout(),
            () -> limited(reading.open(), options.limits()),
            new ReadLock(keeping, name),
            schema,
            name);
    Writer writer =
        new Writer(
            writing,
            walFile,
            options.durability(name),
            shipping,
            options.shipping().bucketTimeout(),
            options.writeLockTimeout(),
            watch,
            schema,
            readers,
            name);
    Connections bridges = () -> limitedWriting(bridging.open(), options.limits());
    return new OpenTenant(name, writer, readers, watch, walFile, keeping, bridges, reading);
  }

  /**
   * Has its commits shipped from now on; to be called before others see this.
   *
   * @param migrated whether migrations have committed something
   * @throws IOException if its log cannot be read
   */
  public void beginShipping(boolean migrated) throws IOException {
    this.migrated = migrated;
    TenantShipping shipping = writer.shipping();
    if (shipping != null) {
      source = new ShippedTenant(this, reading);
      shipping.opened(source);
      if (migrated) {
        shipping.committed();
      }
      if (shipping.hasLeftOvers()) {
        writer.countLeftOvers();
      }
    }
  }

  /**
   * Takes a connection that writes and is open already; to be called before others see this.
   *
   * @throws SqliteException if that fails; the connection is closed
   */
  public void adoptWriting(SqliteConnection connection) throws SqliteException {
    writer.adopt(connection);
  }

  /** Takes a connection that reads and is open already; likewise. */
  public void adoptReading(SqliteConnection connection) throws SqliteException {
    try {
      readers.adopt(limited(connection, watch.limits()));
    } catch (SqliteException | RuntimeException | Error e) {
      connection.close();
      throw e;
    }
  }

  private static SqliteConnection limited(SqliteConnection connection, Limits limits) {
    connection.limitTime(limits.statementTimeout());
    return connection;
  }

  private static SqliteConnection limitedWriting(SqliteConnection connection, Limits limits)
      throws SqliteException {
    try {
      connection.limitBytes(limits.databaseBytesMax());
      return limited(connection, limits);
    } catch (SqliteException e) {
      connection.close();
      throw e;
    }
  }

  /** The tenant's name. */
  public String name() {
    return name;
  }

  /** The connection that writes, and its queue. */
  public Writer writer() {
    return writer;
  }

  /** What watches its statements. */
  public StatementWatch watch() {
    return watch;
  }

  /** The connections that read. */
  public Readers readers() {
    return readers;
  }

  /** Has something taken back when its time is up. */
  public void watch(TimeBound held) {
    timeBounds.add(held);
  }

  /** Ends that, since it was given back. */
  public void unwatch(TimeBound held) {
    timeBounds.remove(held);
  }

  /** Takes back what is held for too long. */
  public void expireOverdue(long nowNanos) {
    readers.letGoOfLog();
    timeBounds.forEach(held -> expire(held, nowNanos));
    Bridge made = bridge;
    if (made != null) {
      made.expire(nowNanos);
    }
  }

  /**
   * The connections that others than the library's own calls use, made on the first call and closed
   * with the tenant; to be called while it is pinned.
   *
   * @param maker makes them of what opens one
   * @throws SqliteException if the tenant is closed
   */
  public Bridge bridge(Function<Connections, Bridge> maker) throws SqliteException {
    Bridge made = bridge;
    if (made != null) {
      return made;
    }
    bridgeLock.lock();
    try {
      if (bridgeClosed) {
        throw new SqliteException(SqliteException.MISUSE, "tenant is closed");
      }
      made = bridge == null ? maker.apply(bridging) : bridge;
      bridge = made;
      return made;
    } finally {
      bridgeLock.unlock();
    }
  }

  /**
   * Whether this thread uses a connection of a {@link Bridge}, so that it would wait for itself if
   * it waited until nobody uses the tenant.
   */
  public boolean isBridgeUsedByThisThread() {
    Bridge made = bridge;
    return made != null && made.isUsedByThisThread();
  }

  private void closeBridge() {
    Bridge made;
    bridgeLock.lock();
    try {
      bridgeClosed = true;
      made = bridge;
    } finally {
      bridgeLock.unlock();
    }
    if (made != null) {
      made.close();
    }
  }

  /** What goes wrong with one must not keep the others. */
  private void expire(TimeBound held, long nowNanos) {
    try {
      held.expire(nowNanos);
    } catch (RuntimeException e) {
      log.warn("what is open for too long was not ended cleanly (tenant={})", name, e);
    }
  }

  /** Says what to do whenever nobody uses it any more; to be called before others see it. */
  public void whenUnused(Runnable action) {
    whenUnused = action;
  }

  /** When it was last let go, by {@link System#nanoTime}. */
  public long lastUsedNanos() {
    return lastUsedNanos;
  }

  /** Keeps it open until {@link #unpin}; false if it is ending and must be opened again. */
  public boolean pin() {
    while (true) {
      int seen = pins.get();
      if (seen >= ENDING || writer.hasFailed()) {
        return false;
      }
      if (pins.compareAndSet(seen, seen + 1)) {
        return true;
      }
    }
  }

  /**
   * Pins it once more, also while it is ending, for a thread that reads from it already and would
   * otherwise wait for itself; false if this one does not.
   */
  public boolean pinAgain() {
    boolean pinned = readers.isHeldByThisThread();
    if (pinned) {
      pins.incrementAndGet();
    }
    return pinned;
  }

  /** Lets it go. */
  public void unpin() {
    lastUsedNanos = System.nanoTime();
    int left = pins.decrementAndGet();
    if (left == ENDING) {
      unused.countDown();
    } else if (left == 0) {
      whenUnused.run();
    }
  }

  /** Whether its schema was brought up to date when it was opened. */
  public boolean wasMigrated() {
    return migrated;
  }

  /** Keeps it open for work that is no use of it; false if it is ending. */
  boolean pinBriefly() {
    return pin();
  }

  /** Lets it go, as if it had not been used. */
  void unpinBriefly() {
    long used = lastUsedNanos;
    unpin();
    lastUsedNanos = used;
  }

  /** Whether nobody uses it now. */
  public boolean isUnused() {
    return pins.get() == 0;
  }

  /** Whether a commit is in doubt, so that it must be closed and opened again. */
  public boolean hasFailed() {
    return writer.hasFailed();
  }

  /** Ends it if nobody uses it; the caller then closes it. */
  public boolean endIfUnused() {
    return pins.compareAndSet(0, ENDING);
  }

  /** Refuses new pins; the caller then waits and closes it. False if somebody else ended it. */
  public boolean end() {
    while (true) {
      int seen = pins.get();
      if (seen >= ENDING) {
        return false;
      }
      if (pins.compareAndSet(seen, seen | ENDING)) {
        if (seen == 0) {
          unused.countDown();
        }
        return true;
      }
    }
  }

  /** Waits until those who have it pinned let go; false if they have not in time. */
  public boolean awaitUnused(long timeoutNanos) {
    long deadline = System.nanoTime() + timeoutNanos;
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return unused.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
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

  /**
   * Closes the connections, the writer's last: SQLite then moves the log into the file. Calls that
   * still run fail; one that is inside a user's code and does not come back from there is waited
   * for so long, and closing goes on behind it.
   *
   * @return whether it is closed; if not, {@link #awaitClosed} tells when
   */
  public boolean close(long waitNanos) {
    if (pins.get() == ENDING) {
      closeConnections();
      return true;
    }
    log.warn("tenant is closed under calls that did not end (tenant={})", name);
    writer.interrupt();
    Thread closer = new Thread(this::closeConnections, "dosql-closer-" + name);
    closer.setDaemon(true);
    closer.start();
    closingByForce = closer;
    return awaitClosed(System.nanoTime() + waitNanos);
  }

  /**
   * Waits for a close by force that goes on behind calls which did not end.
   *
   * @param deadlineNanos by {@link System#nanoTime}
   * @return whether it has ended
   */
  public boolean awaitClosed(long deadlineNanos) {
    Thread closer = closingByForce;
    boolean interrupted = false;
    while (closer != null && closer.isAlive() && System.nanoTime() - deadlineNanos < 0) {
      try {
        closer.join(10);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return closer == null || !closer.isAlive();
  }

  /**
   * After a failed force the pages of the log may be wrong where the disk failed, and SQLite does
   * not check them when it moves them, which the last connection to close does. So one that cannot
   * write is kept open until the others are closed, and the log is left to the next opening, which
   * checks it.
   */
  private void closeConnections() {
    boolean drained = pins.get() == ENDING;
    boolean trusted = !writer.hasFailed();
    if (trusted && drained && isToBeCaptured()) {
      quietly("writer", writer::connection); // While others keep SQLite from moving the log.
    }
    if (!trusted || !drained && source != null) {
      quietly("log", this::closeKeepingLog);
    }
    closeAllButWriter(); // Once more, if there was nothing to keep the log with.
    if (trusted && drained) {
      quietly("log", writer::checkpointBeforeClose);
    }
    if (isToBeCaptured()) {
      quietly("log", this::closeKeepingLog); // It could not be captured: the next opening does it.
    }
    quietly("writer", writer::close);
    tellClosed();
  }

  private boolean isToBeCaptured() {
    TenantShipping shipping = writer.shipping();
    return shipping != null && shipping.isDue();
  }

  private void tellClosed() {
    TenantShipping shipping = writer.shipping();
    ShippedTenant closed = source;
    if (shipping != null && closed != null) {
      shipping.closed(closed);
    }
  }

  private void closeKeepingLog() throws SqliteException {
    SqliteConnection keeper = keeping.open();
    try {
      closeAllButWriter();
      quietly("writer", writer::close);
    } finally {
      keeper.close();
    }
  }

  private void closeAllButWriter() {
    quietly("connections of the DataSource", this::closeBridge);
    quietly("readers", readers::close);
    quietly("log file", walFile::close);
  }

  /** What was acknowledged is in the file whatever happens here, so there is nobody to tell. */
  private void quietly(String what, Closing closing) {
    try {
      closing.run();
    } catch (SqliteException | IOException | RuntimeException e) {
      log.warn("tenant did not close cleanly (tenant={}, part={})", name, what, e);
    }
  }

  /** Opens connections of one tenant. */
  @FunctionalInterface
  public interface Connections {
    /** Opens one. */
    SqliteConnection open() throws SqliteException;
  }

  /** Connections that are lent to code that speaks another language than this library's. */
  public interface Bridge {
    /** Ends what has been going on for longer than it may, by {@link System#nanoTime}. */
    void expire(long nowNanos);

    /** Whether this thread is in the middle of something on one that is lent to it. */
    boolean isUsedByThisThread();

    /** Closes the connections, also those that are lent; their next use fails. */
    void close();
  }

  @FunctionalInterface
  private interface Closing {
    void run() throws SqliteException, IOException;
  }
}
