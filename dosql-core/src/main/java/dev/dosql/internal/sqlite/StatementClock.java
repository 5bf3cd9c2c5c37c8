package dev.dosql.internal.sqlite;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long the statement that runs on a connection has been running.
 *
 * <p>It is looked at only when SQLite calls the progress check, so a short statement costs no look
 * at the system's clock: its time begins with the first check, well below a millisecond after its
 * start.
 *
 * <p>Used by whose call is running on the connection.
 */
final class StatementClock {
  private long timeoutNanos = Long.MAX_VALUE;
  private boolean runs;
  private boolean checked;
  private long sinceNanos;
  private boolean over;

  void limit(Duration timeout) {
    timeoutNanos = timeout.toNanos();
  }

  void start() {
    runs = true;
    checked = false;
    over = false;
  }

  void stop() {
    runs = false;
  }

  /** Whether the time is over; called while the statement runs. */
  boolean isOver() {
    if (!runs) {
      return false; // A statement of this library's own.
    }
    long now = System.nanoTime();
    if (!checked) {
      checked = true;
      sinceNanos = now;
    }
    over = now - sinceNanos > timeoutNanos;
    return over;
  }

  /** The error for a statement that was ended because its time was over, or null. */
  @Nullable SqliteException takeFailure(SqliteException interrupted) {
    if (!over) {
      return null;
    }
    over = false;
    long seen = System.nanoTime() - sinceNanos;
    return new SqliteException(
        SqliteException.TIMEOUT, "time is over", timeoutNanos, seen, interrupted);
  }
}
