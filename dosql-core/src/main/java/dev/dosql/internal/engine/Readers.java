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
 * The readers of one tenant: opened when they are needed, up to a bound, and lent in the order in
 * which they are asked for.
 *
 * <p>A thread that holds a reader and asks again gets the same one, so that nested reads see one
 * snapshot and cannot wait for each other. A stream's reader is its own, because what is read
 * between two rows of a stream should not be as old as the stream.
 *
 * <p>Safe for use by many threads.
 */
public final class Readers {
  private static final long QUIET_POLL_NANOS = 50_000;

  private final AtomicReferenceArray<@Nullable Reader> slots;
  private final Connections opening;
  private final ReadLock readLock;
  private final SchemaEpoch schema;
  private final long timeoutNanos;
  private final String tenant;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
  private volatile boolean contended;
  private volatile boolean heldBack;
  private int opened;
  private boolean closed;

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
    if (!contended) {
      for (int i = 0; i < slots.length(); i++) {
        Reader reader = slots.get(i);
        if (reader != null && reader.take(owner)) {
          return reader;
        }
      }
    }
    return openOrWait(owner);
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
      contended = true;
      waiters.add(waiter);
      offerIdle();
    } finally {
      lock.unlock();
    }
    return await(waiter);
  }

  /** A reader may have come back between the last look and the queueing. */
  private void offerIdle() {
    if (heldBack) {
      return; // Offered when that is over.
    }
    for (int i = 0; i < opened && !waiters.isEmpty(); i++) {
      Reader reader = slots.get(i);
      Waiter first = waiters.peek();
      if (reader != null && first != null && reader.take(first.owner)) {
        waiters.remove();
        first.give(reader);
      }
    }
    contended = !waiters.isEmpty();
  }

  private Reader await(Waiter waiter) throws SqliteException {
    long began = System.nanoTime();
    while (waiter.given == null) {
      long waited = System.nanoTime() - began;
      long left = timeoutNanos - waited;
      boolean interrupted = Thread.currentThread().isInterrupted();
      if (closedNow() && withdraw(waiter)) {
        throw new SqliteException(SqliteException.MISUSE, "tenant is closed");
      }
      if ((left <= 0 || interrupted) && withdraw(waiter)) {
        throw gaveUp(interrupted, waited);
      }
      LockSupport.parkNanos(this, left);
    }
    Reader reader = waiter.given;
    reader.runBy(Thread.currentThread());
    return reader;
  }

  private boolean closedNow() {
    lock.lock();
    try {
      return closed;
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
      contended = !waiters.isEmpty();
      return withdrawn;
    } finally {
      lock.unlock();
    }
  }

  /** Gives a reader back; the last use gives it on to whoever waits longest. */
  public void release(Reader reader) {
    if (!reader.giveUp()) {
      return;
    }
    if (reader.countRead()) {
      readLock.countReads(Reader.READS_COUNTED);
    }
    reader.free();
    if (contended) {
      lock.lock();
      try {
        offerIdle();
      } finally {
        lock.unlock();
      }
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
    private volatile @Nullable Reader given;

    Waiter(Object owner, Thread thread) {
      this.owner = owner;
      this.thread = thread;
    }

    void give(Reader reader) {
      given = reader;
      LockSupport.unpark(thread);
    }
  }
}
