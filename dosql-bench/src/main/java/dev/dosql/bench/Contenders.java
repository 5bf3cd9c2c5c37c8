package dev.dosql.bench;

import com.zaxxer.hikari.HikariDataSource;
import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import jdk.jfr.Recording;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.sqlite.SQLiteConfig.SynchronousMode;

/** Those who read the table of accounts, each with a file of its own. */
public final class Contenders {
  private static final int ROWS = 100_000;
  private static final long RECORDING_BYTES_MAX = 50L << 20;

  private Contenders() {}

  /** The library. */
  @State(Scope.Benchmark)
  public static class Library {
    private final Folder folder = new Folder();
    private final DoSQL dosql =
        DoSQL.open(DBOptions.builder().directory(folder.file("tenants")).build());
    final DB db = dosql.db("acme");

    /** Makes the table. */
    @Setup
    public void fill() {
      db.exec(Accounts.CREATE_SQLITE);
      db.batch(Accounts.INSERT, Accounts.rows(ROWS));
    }

    /** Deletes all. */
    @TearDown
    public void close() {
      dosql.close();
      folder.close();
    }
  }

  /** The library while a flight recording runs that does not want its events. */
  public static class LibraryBesideARecording extends Library {
    private final Recording recording = new Recording();

    /** Begins to record nothing. */
    @Setup
    public void start() {
      recording.start();
    }

    /** Ends it. */
    @TearDown
    public void stop() {
      recording.close();
    }
  }

  /** The library while a flight recording has an event of each statement. */
  public static class LibraryRecorded extends Library {
    private final Recording recording = new Recording();

    /** Begins to record. */
    @Setup
    public void start() {
      recording.enable("dev.dosql.Query").withoutThreshold().withoutStackTrace();
      recording.setMaxSize(RECORDING_BYTES_MAX);
      recording.start();
    }

    /** Ends it. */
    @TearDown
    public void stop() {
      recording.close();
    }
  }

  /** JDBC by hand, on the same driver. */
  @State(Scope.Benchmark)
  public static class HandWritten {
    private final Folder folder = new Folder();
    private Connection connection;
    Statements statements;

    /** Makes the table. */
    @Setup
    public void fill() throws SQLException {
      connection = Peers.sqlite(folder.file("accounts.db"), SynchronousMode.NORMAL);
      Accounts.create(connection, Accounts.CREATE_SQLITE, ROWS);
      statements = new Statements(connection);
    }

    /** Deletes all. */
    @TearDown
    public void close() throws SQLException {
      connection.close();
      folder.close();
    }
  }

  /** JDBC by hand, on H2. */
  @State(Scope.Benchmark)
  public static class H2 {
    private final Folder folder = new Folder();
    private Connection connection;
    Statements statements;

    /** Makes the table. */
    @Setup
    public void fill() throws SQLException {
      connection = Peers.h2(folder.file("accounts"));
      Accounts.create(connection, Accounts.CREATE, ROWS);
      statements = new Statements(connection);
    }

    /** Deletes all. */
    @TearDown
    public void close() throws SQLException {
      connection.close();
      folder.close();
    }
  }

  /** Libraries over a pool. */
  @State(Scope.Benchmark)
  public static class Pooled {
    private final Folder folder = new Folder();
    private final HikariDataSource pool = Peers.pool(folder.file("accounts.db"));
    final Jdbi jdbi = Jdbi.create(pool).registerRowMapper(ConstructorMapper.factory(Account.class));
    final JdbcClient spring = JdbcClient.create(pool);

    /** Makes the table. */
    @Setup
    public void fill() throws SQLException {
      try (Connection connection = pool.getConnection()) {
        Accounts.create(connection, Accounts.CREATE_SQLITE, ROWS);
      }
    }

    /** Deletes all. */
    @TearDown
    public void close() {
      pool.close();
      folder.close();
    }
  }

  /**
   * What somebody writes who wants it fast: statements that are prepared once, columns by number.
   */
  static final class Statements {
    private final PreparedStatement byKey;
    private final PreparedStatement all;

    Statements(Connection connection) throws SQLException {
      byKey = connection.prepareStatement(Accounts.BY_KEY);
      all = connection.prepareStatement(Accounts.ALL);
    }

    Account byKey(long id) throws SQLException {
      byKey.setLong(1, id);
      try (ResultSet rows = byKey.executeQuery()) {
        if (!rows.next()) {
          throw new NoSuchElementException();
        }
        return Accounts.read(rows);
      }
    }

    List<Account> all() throws SQLException {
      List<Account> accounts = new ArrayList<>();
      try (ResultSet rows = all.executeQuery()) {
        while (rows.next()) {
          accounts.add(Accounts.read(rows));
        }
      }
      return accounts;
    }
  }
}
