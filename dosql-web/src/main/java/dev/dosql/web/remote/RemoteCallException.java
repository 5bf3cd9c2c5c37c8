package dev.dosql.web.remote;

import dev.dosql.DoSQLException;
import org.jspecify.annotations.Nullable;

/**
 * A remote endpoint was not reached, did not answer, or refused a call before it ran anything. A
 * write that may have been done is a {@link dev.dosql.CommitInDoubtException} instead.
 */
public final class RemoteCallException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param status the status of the answer, or 0 if there was none
   * @param code the endpoint's word for it, or empty
   * @param cause what it came from, or null
   */
  public RemoteCallException(String message, int status, String code, @Nullable Throwable cause) {
    super(message, cause);
    this.status = status;
    this.code = code;
  }

  /**
   * The status of the answer.
   *
   * @return the HTTP status, such as 401 for a wrong secret; 0 if there was no answer
   */
  public int status() {
    return status;
  }

  /**
   * The endpoint's word for what is wrong.
   *
   * @return such as {@code too_many_transactions}; empty if there is none
   */
  public String code() {
    return code;
  }
}
