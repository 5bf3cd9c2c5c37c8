package dev.dosql.migrations;

import java.util.Locale;

/**
 * One token of SQL.
 *
 * @param kind what it is
 * @param text its text: in lower case for a word, without its quotes for a name or a string
 * @param start where it begins in the script
 * @param end where the next character after it is
 */
record Token(Kind kind, String text, int start, int end) {
  enum Kind {
    /** A keyword or an identifier without quotes. */
    WORD,
    /** A quoted identifier. */
    NAME,
    STRING,
    NUMBER,
    /** A single character of anything else. */
    SYMBOL
  }

  boolean isWord(String lowerCase) {
    return kind == Kind.WORD && text.equals(lowerCase);
  }

  boolean isSymbol(char symbol) {
    return kind == Kind.SYMBOL && text.charAt(0) == symbol;
  }

  /** What the token names, in lower case, if it is a word or a quoted identifier; else "". */
  String identifier() {
    return kind == Kind.WORD || kind == Kind.NAME ? text.toLowerCase(Locale.ROOT) : "";
  }
}
