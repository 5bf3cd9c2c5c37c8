package dev.dosql;

/** The file system has no room for a write. The write had no effect. */
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
