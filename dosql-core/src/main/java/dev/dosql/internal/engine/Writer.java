package dev.dosql.internal.engine;

import dev.dosql.Bookmark;
import dev.dosql.CommitInDoubtException;
import dev.dosql.DoSQLException;
import dev.dosql.Durability;
import dev.dosql.FencedException;
import dev.dosql.StorageException;
import dev.dosql.TransactionScopeException;
import dev.dosql.WriteLockTimeoutException;
import dev.dosql.internal.engine.OpenTenant.Connections;
import dev.dosql.internal.engine.WriteQueue.Place;
import dev.dosql.internal.events.CommitEvent;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.ship.Source;
import dev.dosql.storage.ship.TenantShipping;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one connection of a tenant that writes.
 *
 * <p>A single statement is executed by whoever holds the writer, be it for its own caller or for
 * one in the queue, always as a transaction of its own: nothing that happens to one can touch
 * another. A transaction runs on its caller's thread. In {@link Durability#LOCAL} nobody is
 * answered before the log was forced after its commit; the force is shared with everybody who waits
 * then, and is done with the writer let go.
 *
 * <p>Safe for use by many threads.
 */
public final class Writer {
  /** Works that a holder does for others before it lets go, so that no answer is late. */
  private static final int SERVED_MAX = 128;

  /** How long it does so: the time of a force or two. */
  private static final long SERVING_NANOS_MAX = 2_000_000;

  /**
   * What SQLite thinks worth knowing of every table, from so many rows of each index that it takes
   * milliseconds. The readers ask the questions, so the writer cannot know which tables matter.
   */
  private static final String OPTIMIZE = "PRAGMA analysis_limit=1000; PRAGMA optimize=0x10002;";

  /** The transaction of this thread, of whatever tenant: a second one could wait for ever. */
  private static final ThreadLocal<@Nullable Writer> ENTERED = new ThreadLocal<>();

  private final WritingConnection writing;
  private final Checkpointer checkpointer;
  private final StatementWatch watch;
  private final WriteQueue queue;
  private final WalSync sync;
  private final Durability durability;
  private final @Nullable TenantShipping shipping;
  private final Duration bucketTimeout;
  private final SchemaEpoch schema;
  private final Readers readers;
  private final String tenant;
  private final Duration foreignWait;
  private volatile @Nullable Thread transactionThread;
  private volatile @Nullable Turn turn;

  /**
   * Makes a writer, which opens its connection with the first write: many tenants are only read.
   *
   * @param opening opens the connection
   * @param shipping what ships the commits, or null
   * @param bucketTimeout how long a commit waits for the bucket, where it does
   */
  Writer(
      Connections opening,
      WalSync.Log walFile,
      Durability durability,
      @Nullable TenantShipping shipping,
      Duration bucketTimeout,
      Duration lockTimeout,
      StatementWatch watch,
      SchemaEpoch schema,
      Readers readers,
      String tenant) {
    this.writing = new WritingConnection(opening, watch.limits());
    this.shipping = shipping;
    this.bucketTimeout = bucketTimeout;
    this.checkpointer = new Checkpointer(writing, readers, shipping, tenant);
    this.watch = watch;
    this.readers = readers;
    this.queue = new WriteQueue(lockTimeout, tenant);
    this.sync = new WalSync(tenant, walFile);
    this.durability = durability;
    this.schema = schema;
    this.tenant = tenant;
    this.foreignWait = lockTimeout;
  }

  /**
   * The connection, opened if this is the first write; to be used only while holding the writer.
   *
   * @throws SqliteException if it cannot be opened, or the tenant was closed
   */
  public SqliteConnection connection() throws SqliteException {
    return writing.get();
  }

  /** Whether the connection was ever opened. */
  public boolean isConnected() {
    return writing.wasOpened();
  }

  /** Takes a connection that is open already, and closes it if that fails. */
  void adopt(SqliteConnection opened) throws SqliteException {
    writing.adopt(opened);
  }

  /**
   * Counts a commit that changed something, also that of a statement which failed: OR FAIL keeps
   * rows. SQLite commits what changed nothing as well, but there is nothing to force then.
   */
  private void countCommit() {
    if (writing.isCommitting()) {
      count(writing::newChanges);
    }
    writing.counted(); // Not before: see awaitSeen.
  }

