package dev.dosql.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** The table that is read and its rows, the same for everybody. */
final class Accounts {
  static final String CREATE =
      "CREATE TABLE account (id BIGINT PRIMARY KEY, name VARCHAR(100) NOT NULL,"
          + " email VARCHAR(100) NOT NULL, balance DOUBLE PRECISION NOT NULL,"
          + " created_at BIGINT NOT NULL)";

  /** SQLite's own key is the one called so. */
  static final String CREATE_SQLITE = CREATE.replace("id BIGINT", "id INTEGER");

  static final String INSERT =
      "INSERT INTO account (id, name, email, balance, created_at) VALUES (?, ?, ?, ?, ?)";
  static final String ALL = "SELECT id, name, email, balance, created_at FROM account";
  static final String BY_KEY = ALL + " WHERE id = ?";

  private Accounts() {}

  /** The values of each row, as parameters of {@link #INSERT}. */
  static Iterable<Object[]> rows(int count) {
    Stream<Object[]> rows =
        LongStream.rangeClosed(1, count)
            .mapToObj(
                id ->
                    new Object[] {
                      id,
                      "Account " + id,
                      "account" + id + "@example.com",
                      id * 1.25,
                      1_700_000 + id
                    });
    return rows::iterator;
  }

  /** Makes the table through JDBC. */
  static void create(Connection connection, String create, int count) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(create);
    }
    connection.setAutoCommit(false);
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      for (Object[] row : rows(count)) {
        for (int i = 0; i < row.length; i++) {
          insert.setObject(i + 1, row[i]);
        }
        insert.executeUpdate();
      }
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  /** What a hand-written loop makes of the row that a result stands on. */
  static Account read(ResultSet row) throws SQLException {
    return new Account(
        row.getLong(1), row.getString(2), row.getString(3), row.getDouble(4), row.getLong(5));
  }
}
