package dev.dosql.migrations.lexer;

/**
 * Cuts SQL into the tokens that SQLite cuts it into. Never fails: what is not SQL becomes {@link
 * TokenKind#ILLEGAL}, and every token is at least one char long.
 *
 * <p>Used by one thread at a time. After SQLite's {@code tokenize.c}. There a text is UTF-8 and
 * every byte from 0x80 may stand in a name; so may every char from 0x80 here, which comes to the
 * same. A NUL ends the text there; callers refuse it before.
 */
public final class Tokenizer {
  private static final char VERTICAL_TAB = '\u000b';
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final String sql;
  private int start;
  private int end;

  /** Whether the statement that the next token belongs to has one already. */
  private boolean inStatement;

  /** Whether the last semicolon had a statement before it. */
  private boolean endedStatement;

  /** Starts before the first token. */
  public Tokenizer(String sql) {
    this.sql = sql;
  }

  /** The text that is cut. */
  public String sql() {
    return sql;
  }

  /** The offset of the last token. */
  public int start() {
    return start;
  }

  /** The offset behind the last token. */
  public int end() {
    return end;
  }

  /** Goes to the next token. */
  public TokenKind next() {
    TokenKind kind = cut();
    if (kind == TokenKind.SEMICOLON) {
      endedStatement = inStatement;
      inStatement = false;
    } else if (kind != TokenKind.SPACE) {
      inStatement = true;
    }
    return kind;
  }

  private TokenKind cut() {
    start = end;
    if (start >= sql.length()) {
      return TokenKind.END;
    }
    char c = at(start);
    switch (c) {
      case ' ', '\t', '\n', '\f', '\r':
        return token(TokenKind.SPACE, afterSpaces(start + 1));
      case VERTICAL_TAB:
        // It begins no token, but sqlite3_exec skips it behind the end of a statement, not behind
        // a semicolon alone.
        boolean between = endedStatement && at(start - 1) == ';';
        return between
            ? token(TokenKind.SPACE, afterSpaces(start + 1))
            : token(TokenKind.ILLEGAL, start + 1);
      case BYTE_ORDER_MARK:
        return token(TokenKind.SPACE, start + 1);
      case ';':
        return token(TokenKind.SEMICOLON, start + 1);
      case '(':
        return token(TokenKind.OPEN, start + 1);
      case ')':
        return token(TokenKind.CLOSE, start + 1);
      case '\'', '"', '`':
        return quoted(c);
      case '[':
        return bracketed();
      case '?':
        return token(TokenKind.VARIABLE, afterDigits(start + 1));
      case '$', '@', '#', ':':
        return namedVariable();
      case '-':
        return minus();
      case '/':
        return slash();
      case '.':
        return isDigit(at(start + 1)) ? number() : token(TokenKind.DOT, start + 1);
      default:
        return wordOrOther(c);
    }
  }

  private TokenKind wordOrOther(char c) {
    if (isDigit(c)) {
      return number();
    }
    if ((c == 'x' || c == 'X') && at(start + 1) == '\'') {
      return blob();
    }
    if (isIdChar(c)) {
      return token(TokenKind.WORD, afterIdChars(start + 1));
    }
    return operator(c);
  }

  private TokenKind operator(char c) {
    char d = at(start + 1);
    switch (c) {
      case '+', '*', '%', ',', '&', '~':
        return token(TokenKind.OTHER, start + 1);
      case '=':
        return token(TokenKind.OTHER, d == '=' ? start + 2 : start + 1);
      case '<':
        return token(TokenKind.OTHER, d == '=' || d == '>' || d == '<' ? start + 2 : start + 1);
      case '>':
        return token(TokenKind.OTHER, d == '=' || d == '>' ? start + 2 : start + 1);
      case '|':
        return token(TokenKind.OTHER, d == '|' ? start + 2 : start + 1);
      case '!':
        return d == '=' ? token(TokenKind.OTHER, start + 2) : token(TokenKind.ILLEGAL, start + 1);
      default:
        return token(TokenKind.ILLEGAL, start + 1);
    }
  }

  private TokenKind minus() {
    if (at(start + 1) == '-') {
      int line = sql.indexOf('\n', start);
      return token(TokenKind.SPACE, line < 0 ? sql.length() : line);
    }
    if (at(start + 1) == '>') {
      return token(TokenKind.OTHER, at(start + 2) == '>' ? start + 3 : start + 2);
    }
    return token(TokenKind.OTHER, start + 1);
  }

