package dev.dosql;

/**
 * A call asked for more than an option allows; says which, how much it allows and how much was
 * seen. What the call wrote is undone.
 */
public final class LimitExceededException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  private final String limit;
  private final long allowed;
  private final long seen;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param limit the option's name
   * @param allowed how much the option allows
   * @param seen how much was seen, or the least that it must have been
   */
  public LimitExceededException(String message, String limit, long allowed, long seen) {
    super(message);
    this.limit = limit;
    this.allowed = allowed;
    this.seen = seen;
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param limit the option's name
   * @param allowed how much the option allows
   * @param seen how much was seen, or the least that it must have been
   * @param cause what it came from
   */
  public LimitExceededException(
      String message, String limit, long allowed, long seen, Throwable cause) {
    super(message, cause);
    this.limit = limit;
    this.allowed = allowed;
    this.seen = seen;
  }

  /**
   * What limits: an option of {@link Limits} or {@link DBOptions}, or {@code connectionsMax}, which
   * is fixed, for the connections that one tenant's {@code DataSource} lends at once.
   *
   * @return its name
   */
  public String limit() {
    return limit;
  }

  /**
   * How much the option allows.
   *
   * @return bytes, rows, characters and the like; of a time, milliseconds
   */
  public long allowed() {
    return allowed;
  }

  /**
   * How much was seen.
   *
   * @return as {@link #allowed}; where it was not counted to the end, the least it must have been
   */
  public long seen() {
    return seen;
  }
}
