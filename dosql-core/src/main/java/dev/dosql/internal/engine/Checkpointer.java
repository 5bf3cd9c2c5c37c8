package dev.dosql.internal.engine;

import dev.dosql.internal.engine.WriteStatements.LogLength;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.storage.ship.TenantShipping;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checkpoints a tenant: moves its WAL into the database file, and is the only one that does, after
 * commits and with the writer held.
 *
 * <p>What fails here is tried again after later commits; the WAL stays, and nothing is lost.
 *
 * <p>Used by one who holds the writer, or when nobody uses the tenant.
 */
final class Checkpointer {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.writer");

  /** Commits between two looks at the length of the WAL. */
  private static final int COMMITS_PER_LOOK = 64;

  /** Rows changed by a commit from which on the WAL is looked at at once. */
  private static final int ROWS_PER_LOOK = 4_000;

  /** Frames in the WAL, of a page each, from which on it is checkpointed: 16 MiB. */
  private static final int FRAMES_MAX = 4_000;

  /** Frames in the WAL from which on it is begun anew even if that holds reads back: 64 MiB. */
  private static final int FRAMES_RESTART = 4 * FRAMES_MAX;

  /** How long the writer waits for reads to end, to begin the WAL anew. */
  private static final long QUIET_NANOS_MAX = 100_000_000;

  /** Between two tries to shrink the file after VACUUM, each of which may hold commits back. */
  private static final long SHRINK_PAUSE_NANOS = 1_000_000_000;

  private final WritingConnection writing;
  private final Readers readers;
  private final @Nullable TenantShipping shipping;
  private final String tenant;
  private int commitsSinceLook;
  private boolean wroteMuch;
  private long restartAt = FRAMES_RESTART;
  private boolean shrinkDue;
  private long shrinkNotBefore;
  private long pageBytes;

  /**
   * Notes nothing yet.
   *
   * @param shipping what has to capture the WAL before it is moved, or null
   */
  Checkpointer(
      WritingConnection writing,
      Readers readers,
      @Nullable TenantShipping shipping,
      String tenant) {
    this.writing = writing;
    this.readers = readers;
    this.shipping = shipping;
    this.tenant = tenant;
  }

  /** Notes a commit that changed so many rows. */
  void committed(long changes) {
    commitsSinceLook++;
    wroteMuch |= changes >= ROWS_PER_LOOK;
  }

  /** Looks at the WAL now and then, and checkpoints it if it has grown long. */
  void afterCommits() {
    boolean shrinks = shrinkDue && System.nanoTime() - shrinkNotBefore >= 0;
    if (commitsSinceLook < COMMITS_PER_LOOK && !wroteMuch && !shrinks) {
      return;
    }
    commitsSinceLook = 0;
    wroteMuch = false;
    try {
      LogLength length = WriteStatements.logLength(writing.get());
      if (shipping != null) {
        shipping.looked(length.frames() * pageBytes());
      }
      if (length.pending() >= FRAMES_MAX || shrinks) {
        checkpointPassively();
      } else if (shipping != null && length.pending() > 0) {
        shipping.readAhead(length.frames()); // Not of a log that the next commit begins anew.
      }
      if (length.frames() >= restartAt) {
        restart(length.frames());
      } else if (shrinks) {
        shrink(pending() < FRAMES_MAX, QUIET_NANOS_MAX / 10);
      }
    } catch (SqliteException | IOException | RuntimeException e) {
      failed(e);
    }
  }

  /**
   * Begins the WAL anew. SQLite does that by itself at a moment when nobody reads, which may never
   * come; so reads are held back for the moment that it takes, if those that run soon end.
   */
  private void restart(long frames) throws SqliteException, IOException {
    boolean done = checkpointBesideReaders() && readers.whileQuiet(QUIET_NANOS_MAX, this::truncate);
    restartAt = done ? FRAMES_RESTART : frames + FRAMES_RESTART;
  }

  /** Checkpoints what VACUUM wrote, so that the file shrinks: at once, or as soon as it can be. */
  void afterVacuum() {
    shrinkDue = true;
    try {
      shrink(checkpointBesideReaders(), QUIET_NANOS_MAX);
    } catch (SqliteException | IOException e) {
      failed(e);
    }
  }

  private void shrink(boolean littleIsLeft, long waitNanos) throws SqliteException {
    if (!littleIsLeft || !readers.whileQuiet(waitNanos, this::truncate)) {
      shrinkNotBefore = System.nanoTime() + SHRINK_PAUSE_NANOS;
    }
  }

  /**
   * Checkpoints as far as the oldest snapshot allows, and tries again for a moment if that leaves
   * much; whether what is left is little enough for readers to be held back meanwhile.
   */
  private boolean checkpointBesideReaders() throws SqliteException, IOException {
    long deadline = System.nanoTime() + QUIET_NANOS_MAX;
    while (true) {
      checkpointPassively();
      if (pending() < FRAMES_MAX) {
        return true;
      }
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      LockSupport.parkNanos(this, QUIET_NANOS_MAX / 50);
    }
  }

  /** What is moved must have been captured, and nobody else commits in between. */
  private void checkpointPassively() throws SqliteException, IOException {
    readers.letGoOfLog(); // Taken again meanwhile, on the snapshot from before.
    if (shipping != null) {
      shipping.beforeCheckpoint();
    }
    move();
  }

  private void move() throws SqliteException {
    LogLength left = WriteStatements.checkpoint(writing.get());
    if (shipping != null) {
      shipping.checkpointed(left.frames(), left.frames() - left.pending());
    }
  }

  private long pageBytes() throws SqliteException {
    if (pageBytes == 0) {
      pageBytes = WriteStatements.number(writing.get(), "PRAGMA page_size");
    }
    return pageBytes;
  }

  private long pending() throws SqliteException {
    return WriteStatements.logLength(writing.get()).pending();
  }

  /**
   * Checkpoints a tenant that is being closed, if anybody wrote through this connection, or there
   * is something to capture. Otherwise SQLite does it when the last connection is closed.
   *
   * @throws SqliteException if that fails; the WAL stays
   * @throws IOException if it cannot be captured; likewise
   */
  void beforeClose() throws SqliteException, IOException {
    if (shipping != null) {
      shipping.closing();
    }
    if (shipping != null && shipping.isDue() || writing.wasOpened()) {
      checkpointPassively();
      truncate();
    }
  }

  /** All of it was captured; it is moved first, so that nothing moves unnoticed. */
  private void truncate() throws SqliteException {
    if (shipping != null) {
      move();
    }
    writing.get().execute("PRAGMA wal_checkpoint(TRUNCATE)");
    shrinkDue = false;
  }

  private void failed(Exception e) {
    shrinkNotBefore = System.nanoTime() + SHRINK_PAUSE_NANOS;
    String reason = e instanceof SqliteException sqlite ? sqlite.text() : e.toString();
    log.warn("WAL checkpoint failed (tenant={}, reason={})", tenant, reason);
  }
}
