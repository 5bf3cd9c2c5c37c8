package dev.dosql.internal.engine;

import dev.dosql.InterruptedQueryException;
import dev.dosql.LimitExceededException;
import dev.dosql.internal.engine.OpenTenant.Connections;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The readers of one tenant: opened when they are needed, up to a bound, and lent.
 *
 * <p>Who waits for one is woken when one comes back, but a thread that runs may take it before:
 * waking takes longer than a query by key, and where each reader waits for the next one to wake,
 * all are slow. Once somebody has waited for long, readers are given in the order in which they
 * were asked for, until nobody has.
 *
 * <p>A thread that holds a reader and asks again gets the same one, so that nested reads see one
 * snapshot and cannot wait for each other. A stream's reader is its own, because what is read
 * between two rows of a stream should not be as old as the stream.
 *
 * <p>Safe for use by many threads.
 */
public final class Readers {
  private static final long QUIET_POLL_NANOS = 50_000;

  /** Waiting from which on readers are given in order: about the time slice of a thread. */
  private static final long LONG_NANOS = 5_000_000;

  private final AtomicReferenceArray<@Nullable Reader> slots;
  private final Connections opening;
  private final ReadLock readLock;
  private final SchemaEpoch schema;
  private final long timeoutNanos;
  private final String tenant;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();

  /** Whether anybody waits. */
  private volatile boolean contended;

  /** Whether one who waits has been woken, and has not looked yet. */
  private volatile boolean woken;

  /** Whether readers are only given in order. */
  private volatile boolean inOrder;

  private volatile boolean heldBack;
  private volatile boolean closed;
  private int opened;

  Readers(
      int readersMax,
      Duration timeout,
      Connections opening,
      ReadLock readLock,
      SchemaEpoch schema,
      String tenant) {
    this.slots = new AtomicReferenceArray<>(readersMax);
    this.timeoutNanos = timeout.toNanos();
    this.opening = opening;
    this.readLock = readLock;
    this.schema = schema;
    this.tenant = tenant;
  }

  /** Takes in a connection that is open already; to be called before others see this. */
  void adopt(SqliteConnection connection) throws SqliteException {
    Reader reader = new Reader(connection, schema, Reader.STREAM);
    slots.set(0, reader);
    opened = 1;
    release(reader);
  }

  /** Borrows a reader for this thread, the one it has if it has one. */
  public Reader acquire() throws SqliteException {
    Thread self = Thread.currentThread();
    for (int i = 0; i < slots.length(); i++) {
      Reader reader = slots.get(i);
      if (reader != null && reader.isOwnedBy(self)) {
        reader.takeAgain();
        return reader;
      }
    }
    return acquireFor(self);
  }

  /** Whether this thread holds a reader, that of a stream aside. */
  public boolean isHeldByThisThread() {
    Thread self = Thread.currentThread();
    for (int i = 0; i < slots.length(); i++) {
      Reader reader = slots.get(i);
      if (reader != null && reader.isOwnedBy(self)) {
        return true;
      }
    }
    return false;
  }

  /** Borrows a reader for a stream: the snapshot's, if this thread is inside one. */
  public Reader acquireForStream() throws SqliteException {
    Thread self = Thread.currentThread();
    for (int i = 0; i < slots.length(); i++) {
      Reader reader = slots.get(i);
      if (reader != null && reader.isOwnedBy(self) && reader.timeBound() != null) {
        reader.takeAgain();
        return reader;
      }
    }
    return acquireFor(Reader.STREAM);
  }

  private Reader acquireFor(Object owner) throws SqliteException {
    awaitLending();
    Reader idle = inOrder ? null : takeIdle(owner);
    return idle == null ? openOrWait(owner) : idle;
  }

  private @Nullable Reader takeIdle(Object owner) {
    for (int i = 0; i < slots.length(); i++) {
      Reader reader = slots.get(i);
      if (reader != null && reader.take(owner)) {
        return reader;
      }
    }
    return null;
  }

  /** Waits while a log is begun anew, as long as one may wait for a reader. */
  private void awaitLending() {
    if (!heldBack) {
      return;
    }
    long began = System.nanoTime();
    while (heldBack) {
      boolean interrupted = Thread.currentThread().isInterrupted();
      long waited = System.nanoTime() - began;
      if (interrupted || waited >= timeoutNanos) {
        throw gaveUp(interrupted, waited);
      }
      LockSupport.parkNanos(this, QUIET_POLL_NANOS);
    }
  }

  private Reader openOrWait(Object owner) throws SqliteException {
    Waiter waiter = new Waiter(owner, Thread.currentThread());
    lock.lock();
    try {
      if (closed) {
        throw new SqliteException(SqliteException.MISUSE, "tenant is closed");
      }
      if (opened < slots.length()) {
        Reader reader = new Reader(opening.open(), schema, owner);
        slots.set(opened, reader);
        opened++;
        return reader;
      }
      contended = true; // Before the last look: what comes back after it is heard of.
      Reader idle = inOrder || heldBack ? null : takeIdle(owner);
      if (idle != null) {
        noteWaiters();
        return idle;
      }
      waiters.add(waiter);
      offerIdle();
    } finally {
      lock.unlock();
    }
    return await(waiter);
  }

  /** Gives to those who wait longest what nobody has. Called with the lock held. */
  private void offerIdle() {
    if (heldBack) {
      return; // Offered when that is over.
    }
    for (Waiter first = waiters.peek(); first != null; first = waiters.peek()) {
      Reader idle = takeIdle(first.owner);
      if (idle == null) {
        break;
      }
      waiters.remove();
      woken = false; // It may have been this one, which will not look any more.
      inOrder = first.hasWaitedLong();
      first.give(idle);
    }
    noteWaiters();
  }

