package dev.dosql.migrations.lexer;

/** Names and keywords, compared as SQLite compares them: ASCII letters fold, no others. */
public final class Names {
  private static final int SHOWN_LENGTH_MAX = 64;

  private Names() {}

  /** The text with ASCII letters in upper case; the JDK would fold more than SQLite does. */
  public static String upper(String text) {
    return mapped(text, 'a', 'z', -32);
  }

  /** The text with ASCII letters in lower case. */
  public static String lower(String text) {
    return mapped(text, 'A', 'Z', 32);
  }

  private static String mapped(String text, char first, char last, int by) {
    char[] chars = text.toCharArray();
    for (int i = 0; i < chars.length; i++) {
      if (chars[i] >= first && chars[i] <= last) {
        chars[i] += (char) by;
      }
    }
    return new String(chars);
  }

  /** A name in any quotes, without them. */
  public static String unquoted(String quoted) {
    String inner = quoted.substring(1, quoted.length() - 1);
    char quote = quoted.charAt(0);
    return quote == '[' ? inner : inner.replace("" + quote + quote, "" + quote);
  }

  /** A name as a message shows it: not long, and all on one line. */
  public static String shown(String name) {
    String cut =
        name.length() <= SHOWN_LENGTH_MAX ? name : name.substring(0, SHOWN_LENGTH_MAX) + "…";
    return cut.replaceAll("\\p{Cntrl}", "?");
  }
}
