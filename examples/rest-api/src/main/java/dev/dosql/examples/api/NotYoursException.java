package dev.dosql.examples.api;

/** The row is somebody else's, and this is not to be done by others. */
final class NotYoursException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotYoursException(String kind, long id) {
    super(kind + " is somebody else's (id=" + id + ")");
  }
}