  private void count(Changes changes) {
    long changed;
    try {
      changed = changes.sinceLastCommit();
    } catch (SqliteException e) {
      changed = 1; // Closed by force: nothing is known, so it is forced.
    }
    if (changed > 0 || schema.isChanging()) {
      sync.committed();
      checkpointer.committed(changed);
      if (shipping != null) {
        shipping.committed();
      }
    }
  }

  /** The epoch of the schema that the connection sees, to one who holds the writer. */
  public long epoch() {
    return schema.current();
  }

  /** Whether this thread is inside a transaction of this tenant. */
  public boolean isEnteredByThisThread() {
    return transactionThread == Thread.currentThread();
  }

  /** Whether a commit is in doubt, so that the tenant must be closed and opened again. */
  public boolean hasFailed() {
    return sync.failure() != null;
  }

  /**
   * Executes one statement in a transaction of its own and returns when it is durable.
   *
   * @param wantsRows whether it must return rows, or must not
   * @param tooMany so many rows are an error, and undo it
   * @throws SqliteException if SQLite refused it; it had no effect, but for rows that OR FAIL keeps
   * @throws CommitInDoubtException if it may or may not have been stored
   */
  public Outcome execute(ParsedSql parsed, Bound bound, boolean wantsRows, int tooMany)
      throws SqliteException {
    checkScope();
    awaitRoom();
    CommitEvent event = new CommitEvent();
    event.begin();
    StatementWork work = new StatementWork(parsed, bound, wantsRows, tooMany);
    if (queue.enter(work)) {
      List<Place> served = List.of();
      try {
        work.execute(Thread.currentThread()::isInterrupted);
      } finally {
        served = leave();
      }
      settle(served);
    }
    committed(event, false);
    return work.outcome();
  }

  /**
   * Runs work that holds the writer, on this thread, and returns when all is durable that had been
   * committed by its end.
   *
   * @param <T> what the work returns
   * @param <X> what the work throws
   * @throws CommitInDoubtException if what it committed may or may not be stored
   */
  public <T extends @Nullable Object, X extends Exception> T hold(HeldWork<T, X> work) throws X {
    checkScope();
    awaitRoom();
    CommitEvent event = new CommitEvent();
    event.begin();
    queue.enter(null);
    Hold hold = new Hold();
    long commit;
    T result;
    try {
      enter();
      checkUsable();
      result = work.run(hold);
      commit = sync.executed();
    } finally {
      ENTERED.remove();
      hold.end();
    }
    confirm(commit);
    committed(event, true);
    return result;
  }

  private void committed(CommitEvent event, boolean transaction) {
    event.end();
    if (event.shouldCommit()) {
      event.tenant = tenant;
      event.transaction = transaction;
      event.commit();
    }
  }

  /**
   * Takes the writer for a transaction on another connection, and waits for it as all others do.
   *
   * @param other the connection that will write
   * @param patience how long it is willing to wait
   * @throws TransactionScopeException if this thread would wait for itself
   * @throws StorageException if the tenant is being reopened; nothing was executed
   */
  public Turn takeTurn(SqliteConnection other, Patience patience) throws SqliteException {
    checkScope();
    awaitRoom();
    long changes = other.totalChanges();
    queue.enter(null, patience);
    try {
      checkUsable();
    } catch (RuntimeException e) {
      queue.nextOrLeave(false);
      throw e;
    }
    readers.letGoOfLog();
    Turn taken = new Turn(other, changes);
    turn = taken;
    return taken;
  }

  private void enter() {
    readers.letGoOfLog();
    transactionThread = Thread.currentThread();
    ENTERED.set(this);
  }

  private void exit() {
    writing.cancelWhen(null);
    transactionThread = null;
    schema.settled();
  }

  /**
   * Runs work while nobody writes, on a thread that has no time to write for others then.
   *
   * @throws IOException as the work did
   */
  void whileStill(Source.StillWork work) throws IOException {
    queue.enter(null);
    Hold hold = new Hold();
    try {
      enter();
      checkUsable();
      work.run();
    } finally {
      ENTERED.remove();
      hold.abandon();
    }
  }

