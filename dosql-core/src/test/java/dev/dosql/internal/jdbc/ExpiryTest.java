package dev.dosql.internal.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.DBOptions;
import dev.dosql.LimitExceededException;
import dev.dosql.Limits;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.tenant.Instance;
import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is open for too long is ended, and the next use is told. */
@Timeout(60)
class ExpiryTest {
  private static final Duration LIMIT = Duration.ofSeconds(1);

  private final Instance instance = Instance.inMemory(DBOptions.builder().build());
  private final DataSource source =
      new TenantDataSource(
          "acme",
          () -> instance.acquire("acme", true),
          new JdbcOptions(
              instance.values(),
              instance.parsed(),
              instance.binder(),
              Duration.ofSeconds(5),
              Limits.builder().transactionTimeout(LIMIT).build()));
  private OpenTenant tenant;

  @BeforeEach
  void open() throws SQLException {
    tenant = instance.acquire("acme", true);
    try (Connection connection = source.getConnection()) {
      execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    }
  }

  @AfterEach
  void close() {
    tenant.unpin();
    instance.close();
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private long count() throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private void expireAfter(Duration time) {
    tenant.expireOverdue(System.nanoTime() + time.toNanos());
  }

  private static void assertOverTime(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(SQLTimeoutException.class)
        .hasCauseInstanceOf(LimitExceededException.class)
        .extracting(e -> ((SQLException) e).getSQLState())
        .isEqualTo("25P04");
  }

  @Test
  void transaction_idleForTooLong_isUndoneAndTheTurnGivenOn() throws Exception {
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(false);
      execute(connection, "INSERT INTO t VALUES (1)");
      expireAfter(Duration.ZERO);
      execute(connection, "INSERT INTO t VALUES (2)"); // It was not time yet.
      Caller inserting =
          Callers.start(
              () -> {
                try (Connection other = source.getConnection()) {
                  execute(other, "INSERT INTO t VALUES (7)");
                }
              });
      assertThat(inserting.runsFor(200)).isTrue();
      expireAfter(LIMIT);
      inserting.join();
      assertOverTime(() -> execute(connection, "INSERT INTO t VALUES (3)"));
      assertOverTime(() -> execute(connection, "SELECT 1"));
      assertOverTime(connection::commit);
      execute(connection, "INSERT INTO t VALUES (4)");
      connection.rollback();
      execute(connection, "INSERT INTO t VALUES (5)");
      connection.commit();
    }
    assertThat(count()).isEqualTo(2);
  }

  @Test
  void statement_runningPastTheTransactionsTime_isEndedAndTheTransactionUndone() throws Exception {
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(false);
      execute(connection, "INSERT INTO t VALUES (1)");
      assertOverTime(
          () ->
              execute(
                  connection,
                  "SELECT sum(i) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                      + " FROM n WHERE i < 2000000000) SELECT i FROM n)"));
      try (Connection other = source.getConnection()) {
        assertThatThrownBy(() -> execute(connection, "SELECT 1")).isInstanceOf(SQLException.class);
        Callers.together(
            1,
            n -> {
              execute(other, "INSERT INTO t VALUES (7)");
              return null;
            });
      }
      connection.rollback();
    }
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void snapshotAndOpenResult_openForTooLong_areEnded() throws Exception {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      execute(connection, "INSERT INTO t VALUES (1), (2), (3)");
      ResultSet rows = statement.executeQuery("SELECT id FROM t");
      assertThat(rows.next()).isTrue();
      expireAfter(LIMIT);
      assertOverTime(rows::next);
      assertThat(statement.executeQuery("SELECT id FROM t").next()).isTrue();
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      ResultSet snapshot = statement.executeQuery("SELECT id FROM t");
      assertThat(snapshot.next()).isTrue();
      expireAfter(LIMIT);
      assertThatThrownBy(snapshot::next).isInstanceOf(SQLException.class);
      assertOverTime(() -> statement.executeQuery("SELECT id FROM t"));
      connection.rollback();
      assertThat(statement.executeQuery("SELECT id FROM t").next()).isTrue();
    }
  }

  @Test
  void expiry_whileCallsRun_neverMeetsThem() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    Caller sweeper =
        Callers.startPlatform(
            () -> {
              while (!stop.get()) {
                expireAfter(LIMIT);
              }
            });
    try {
      Callers.together(
          8,
          number -> {
            for (int i = 0; i < 100; i++) {
              try (Connection connection = source.getConnection()) {
                connection.setAutoCommit(false);
                execute(connection, "INSERT INTO t DEFAULT VALUES");
                execute(connection, "INSERT INTO t DEFAULT VALUES");
                connection.commit();
              } catch (SQLTimeoutException e) {
                assertThat(e.getCause()).isInstanceOf(LimitExceededException.class);
              }
            }
            return null;
          });
    } finally {
      stop.set(true);
      sweeper.join();
    }
    assertThat(count() % 2).isZero(); // Two or none, never one.
    assertThat(tenant.writer().hasFailed()).isFalse();
  }
}
