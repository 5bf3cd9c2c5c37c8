package dev.dosql.migrations;

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
      Set.of("current_time", "current_date", "current_timestamp");
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
    List<Token> tokens = statement.tokens();
    int defaultEnd = 0; // tokens before this one belong to a column's default
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.get(i).isWord("default") && statement.declaresColumns()) {
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

  private static boolean isVolatile(List<Token> tokens, int at) {
    Token token = tokens.get(at);
    boolean call = at + 1 < tokens.size() && tokens.get(at + 1).isSymbol('(');
    return switch (token.kind()) {
      case WORD -> WORDS.contains(token.text()) || (call && CALLS.contains(token.text()));
      case NAME -> call && CALLS.contains(token.identifier());
      case STRING -> token.text().strip().equalsIgnoreCase("now");
      default -> false;
    };
  }

  /** A default is one value, perhaps signed, or an expression in parentheses. */
  private static int endOfDefault(List<Token> tokens, int start) {
    if (start >= tokens.size() || !tokens.get(start).isSymbol('(')) {
      return start + 1;
    }
    int depth = 0;
    for (int i = start; i < tokens.size(); i++) {
      depth += tokens.get(i).isSymbol('(') ? 1 : tokens.get(i).isSymbol(')') ? -1 : 0;
      if (depth == 0) {
        return i + 1;
      }
    }
    return tokens.size();
  }
}