  private void noteWaiters() {
    contended = !waiters.isEmpty();
    inOrder &= contended;
  }

  /**
   * Waits until a reader is given, or is there when this thread is woken. Between the look at what
   * was given and the park nothing may take a lock: to wait for that would use up the wake-up.
   */
  private Reader await(Waiter waiter) throws SqliteException {
    while (waiter.given == null) {
      long left = timeoutNanos - waiter.waitedNanos();
      boolean interrupted = Thread.currentThread().isInterrupted();
      if (closed && withdraw(waiter)) {
        throw new SqliteException(SqliteException.MISUSE, "tenant is closed");
      }
      if ((left <= 0 || interrupted) && withdraw(waiter)) {
        throw gaveUp(interrupted, waiter.waitedNanos());
      }
      if (waiter.given == null) {
        LockSupport.parkNanos(this, left);
        look(waiter);
      }
    }
    Reader reader = waiter.given;
    reader.runBy(Thread.currentThread());
    return reader;
  }

  /** Looks for a reader after having been woken, as the first in the queue. */
  private void look(Waiter waiter) {
    if (waiter.given != null) {
      return;
    }
    lock.lock();
    try {
      woken = false; // Before the look: what comes back after it wakes again.
      inOrder |= waiter.hasWaitedLong();
      offerIdle();
    } finally {
      lock.unlock();
    }
  }

  /** The error for one who waits no more; what it saw is how many wanted a reader, itself too. */
  private RuntimeException gaveUp(boolean interrupted, long waitedNanos) {
    if (interrupted) {
      return new InterruptedQueryException(
          "interrupted while waiting for a reader (tenant=%s, readersMax=%d)"
              .formatted(tenant, slots.length()));
    }
    int lent;
    int waiting;
    lock.lock();
    try {
      lent = lent();
      waiting = waiters.size() + 1;
    } finally {
      lock.unlock();
    }
    return new LimitExceededException(
        "no reader came free: waited %s, allowed %s (tenant=%s, lent=%d, waiting=%d, readersMax=%d)"
            .formatted(
                Duration.ofNanos(waitedNanos),
                Duration.ofNanos(timeoutNanos),
                tenant,
                lent,
                waiting,
                slots.length()),
        "readersMax",
        slots.length(),
        lent + waiting);
  }

  private int lent() {
    int lent = 0;
    for (int i = 0; i < opened; i++) {
      Reader reader = slots.get(i);
      if (reader != null && reader.isLent()) {
        lent++;
      }
    }
    return lent;
  }

  private boolean withdraw(Waiter waiter) {
    lock.lock();
    try {
      boolean withdrawn = waiters.remove(waiter);
      woken = false; // It may have been this one.
      offerIdle();
      return withdrawn;
    } finally {
      lock.unlock();
    }
  }

  /** Gives a reader back; after the last use, whoever waits longest hears of it. */
  public void release(Reader reader) {
    if (!reader.giveUp()) {
      return;
    }
    if (reader.countRead()) {
      readLock.countReads(Reader.READS_COUNTED);
    }
    reader.free();
    if (contended && (inOrder || !woken)) {
      cameBack();
    }
  }

  private void cameBack() {
    lock.lock();
    try {
      Waiter first = waiters.peek();
      if (inOrder) {
        offerIdle();
      } else if (first != null && !woken) {
        woken = true;
        LockSupport.unpark(first.thread);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Does something at a moment when no reader is lent: lends none until those that are come back,
   * but not for long.
   *
   * @return whether there was such a moment
   */
  boolean whileQuiet(long waitNanos, Quiet work) throws SqliteException {
    heldBack = true;
    try {
      long deadline = System.nanoTime() + waitNanos;
      while (isAnyLent()) {
        if (System.nanoTime() >= deadline) {
          return false;
        }
        LockSupport.parkNanos(this, QUIET_POLL_NANOS);
      }
      readLock.letGo(); // Nobody takes it again before a reader is lent.
      work.run();
      return true;
    } finally {
      lendAgain();
    }
  }

  private boolean isAnyLent() {
    lock.lock();
    try {
      return lent() > 0;
    } finally {
      lock.unlock();
    }
  }

  private void lendAgain() {
    lock.lock();
    try {
      heldBack = false;
      offerIdle();
    } finally {
      lock.unlock();
    }
  }

  /** Lets go of what keeps the log from being moved while nobody reads. */
  void letGoOfLog() {
    readLock.letGo();
  }

  /** Closes the readers, also those that are lent; their next use fails. */
  void close() throws SqliteException {
    lock.lock();
    try {
      closed = true;
      waiters.forEach(waiter -> LockSupport.unpark(waiter.thread));
    } finally {
      lock.unlock();
    }
    readLock.close();
    SqliteException failure = null;
    for (int i = 0; i < slots.length(); i++) {
      Reader reader = slots.get(i);
      try {
        if (reader != null) {
          reader.connection().interrupt();
          reader.connection().close();
        }
      } catch (SqliteException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Something to do while nobody reads. */
  @FunctionalInterface
  interface Quiet {
    /** Does it. */
    void run() throws SqliteException;
  }

  private static final class Waiter {
    private final Object owner;
    private final Thread thread;
    private final long began = System.nanoTime();
    private volatile @Nullable Reader given;

    Waiter(Object owner, Thread thread) {
      this.owner = owner;
      this.thread = thread;
    }

    long waitedNanos() {
      return System.nanoTime() - began;
    }

    boolean hasWaitedLong() {
      return waitedNanos() >= LONG_NANOS;
    }

    void give(Reader reader) {
      given = reader;
      LockSupport.unpark(thread);
    }
  }
}
