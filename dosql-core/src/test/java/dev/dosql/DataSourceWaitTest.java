package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.HeldWriter;
import dev.dosql.testing.Waits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Statements that wait for somebody's transaction, ours or a foreign process's. */
@Timeout(60)
@SuppressWarnings("try") // the writer that is held
final class DataSourceWaitTest {
  private static final Duration PATIENCE = Duration.ofSeconds(25);

  /** Well before the patience of the writer ends, and well after a second. */
  private static final Duration SOON = Duration.ofSeconds(15);

  private static final int BATCH = 2_000;

  private final AtomicInteger pauses = new AtomicInteger();

  @TempDir Path directory;
  private DB db = DB.memory();
  private Connection connection;
  private Statement statement;

  @BeforeEach
  void open() throws SQLException {
    db.close();
    db =
        DB.open(
            "acme",
            DBOptions.builder()
                .directory(directory)
                .writeLockTimeout(PATIENCE)
                .function("pause", 0, false, none -> pause())
                .build());
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    connection = db.dataSource().getConnection();
    statement = connection.createStatement();
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
    db.close();
  }

  private void execute(String kind) throws SQLException {
    switch (kind) {
      case "transaction" -> {
        connection.setAutoCommit(false);
        statement.executeQuery("SELECT count(*) FROM t");
      }
      case "savepoint" -> {
        connection.setAutoCommit(false);
        connection.setSavepoint();
      }
      case "batch" -> {
        statement.addBatch("INSERT INTO t (v) VALUES ('batch')");
        statement.addBatch("INSERT INTO t (v) VALUES ('batch')");
        statement.executeBatch();
      }
      case "script" ->
          statement.execute("INSERT INTO t (v) VALUES ('a'); INSERT INTO t (v) VALUES ('b')");
      default -> statement.executeUpdate("INSERT INTO t (v) VALUES ('statement')");
    }
  }

  private SQLException failure(String kind) {
    return catchThrowableOfType(SQLException.class, () -> execute(kind));
  }

  /** Nothing was done, and what comes next is done at once. */
  private void checkGoesOn() throws SQLException {
    assertThat(db.query("SELECT * FROM t")).isEmpty();
    statement.setQueryTimeout(0);
    connection.setAutoCommit(true);
    assertThat(statement.executeUpdate("INSERT INTO t (v) VALUES ('after')")).isOne();
    db.run("INSERT INTO t (v) VALUES ('of the handle')");
    assertThat(db.query("SELECT * FROM t")).hasSize(2);
  }

