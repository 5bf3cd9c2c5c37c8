package dev.dosql;

/** The file system or the file does not permit a write. The write had no effect. */
public final class ReadOnlyException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public ReadOnlyException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public ReadOnlyException(String message, Throwable cause) {
    super(message, cause);
  }
}
