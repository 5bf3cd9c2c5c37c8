package dev.dosql.examples.api;

/** Text of a user inside a pattern of LIKE, with {@code ESCAPE '\'} behind it. */
final class Likes {
  private Likes() {}

  // region like
  /** What contains a text, in which {@code %} and {@code _} stand for themselves. */
  static String containing(String text) {
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
  }
  // endregion
}
