package dev.dosql.internal.engine;

import dev.dosql.internal.engine.OpenTenant.Connections;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SQLite's shared lock on the log, held for the readers of a tenant that is read again and again.
 *
 * <p>Each read takes that lock and gives it back: two system calls, which are half the time of a
 * query by key. SQLite makes neither while another connection of the process holds the same lock
 * ({@code unixShmLock} in its {@code os_unix.c} counts the holders). So after many reads with no
 * write between them, a connection that does nothing else begins a read and stays in it. What reads
 * see does not change: each finds the newest commit by itself, and after a commit of anybody it
 * needs another lock than this one.
 *
 * <p>The log cannot be moved as a whole or begun anew while the lock is held. So it is let go
 * before each write and before the log is moved, and every second or so for the sake of foreign
 * processes.
 *
 * <p>Safe for use by many threads.
 */
final class ReadLock {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.tenant");

  /** Reads with no write between them that are worth a connection. */
  private static final int READS_MIN = 1_000;

  private final Connections opening;
  private final String tenant;
  private final ReentrantLock lock = new ReentrantLock();

  /** Since it was let go. */
  private final AtomicInteger reads = new AtomicInteger();

  private volatile boolean held;
  private @Nullable SqliteConnection connection;
  private boolean closed;

  /**
   * Holds nothing yet.
   *
   * @param opening opens a connection that cannot write
   */
  ReadLock(Connections opening, String tenant) {
    this.opening = opening;
    this.tenant = tenant;
  }

  /** Counts reads, while the reader of the last one is still lent. */
  void countReads(int many) {
    if (!held && reads.addAndGet(many) >= READS_MIN) {
      hold();
    }
  }

  private void hold() {
    if (!lock.tryLock()) {
      return; // Somebody is at it.
    }
    try {
      if (!held && !closed) {
        SqliteConnection opened = connection == null ? opening.open() : connection;
        connection = opened;
        opened.execute("BEGIN; PRAGMA user_version"); // Which reads the file's header, no more.
        held = true;
      }
    } catch (SqliteException e) {
      log.debug("reads go on without a shared lock (tenant={}, sqlite={})", tenant, e.text());
      reads.set(0);
      closeConnection(); // It may be inside a transaction.
    } finally {
      lock.unlock();
    }
  }

  /** Lets go, until there were many reads again. */
  void letGo() {
    if (!held) {
      reads.set(0);
      return;
    }
    lock.lock();
    try {
      letGoNow();
    } finally {
      lock.unlock();
    }
  }

  private void letGoNow() {
    reads.set(0);
    SqliteConnection opened = connection;
    if (opened == null || !held) {
      return;
    }
    held = false;
    try {
      opened.execute("ROLLBACK");
    } catch (SqliteException e) {
      log.warn("shared lock was not given back cleanly (tenant={}, sqlite={})", tenant, e.text());
      closeConnection();
    }
  }

  private void closeConnection() {
    SqliteConnection opened = connection;
    connection = null;
    try {
      if (opened != null) {
        opened.close();
      }
    } catch (SqliteException e) {
      log.warn("connection was not closed cleanly (tenant={}, sqlite={})", tenant, e.text());
    }
  }

  /** Lets go for good. */
  void close() {
    lock.lock();
    try {
      closed = true;
      held = false;
      closeConnection();
    } finally {
      lock.unlock();
    }
  }
}
