package dev.dosql.bench;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.sqlite.SQLiteConfig.SynchronousMode;

/**
 * Single rows, each in a transaction of its own that is forced to the disk before the answer.
 *
 * <p>Timed here rather than by JMH, whose iterations of one method after the other would see other
 * minutes of the disk.
 */
final class DurableWrites implements AutoCloseable {
  private static final String CREATE =
      "CREATE TABLE event (id INTEGER PRIMARY KEY, at BIGINT NOT NULL, body VARCHAR(100) NOT NULL)";
  private static final String CREATE_H2 =
      CREATE.replace("INTEGER PRIMARY", "BIGINT AUTO_INCREMENT PRIMARY");
  private static final String INSERT = "INSERT INTO event (at, body) VALUES (?, ?)";
  private static final String BODY = "something that happened to somebody";

  private final Settings settings;
  private final int threads;
  private final Folder folder = new Folder();
  private final DoSQL dosql;
  private final DB db;
  private final List<Inserting> sqlite;
  private final List<Inserting> h2;
  private final List<Inserting> h2Forced;

  DurableWrites(Settings settings, int threads) throws SQLException {
    this.settings = settings;
    this.threads = threads;
    this.dosql = DoSQL.open(DBOptions.builder().directory(folder.file("tenants")).build());
    this.db = dosql.db("acme");
    db.exec(CREATE);
    Path file = folder.file("peer.db");
    this.sqlite = peers(() -> Peers.sqlite(file, SynchronousMode.FULL), CREATE, false);
    this.h2 = peers(() -> Peers.h2(folder.file("h2")), CREATE_H2, false);
    this.h2Forced = peers(() -> Peers.h2(folder.file("h2-forced")), CREATE_H2, true);
  }

  private List<Inserting> peers(Opening opening, String create, boolean force) throws SQLException {
    List<Inserting> opened = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Connection connection = opening.open();
      if (i == 0) {
        try (Statement statement = connection.createStatement()) {
          statement.execute(create);
        }
      }
      opened.add(new Inserting(connection, force));
    }
    return opened;
  }

  Map<String, Figures> run() throws Exception {
    return new Contest()
        .with("dosql", () -> load(thread -> db.run(INSERT, System.nanoTime(), BODY)))
        .with(
            "dosqlTransaction",
            () -> load(thread -> db.useTransaction(tx -> tx.run(INSERT, System.nanoTime(), BODY))))
        .with("sqlite", () -> load(thread -> sqlite.get(thread).insert()))
        .with("h2", () -> load(thread -> h2.get(thread).insert()))
        .with("h2Forced", () -> load(thread -> h2Forced.get(thread).insert()))
        .run(settings.warmUp(), settings.timedRounds());
  }

  private double load(Load.Operation operation) throws Exception {
    return Load.nanosPerOperation(threads, settings.slot(), operation);
  }

  @Override
  public void close() throws SQLException {
    for (List<Inserting> each : List.of(sqlite, h2, h2Forced)) {
      for (Inserting inserting : each) {
        inserting.connection.close();
      }
    }
    dosql.close();
    folder.close();
  }

  @FunctionalInterface
  private interface Opening {
    Connection open() throws SQLException;
  }

  /** A connection with its prepared statement, of one thread. */
  private static final class Inserting {
    private final Connection connection;
    private final PreparedStatement insert;
    private final Statement force;
    private final boolean forces;

    Inserting(Connection connection, boolean forces) throws SQLException {
      this.connection = connection;
      this.insert = connection.prepareStatement(INSERT);
      this.force = connection.createStatement();
      this.forces = forces;
    }

    void insert() throws SQLException {
      insert.setLong(1, System.nanoTime());
      insert.setString(2, BODY);
      insert.executeUpdate();
      if (forces) {
        force.execute(Peers.H2_FORCE);
      }
    }
  }
}
