package dev.dosql.internal.engine;

import dev.dosql.internal.engine.WriteStatements.LogLength;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the log of a tenant into its file, and is the only one that does: after commits, with the
 * writer held.
 *
 * <p>What fails here is tried again after later commits; the log stays, and nothing is lost.
 *
 * <p>Used by one who holds the writer, or when nobody uses the tenant.
 */
final class Checkpointer {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.writer");

  /** Commits between two looks at the length of the log. */
  private static final int COMMITS_PER_LOOK = 64;

  /** Frames in the log, of a page each, from which on it is moved into the file: 16 MiB. */
  private static final int LOG_FRAMES_MAX = 4_000;

  /** Frames in the log from which on it is begun anew even if that holds reads back: 64 MiB. */
  private static final int LOG_FRAMES_RESTART = 4 * LOG_FRAMES_MAX;

  /** How long the writer waits for reads to end, to begin the log anew. */
  private static final long QUIET_NANOS_MAX = 100_000_000;

  private static final String PASSIVE = "PRAGMA wal_checkpoint(PASSIVE)";

  private final WritingConnection writing;
  private final Readers readers;
  private final String tenant;
  private int commitsSinceLook;
  private boolean wroteMuch;
  private long restartAt = LOG_FRAMES_RESTART;

  Checkpointer(WritingConnection writing, Readers readers, String tenant) {
    this.writing = writing;
    this.readers = readers;
    this.tenant = tenant;
  }

  /** Notes a commit that changed so many rows. */
  void committed(long changes) {
    commitsSinceLook++;
    wroteMuch |= changes >= LOG_FRAMES_MAX;
  }

  /** Looks at the log now and then, and moves it if it has grown long. */
  void afterCommits() {
    if (commitsSinceLook < COMMITS_PER_LOOK && !wroteMuch) {
      return;
    }
    commitsSinceLook = 0;
    wroteMuch = false;
    try {
      SqliteConnection connection = writing.get();
      LogLength length = WriteStatements.logLength(connection);
      if (length.pending() >= LOG_FRAMES_MAX) {
        connection.execute(PASSIVE);
      }
      if (length.frames() >= restartAt) {
        restartLog(length.frames());
      }
    } catch (SqliteException e) {
      notMoved(e);
    }
  }

  /**
   * Begins the log anew. SQLite does that by itself at a moment when nobody reads, which may never
   * come; so reads are held back for the moment that it takes, if those that run soon end.
   */
  private void restartLog(long frames) throws SqliteException {
    boolean quiet = readers.whileQuiet(QUIET_NANOS_MAX, this::truncate);
    restartAt = quiet ? LOG_FRAMES_RESTART : frames + LOG_FRAMES_RESTART;
  }

  /** Moves all that VACUUM wrote, so that the file shrinks. */
  void afterVacuum() {
    try {
      if (moveWhileReadersGoOn()) {
        readers.whileQuiet(QUIET_NANOS_MAX, this::truncate);
      }
    } catch (SqliteException e) {
      notMoved(e);
    }
  }

  /**
   * Moves the log into the file as far as the oldest snapshot allows, and tries again for a moment
   * if that leaves much; whether what is left can be moved while readers are held back.
   */
  private boolean moveWhileReadersGoOn() throws SqliteException {
    long deadline = System.nanoTime() + QUIET_NANOS_MAX;
    SqliteConnection connection = writing.get();
    while (true) {
      connection.execute(PASSIVE);
      if (WriteStatements.logLength(connection).pending() < LOG_FRAMES_MAX) {
        return true;
      }
      if (System.nanoTime() - deadline >= 0) {
        return false; // Commits to come try again.
      }
      LockSupport.parkNanos(this, QUIET_NANOS_MAX / 50);
    }
  }

  /**
   * Moves the whole log into the file of a tenant that is being closed, if anybody wrote through
   * this connection. Otherwise SQLite does it when the last connection is closed.
   *
   * @throws SqliteException if that fails; the log stays
   */
  void beforeClose() throws SqliteException {
    if (writing.wasOpened()) {
      truncate();
    }
  }

  private void truncate() throws SqliteException {
    writing.get().execute("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  private void notMoved(SqliteException e) {
    log.warn("log could not be moved into the file (tenant={}, sqlite={})", tenant, e.text());
  }
}
