package dev.dosql.migrations.lexer;

import java.util.Arrays;

/**
 * The tokens of one statement, without spaces, comments and the semicolon that ends it.
 *
 * <p>Used by one thread at a time. Asking for a token beyond the last is allowed: there is no word,
 * no name and no kind but {@link TokenKind#END}.
 */
public final class Tokens {
  private final String sql;
  private TokenKind[] kinds = new TokenKind[32];
  private int[] starts = new int[32];
  private int[] ends = new int[32];
  private int size;

  private Tokens(String sql) {
    this.sql = sql;
  }

  /**
   * Reads up to the semicolon that ends the next statement, or the end of the text; empty if there
   * is no statement any more.
   */
  public static Tokens ofNextStatement(Tokenizer in) {
    Tokens tokens = new Tokens(in.sql());
    while (true) {
      TokenKind kind = in.next();
      if (kind == TokenKind.END || kind == TokenKind.SEMICOLON && tokens.isWhole()) {
        return tokens;
      }
      boolean nothingYet = kind == TokenKind.SEMICOLON && tokens.size == 0;
      if (kind != TokenKind.SPACE && !nothingYet) {
        tokens.add(kind, in.start(), in.end());
      }
    }
  }

  /**
   * Whether a semicolon ends the statement here: always, but in a trigger only behind {@code ;
   * END}, the rule of {@code sqlite3_complete}.
   */
  private boolean isWhole() {
    if (size == 0) {
      return false;
    }
    return !isTrigger() || isWord(size - 1, "END") && kind(size - 2) == TokenKind.SEMICOLON;
  }

  private boolean isTrigger() {
    int i = firstBehindExplain();
    if (!isWord(i, "CREATE")) {
      return false;
    }
    boolean temporary = isWord(i + 1, "TEMP") || isWord(i + 1, "TEMPORARY");
    return isWord(temporary ? i + 2 : i + 1, "TRIGGER");
  }

  private void add(TokenKind kind, int start, int end) {
    if (size == kinds.length) {
      kinds = Arrays.copyOf(kinds, size * 2);
      starts = Arrays.copyOf(starts, size * 2);
      ends = Arrays.copyOf(ends, size * 2);
    }
    kinds[size] = kind;
    starts[size] = start;
    ends[size++] = end;
  }

  /** How many there are. */
  public int size() {
    return size;
  }

  /** The text that they were cut from. */
  public String sql() {
    return sql;
  }

  /** What a token is. */
  public TokenKind kind(int i) {
    return i >= 0 && i < size ? kinds[i] : TokenKind.END;
  }

  /** The offset of a token; of the one behind the last, the end of the last. */
  public int start(int i) {
    return i < size ? starts[i] : size == 0 ? 0 : ends[size - 1];
  }

  /** The offset behind a token. */
  public int end(int i) {
    return ends[i];
  }

  /** The text of a token. */
  public String text(int i) {
    return sql.substring(starts[i], ends[i]);
  }

  /** A word in upper case, to be compared with keywords; empty for any other token. */
  public String word(int i) {
    return kind(i) == TokenKind.WORD ? Names.upper(text(i)) : "";
  }

  /** Whether a token is this keyword, which is given in upper case. */
  public boolean isWord(int i, String keyword) {
    return kind(i) == TokenKind.WORD
        && ends[i] - starts[i] == keyword.length()
        && Names.upper(text(i)).equals(keyword);
  }

  /** A name without its quotes; empty for a token that cannot be a name. */
  public String name(int i) {
    return switch (kind(i)) {
      case WORD -> text(i);
      case QUOTED, STRING -> Names.unquoted(text(i));
      default -> "";
    };
  }

  /** Whether a token is this name, which is given in lower case, in any case and any quotes. */
  public boolean isName(int i, String name) {
    if (kind(i) == TokenKind.END || ends[i] - starts[i] > name.length() + 2) {
      return false;
    }
    return Names.lower(name(i)).equals(name);
  }

  /**
   * The first token behind {@code EXPLAIN [QUERY PLAN]}, however often and in whatever disorder: it
   * is a syntax error then, but what follows is still screened.
   */
  public int firstBehindExplain() {
    if (!isWord(0, "EXPLAIN")) {
      return 0;
    }
    int i = 1;
    while (isWord(i, "EXPLAIN") || isWord(i, "QUERY") || isWord(i, "PLAN")) {
      i++;
    }
    return i;
  }

  /** The word that says what the statement does, behind EXPLAIN and common table expressions. */
  public int verb() {
    int i = firstBehindExplain();
    return isWord(i, "WITH") ? behindWith(i) : i;
  }

  /**
   * The verb follows the parenthesis that closes the last expression. Only AS follows another
   * closing one on that level; looking for a keyword instead would take a table that is named
   * {@code replace} for the verb.
   */
  private int behindWith(int with) {
    int depth = 0;
    for (int i = with; i < size; i++) {
      if (kinds[i] == TokenKind.OPEN) {
        depth++;
      } else if (kinds[i] == TokenKind.CLOSE) {
        depth--;
        if (depth == 0 && kind(i + 1) == TokenKind.WORD && !isWord(i + 1, "AS")) {
          return i + 1;
        }
      }
    }
    return size;
  }
}