  /**
   * Commits page 1 anew as it is, so that the log holds it. The caller holds the writer, or nobody
   * uses the tenant.
   */
  void rewriteFirstPage() throws SqliteException {
    SqliteConnection opened = connection();
    long version = WriteStatements.number(opened, "PRAGMA user_version");
    untilFree(
        () -> {
          opened.execute("PRAGMA user_version=" + (int) version);
          return null;
        },
        () -> false);
    writing.counted(); // It changed nothing that anybody waits for.
  }

  /**
   * A number that is another one after each commit of others than this writer, as another process.
   * The caller holds the writer.
   */
  long versionOfOthers() throws SqliteException {
    return WriteStatements.number(connection(), "PRAGMA data_version");
  }

  /** The number of the last commit. */
  long executed() {
    return sync.executed();
  }

  /** What ships the commits, or null. */
  public @Nullable TenantShipping shipping() {
    return shipping;
  }

  /** Has callers wait for the bucket for what was committed before others see the tenant. */
  void countLeftOvers() {
    if (durability == Durability.BUCKET && shipping != null) {
      sync.committed();
      shipping.countLeftOvers(sync.executed());
    }
  }

  /**
   * Returns when all that this thread has read of the tenant is durable: a reader sees a commit
   * before it is forced.
   *
   * @return false if that cannot be told, because a commit is being executed this moment; it is
   *     told to one who has held the writer
   * @throws CommitInDoubtException if what was read may or may not be stored
   */
  public boolean awaitSeen() {
    if (writing.isCommitting()) {
      return false;
    }
    long commit = sync.executed();
    await(commit);
    confirm(commit);
    return true;
  }

  /**
   * Checks that this thread is in no transaction, be it of this tenant or another.
   *
   * @throws TransactionScopeException if it is
   */
  public void checkScope() {
    Writer entered = ENTERED.get();
    if (entered == this) {
      throw ownTransaction();
    }
    checkOutsideTransactions(tenant);
    Turn taken = turn;
    if (taken != null && taken.user == Thread.currentThread()) {
      throw new TransactionScopeException(
          "tenant changed while a transaction on a connection of its DataSource is open on this"
              + " thread, which would wait for itself: end that one first (tenant="
              + tenant
              + ")");
    }
  }

  /**
   * Checks that this thread is in no transaction, of whatever tenant: two that wait for each
   * other's would wait for ever.
   *
   * @param tenant the tenant that is to be changed
   */
  public static void checkOutsideTransactions(String tenant) {
    Writer entered = ENTERED.get();
    if (entered != null) {
      throw new TransactionScopeException(
          "tenant changed inside a transaction of this thread: end that one first (tenant="
              + tenant
              + ", transaction="
              + entered.tenant
              + ")");
    }
  }

  /** The error for a tenant's own handle inside its transaction. */
  public TransactionScopeException ownTransaction() {
    return new TransactionScopeException(
        "tenant's own handle used inside its transaction on the same thread: use the Transaction"
            + " (tenant="
            + tenant
            + ")");
  }

  /** Does what others wait for, then gives the writer on; returns those whose work was done. */
  private List<Place> leave() {
    List<Place> served = new ArrayList<>(0);
    long until = System.nanoTime() + SERVING_NANOS_MAX;
    checkpointer.afterCommits();
    for (Place next = queue.nextOrLeave(true);
        next != null;
        next = queue.nextOrLeave(served.size() < SERVED_MAX && System.nanoTime() < until)) {
      served.add(next);
      next.execute();
      checkpointer.afterCommits();
    }
    return served;
  }

  /** Makes durable what was executed, and answers those whose work it was. */
  private void settle(List<Place> served) {
    try {
      await(sync.executed());
    } finally {
      served.forEach(Place::done);
    }
  }

  /** Waits until a commit is as durable as it is to be, or that cannot be had. */
  private void await(long commit) {
    if (durability == Durability.LOCAL) {
      sync.await(commit);
    } else if (durability == Durability.BUCKET && shipping != null && sync.failure() == null) {
      shipping.awaitConfirmed(commit, bucketTimeout); // Which forces what it captures.
    }
  }

  private void confirm(long commit) {
    if (durability == Durability.LOCAL && !sync.isForced(commit)) {
      throw inDoubt(sync.failure());
    }
    if (durability == Durability.BUCKET && shipping != null && !shipping.isConfirmed(commit)) {
      throw unconfirmed(shipping, commit);
    }
  }

