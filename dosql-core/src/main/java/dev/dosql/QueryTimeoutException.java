package dev.dosql;

import java.time.Duration;

/**
 * A statement ran for longer than {@code statementTimeout}, or through JDBC for longer than its
 * query timeout, in which the time that it waits counts. What it wrote is undone; inside a
 * transaction, the whole of that.
 */
public final class QueryTimeoutException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  private final Duration allowed;
  private final Duration seen;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param allowed how long it might run
   * @param seen how long it had run when it was ended
   * @param cause what it came from
   */
  public QueryTimeoutException(String message, Duration allowed, Duration seen, Throwable cause) {
    super(message, cause);
    this.allowed = allowed;
    this.seen = seen;
  }

  /**
   * How long the statement might run.
   *
   * @return {@code statementTimeout}, or JDBC's query timeout, in which the time that it waited for
   *     the writer counts
   */
  public Duration allowed() {
    return allowed;
  }

  /**
   * How long it had run when it was ended.
   *
   * @return more than {@link #allowed}
   */
  public Duration seen() {
    return seen;
  }
}
