package dev.dosql.internal.values;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** A real database of one table with a column of each affinity, through plain JDBC. */
final class Sqlite implements AutoCloseable {
  private final Connection connection;

  Sqlite() throws SQLException {
    connection = DriverManager.getConnection("jdbc:sqlite::memory:");
    execute("CREATE TABLE t(t TEXT, i INTEGER, r REAL, n NUMERIC, b BLOB)");
  }

  void execute(String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Stores a value in a column and reads back what SQLite has made of it. */
  StoredRow stored(String column, Object value) throws SQLException {
    execute("DELETE FROM t");
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO t(" + column + ") VALUES(?)")) {
      insert.setObject(1, value);
      insert.executeUpdate();
    }
    return row("SELECT " + column + " FROM t");
  }

  /** The only column of the only row. */
  StoredRow row(String sql) throws SQLException {
    try (var statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT typeof(x), x FROM (SELECT (" + sql + ") x)")) {
      rows.next();
      return StoredRow.of(value(rows.getString(1), rows));
    }
  }

  private static Object[] value(String type, ResultSet rows) throws SQLException {
    return new Object[] {
      switch (type) {
        case "integer" -> (Object) rows.getLong(2);
        case "real" -> (Object) rows.getDouble(2);
        case "text" -> rows.getString(2);
        case "blob" -> rows.getBytes(2);
        default -> null;
      }
    };
  }

  /** A text of SQL, such as the order in which SQLite sorts. */
  String text(String sql) throws SQLException {
    return row(sql).textAt(0);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
