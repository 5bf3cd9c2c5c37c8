package dev.dosql.internal.sql;

import dev.dosql.ParameterException;
import dev.dosql.StatementException;
import dev.dosql.migrations.lexer.TokenKind;
import dev.dosql.migrations.lexer.Tokenizer;
import dev.dosql.migrations.lexer.Tokens;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One statement that is fit to be given to SQLite, and what is known of it without a schema.
 *
 * <p>Immutable; safe for use by many threads. That a text parses does not mean that SQLite takes
 * it: syntax is SQLite's to judge.
 */
public final class ParsedSql {
  private final String sql;
  private final Verb verb;
  private final boolean upsert;
  private final @Nullable String insertTarget;
  private final int line;
  private final Parameters parameters;

  private ParsedSql(Tokens tokens, Verb verb, int line) {
    this.sql = tokens.sql();
    this.verb = verb;
    this.upsert = verb == Verb.INSERT && hasDoUpdate(tokens);
    this.insertTarget = verb == Verb.INSERT ? insertTarget(tokens) : null;
    this.line = line;
    this.parameters = Parameters.of(verb == Verb.SCHEMA ? tokens : withoutStrings(tokens), line);
  }

  /**
   * With backquotes for double quotes. Both quote names, but of a name in double quotes that it
   * does not know, SQLite makes a text, and a misspelt column becomes a constant. Not in what
   * defines a schema, because that text is kept.
   */
  private static Tokens withoutStrings(Tokens tokens) {
    StringBuilder out = null;
    int from = 0;
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.kind(i) == TokenKind.QUOTED && tokens.sql().charAt(tokens.start(i)) == '"') {
        out = out == null ? new StringBuilder(tokens.sql().length()) : out;
        out.append(tokens.sql(), from, tokens.start(i));
        out.append('`').append(tokens.name(i).replace("`", "``")).append('`');
        from = tokens.end(i);
      }
    }
    if (out == null) {
      return tokens;
    }
    out.append(tokens.sql(), from, tokens.sql().length());
    return Tokens.ofNextStatement(new Tokenizer(out.toString()));
  }

  /**
   * Reads one statement.
   *
   * @param sql the statement; comments, spaces and semicolons may stand around it
   * @return what is known of it
   * @throws StatementException if there is no statement, more than one, or a refused one
   */
  public static ParsedSql parse(String sql) {
    return parse(sql, 0);
  }

  /** Reads one statement that begins in this line of a script. */
  static ParsedSql parse(String sql, int line) {
    StatementException unreadable = Screening.unreadable(sql);
    if (unreadable != null) {
      throw unreadable;
    }
    Tokenizer in = new Tokenizer(sql);
    Tokens tokens = Tokens.ofNextStatement(in);
    if (tokens.size() == 0) {
      throw Screening.refused("SQL refused: no statement seen, one needed", sql, 0, line);
    }
    Verb verb = Screening.screen(tokens, line);
    Tokens more = Tokens.ofNextStatement(in);
    if (more.size() > 0) {
      throw Screening.refused(
          "SQL refused: more than one statement seen, one needed; exec(script) runs several",
          sql,
          more.start(0),
          line);
    }
    return new ParsedSql(tokens, verb, line);
  }

  /** Only an upsert can have UPDATE, which is never a name, behind DO. */
  private static boolean hasDoUpdate(Tokens tokens) {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isWord(i, "UPDATE") && tokens.isWord(i - 1, "DO")) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable String insertTarget(Tokens tokens) {
    int into = tokens.verb() + 1;
    if (tokens.isWord(into, "OR")) {
      into += 2;
    }
    if (!tokens.isWord(into, "INTO")) {
      return null;
    }
    boolean qualified = tokens.kind(into + 2) == TokenKind.DOT;
    String name = tokens.name(qualified ? into + 3 : into + 1);
    return name.isEmpty() ? null : name;
  }

  /**
   * The text for messages.
   *
   * @return the text as it was given; of a script, the statement from its first to its last token
   */
  public String sql() {
    return sql;
  }

  /**
   * The text for SQLite, but for lists that expand when it is bound.
   *
   * @return the text, in which only what is a name to SQLite stands in double quotes
   */
  public String sqlForSqlite() {
    return parameters.sql();
  }

  /**
   * What it does.
   *
   * @return its verb
   */
  public Verb verb() {
    return verb;
  }

  /**
   * Whether it may change tables, indexes, views, triggers or the planner's statistics.
   *
   * @return true if it is a schema statement
   */
  public boolean changesSchema() {
    return verb == Verb.SCHEMA;
  }

  /**
   * Whether it is an INSERT with {@code ON CONFLICT … DO UPDATE}.
   *
   * @return true if it is
   */
  public boolean upsert() {
    return upsert;
  }

  /**
   * The table that an INSERT or REPLACE inserts into.
   *
   * @return its name without quotes and schema, in the case it was written; null for other
   *     statements
   */
  public @Nullable String insertTarget() {
    return insertTarget;
  }

  /**
   * Where it stands in its script.
   *
   * @return the line of its first token, from 1; 0 if it is from no script
   */
  public int line() {
    return line;
  }

  /**
   * How many values SQLite needs.
   *
   * @return the highest number of a parameter
   */
  public int parameterCount() {
    return parameters.count();
  }

  /**
   * The names of its parameters, without their prefixes.
   *
   * @return the names
   */
  public Set<String> parameterNames() {
    return parameters.names();
  }

  /** Its parameters. */
  Parameters parameters() {
    return parameters;
  }

  /**
   * Puts the values of a call to its parameters.
   *
   * @param params the values by position, or one map, record or {@code Params} by name; null itself
   *     stands for one null, as the compiler makes of {@code run(sql, null)}
   * @param binder encodes them
   * @return the text and the values for SQLite
   * @throws ParameterException if they do not fit
   */
  public Bound bind(@Nullable Object @Nullable [] params, Binder binder) {
    return binder.bind(parameters, params);
  }
}
