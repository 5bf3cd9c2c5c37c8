package dev.dosql;

/**
 * A commit was executed and then failed to be made durable, so its outcome is not known yet. The
 * tenant is closed and reopens at the next call, which sees what really is in the file: the whole
 * transaction or nothing of it.
 */
public final class CommitInDoubtException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public CommitInDoubtException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public CommitInDoubtException(String message, Throwable cause) {
    super(message, cause);
  }
}
