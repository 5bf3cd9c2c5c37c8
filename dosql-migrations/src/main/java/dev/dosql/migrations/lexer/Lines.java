package dev.dosql.migrations.lexer;

/** Line ends are LF, CRLF or CR, as {@link String#lines()} has them. */
public final class Lines {
  private Lines() {}

  /** The line that a position is in; the first line is 1. */
  public static int at(String text, int position) {
    return 1 + between(text, 0, position);
  }

  /** How many line ends there are from one position up to another. */
  public static int between(String text, int from, int to) {
    int ends = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      boolean crOfCrLf = c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n';
      if (c == '\n' || (c == '\r' && !crOfCrLf)) {
        ends++;
      }
    }
    return ends;
  }
}
