package dev.dosql.storage.capture;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A database that is written through one connection of SQLite's, which never checkpoints. */
final class LiveDatabase implements AutoCloseable {

  final Path file;
  private final Connection connection;

  private LiveDatabase(Path file, Connection connection) {
    this.file = file;
    this.connection = connection;
  }

  static LiveDatabase open(Path file, int pageSize) throws SQLException {
    LiveDatabase database = new LiveDatabase(file, connect(file));
    database.run("PRAGMA page_size = " + pageSize);
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA busy_timeout = 0");
    database.run("PRAGMA wal_autocheckpoint = 0");
    database.run("PRAGMA synchronous = NORMAL");
    return database;
  }

  static Connection connect(Path file) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file);
  }

  /** A second connection, which keeps the last one from being closed. */
  LiveDatabase another() throws SQLException {
    LiveDatabase other = new LiveDatabase(file, connect(file));
    other.run("PRAGMA busy_timeout = 0");
    other.run("PRAGMA wal_autocheckpoint = 0");
    return other;
  }

  Connection connection() {
    return connection;
  }

  void run(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Makes a view n that counts from 1. */
  void numbers(int upTo) throws SQLException {
    run("DROP VIEW IF EXISTS n");
    run(
        "CREATE VIEW n AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < "
            + upTo
            + ") SELECT i FROM c");
  }

  long number(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getLong(1) : 0;
    }
  }

  List<String> texts(String sql) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }

  /** The three numbers that a checkpoint returns. */
  List<Long> checkpoint(String mode) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(" + mode + ")")) {
      row.next();
      return List.of(row.getLong(1), row.getLong(2), row.getLong(3));
    }
  }

  /** What the owner of a log does for a checkpoint. */
  void checkpoint(LocalLog log, String mode) throws IOException, SQLException {
    log.capture(this::copyTo, 1);
    checkpointNoted(log);
    if (!mode.equals("PASSIVE")) {
      checkpoint(mode);
    }
  }

  /** Moves what it can and tells the log. */
  void checkpointNoted(LocalLog log) throws IOException, SQLException {
    List<Long> result = checkpoint("PASSIVE");
    log.checkpointed(result.get(1), result.get(2));
  }

  /** As {@link Image} wants it. */
  void copyTo(Path copy) throws IOException {
    try {
      run("PRAGMA user_version = " + number("PRAGMA user_version"));
      run("backup to '" + copy + "'");
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }

  /** Closes it before its block ends. */
  void end() throws SQLException {
    connection.close();
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
