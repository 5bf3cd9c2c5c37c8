package dev.dosql.web.remote;

import dev.dosql.CommitInDoubtException;
import dev.dosql.DoSQLException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.QueryTimeoutException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A call had no answer that says what was done. */
final class NoAnswerException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why there is none. */
  enum Kind {
    /** No connection was made: nothing was sent. */
    UNREACHED,
    /** The thread was interrupted before anything was sent. */
    NOT_SENT,
    /** The thread was interrupted while it waited. */
    INTERRUPTED,
    /** It took too long. */
    TIMEOUT,
    /** The connection was lost, or somebody answered whom this client does not understand. */
    LOST
  }

  private final Kind kind;
  private final int status;
  private final Duration allowed;
  private final Duration seen;

  NoAnswerException(
      Kind kind,
      String message,
      int status,
      Duration allowed,
      Duration seen,
      @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.status = status;
    this.allowed = allowed;
    this.seen = seen;
  }

  Kind kind() {
    return kind;
  }

  /** Whether it is certain that the endpoint never got the call. */
  boolean isCertain() {
    return kind == Kind.UNREACHED || kind == Kind.NOT_SENT;
  }

  /** The error of a call after which nothing can have stayed. */
  DoSQLException harmless() {
    return switch (kind) {
      case INTERRUPTED, NOT_SENT -> new InterruptedQueryException(getMessage(), this);
      case TIMEOUT -> new QueryTimeoutException(getMessage(), allowed, seen, this);
      case UNREACHED, LOST -> new RemoteCallException(getMessage(), status, "", this);
    };
  }

  /** The error of a call that may have committed something. */
  DoSQLException doubtful() {
    return isCertain()
        ? harmless()
        : new CommitInDoubtException(getMessage() + ": it may or may not have been done", this);
  }
}
