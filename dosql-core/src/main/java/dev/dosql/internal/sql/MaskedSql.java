package dev.dosql.internal.sql;

import dev.dosql.migrations.lexer.TokenKind;
import dev.dosql.migrations.lexer.Tokenizer;

/** The text of a statement for logs, which all tenants share: without values and comments. */
public final class MaskedSql {
  private static final int LENGTH_MAX = 1_000;

  private MaskedSql() {}

  /** Has a question mark for every text, blob and number, and ends where it gets long. */
  public static String of(String sql) {
    StringBuilder out = new StringBuilder();
    Tokenizer in = new Tokenizer(sql);
    for (TokenKind kind = in.next(); kind != TokenKind.END; kind = in.next()) {
      if (out.length() > LENGTH_MAX) {
        return out.append(" …").toString();
      }
      switch (kind) {
        case SPACE -> blank(out);
        case STRING, ILLEGAL -> out.append('?');
        case OTHER ->
            out.append(isValue(sql, in.start()) ? "?" : sql.substring(in.start(), in.end()));
        default -> out.append(sql, in.start(), in.end());
      }
    }
    return out.toString().strip();
  }

  private static void blank(StringBuilder out) {
    if (!out.isEmpty() && out.charAt(out.length() - 1) != ' ') {
      out.append(' ');
    }
  }

  /** Operators do not begin with a letter or a digit; blobs and numbers do. */
  private static boolean isValue(String sql, int start) {
    char first = sql.charAt(start);
    boolean point = first == '.' && start + 1 < sql.length();
    return Character.isLetterOrDigit(first) || point;
  }
}
