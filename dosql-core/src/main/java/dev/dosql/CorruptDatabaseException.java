package dev.dosql;

/**
 * A tenant's file is not a database, or is damaged. It was left as it is, and other tenants are not
 * touched.
 */
public final class CorruptDatabaseException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public CorruptDatabaseException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public CorruptDatabaseException(String message, Throwable cause) {
    super(message, cause);
  }
}