  private DoSQLException unconfirmed(TenantShipping shipping, long commit) {
    IOException failure = sync.failure();
    Optional<Position> position = shipping.positionOf(commit);
    return failure != null || position.isEmpty()
        ? inDoubt(failure)
        : notConfirmed(
            new Bookmark(position.get().lineage(), position.get().txid()), bucketTimeout);
  }

  /** The error for commits that the bucket has not confirmed. */
  public DoSQLException notConfirmed(Bookmark bookmark, Duration timeout) {
    IOException fence = shipping == null ? null : shipping.fence();
    String where = " (tenant=" + tenant + ", bookmark=" + bookmark + ")";
    return fence != null
        ? new CommitInDoubtException(
            "commit was not confirmed: another process owns the tenant in the bucket" + where,
            bookmark,
            fence)
        : new CommitInDoubtException(
            "commit was not confirmed by the bucket in "
                + timeout
                + ": it is in the file, and goes on being shipped"
                + where,
            bookmark,
            null);
  }

  private CommitInDoubtException inDoubt(@Nullable Throwable cause) {
    return new CommitInDoubtException(
        "commit could not be made durable and may or may not be stored: the tenant is reopened at"
            + " the next call (tenant="
            + tenant
            + ")",
        cause == null ? new IOException("log was not forced") : cause);
  }

  /**
   * After a failed commit the connection is only good for closing, and the log not to be captured.
   */
  void checkUsable() {
    IOException failure = sync.failure();
    if (failure != null) {
      throw new StorageException(
          "tenant is being reopened after a failed commit; nothing was executed (tenant="
              + tenant
              + ")",
          failure);
    }
    checkOwned();
  }

  /** What another process owns by now must not be written here. */
  private void checkOwned() {
    IOException fence = shipping == null ? null : shipping.fence();
    if (fence != null) {
      throw new FencedException(
          "tenant is owned by another process in the bucket; nothing was executed (tenant="
              + tenant
              + ")",
          fence);
    }
  }

  /**
   * Waits while more waits for the bucket than may.
   *
   * @throws WriteLockTimeoutException if that takes too long; nothing was executed
   */
  private void awaitRoom() {
    if (shipping != null && shipping.isBlocked()) {
      shipping.awaitRoom(foreignWait);
      if (shipping.isBlocked()) {
        throw new WriteLockTimeoutException(
            "writes wait for the bucket, which has not taken what waits for it in "
                + foreignWait
                + "; nothing was executed (tenant="
                + tenant
                + ")",
            foreignWait,
            foreignWait);
      }
    }
  }

  /**
   * Begins a transaction that may write; from then on, interrupting this thread ends statements.
   *
   * @param overdue whether they are to end for another reason
   */
  public void begin(BooleanSupplier overdue) throws SqliteException {
    BooleanSupplier interrupted = Thread.currentThread()::isInterrupted;
    untilFree(
        () -> {
          WriteStatements.step(connection(), "BEGIN IMMEDIATE");
          return null;
        },
        interrupted);
    // Not before, or BEGIN could be called interrupted when it has begun.
    writing.cancelWhen(() -> interrupted.getAsBoolean() || overdue.getAsBoolean());
  }

  /**
   * Commits the transaction.
   *
   * @throws CommitInDoubtException if the file failed, so that it may or may not be stored
   * @throws SqliteException if SQLite refused, as for a deferred foreign key; the transaction is
   *     still open
   */
  public void commit() throws SqliteException {
    writing.cancelWhen(null); // An interrupt must not undo a commit that has begun.
    try {
      WriteStatements.step(connection(), "COMMIT");
    } catch (SqliteException e) {
      throw failedCommit(e);
    } finally {
      countCommit();
    }
  }

  private SqliteException failedCommit(SqliteException e) {
    if (e.primaryCode() != SqliteException.IOERR) {
      return e;
    }
    sync.fail(new IOException(e));
    throw inDoubt(e);
  }

