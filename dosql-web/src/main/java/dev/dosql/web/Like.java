package dev.dosql.web;

/**
 * Patterns for {@code LIKE} from what a user typed, in which {@code %} and {@code _} are letters:
 * {@code WHERE name LIKE ? ESCAPE '\'}. Without that {@code ESCAPE} they find the wrong rows.
 */
public final class Like {
  private Like() {}

  /**
   * The text, with what {@code LIKE} gives a meaning escaped by a backslash.
   *
   * @param text what was typed
   * @return a pattern that only this text matches
   */
  public static String escape(String text) {
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_");
  }

  /**
   * A pattern of texts that hold this one.
   *
   * @param text what was typed
   * @return the pattern
   */
  public static String contains(String text) {
    return "%" + escape(text) + "%";
  }

  /**
   * A pattern of texts that begin with this one, for which SQLite can use an index.
   *
   * @param text what was typed
   * @return the pattern
   */
  public static String startsWith(String text) {
    return escape(text) + "%";
  }
}
