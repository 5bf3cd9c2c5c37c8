package dev.dosql.storage.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Files that SQLite has written, and reads again. */
final class RealDatabaseTest extends ReplicaFixture {

  private static final int STEPS = 60;

  private static Connection connect(Path file) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file);
  }

  /** One change of the database, which afterwards is one file without a log. */
  private static byte[] step(Path file, Random random) throws SQLException, IOException {
    try (Connection connection = connect(file);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode=WAL");
      statement.execute("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, v BLOB)");
      switch (random.nextInt(6)) {
        case 0 -> statement.execute("DELETE FROM t WHERE id % 3 = " + random.nextInt(3));
        case 1 -> statement.execute("VACUUM");
        case 2 -> statement.execute("UPDATE t SET v = randomblob(200) WHERE id % 5 = 1");
        default -> {
          String rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT %d)";
          statement.execute(
              ("INSERT INTO t(v) " + rows + " SELECT randomblob(%d) FROM n")
                  .formatted(1 + random.nextInt(60), 1 + random.nextInt(900)));
        }
      }
      statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    return Files.readAllBytes(file);
  }

  private static String contents(Path file) throws SQLException {
    try (Connection connection = connect(file);
        Statement statement = connection.createStatement()) {
      try (ResultSet check = statement.executeQuery("PRAGMA integrity_check")) {
        check.next();
        assertThat(check.getString(1)).isEqualTo("ok");
      }
      StringBuilder all = new StringBuilder();
      try (ResultSet rows = statement.executeQuery("SELECT id, hex(v) FROM t ORDER BY id")) {
        while (rows.next()) {
          all.append(rows.getLong(1)).append('=').append(rows.getString(2)).append('\n');
        }
      }
      return all.toString();
    }
  }

  @Test
  void randomHistory_isRestoredRowByRow_atEveryPosition() throws Exception {
    Random random = seeded(1);
    Path live = directory.resolve("live.db");
    History history = new History(directory.resolve("segments"), LINEAGE, 4096);
    Head head = replica.create("a", LINEAGE);
    List<String> expected = new ArrayList<>();
    for (int txid = 1; txid <= STEPS; txid++) {
      replica.put(history.commit(step(live, random), false), head);
      expected.add(contents(live));
      if (txid % 20 == 0) {
        head = replica.makeSnapshot(head, directory, RestoreProgress.NONE);
      }
    }
    for (int txid = 1; txid <= STEPS; txid++) {
      replica.restoreTo(head, target(), history.at(txid), RestoreProgress.NONE);
      assertThat(target()).hasBinaryContent(history.state(txid));
      assertThat(contents(target())).isEqualTo(expected.get(txid - 1));
    }
  }
}
