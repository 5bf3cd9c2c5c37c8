package dev.dosql.migrations;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One statement of a script.
 *
 * @param text from its first token to its last, without the final semicolon
 * @param line the line of its first token; the first line is 1
 * @param tokens its tokens; never none
 */
record Statement(String text, int line, List<Token> tokens) {
  private static final Set<String> CONTROL =
      Set.of(
          "begin",
          "commit",
          "end",
          "rollback",
          "savepoint",
          "release",
          "attach",
          "detach",
          "vacuum");
  // The two that a file may set: they are part of the database and of the transaction.
  private static final Set<String> PRAGMAS_ALLOWED = Set.of("user_version", "application_id");
  // These only read, whatever their argument.
  private static final Set<String> PRAGMAS_READING =
      Set.of(
          "collation_list",
          "compile_options",
          "database_list",
          "foreign_key_check",
          "foreign_key_list",
          "function_list",
          "index_info",
          "index_list",
          "index_xinfo",
          "integrity_check",
          "module_list",
          "pragma_list",
          "quick_check",
          "table_info",
          "table_list",
          "table_xinfo");
  // These only read when they have no argument.
  private static final Set<String> PRAGMAS_READING_BARE =
      Set.of(
          "auto_vacuum",
          "data_version",
          "encoding",
          "foreign_keys",
          "freelist_count",
          "journal_mode",
          "max_page_count",
          "page_count",
          "page_size",
          "recursive_triggers",
          "schema_version",
          "synchronous");

  /** Why the statement may not stand in a migration, or null if it may. */
  @Nullable String refusal() {
    int first = afterExplain();
    String word = wordAt(first);
    if (CONTROL.contains(word)) {
      return "a migration runs inside one transaction of its own, which its statements can neither"
          + " end nor leave";
    }
    return word.equals("pragma") ? pragmaRefusal(first + 1) : null;
  }

  private @Nullable String pragmaRefusal(int at) {
    int name = at + 1 < tokens.size() && tokens.get(at + 1).isSymbol('.') ? at + 2 : at;
    String pragma = name < tokens.size() ? tokens.get(name).text().toLowerCase(Locale.ROOT) : "";
    boolean bare = name + 1 >= tokens.size();
    if (PRAGMAS_ALLOWED.contains(pragma)
        || PRAGMAS_READING.contains(pragma)
        || (bare && PRAGMAS_READING_BARE.contains(pragma))) {
      return null;
    }
    return "this PRAGMA acts on the connection or the file and not on the schema; user_version,"
        + " application_id and those that only read are allowed";
  }

  boolean isTrigger() {
    return isCreate("trigger");
  }

  boolean isView() {
    return isCreate("view");
  }

  /** Whether column defaults can stand in it. */
  boolean declaresColumns() {
    return isCreate("table") || wordAt(afterExplain()).equals("alter");
  }

  /** Whether running it can write a row, and so evaluate a default or fire a trigger. */
  boolean writesRows() {
    return switch (wordAt(afterExplain())) {
      case "insert", "replace", "update", "delete", "with" -> true;
      case "create" -> isCreate("table") && tokens.stream().anyMatch(t -> t.isWord("select"));
      default -> false;
    };
  }

  private boolean isCreate(String what) {
    int at = afterExplain();
    if (!wordAt(at).equals("create")) {
      return false;
    }
    String next = wordAt(at + 1);
    return (next.equals("temp") || next.equals("temporary") ? wordAt(at + 2) : next).equals(what);
  }

  private int afterExplain() {
    if (!wordAt(0).equals("explain")) {
      return 0;
    }
    return wordAt(1).equals("query") && wordAt(2).equals("plan") ? 3 : 1;
  }

  private String wordAt(int index) {
    boolean word = index < tokens.size() && tokens.get(index).kind() == Token.Kind.WORD;
    return word ? tokens.get(index).text() : "";
  }

  /** Collects the statements of one script. */
  static final class Splitter {
    private final String sql;
    private final List<Statement> statements = new ArrayList<>();
    private List<Token> tokens = new ArrayList<>();
    private int countedTo;
    private int line = 1;

    Splitter(String sql, List<Token> all) {
      this.sql = sql;
      for (Token token : all) {
        if (token.isSymbol(';') && !insideTrigger()) {
          finish();
        } else {
          tokens.add(token);
        }
      }
    }

    /** The statements; the last one need not end in a semicolon. */
    List<Statement> statements() {
      finish();
      return List.copyOf(statements);
    }

    /** Whether the script ends inside a trigger's body. */
    boolean endsInsideTrigger() {
      return insideTrigger();
    }

    // Exactly SQLite's grammar: in a trigger every inner statement ends in a semicolon, so the
    // trigger is over at the END that follows one; the END of a CASE never does.
    private boolean insideTrigger() {
      if (!new Statement("", 0, tokens).isTrigger()) {
        return false;
      }
      int last = tokens.size() - 1;
      return last < 1 || !tokens.get(last).isWord("end") || !tokens.get(last - 1).isSymbol(';');
    }

    private void finish() {
      if (!tokens.isEmpty()) {
        int start = tokens.get(0).start();
        String text = sql.substring(start, tokens.get(tokens.size() - 1).end());
        statements.add(new Statement(text, lineAt(start), List.copyOf(tokens)));
        tokens = new ArrayList<>();
      }
    }

    /** Asked in ascending order only. */
    private int lineAt(int position) {
      line += Lines.between(sql, countedTo, position);
      countedTo = position;
      return line;
    }
  }
}
