package dev.dosql.internal.engine;

import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.internal.values.Columns;
import java.util.ArrayList;
import java.util.List;

/** What SQLite finds wrong with a database. */
public final class Integrity {
  /** Problems of a kind that are listed: who has so many needs no more of them. */
  private static final int LISTED_MAX = 100;

  private static final Object[] NONE = {};

  private Integrity() {}

  /**
   * All of it.
   *
   * @throws SqliteException if the file is damaged so that nothing can be said
   */
  public static List<String> problems(SqliteConnection connection) throws SqliteException {
    List<String> problems = damages(connection);
    try {
      problems.addAll(orphans(connection));
    } catch (SqliteException e) {
      if (problems.isEmpty()) {
        throw e;
      }
      problems.add("foreign keys not checked: " + e.text());
    }
    return problems;
  }

  /**
   * Damage of the file, and rows that break a constraint of their table.
   *
   * @throws SqliteException if the file is damaged so that nothing can be said
   */
  public static List<String> damages(SqliteConnection connection) throws SqliteException {
    List<String> damages = new ArrayList<>();
    String check = "PRAGMA integrity_check(" + LISTED_MAX + ")";
    try {
      list(connection, check, row -> row.textAt(0), damages);
    } catch (SqliteException e) {
      if (damages.isEmpty() || e.primaryCode() != SqliteException.CORRUPT) {
        throw e;
      }
      damages.add("check ended: " + e.text());
    }
    damages.removeIf("ok"::equals);
    return damages;
  }

  /** Rows whose foreign key leads nowhere. */
  private static List<String> orphans(SqliteConnection connection) throws SqliteException {
    List<String> orphans = new ArrayList<>();
    try {
      list(connection, "PRAGMA foreign_key_check", Integrity::orphan, orphans);
    } catch (SqliteException e) {
      if (e.primaryCode() != SqliteException.ERROR) {
        throw e;
      }
      orphans.add(e.text()); // A foreign key that cannot be one, which is a problem as well.
    }
    return orphans;
  }

  private static String orphan(Columns row) {
    String rowid = row.type(1) == Columns.INTEGER ? "row " + row.longAt(1) : "a row";
    return "foreign key violated: "
        + rowid
        + " of "
        + row.textAt(0)
        + " has no parent in "
        + row.textAt(2);
  }

  private static void list(SqliteConnection connection, String sql, Line line, List<String> into)
      throws SqliteException {
    SqliteStatement statement = connection.prepare(sql);
    try {
      boolean onRow = statement.start(NONE);
      while (onRow && into.size() < LISTED_MAX) {
        into.add(line.of(statement));
        onRow = statement.next();
      }
    } finally {
      statement.release();
    }
  }

  @FunctionalInterface
  private interface Line {
    String of(Columns row);
  }
}
