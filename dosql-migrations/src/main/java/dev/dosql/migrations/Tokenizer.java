package dev.dosql.migrations;

import dev.dosql.migrations.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Cuts a script into tokens by the rules of SQLite's own tokenizer (sqlite.org, {@code
 * tokenize.c}), so that both see the same statements. Never fails: a quote that is not closed ends
 * the tokens and {@link #unclosedAt()} says where it was.
 */
final class Tokenizer {
  private final String sql;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int unclosedAt = -1;

  Tokenizer(String sql) {
    this.sql = sql;
    while (unclosedAt < 0 && at < sql.length()) {
      next();
    }
  }

  List<Token> tokens() {
    return tokens;
  }

  /** Where the quote stands that is never closed; negative if there is none. */
  int unclosedAt() {
    return unclosedAt;
  }

  private void next() {
    char c = sql.charAt(at);
    if (isSpace(c)) {
      at++;
    } else if (c == '-' && peek(1) == '-') {
      skipTo("\n");
    } else if (c == '/' && peek(1) == '*') {
      at += 2;
      skipTo("*/"); // open to the end of the script is legal in SQLite
    } else if (c == '\'') {
      quoted(Kind.STRING, at, c);
    } else if (c == '"' || c == '`') {
      quoted(Kind.NAME, at, c);
    } else if (c == '[') {
      bracketed();
    } else if ((c == 'x' || c == 'X') && peek(1) == '\'') {
      quoted(Kind.STRING, at++, '\'');
    } else if (isDigit(c)) {
      word(Kind.NUMBER);
    } else if (isWordStart(c)) {
      word(Kind.WORD);
    } else {
      add(Kind.SYMBOL, String.valueOf(c), at, at + 1);
    }
  }

  private void skipTo(String end) {
    int found = sql.indexOf(end, at);
    at = found < 0 ? sql.length() : found + end.length();
  }

  /** The opening quote is at {@code at}; doubled quotes stand for one. */
  private void quoted(Kind kind, int start, char quote) {
    StringBuilder text = new StringBuilder();
    for (int i = at + 1; i < sql.length(); i++) {
      if (sql.charAt(i) != quote) {
        text.append(sql.charAt(i));
      } else if (i + 1 < sql.length() && sql.charAt(i + 1) == quote) {
        text.append(quote);
        i++;
      } else {
        add(kind, text.toString(), start, i + 1);
        return;
      }
    }
    unclosedAt = start;
  }

  private void bracketed() {
    int close = sql.indexOf(']', at);
    if (close < 0) {
      unclosedAt = at;
    } else {
      add(Kind.NAME, sql.substring(at + 1, close), at, close + 1);
    }
  }

  private void word(Kind kind) {
    int end = at + 1;
    while (end < sql.length() && isWordPart(sql.charAt(end), kind)) {
      end++;
    }
    add(kind, sql.substring(at, end).toLowerCase(Locale.ROOT), at, end);
  }

  private void add(Kind kind, String text, int start, int end) {
    tokens.add(new Token(kind, text, start, end));
    at = end;
  }

  private char peek(int ahead) {
    return at + ahead < sql.length() ? sql.charAt(at + ahead) : 0;
  }

  private static boolean isSpace(char c) {
    // A byte order mark is space to SQLite, also in the middle (files that were put together).
    return c == ' ' || (c >= '\t' && c <= '\r' && c != 0x0b) || c == '\uFEFF';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isWordStart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
  }

  private static boolean isWordPart(char c, Kind kind) {
    return isWordStart(c) || isDigit(c) || c == (kind == Kind.NUMBER ? '.' : '$');
  }
}
