package dev.dosql;

/**
 * Reading or writing a file failed. What was acknowledged before stays; the failed call had no
 * effect unless it says otherwise.
 */
public final class StorageException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public StorageException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public StorageException(String message, Throwable cause) {
    super(message, cause);
  }
}
