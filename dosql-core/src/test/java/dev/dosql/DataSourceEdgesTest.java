package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Results that are open and transactions that end, where they meet. */
@Timeout(60)
final class DataSourceEdgesTest {
  private static final String NUMBERS =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT %d) SELECT i FROM n";

  @TempDir Path directory;
  private DB db = DB.memory();
  private Connection connection;

  @BeforeEach
  void open() throws SQLException {
    db.close();
    Limits limits = Limits.builder().resultRowsMax(10).build();
    db = DB.open("acme", DBOptions.builder().directory(directory).limits(limits).build());
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    connection = db.dataSource().getConnection();
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
    db.close();
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private long count() {
    return db.queryOne(Long.class, "SELECT count(*) FROM t").orElseThrow();
  }

  @Test
  void transaction_endedByAResultThatIsTooLarge_takesNoMoreStatements() throws Exception {
    connection.setAutoCommit(false);
    execute("INSERT INTO t (v) VALUES ('first')");
    String tooMany = "INSERT INTO t (v) " + NUMBERS.formatted(20) + " RETURNING id";
    assertThatThrownBy(() -> execute(tooMany)).hasCauseInstanceOf(LimitExceededException.class);
    assertThatThrownBy(() -> execute("INSERT INTO t (v) VALUES ('after')"))
        .hasCauseInstanceOf(TransactionEndedException.class);
    connection.rollback();
    assertThat(count()).isZero();
    execute("INSERT INTO t (v) VALUES ('anew')");
    connection.commit();
    assertThat(count()).isOne();
  }

  @Test
  void result_openWhenATransactionBegins_isReadOnAndTheTransactionWrites() throws Exception {
    db.exec("INSERT INTO t (v) VALUES (1), (2), (3)");
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT v FROM t ORDER BY v")) {
      assertThat(rows.next()).isTrue();
      db.run("INSERT INTO t (v) VALUES (4)");
      connection.setAutoCommit(false);
      execute("INSERT INTO t (v) VALUES (5)");
      assertThat(rows.next()).isTrue();
      assertThat(rows.getLong(1)).isEqualTo(2);
      connection.commit();
    }
    assertThat(count()).isEqualTo(5);
  }

  @Test
  void result_tooLongToBeReadAhead_losesNoRow() throws Exception {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(NUMBERS.formatted(150_000))) {
      rows.next();
      assertThatThrownBy(() -> execute("INSERT INTO t (v) VALUES (1)"))
          .hasMessageContaining("100000");
      for (long wanted = 2; wanted <= 150_000; wanted++) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getLong(1)).isEqualTo(wanted);
      }
      assertThat(rows.next()).isFalse();
    }
    assertThat(count()).isZero();
  }

  @Test
  void result_thatFailed_neverLooksAsIfItHadEnded() throws Exception {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(NUMBERS.formatted(90_000))) {
      rows.next();
      Thread.currentThread().interrupt();
      Throwable write = catchThrowable(() -> execute("INSERT INTO t (v) VALUES (1)"));
      Thread.interrupted();
      assertThat(write).isInstanceOf(SQLException.class);
      Throwable end = null;
      long seen = 1;
      while (end == null && seen < 90_000) {
        end = catchThrowable(() -> assertThat(rows.next()).isTrue());
        seen++;
      }
      assertThat(end == null || end instanceof SQLException).isTrue();
      if (end != null) {
        assertThatThrownBy(rows::next).isInstanceOf(SQLException.class);
      }
    } finally {
      Thread.interrupted();
    }
  }

  @Test
  void pragma_inABatch_leavesNoSnapshotOpen() throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("PRAGMA table_list");
      statement.executeBatch();
      db.run("INSERT INTO t (v) VALUES (1)");
      try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
        rows.next();
        assertThat(rows.getLong(1)).isOne();
      }
    }
  }

  @Test
  void setAutoCommit_toWhatItIs_keepsSavepoints() throws Exception {
    connection.setAutoCommit(false);
    execute("INSERT INTO t (v) VALUES (1)");
    Savepoint savepoint = connection.setSavepoint();
    execute("INSERT INTO t (v) VALUES (2)");
    connection.setAutoCommit(false);
    connection.rollback(savepoint);
    connection.commit();
    assertThat(count()).isOne();
  }
}