  /**
   * Undoes the transaction, if SQLite has not done so by itself.
   *
   * @throws SqliteException if that fails; the tenant is reopened then, which undoes it
   */
  public void rollback() throws SqliteException {
    writing.cancelWhen(null); // An interrupt must not leave a transaction open.
    try {
      if (writing.isOpen() && isInTransaction()) {
        WriteStatements.step(connection(), "ROLLBACK");
      }
    } catch (SqliteException | RuntimeException | Error e) {
      sync.fail(new IOException(e)); // Or the next caller's work would be part of it.
      throw e;
    }
  }

  /**
   * Whether a transaction is open. SQLite ends one by itself after some errors, and the driver has
   * no call that tells; but it refuses to begin a second one.
   */
  public boolean isInTransaction() throws SqliteException {
    SqliteConnection opened = connection();
    try {
      opened.execute("BEGIN");
    } catch (SqliteException e) {
      if (e.primaryCode() == SqliteException.ERROR) {
        return true;
      }
      throw e;
    }
    opened.execute("ROLLBACK");
    return false;
  }

  /**
   * Writes the database anew without free pages, and moves it into the file at once, which shrinks.
   * The caller holds the writer.
   *
   * @throws SqliteException if that fails; nothing was changed
   */
  public void vacuum() throws SqliteException {
    maintain(SqliteConnection::vacuum);
    checkpointer.afterVacuum();
  }

  /**
   * Has SQLite look at what is in the indexes, where it thinks that this helps its plans. The
   * caller holds the writer.
   *
   * @throws SqliteException if that fails; the tables were not touched
   */
  public void optimize() throws SqliteException {
    maintain(opened -> opened.execute(OPTIMIZE));
  }

  private void maintain(Maintenance work) throws SqliteException {
    BooleanSupplier interrupted = Thread.currentThread()::isInterrupted;
    schema.changing();
    writing.cancelWhen(interrupted);
    try {
      untilFree(
          () -> {
            work.run(connection());
            return null;
          },
          interrupted);
    } catch (SqliteException e) {
      throw failedCommit(e);
    } finally {
      writing.cancelWhen(null);
      writing.committed(); // SQLite does not tell of the commit of VACUUM.
      countCommit();
    }
  }

  /** Says that the transaction is about to change the schema. */
  public void schemaChanging() {
    schema.changing();
  }

  private <T extends @Nullable Object> T untilFree(
      ForeignWait.Attempt<T> attempt, BooleanSupplier stop) throws SqliteException {
    return ForeignWait.untilFree(attempt, foreignWait, stop);
  }

  /**
   * Moves the whole log into the file, since the tenant is being closed.
   *
   * @throws SqliteException if that fails; the log stays
   */
  void checkpointBeforeClose() throws SqliteException, IOException {
    checkpointer.beforeClose();
  }

  /** Ends the statement that is running, if any; any thread may call this. */
  void interrupt() {
    writing.interrupt();
  }

  /** Closes the connection; work that still runs on it fails. */
  void close() throws SqliteException {
    writing.close();
  }

  /** Tells how many rows were changed since it was last asked. */
  @FunctionalInterface
  private interface Changes {
    long sinceLastCommit() throws SqliteException;
  }

  /** Work on the file as a whole. */
  @FunctionalInterface
  private interface Maintenance {
    void run(SqliteConnection connection) throws SqliteException;
  }

  /**
   * Work that needs the writer for itself.
   *
   * @param <T> what it returns
   * @param <X> what it throws
   */
  @FunctionalInterface
  public interface HeldWork<T extends @Nullable Object, X extends Exception> {
    /** Does the work; the writer is given on when it returns, or before that when the hold ends. */
    T run(Hold hold) throws X;
  }

  /** The right to the writer, which is given on once. */
  public final class Hold {
    private final AtomicBoolean ended = new AtomicBoolean();

    private Hold() {}

    /**
     * Gives the writer on from a thread that has no time to do what others wait for, after a
     * transaction that was undone; does nothing if it was given on.
     */
    public void abandon() {
      if (ended.compareAndSet(false, true)) {
        try {
          exit();
        } finally {
          queue.nextOrLeave(false);
        }
      }
    }

    /** Gives the writer on; does nothing if it was given on. */
    public void end() {
      if (ended.compareAndSet(false, true)) {
        try {
          exit();
        } finally {
          settle(leave());
        }
      }
    }
  }

