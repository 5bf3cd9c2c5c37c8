package dev.dosql.internal.sql;

import dev.dosql.LimitExceededException;
import dev.dosql.StatementException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What was parsed lately, by its text. Failures are not kept.
 *
 * <p>Safe for use by many threads; a hit takes no lock. Two generations: new entries fill the young
 * one, and when it has half of the bound the old one is dropped and the young one becomes the old.
 * An entry used in its old age moves to the young, so what is used stays and what is not goes,
 * without any bookkeeping on a hit.
 */
public final class ParsedSqlCache {
  /** Texts longer than this have values pasted in; few come twice, and each takes its space. */
  private static final int SQL_LENGTH_MAX = 64 * 1024;

  private final int youngMax;
  private final int sqlLengthMax;
  private final Object turn = new Object();
  private volatile ConcurrentMap<String, ParsedSql> young = new ConcurrentHashMap<>();
  private volatile ConcurrentMap<String, ParsedSql> old = new ConcurrentHashMap<>();

  /**
   * Makes an empty one.
   *
   * @param entriesMax how many statements it may hold, 2 or more
   * @param sqlLengthMax how long a statement may be, whether or not it is kept
   * @throws IllegalArgumentException if it is less
   */
  public ParsedSqlCache(int entriesMax, int sqlLengthMax) {
    if (entriesMax < 2) {
      throw new IllegalArgumentException("entriesMax must be 2 or more: " + entriesMax);
    }
    this.youngMax = entriesMax / 2;
    this.sqlLengthMax = sqlLengthMax;
  }

  /**
   * The statement, parsed now or before.
   *
   * @param sql its text
   * @return what is known of it
   * @throws StatementException as {@link ParsedSql#parse} does
   * @throws LimitExceededException if it is too long
   */
  public ParsedSql get(String sql) {
    ParsedSql hit = young.get(sql);
    return hit != null ? hit : getOld(sql);
  }

  /**
   * Checks that a statement is not too long.
   *
   * @throws LimitExceededException if it is
   */
  public void checkLength(String sql) {
    if (sql.length() > sqlLengthMax) {
      throw new LimitExceededException(
          "statement refused: has "
              + sql.length()
              + " chars, at most "
              + sqlLengthMax
              + " allowed (limit=sqlLengthMax)",
          "sqlLengthMax",
          sqlLengthMax,
          sql.length());
    }
  }

  private ParsedSql getOld(String sql) {
    checkLength(sql);
    ParsedSql hit = old.get(sql);
    ParsedSql parsed = hit != null ? hit : ParsedSql.parse(sql);
    if (sql.length() <= SQL_LENGTH_MAX) {
      keep(parsed);
    }
    return parsed;
  }

  private void keep(ParsedSql parsed) {
    synchronized (turn) {
      if (young.size() >= youngMax) {
        old = young;
        young = new ConcurrentHashMap<>();
      }
      young.put(parsed.sql(), parsed);
    }
  }

  /** How many statements it holds; one in both generations counts twice. */
  int size() {
    return young.size() + old.size();
  }
}
