package dev.dosql.migrations;

import dev.dosql.migrations.lexer.Names;
import dev.dosql.migrations.lexer.TokenKind;
import dev.dosql.migrations.lexer.Tokens;
import java.util.List;
import java.util.Set;

/**
 * Whether a set of migrations leaves the same rows in every database, whenever it is run.
 *
 * <p>Random numbers and the clock do no harm in a column's default, a trigger or a view, because
 * those are evaluated later, unless a statement of the set itself writes rows and so evaluates
 * them. In doubt the answer is no.
 */
final class Sameness {
  private static final Set<String> WORDS =
      Set.of("CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP");
  private static final Set<String> CALLS =
      Set.of(
          "random",
          "randomblob",
          "date",
          "time",
          "datetime",
          "julianday",
          "unixepoch",
          "strftime",
          "timediff");

  private boolean now;
  private boolean later;
  private boolean writesRows;

  private Sameness() {}

  static boolean of(List<Migration> migrations) {
    Sameness sameness = new Sameness();
    migrations.forEach(migration -> migration.statements().forEach(sameness::add));
    return !sameness.now && !(sameness.later && sameness.writesRows);
  }

  private void add(Statement statement) {
    writesRows |= statement.writesRows();
    boolean body = statement.isTrigger() || statement.isView();
    Tokens tokens = statement.tokens();
    int defaultEnd = 0; // tokens before this one belong to a column's default
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isWord(i, "DEFAULT") && statement.declaresColumns()) {
        defaultEnd = endOfDefault(tokens, i + 1);
      }
      if (isVolatile(tokens, i)) {
        if (body || i < defaultEnd) {
          later = true;
        } else {
          now = true;
        }
      }
    }
  }

  private static boolean isVolatile(Tokens tokens, int at) {
    boolean call = tokens.kind(at + 1) == TokenKind.OPEN;
    return switch (tokens.kind(at)) {
      case WORD -> WORDS.contains(tokens.word(at)) || (call && isCall(tokens, at));
      case QUOTED -> call && isCall(tokens, at);
      case STRING -> tokens.name(at).strip().equalsIgnoreCase("now");
      default -> false;
    };
  }

  private static boolean isCall(Tokens tokens, int at) {
    return CALLS.contains(Names.lower(tokens.name(at)));
  }

  /** A default is one value, perhaps signed, or an expression in parentheses. */
  private static int endOfDefault(Tokens tokens, int start) {
    if (tokens.kind(start) != TokenKind.OPEN) {
      return start + 1;
    }
    int depth = 0;
    for (int i = start; i < tokens.size(); i++) {
      TokenKind kind = tokens.kind(i);
      depth += kind == TokenKind.OPEN ? 1 : kind == TokenKind.CLOSE ? -1 : 0;
      if (depth == 0) {
        return i + 1;
      }
    }
    return tokens.size();
  }
}
