package dev.dosql;

/**
 * There is no room for a write: on the file system, in the user's quota, or below the largest size
 * that a file may have. The write had no effect; what was acknowledged before stays, and writes go
 * on as soon as there is room.
 */
public final class DiskFullException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public DiskFullException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public DiskFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