  private static Duration since(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos);
  }

  @ParameterizedTest
  @ValueSource(strings = {"statement", "transaction", "batch", "script"})
  void queryTimeout_whileAnotherHasTheWriter_endsTheWait(String kind) throws Exception {
    statement.setQueryTimeout(1);
    try (HeldWriter held = HeldWriter.of(db)) {
      long before = System.nanoTime();
      SQLException failure = failure(kind);
      assertThat(since(before)).isBetween(Duration.ofSeconds(1), SOON);
      assertThat(failure.getSQLState()).isEqualTo("57014");
      Throwable typed = kind.equals("batch") ? failure.getNextException() : failure;
      assertThat(typed)
          .isInstanceOf(SQLTimeoutException.class)
          .hasMessageContaining("tenant=acme")
          .hasCauseInstanceOf(QueryTimeoutException.class);
    }
    checkGoesOn();
  }

  @ParameterizedTest
  @ValueSource(strings = {"statement", "transaction", "batch", "script"})
  void cancel_whileAnotherHasTheWriter_endsTheWait(String kind) throws Exception {
    AtomicReference<SQLException> failure = new AtomicReference<>();
    try (HeldWriter held = HeldWriter.of(db)) {
      Caller caller = Callers.start(() -> failure.set(failure(kind)));
      Waits.untilParked(caller);
      statement.cancel();
      assertThat(caller.runsFor(SOON.toMillis())).isFalse();
      caller.join();
      assertThat(failure.get().getSQLState()).isEqualTo("57014");
      Throwable typed = kind.equals("batch") ? failure.get().getNextException() : failure.get();
      assertThat(typed)
          .isInstanceOf(SQLTransientException.class)
          .hasCauseInstanceOf(InterruptedQueryException.class)
          .hasMessageContaining("cancelled");
    }
    checkGoesOn();
  }

  @Test
  void cancelOfAnotherStatement_whileOneWaits_doesNotEndIt() throws Exception {
    AtomicReference<SQLException> failure = new AtomicReference<>();
    try (Statement other = connection.createStatement()) {
      Caller caller;
      try (HeldWriter held = HeldWriter.of(db)) {
        caller = Callers.start(() -> failure.set(failure("statement")));
        Waits.untilParked(caller);
        other.cancel();
        assertThat(caller.runsFor(200)).isTrue();
      }
      assertThat(caller.runsFor(SOON.toMillis())).isFalse();
      caller.join();
    }
    assertThat(failure).hasValue(null);
    assertThat(db.query("SELECT * FROM t")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"transaction", "savepoint"})
  void abort_whileAnotherHasTheWriter_endsTheWaitAndTheConnection(String kind) throws Exception {
    AtomicReference<SQLException> failure = new AtomicReference<>();
    try (HeldWriter held = HeldWriter.of(db)) {
      Caller caller = Callers.start(() -> failure.set(failure(kind)));
      Waits.untilParked(caller);
      connection.abort(Runnable::run);
      assertThat(caller.runsFor(SOON.toMillis())).isFalse();
      caller.join();
      assertThat(failure.get().getSQLState()).isEqualTo("57014");
      assertThat(connection.isClosed()).isTrue();
    }
  }

  @Test
  void queryTimeoutAndCancel_whileAForeignProcessHasTheFile_endTheWait() throws Exception {
    try (Connection foreign = DriverManager.getConnection("jdbc:sqlite:" + file());
        Statement holding = foreign.createStatement()) {
      holding.execute("BEGIN IMMEDIATE");
      statement.setQueryTimeout(1);
      for (String kind : new String[] {"statement", "transaction"}) {
        long before = System.nanoTime();
        Throwable failure = failure(kind);
        assertThat(failure)
            .isInstanceOf(SQLTimeoutException.class)
            .hasCauseInstanceOf(QueryTimeoutException.class);
        assertThat(since(before)).isLessThan(SOON);
      }
      statement.setQueryTimeout(0);
      AtomicReference<SQLException> cancelled = new AtomicReference<>();
      Caller caller = Callers.start(() -> cancelled.set(failure("transaction")));
      Waits.untilParked(caller);
      statement.cancel();
      assertThat(caller.runsFor(SOON.toMillis())).isFalse();
      caller.join();
      assertThat(cancelled.get().getSQLState()).isEqualTo("57014");
      holding.execute("ROLLBACK");
    }
    checkGoesOn();
  }

  /** SQLite asks a statement whether to go on every few thousand steps, which none of these has. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void queryTimeoutAndCancel_betweenShortStatements_endTheBatch(boolean cancel) throws Exception {
    db.exec("CREATE TABLE one AS SELECT 1 AS x");
    for (int i = 0; i < BATCH; i++) {
      statement.addBatch("UPDATE one SET x = pause() + " + i);
    }
    statement.setQueryTimeout(cancel ? 0 : 1);
    AtomicReference<SQLException> failure = new AtomicReference<>();
    Caller caller = Callers.start(() -> failure.set(batchFailure()));
    Waits.until("batch has begun", () -> pauses.get() > 0);
    if (cancel) {
      statement.cancel();
    }
    assertThat(caller.runsFor(SOON.toMillis())).isFalse();
    caller.join();
    assertThat(pauses.get()).isLessThan(BATCH);
    assertThat(failure.get().getSQLState()).isEqualTo("57014");
    checkGoesOn();
  }

  private long pause() {
    pauses.incrementAndGet();
    LockSupport.parkNanos(5_000_000);
    return 1L;
  }

  private SQLException batchFailure() {
    return catchThrowableOfType(SQLException.class, statement::executeBatch);
  }

  private Path file() throws Exception {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(file -> file.toString().endsWith("acme.db")).findAny().orElseThrow();
    }
  }
}
