package dev.dosql.examples.api;

/** Somebody else changed it since the caller read it; nothing was changed now. */
final class VersionMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The version that is stored. */
  private final long stored;

  VersionMismatchException(long stored, long asked) {
    super("not changed: stored version=" + stored + ", asked for version=" + asked);
    this.stored = stored;
  }

  long stored() {
    return stored;
  }
}
