package dev.dosql.internal.jdbc;

import dev.dosql.InterruptedQueryException;
import dev.dosql.QueryTimeoutException;
import dev.dosql.internal.engine.Patience;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A call of JDBC that runs a statement, or several, from its beginning to its answer: what may end
 * it, while it waits as well as while SQLite runs it.
 *
 * <p>Used by the thread that calls it; any thread may {@link #cancel}.
 */
final class JdbcCall implements Patience {
  private final @Nullable JdbcStatement statement;
  private final Thread thread = Thread.currentThread();
  private final long timeoutNanos;
  private final long deadline;
  private volatile boolean cancelled;
  private @Nullable Ending ending;

  /**
   * Begins.
   *
   * @param statement whose settings hold, or null if it is one that the user has no statement of
   */
  JdbcCall(@Nullable JdbcStatement statement) {
    this.statement = statement;
    this.timeoutNanos = statement == null ? 0 : statement.queryTimeoutNanos();
    this.deadline = System.nanoTime() + timeoutNanos;
  }

  /** Whether it is of a statement. */
  boolean isOf(JdbcStatement other) {
    return statement == other;
  }

  /** Ends it, also while it waits; any thread may call this. */
  void cancel() {
    cancelled = true;
    LockSupport.unpark(thread);
  }

  @Override
  public boolean isOver() {
    if (cancelled) {
      ending = Ending.CANCELLED;
    } else if (thread.isInterrupted()) {
      ending = Ending.INTERRUPTED;
    } else if (timeoutNanos > 0 && leftNanos() <= 0) {
      ending = Ending.QUERY_TIMEOUT;
    }
    return ending != null;
  }

  @Override
  public long leftNanos() {
    return timeoutNanos == 0 ? Long.MAX_VALUE : deadline - System.nanoTime();
  }

  /** The same, while it runs in a transaction that may have to end. */
  boolean isOver(SessionTransaction transaction) {
    if (!isOver() && transaction.isOverTime(System.nanoTime())) {
      ending = Ending.OVER_TIME;
    }
    return ending != null;
  }

  /** Whether it was ended because its transaction was open for too long. */
  boolean isOverTime() {
    return ending == Ending.OVER_TIME;
  }

  /**
   * The error for having been ended by its user; null if it was not.
   *
   * @param where the tenant, as messages name it
   * @param cause what it ended with
   */
  @Nullable SQLException error(String where, Throwable cause) {
    if (ending == null) {
      return null;
    }
    return switch (ending) {
      case CANCELLED -> ended("statement was cancelled" + where, cause);
      case INTERRUPTED -> ended("interrupted" + where, cause);
      case QUERY_TIMEOUT -> SqlErrors.queryTimeout(timedOut(where, cause));
      case OVER_TIME -> null;
    };
  }

  private static SQLException ended(String message, Throwable cause) {
    return SqlErrors.of(new InterruptedQueryException(message, cause));
  }

  private QueryTimeoutException timedOut(String where, Throwable cause) {
    Duration allowed = Duration.ofNanos(timeoutNanos);
    return new QueryTimeoutException(
        "statement ended: took longer than its query timeout of " + allowed + where,
        allowed,
        allowed.minusNanos(leftNanos()),
        cause);
  }

  /** Why it is ended. */
  private enum Ending {
    CANCELLED,
    INTERRUPTED,
    QUERY_TIMEOUT,
    OVER_TIME
  }
}