  /**
   * The right to write on another connection than the writer's own, until it is given on.
   *
   * <p>Used by one thread at a time; another than the one that took it may give it on.
   */
  public final class Turn {
    private final SqliteConnection other;
    private long changesSeen;
    private boolean ended;
    private volatile Thread user = Thread.currentThread();

    private Turn(SqliteConnection other, long changes) {
      this.other = other;
      this.changesSeen = changes;
    }

    /** Says which thread uses it now: one that must not wait for the writer. */
    public void useBy(Thread thread) {
      user = thread;
    }

    /** The epoch of the schema that the connection sees. */
    public long epoch() {
      return schema.current();
    }

    /** Says that the transaction is about to change the schema. */
    public void schemaChanging() {
      schema.changing();
    }

    /** Begins a transaction that may write. */
    public void begin(BooleanSupplier cancelled) throws SqliteException {
      untilFree(
          () -> {
            WriteStatements.step(other, "BEGIN IMMEDIATE");
            return null;
          },
          cancelled);
    }

    /**
     * Commits the transaction; {@link #end} makes it durable.
     *
     * @throws CommitInDoubtException if the file failed, so that it may or may not be stored
     * @throws SqliteException if SQLite refused; the transaction is still open
     */
    public void commit() throws SqliteException {
      try {
        WriteStatements.step(other, "COMMIT");
      } catch (SqliteException e) {
        throw failedCommit(e);
      } finally {
        countCommit();
      }
    }

    /**
     * The error of a statement that was a transaction of its own.
     *
     * @throws CommitInDoubtException if the file failed, so that it may or may not be stored
     */
    public SqliteException failed(SqliteException e) {
      return failedCommit(e);
    }

    /** Counts what was committed since this was last called, if anything was. */
    public void countCommit() {
      count(this::newChanges);
    }

    private long newChanges() throws SqliteException {
      long before = changesSeen;
      changesSeen = other.totalChanges();
      return changesSeen - before;
    }

    /**
     * Gives the writer on, and returns when all is durable that was counted.
     *
     * @throws CommitInDoubtException if it may or may not be stored
     */
    public void end() {
      if (ended) {
        return;
      }
      long commit = sync.executed();
      List<Place> served = List.of();
      try {
        giveUp();
      } finally {
        served = leave();
        settle(served);
      }
      confirm(commit);
    }

    /** Gives the writer on after a transaction that was undone. */
    public void abandon() {
      if (!ended) {
        giveUp();
        queue.nextOrLeave(false);
      }
    }

    private void giveUp() {
      ended = true;
      turn = null;
      schema.settled();
    }
  }

  /** One statement, and what came of it. */
  private final class StatementWork implements WriteQueue.Work {
    private final ParsedSql parsed;
    private final Bound bound;
    private final boolean wantsRows;
    private final int tooMany;
    private @Nullable Outcome outcome;
    private @Nullable Throwable failure;
    private long commit;

    StatementWork(ParsedSql parsed, Bound bound, boolean wantsRows, int tooMany) {
      this.parsed = parsed;
      this.bound = bound;
      this.wantsRows = wantsRows;
      this.tooMany = tooMany;
    }

    @Override
    public void execute(BooleanSupplier ownerCancelled) {
      readers.letGoOfLog();
      writing.cancelWhen(ownerCancelled);
      try {
        checkUsable();
        outcome = untilFree(this::executeOnce, ownerCancelled);
        commit = sync.executed();
      } catch (SqliteException | RuntimeException | Error e) {
        failure = e;
      } finally {
        writing.cancelWhen(null);
        schema.settled();
      }
    }

    private Outcome executeOnce() throws SqliteException {
      if (parsed.changesSchema()) {
        schema.changing();
      }
      try {
        return WriteStatements.execute(
            connection(), parsed, bound, wantsRows, tooMany, watch, Writer.this::epoch);
      } catch (SqliteException e) {
        throw failedCommit(e);
      } finally {
        countCommit();
      }
    }

    /** What came of it, in the owner's thread. */
    Outcome outcome() throws SqliteException {
      if (failure instanceof SqliteException e) {
        throw e.again();
      }
      if (failure instanceof Error e) {
        throw e;
      }
      if (failure instanceof RuntimeException e) {
        throw e;
      }
      confirm(commit);
      if (outcome == null) {
        throw new IllegalStateException("work was not done");
      }
      return outcome;
    }
  }
}
