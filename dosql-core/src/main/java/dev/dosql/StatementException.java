package dev.dosql;

import org.jspecify.annotations.Nullable;

/**
 * A statement was refused, by SQLite (syntax, unknown table or column, a failed function) or by
 * this library before SQLite saw it (several statements where one is needed, transaction control, a
 * PRAGMA with an effect, a write given to a reader). It had no effect.
 */
public final class StatementException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /** The longest piece of SQL that an error keeps; the rest is cut. */
  private static final int SQL_LENGTH_MAX = 1024;

  private final String sql;
  private final int position;
  private final int line;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param sql the statement
   * @param position the offset in {@code sql}, in chars, or -1 where it is not known
   * @param line the line in the script, from 1, or 0 where there is no script
   * @param cause what it came from, or null
   */
  public StatementException(
      String message, String sql, int position, int line, @Nullable Throwable cause) {
    super(message, cause);
    this.sql = sql.length() <= SQL_LENGTH_MAX ? sql : sql.substring(0, SQL_LENGTH_MAX) + "…";
    this.position = position;
    this.line = line;
  }

  /**
   * The statement, as the caller wrote it: parameters are not filled in. Long ones are cut.
   *
   * @return the SQL
   */
  public String sql() {
    return sql;
  }

  /**
   * Where in {@link #sql()} the fault was seen.
   *
   * @return the offset in chars, or -1 where it is not known
   */
  public int position() {
    return position;
  }

  /**
   * Where in the script the statement begins.
   *
   * @return the line, from 1, or 0 when the call was not a script
   */
  public int line() {
    return line;
  }
}
