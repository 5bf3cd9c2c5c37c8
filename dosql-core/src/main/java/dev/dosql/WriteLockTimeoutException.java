package dev.dosql;

import java.time.Duration;

/**
 * A write waited for the tenant's writer for longer than {@code writeLockTimeout}. Nothing of it
 * was executed.
 */
public final class WriteLockTimeoutException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  private final Duration allowed;
  private final Duration seen;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param allowed how long it might wait
   * @param seen how long it had waited when it gave up
   */
  public WriteLockTimeoutException(String message, Duration allowed, Duration seen) {
    super(message);
    this.allowed = allowed;
    this.seen = seen;
  }

  /**
   * How long a write may wait.
   *
   * @return {@code writeLockTimeout}
   */
  public Duration allowed() {
    return allowed;
  }

  /**
   * How long it had waited when it gave up.
   *
   * @return {@link #allowed} or more
   */
  public Duration seen() {
    return seen;
  }
}
