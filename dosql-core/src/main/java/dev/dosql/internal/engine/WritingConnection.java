package dev.dosql.internal.engine;

import dev.dosql.Limits;
import dev.dosql.internal.engine.OpenTenant.Connections;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The connection of a tenant that writes, and what SQLite asks and tells through it. It is opened
 * with the first write, since many tenants are only read.
 *
 * <p>Used by one who holds the writer; where a method says so, by any thread.
 */
final class WritingConnection {
  private final Connections opening;
  private final Limits limits;
  private final ReentrantLock connecting = new ReentrantLock();
  private volatile @Nullable SqliteConnection connection;
  private boolean closed;
  private @Nullable BooleanSupplier cancelled;

  /** From the moment a commit begins until it is counted; read by others. */
  private volatile boolean committing;

  private long changesSeen;

  /**
   * Opens nothing yet.
   *
   * @param opening opens the connection
   */
  WritingConnection(Connections opening, Limits limits) {
    this.opening = opening;
    this.limits = limits;
  }

  /**
   * The connection, opened if this is the first write.
   *
   * @throws SqliteException if it cannot be opened, or the tenant was closed
   */
  SqliteConnection get() throws SqliteException {
    SqliteConnection opened = connection;
    return opened == null ? connect() : opened;
  }

  private SqliteConnection connect() throws SqliteException {
    connecting.lock(); // Or closing by force could miss it.
    try {
      if (closed) {
        throw new SqliteException(SqliteException.MISUSE, "tenant is closed");
      }
      SqliteConnection opened = opening.open();
      adopt(opened);
      return opened;
    } finally {
      connecting.unlock();
    }
  }

  /** Takes a connection that is open already, and closes it if that fails. */
  void adopt(SqliteConnection opened) throws SqliteException {
    try {
      opened.onProgress(this::isCancelled);
      opened.onCommit(this::commitBegins);
      opened.limitTime(limits.statementTimeout());
      opened.limitBytes(limits.databaseBytesMax());
      changesSeen = opened.totalChanges();
      connection = opened;
    } catch (SqliteException | RuntimeException | Error e) {
      opened.close();
      throw e;
    }
  }

  /** Whether it was ever opened; any thread may ask. */
  boolean wasOpened() {
    return connection != null;
  }

  /** Whether statements can run through it. */
  boolean isOpen() {
    SqliteConnection opened = connection;
    return opened != null && !opened.isClosed();
  }

  /** Has statements ended as soon as the check says so, or no longer if it is null. */
  void cancelWhen(@Nullable BooleanSupplier check) {
    cancelled = check;
  }

  private boolean isCancelled() {
    BooleanSupplier check = cancelled;
    return check != null && check.getAsBoolean();
  }

  /** SQLite asks once more when a statement has committed, and would call it interrupted then. */
  private void commitBegins() {
    cancelled = null;
    committing = true;
  }

  /** Notes a commit of which SQLite does not tell, as that of VACUUM. */
  void committed() {
    committing = true;
  }

  /** Whether a commit has begun and is not counted yet; any thread may ask. */
  boolean isCommitting() {
    return committing;
  }

  /** Says that the commit is counted. */
  void counted() {
    committing = false;
  }

  /**
   * The rows changed since this was last called.
   *
   * @throws SqliteException if it was closed by force
   */
  long newChanges() throws SqliteException {
    long before = changesSeen;
    changesSeen = get().totalChanges();
    return changesSeen - before;
  }

  /** Ends the statement that is running, if any; any thread may call this. */
  void interrupt() {
    SqliteConnection opened = connection;
    if (opened != null) {
      opened.interrupt();
    }
  }

  /** Closes it, for good; work that still runs on it fails. Any thread may call this. */
  void close() throws SqliteException {
    connecting.lock();
    try {
      closed = true;
    } finally {
      connecting.unlock();
    }
    SqliteConnection opened = connection;
    if (opened != null) {
      opened.close();
    }
  }
}
