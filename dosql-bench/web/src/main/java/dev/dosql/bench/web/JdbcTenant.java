package dev.dosql.bench.web;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;

/**
 * A tenant's file, its writer and up to {@value #READERS_MAX} readers, each a connection with its
 * statement prepared. Writers wait for each other here rather than in SQLite, which would have them
 * sleep and look again.
 */
final class JdbcTenant implements AutoCloseable {
  private static final int READERS_MAX = 4;
  private static final String CREATE =
      "CREATE TABLE IF NOT EXISTS todos"
          + " (id INTEGER PRIMARY KEY, title TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0)";
  private static final String FIND = "SELECT id, title, done FROM todos WHERE id = ?";
  private static final String ADD =
      "INSERT INTO todos (title) VALUES (?) RETURNING id, title, done";

  private final String url;
  private final Prepared writer;
  private final ReentrantLock writing = new ReentrantLock();
  private final Semaphore readers = new Semaphore(READERS_MAX);
  private final ConcurrentLinkedDeque<Prepared> idle = new ConcurrentLinkedDeque<>();

  JdbcTenant(Path file) {
    this.url = "jdbc:sqlite:" + file;
    try {
      Connection connection = open();
      try (Statement statement = connection.createStatement()) {
        statement.execute(CREATE);
      }
      this.writer = new Prepared(connection, connection.prepareStatement(ADD));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Connection open() throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(JournalMode.WAL);
    config.setSynchronous(SynchronousMode.FULL);
    config.setBusyTimeout(5_000);
    config.enforceForeignKeys(true);
    config.setGetGeneratedKeys(false);
    return config.createConnection(url);
  }

  Optional<Todo> find(long id) throws SQLException {
    readers.acquireUninterruptibly();
    try {
      return find(reader(), id);
    } finally {
      readers.release();
    }
  }

  private Optional<Todo> find(Prepared reader, long id) throws SQLException {
    try {
      reader.statement.setLong(1, id);
      return only(reader.statement);
    } finally {
      idle.addFirst(reader);
    }
  }

  /** One that is open, or a new one. */
  private Prepared reader() throws SQLException {
    Prepared reader = idle.pollFirst();
    if (reader == null) {
      Connection connection = open();
      reader = new Prepared(connection, connection.prepareStatement(FIND));
    }
    return reader;
  }

  Todo add(String title) throws SQLException {
    writing.lock();
    try {
      writer.statement.setString(1, title);
      return only(writer.statement).orElseThrow();
    } finally {
      writing.unlock();
    }
  }

  /** The only row; read to the end, which is what commits an INSERT. */
  private static Optional<Todo> only(PreparedStatement statement) throws SQLException {
    try (ResultSet rows = statement.executeQuery()) {
      if (!rows.next()) {
        return Optional.empty();
      }
      Todo todo = new Todo(rows.getLong(1), rows.getString(2), rows.getBoolean(3));
      rows.next();
      return Optional.of(todo);
    }
  }

  @Override
  public void close() {
    idle.forEach(Prepared::close);
    writer.close();
  }

  /** A connection and the statement that it is there for. */
  private record Prepared(Connection connection, PreparedStatement statement)
      implements AutoCloseable {
    @Override
    public void close() {
      try {
        statement.close();
        connection.close();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