  private TokenKind slash() {
    // SQLite takes the last two chars of a text for two operators, even if they would open a
    // comment.
    if (at(start + 1) != '*' || start + 2 >= sql.length()) {
      return token(TokenKind.OTHER, start + 1);
    }
    int close = sql.indexOf("*/", start + 2);
    return token(TokenKind.SPACE, close < 0 ? sql.length() : close + 2);
  }

  private TokenKind quoted(char quote) {
    int i = start + 1;
    while (i < sql.length()) {
      if (sql.charAt(i) == quote) {
        if (at(i + 1) != quote) {
          return token(quote == '\'' ? TokenKind.STRING : TokenKind.QUOTED, i + 1);
        }
        i++;
      }
      i++;
    }
    return token(TokenKind.ILLEGAL, sql.length());
  }

  private TokenKind bracketed() {
    int close = sql.indexOf(']', start);
    return close < 0 ? token(TokenKind.ILLEGAL, sql.length()) : token(TokenKind.QUOTED, close + 1);
  }

  private TokenKind blob() {
    int i = start + 2;
    while (isHex(at(i))) {
      i++;
    }
    boolean good = at(i) == '\'' && (i - start) % 2 == 0;
    int close = sql.indexOf('\'', i);
    return token(good ? TokenKind.OTHER : TokenKind.ILLEGAL, close < 0 ? sql.length() : close + 1);
  }

  private TokenKind number() {
    int i = afterNumber();
    int behind = afterIdChars(i);
    return token(behind == i ? TokenKind.OTHER : TokenKind.ILLEGAL, behind);
  }

  private int afterNumber() {
    if (at(start) == '0' && (at(start + 1) | 0x20) == 'x' && isHex(at(start + 2))) {
      int i = start + 3;
      while (isHex(at(i)) || at(i) == '_') {
        i++;
      }
      return i;
    }
    int i = afterDigitsAndSeparators(start);
    if (at(i) == '.') {
      i = afterDigitsAndSeparators(i + 1);
    }
    return isExponent(i) ? afterDigitsAndSeparators(i + 2) : i;
  }

  private boolean isExponent(int i) {
    if ((at(i) | 0x20) != 'e') {
      return false;
    }
    char c = at(i + 1);
    return isDigit(c) || (c == '+' || c == '-') && isDigit(at(i + 2));
  }

  /** A name after its prefix, with the {@code ::} and one {@code (…)} of Tcl's variables. */
  private TokenKind namedVariable() {
    int i = start + 1;
    boolean named = false;
    while (true) {
      char c = at(i);
      if (isIdChar(c)) {
        named = true;
        i++;
      } else if (c == ':' && at(i + 1) == ':') {
        i += 2;
      } else if (c == '(' && named) {
        return variableSuffix(i);
      } else {
        return token(named ? TokenKind.VARIABLE : TokenKind.ILLEGAL, i);
      }
    }
  }

  private TokenKind variableSuffix(int open) {
    int i = open + 1;
    while (i < sql.length() && at(i) != ')' && !isSpace(at(i))) {
      i++;
    }
    return at(i) == ')' ? token(TokenKind.VARIABLE, i + 1) : token(TokenKind.ILLEGAL, i);
  }

  private int afterSpaces(int i) {
    int at = i;
    while (isSpace(at(at))) {
      at++;
    }
    return at;
  }

  private int afterIdChars(int i) {
    int at = i;
    while (isIdChar(at(at))) {
      at++;
    }
    return at;
  }

  private int afterDigits(int i) {
    int at = i;
    while (isDigit(at(at))) {
      at++;
    }
    return at;
  }

  private int afterDigitsAndSeparators(int i) {
    int at = i;
    while (isDigit(at(at)) || at(at) == '_') {
      at++;
    }
    return at;
  }

  private TokenKind token(TokenKind kind, int behind) {
    end = behind;
    return kind;
  }

  private char at(int i) {
    return i < sql.length() ? sql.charAt(i) : '\0';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isHex(char c) {
    return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
  }

  /** A vertical tab is one behind another space only, see {@link #next}. */
  private static boolean isSpace(char c) {
    return c == ' ' || c >= '\t' && c <= '\r';
  }

  private static boolean isIdChar(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || isDigit(c)
        || c == '_'
        || c == '$'
        || c >= 0x80;
  }
}
