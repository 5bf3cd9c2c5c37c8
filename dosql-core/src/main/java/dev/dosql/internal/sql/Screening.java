package dev.dosql.internal.sql;

import dev.dosql.StatementException;
import dev.dosql.migrations.lexer.Names;
import dev.dosql.migrations.lexer.OwnObjects;
import dev.dosql.migrations.lexer.TokenKind;
import dev.dosql.migrations.lexer.Tokens;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Refuses, before SQLite prepares it, what would take a connection out of the library's hands:
 * transactions, other files, temporary objects, every PRAGMA but those known to only read, and
 * writes to the library's own tables.
 *
 * <p>This cannot wait for SQLite: most PRAGMAs act while they are prepared, even under EXPLAIN.
 */
final class Screening {
  /**
   * PRAGMAs that only read when they have no argument. Each was looked up in SQLite's {@code
   * pragma.c}; a test compares the connection and the file before and after. Not here although they
   * look like questions: {@code optimize}, {@code wal_checkpoint}, {@code incremental_vacuum} and
   * {@code shrink_memory}, which act.
   */
  static final Set<String> PRAGMAS_ALONE =
      Set.of(
          "application_id",
          "auto_vacuum",
          "collation_list",
          "compile_options",
          "data_version",
          "database_list",
          "defer_foreign_keys",
          "encoding",
          "foreign_key_check",
          "foreign_keys",
          "freelist_count",
          "function_list",
          "integrity_check",
          "journal_mode",
          "max_page_count",
          "module_list",
          "page_count",
          "page_size",
          "pragma_list",
          "query_only",
          "quick_check",
          "recursive_triggers",
          "schema_version",
          "synchronous",
          "table_list",
          "trusted_schema",
          "user_version");

  /**
   * PRAGMAs that only read whatever their argument is: the name of a table or index, or a limit.
   */
  static final Set<String> PRAGMAS_WITH_ARGUMENT =
      Set.of(
          "foreign_key_check",
          "foreign_key_list",
          "index_info",
          "index_list",
          "index_xinfo",
          "integrity_check",
          "quick_check",
          "table_info",
          "table_list",
          "table_xinfo");

  private final Tokens tokens;
  private final int line;

  private Screening(Tokens tokens, int line) {
    this.tokens = tokens;
    this.line = line;
  }

  /**
   * What the statement does.
   *
   * @param line its line in its script, or 0
   * @throws StatementException if it is refused
   */
  static Verb screen(Tokens tokens, int line) {
    Screening screening = new Screening(tokens, line);
    screening.refuseNames();
    screening.refuseOwnTables();
    Verb verb = screening.verb(tokens.verb());
    return tokens.firstBehindExplain() > 0 ? Verb.EXPLAIN : verb;
  }

  private Verb verb(int at) {
    return switch (tokens.word(at)) {
      case "SELECT" -> Verb.SELECT;
      case "VALUES" -> Verb.VALUES;
      case "INSERT", "REPLACE" -> Verb.INSERT;
      case "UPDATE" -> Verb.UPDATE;
      case "DELETE" -> Verb.DELETE;
      case "CREATE" -> create(at);
      case "ANALYZE" -> analyze(at);
      case "ALTER", "DROP", "REINDEX" -> Verb.SCHEMA;
      case "PRAGMA" -> pragma(at);
      case "BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE" ->
          throw refuse(at, "transactions are begun and ended by transaction(…)");
      case "ATTACH", "DETACH" ->
          throw refuse(at, "other files are not available through SQL; use the other tenant's DB");
      case "VACUUM" -> throw refuse(at, "it is not available through SQL");
      // Not SQLite's: its JDBC driver would read and write files at these words.
      case "BACKUP", "RESTORE" -> throw refuse(at, "files are not available through SQL");
      default -> Verb.OTHER;
    };
  }

