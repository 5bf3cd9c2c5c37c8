package dev.dosql.internal.engine;

import dev.dosql.internal.sqlite.SqliteException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Patience with foreign processes that hold a file for a moment: somebody's {@code sqlite3} that
 * looks into a tenant, or a backup.
 *
 * <p>SQLite itself never waits, since a wait inside it would block the carrier of a virtual thread;
 * so what found the file busy is tried again from here.
 */
public final class ForeignWait {
  /** How often the file is tried. */
  private static final long POLL_NANOS = 2_000_000;

  private ForeignWait() {}

  /**
   * Tries until the file is free.
   *
   * @param patience how long, from the first time that it was busy
   * @param cancelled whether to give up before that
   * @throws SqliteException with {@code SQLITE_BUSY} if it stayed busy, with {@code
   *     SQLITE_INTERRUPT} if it was cancelled, and whatever else the attempt fails with
   */
  public static <T extends @Nullable Object> T untilFree(
      Attempt<T> attempt, Duration patience, BooleanSupplier cancelled) throws SqliteException {
    long deadline = 0;
    while (true) {
      try {
        return attempt.run();
      } catch (SqliteException e) {
        if (e.primaryCode() != SqliteException.BUSY) {
          throw e;
        }
        long now = System.nanoTime();
        deadline = deadline == 0 ? now + patience.toNanos() : deadline;
        if (now - deadline >= 0) {
          throw e;
        }
        if (cancelled.getAsBoolean()) {
          throw new SqliteException(SqliteException.INTERRUPT, "interrupted", e);
        }
      }
      LockSupport.parkNanos(ForeignWait.class, POLL_NANOS);
    }
  }

  /** Tries until the file is free or this thread is interrupted. */
  public static <T extends @Nullable Object> T untilFree(Attempt<T> attempt, Duration patience)
      throws SqliteException {
    return untilFree(attempt, patience, Thread.currentThread()::isInterrupted);
  }

  /**
   * Something to try again while the file is held.
   *
   * @param <T> what comes of it
   */
  @FunctionalInterface
  public interface Attempt<T extends @Nullable Object> {
    /** Tries it. */
    T run() throws SqliteException;
  }
}
