package dev.dosql.migrations;

import dev.dosql.migrations.lexer.Names;
import dev.dosql.migrations.lexer.OwnObjects;
import dev.dosql.migrations.lexer.ScriptStatement;
import dev.dosql.migrations.lexer.TokenKind;
import dev.dosql.migrations.lexer.Tokens;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One statement of a script.
 *
 * @param text from its first token to its last, without the final semicolon
 * @param line the line of its first token; the first line is 1
 * @param tokens its tokens; never none
 */
record Statement(String text, int line, Tokens tokens) {
  private static final Set<String> CONTROL =
      Set.of(
          "BEGIN",
          "COMMIT",
          "END",
          "ROLLBACK",
          "SAVEPOINT",
          "RELEASE",
          "ATTACH",
          "DETACH",
          "VACUUM");
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

  /** The statements of a script; the last one need not end in a semicolon. */
  static List<Statement> split(String script) {
    return ScriptStatement.split(script).stream()
        .map(each -> new Statement(each.text(), each.line(), each.tokens()))
        .toList();
  }

  /** Where the quote stands that is never closed; negative if there is none. */
  int unclosedAt() {
    int last = tokens.size() - 1;
    boolean quote =
        tokens.kind(last) == TokenKind.ILLEGAL && "'\"`[".indexOf(tokens.text(last).charAt(0)) >= 0;
    return quote ? tokens.start(last) : -1;
  }

  /** Whether it is a trigger without the END that follows its last inner statement. */
  boolean isOpenTrigger() {
    int last = tokens.size() - 1;
    boolean ended = tokens.isWord(last, "END") && tokens.kind(last - 1) == TokenKind.SEMICOLON;
    return isTrigger() && !ended;
  }

  /** Why the statement may not stand in a migration, or null if it may. */
  @Nullable String refusal() {
    int first = tokens.firstBehindExplain();
    if (CONTROL.contains(tokens.word(first))) {
      return "a migration runs inside one transaction of its own, which its statements can neither"
          + " end nor leave";
    }
    if (hasName("fts3_tokenizer")) {
      return "fts3_tokenizer takes a value for the address of native code";
    }
    if (OwnObjects.target(tokens) >= 0) {
      return "what is named under _dosql_ is the library's own and can only be read";
    }
    return tokens.isWord(first, "PRAGMA") ? pragmaRefusal(first + 1) : null;
  }

  private boolean hasName(String name) {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isName(i, name)) {
        return true;
      }
    }
    return false;
  }

  private @Nullable String pragmaRefusal(int at) {
    int name = tokens.kind(at + 1) == TokenKind.DOT ? at + 2 : at;
    String pragma = Names.lower(tokens.name(name));
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
    return isCreate("TRIGGER");
  }

  boolean isView() {
    return isCreate("VIEW");
  }

  /** Whether column defaults can stand in it. */
  boolean declaresColumns() {
    return isCreate("TABLE") || tokens.isWord(tokens.firstBehindExplain(), "ALTER");
  }

  /** Whether running it can write a row, and so evaluate a default or fire a trigger. */
  boolean writesRows() {
    return switch (tokens.word(tokens.firstBehindExplain())) {
      case "INSERT", "REPLACE", "UPDATE", "DELETE", "WITH" -> true;
      case "CREATE" -> isCreate("TABLE") && hasWord("SELECT");
      default -> false;
    };
  }

  private boolean hasWord(String keyword) {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isWord(i, keyword)) {
        return true;
      }
    }
    return false;
  }

  private boolean isCreate(String what) {
    int at = tokens.firstBehindExplain();
    if (!tokens.isWord(at, "CREATE")) {
      return false;
    }
    boolean temporary = tokens.isWord(at + 1, "TEMP") || tokens.isWord(at + 1, "TEMPORARY");
    return tokens.isWord(temporary ? at + 2 : at + 1, what);
  }
}