  private Verb create(int at) {
    if (tokens.isWord(at + 1, "TEMP") || tokens.isWord(at + 1, "TEMPORARY")) {
      throw temporary(at + 1);
    }
    int name = at + 1;
    while (tokens.kind(name) == TokenKind.WORD && !isObject(tokens.word(name))) {
      name++;
    }
    name++;
    if (tokens.isWord(name, "IF") && tokens.isWord(name + 1, "NOT")) {
      name += 3;
    }
    if (tokens.kind(name + 1) == TokenKind.DOT && tokens.isName(name, "temp")) {
      throw temporary(name);
    }
    return Verb.SCHEMA;
  }

  private static boolean isObject(String word) {
    return switch (word) {
      case "TABLE", "VIEW", "TRIGGER", "INDEX" -> true;
      default -> false;
    };
  }

  /** ANALYZE of the temporary schema would create a table in it. */
  private Verb analyze(int at) {
    if (tokens.isName(at + 1, "temp")) {
      throw temporary(at + 1);
    }
    return Verb.SCHEMA;
  }

  private StatementException temporary(int at) {
    return refuse(
        at,
        "temporary objects belong to one connection, and calls may use any;"
            + " use a table, or WITH inside the statement");
  }

  private Verb pragma(int at) {
    int name = at + 1;
    if (tokens.kind(name + 1) == TokenKind.DOT) {
      // Naming the temporary schema would open it.
      if (!tokens.isName(name, "main")) {
        throw refusePragma(name, name + 2, "the schema main is needed");
      }
      name += 2;
    }
    String pragma = Names.lower(tokens.name(name));
    // Whatever follows counts as an argument: SQLite may act before it sees that it is none.
    boolean alone = name + 1 >= tokens.size();
    if (!(alone ? PRAGMAS_ALONE : PRAGMAS_WITH_ARGUMENT).contains(pragma)) {
      throw refusePragma(name, name, needed(pragma, alone));
    }
    return Verb.PRAGMA;
  }

  private static String needed(String pragma, boolean alone) {
    if (pragma.equals("user_version") && !alone) {
      return "set it in a migration";
    }
    return "only PRAGMAs that read are available, settings are the library's own";
  }

  /**
   * Refuses two names wherever they stand: {@code optimize} is the one PRAGMA with an effect that
   * SQLite also offers as a table, in any SELECT; {@code fts3_tokenizer} takes a bound value for
   * the address of native code.
   */
  private void refuseNames() {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isName(i, "pragma_optimize") || tokens.isName(i, "fts3_tokenizer")) {
        throw refuse(i, "it is not available through SQL");
      }
    }
  }

  private void refuseOwnTables() {
    int own = OwnObjects.target(tokens);
    if (own >= 0) {
      throw refuse(own, "what is named under _dosql_ is the library's own and can only be read");
    }
  }

  private StatementException refuse(int at, String needed) {
    return refused(
        "SQL refused: " + Names.shown(Names.upper(tokens.name(at))) + " seen, " + needed,
        tokens.sql(),
        tokens.start(at),
        line);
  }

  private StatementException refusePragma(int at, int pragma, String needed) {
    String name = Names.shown(Names.lower(tokens.name(pragma)));
    return refused(
        "SQL refused: PRAGMA with an effect seen, " + needed + " (pragma=" + name + ")",
        tokens.sql(),
        tokens.start(at),
        line);
  }

  /** The error for a text that SQLite would not see as it was written. */
  static @Nullable StatementException unreadable(String sql) {
    for (int i = 0; i < sql.length(); i++) {
      char c = sql.charAt(i);
      if (c == 0) {
        return unreadable("U+0000 seen, at which SQLite would stop reading", sql, i);
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < sql.length()
          && Character.isLowSurrogate(sql.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        // In UTF-8 it would become a question mark, which is a parameter.
        return unreadable("half of a surrogate pair seen, whole characters needed", sql, i);
      }
    }
    return null;
  }

  private static StatementException unreadable(String what, String sql, int position) {
    return refused("SQL refused: " + what, sql, position, 0);
  }

  /** The error for a refused statement; the message gets the position. */
  static StatementException refused(String message, String sql, int position, int line) {
    String where = line == 0 ? "" : "line=" + line + ", ";
    return new StatementException(
        message + " (" + where + "position=" + position + ")", sql, position, line, null);
  }
}
