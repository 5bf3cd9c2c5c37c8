package dev.dosql;

/**
 * Another process has taken the tenant over in the bucket, so this one must not confirm commits of
 * it any more. What it had confirmed is there; what it had not may be missing from what the other
 * serves.
 */
public final class FencedException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what was seen and what was needed
   * @param cause what it came from
   */
  public FencedException(String message, Throwable cause) {
    super(message, cause);
  }
}
