package dev.dosql.storage;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Why one request to S3 failed, and what that says of its outcome. */
final class S3Failure extends IOException {

  private static final long serialVersionUID = 1L;

  /** What a failure says of the outcome. */
  enum Kind {
    /** There is no such object. */
    ABSENT,
    /** The condition does not hold; nothing was done. */
    PRECONDITION,
    /** No byte of the object lies in the range. */
    RANGE,
    /** Nothing was done, and the same request may succeed later. */
    REJECTED,
    /** Nothing was done, and the same request would be refused again. */
    REFUSED,
    /** It may have been done. */
    UNKNOWN
  }

  /** What it says of the outcome. */
  private final Kind kind;

  S3Failure(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }

  /** Whether the same request may be sent again without being done twice. */
  boolean isWorthARetry(boolean write) {
    return kind == Kind.REJECTED || (kind == Kind.UNKNOWN && !write);
  }
}
