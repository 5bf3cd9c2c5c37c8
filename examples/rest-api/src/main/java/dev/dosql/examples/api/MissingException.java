package dev.dosql.examples.api;

/** There is no such row. */
final class MissingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MissingException(String kind, long id) {
    super("no such " + kind + " (id=" + id + ")");
  }
}
