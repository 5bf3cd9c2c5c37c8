package dev.dosql.testing;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** All that a database file holds, as plain SQLite finds it. */
public final class Dump {
  /** What {@link #difference} says of two that hold the same. */
  public static final String SAME = "same";

  private Dump() {}

  /** What SQLite finds wrong, the schema, and every row of every table, to be compared. */
  public static List<String> of(Path file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      List<String> lines = new ArrayList<>(texts(statement, "PRAGMA integrity_check"));
      lines.addAll(
          texts(
              statement,
              "SELECT type || ' ' || name || ' ' || ifnull(sql, '') FROM sqlite_schema"
                  + " ORDER BY 1"));
      for (String table :
          texts(statement, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")) {
        lines.add("-- " + table);
        lines.addAll(rows(statement, table));
      }
      return lines;
    }
  }

  /** The first line in which two dumps differ, or that they are the same. */
  public static String difference(Path left, Path right) throws SQLException {
    List<String> one = of(left);
    List<String> other = of(right);
    for (int i = 0; i < Math.max(one.size(), other.size()); i++) {
      String here = i < one.size() ? one.get(i) : "end";
      String there = i < other.size() ? other.get(i) : "end";
      if (!here.equals(there)) {
        return "line %d of %d and %d: %s | %s"
            .formatted(i, one.size(), other.size(), shortened(here), shortened(there));
      }
    }
    return SAME;
  }

  private static String shortened(String line) {
    return line.substring(0, Math.min(100, line.length()));
  }

  private static List<String> rows(Statement statement, String table) throws SQLException {
    String columns =
        texts(statement, "SELECT name FROM pragma_table_info('" + table + "')").stream()
            .map(name -> "quote(\"" + name + "\")")
            .collect(Collectors.joining(" || '|' || "));
    return texts(statement, "SELECT " + columns + " AS line FROM \"" + table + "\" ORDER BY line");
  }

  /** The first column of a query. */
  public static List<String> texts(Statement statement, String sql) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }
}
