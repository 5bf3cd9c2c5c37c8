package dev.dosql.internal.remote;

import dev.dosql.DoSQLException;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sql.ParsedSqlCache;
import dev.dosql.internal.sql.Verb;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the text of a statement tells without a database. Whether it is allowed, and fit, is for the
 * database to say: of what cannot be read as a statement, nothing is told.
 *
 * <p>Safe for use by many threads.
 */
public final class RemoteStatements {
  private static final int PARSED_MAX = 1024;

  private final ParsedSqlCache parsed = new ParsedSqlCache(PARSED_MAX, Integer.MAX_VALUE);

  /**
   * Whether it is an INSERT, UPDATE or DELETE, whose rows are all read before it returns.
   *
   * @param sql the text
   * @return true if it is
   */
  public boolean writes(String sql) {
    ParsedSql statement = find(sql);
    return statement != null
        && switch (statement.verb()) {
          case INSERT, UPDATE, DELETE -> true;
          default -> false;
        };
  }

  /**
   * Whether it certainly changes nothing, so that a call of it can be repeated.
   *
   * @param sql the text, or a name of a statement that is elsewhere
   * @return true for a query; false for anything else, and for a name
   */
  public boolean onlyReads(String sql) {
    ParsedSql statement = find(sql);
    return statement != null
        && switch (statement.verb()) {
          case SELECT, VALUES, PRAGMA, EXPLAIN -> true;
          default -> false;
        };
  }

  /**
   * The names of its parameters.
   *
   * @param sql the text
   * @return the names without their prefixes; empty if it has none, or is no statement
   */
  public Set<String> parameterNames(String sql) {
    ParsedSql statement = find(sql);
    return statement == null ? Set.of() : statement.parameterNames();
  }

  /** The statement; null if it is none, such as a name of one that is elsewhere. */
  @Nullable ParsedSql find(String sql) {
    try {
      ParsedSql statement = parsed.get(sql);
      return statement.verb() == Verb.OTHER ? null : statement;
    } catch (DoSQLException e) {
      return null;
    }
  }
}
