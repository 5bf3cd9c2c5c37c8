package dev.dosql;

/**
 * What a bucket holds of a tenant is damaged, missing, or not what was put there. Nothing was put
 * in the place of the tenant's file: a restore is exact, or it fails.
 */
public final class CorruptObjectException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  private final String object;

  /**
   * Makes the error.
   *
   * @param message what was seen, what was needed, and what would be lost
   * @param object the object's key
   * @param cause what it came from
   */
  public CorruptObjectException(String message, String object, Throwable cause) {
    super(message, cause);
    this.object = object;
  }

  /**
   * The object.
   *
   * @return its key in the store
   */
  public String object() {
    return object;
  }
}
