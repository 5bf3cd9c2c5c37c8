package dev.dosql.internal.engine;

import dev.dosql.RowStream;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A connection that only reads, lent to one thread or one stream at a time.
 *
 * <p>While it is inside a snapshot, every read through it sees that snapshot.
 */
public final class Reader implements Rows.Epoch {
  /** Stands for the owner of a reader that a stream holds, which no thread shares. */
  static final Object STREAM = new Object();

  /** Reads that are counted together, as counting each would make all readers share a number. */
  static final int READS_COUNTED = 100;

  private final SqliteConnection connection;
  private final AtomicReference<@Nullable Object> owner = new AtomicReference<>();
  private final SchemaEpoch schema;
  private final Set<RowStream<?>> streams = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Thread running;
  private final AtomicInteger uses = new AtomicInteger();
  private boolean inSnapshot;
  private volatile @Nullable TimeBound timeBound;
  private long snapshotEpoch = Rows.UNSETTLED;
  private int reads;

  Reader(SqliteConnection connection, SchemaEpoch schema, Object firstOwner)
      throws SqliteException {
    this.connection = connection;
    this.schema = schema;
    connection.onProgress(this::isCancelled);
    owner.set(firstOwner);
    running = Thread.currentThread();
    uses.set(1);
  }

  private boolean isCancelled() {
    Thread thread = running;
    TimeBound bound = timeBound;
    return thread != null && thread.isInterrupted() || bound != null && bound.isOverdue();
  }

  /** The connection. */
  public SqliteConnection connection() {
    return connection;
  }

  /** The epoch of the schema that this reader sees. */
  @Override
  public long current() {
    return inSnapshot ? snapshotEpoch : schema.current();
  }

  /** Whether a snapshot is open. */
  public boolean inSnapshot() {
    return inSnapshot;
  }

  /** Opens a snapshot: what is committed by now is seen, and nothing later. */
  public void beginSnapshot() throws SqliteException {
    connection.execute("BEGIN");
    inSnapshot = true;
    long before = schema.current();
    try {
      // SQLite takes its snapshot at the first read, not at BEGIN.
      connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1");
    } catch (SqliteException e) {
      endSnapshot();
      throw e;
    }
    snapshotEpoch = Rows.settled(before, schema::current);
  }

  /** Notes a stream that is to end with the snapshot, if one is open. */
  public void streamOpened(RowStream<?> stream) {
    if (inSnapshot) {
      streams.add(stream);
    }
  }

  /** Forgets a stream that was closed. */
  public void streamClosed(RowStream<?> stream) {
    streams.remove(stream);
  }

  /** Ends the snapshot and the streams that read it. */
  public void endSnapshot() throws SqliteException {
    Set.copyOf(streams).forEach(RowStream::close);
    inSnapshot = false;
    if (!connection.isClosed()) {
      connection.execute("ROLLBACK");
    }
  }

  /** How long its snapshot or its stream may be open; null if it has none. */
  public @Nullable TimeBound timeBound() {
    return timeBound;
  }

  /** Sets how long its snapshot or its stream may be open, until it is given back. */
  public void limitTime(TimeBound bound) {
    timeBound = bound;
  }

  /** Says which thread runs the next statements, so that interrupting it ends them. */
  public void runBy(@Nullable Thread thread) {
    running = thread;
  }

  boolean isLent() {
    return owner.get() != null;
  }

  boolean isOwnedBy(Object candidate) {
    return owner.get() == candidate;
  }

  boolean take(Object newOwner) {
    if (owner.get() != null || !owner.compareAndSet(null, newOwner)) {
      return false;
    }
    running = Thread.currentThread();
    uses.set(1);
    return true;
  }

  void takeAgain() {
    uses.incrementAndGet();
  }

  /** True if that was the last use, and the reader is to be given on. */
  boolean giveUp() {
    if (uses.decrementAndGet() > 0) {
      return false;
    }
    running = null;
    timeBound = null;
    return true;
  }

  /** Counts a use; true every {@link #READS_COUNTED} times. To be called before {@link #free}. */
  boolean countRead() {
    reads = (reads + 1) % READS_COUNTED;
    return reads == 0;
  }

  /** Lets the next one take it. */
  void free() {
    owner.set(null);
  }
}
