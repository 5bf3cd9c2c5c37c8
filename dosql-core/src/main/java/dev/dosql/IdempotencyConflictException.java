package dev.dosql;

/**
 * A key of {@link DB#once once} is already that of another request: its value has another type, or
 * it came with another fingerprint. The work did not run, and what is kept under the key stays.
 */
public final class IdempotencyConflictException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /** What differs. */
  private final Kind kind;

  /** The key. */
  private final String key;

  /** What the key was used with first. */
  private final String seen;

  /** What this call came with. */
  private final String needed;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed; without the key
   * @param kind what differs
   * @param key the key
   * @param seen what the key was used with first
   * @param needed what this call came with
   */
  public IdempotencyConflictException(
      String message, Kind kind, String key, String seen, String needed) {
    super(message);
    this.kind = kind;
    this.key = key;
    this.seen = seen;
    this.needed = needed;
  }

  /**
   * What differs.
   *
   * @return the kind of conflict
   */
  public Kind kind() {
    return kind;
  }

  /**
   * The key, which is not in the message: it may be a user's.
   *
   * @return the key as this call gave it
   */
  public String key() {
    return key;
  }

  /**
   * What the key was used with first.
   *
   * @return the name of a class, or the SHA-256 of a fingerprint in hexadecimal digits, or {@code
   *     none}
   */
  public String seen() {
    return seen;
  }

  /**
   * What this call came with.
   *
   * @return as {@link #seen}
   */
  public String needed() {
    return needed;
  }

  /** What can differ. */
  public enum Kind {
    /** The type of the value. */
    TYPE,
    /** The fingerprint of the request. */
    FINGERPRINT
  }
}
