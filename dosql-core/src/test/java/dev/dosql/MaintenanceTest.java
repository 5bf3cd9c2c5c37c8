package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class MaintenanceTest {
  @TempDir Path data;
  private DoSQL dosql;
  private DB acme;

  @BeforeEach
  void open() {
    dosql = DoSQL.open(DBOptions.builder().directory(data).build());
    acme = dosql.db("acme");
  }

  @AfterEach
  void close() {
    dosql.close();
  }

  private long size() throws IOException {
    return Files.size(data.resolve("acme.db"));
  }

  private void fill(int rows) {
    acme.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, x)");
    acme.batch(
        "INSERT INTO t(x) VALUES(zeroblob(?))",
        IntStream.range(0, rows).map(i -> 2_000).boxed().toList());
  }

  @Test
  void vacuum_afterRowsHaveGone_shrinksTheFileAndKeepsTheRest() throws Exception {
    fill(2_000);
    acme.vacuum();
    long full = size();
    acme.run("DELETE FROM t WHERE id > 100");
    acme.vacuum();

    assertThat(size()).isLessThan(full / 10);
    assertThat(Files.size(data.resolve("acme.db-wal"))).isZero();
    assertThat(acme.query("SELECT id FROM t")).hasSize(100);
    acme.run("INSERT INTO t(x) VALUES(1)");
    assertThat(acme.integrityCheck()).isEmpty();
  }

  @Test
  void vacuum_whileOthersReadAndWrite_disturbsNobody() throws Exception {
    fill(500);
    AtomicBoolean stop = new AtomicBoolean();
    List<Caller> callers =
        List.of(
            Callers.start(
                () -> {
                  while (!stop.get()) {
                    acme.run("INSERT INTO t(x) VALUES('new')");
                  }
                }),
            Callers.start(
                () -> {
                  while (!stop.get()) {
                    assertThat(acme.query("SELECT id FROM t WHERE id <= 500")).hasSize(500);
                  }
                }));
    try (RowStream<Integer> stream =
        acme.stream(Integer.class, "SELECT id FROM t WHERE id <= 500")) {
      int seen = 0;
      for (int i = 0; i < 5; i++) {
        seen += stream.next() > 0 ? 1 : 0;
        acme.vacuum();
      }
      while (stream.hasNext()) {
        stream.next();
        seen++;
      }
      assertThat(seen).isEqualTo(500);
    }
    stop.set(true);
    Caller.joinAll(callers);
    long rows = acme.queryOne(Long.class, "SELECT count(*) FROM t").orElseThrow();
    assertThat(rows).isGreaterThan(500);
    assertThat(acme.integrityCheck()).isEmpty();
    dosql.close();
    open();
    assertThat(acme.queryOne(Long.class, "SELECT count(*) FROM t")).contains(rows);
  }

  @Test
  void vacuum_insideOwnReadOrStream_isDoneAndTheSnapshotStays() {
    fill(50);
    int seen =
        acme.read(
            reads -> {
              reads.query("SELECT id FROM t");
              acme.vacuum();
              return reads.query("SELECT id FROM t").size();
            });
    assertThat(seen).isEqualTo(50);
  }

  @Test
  void maintenance_insideATransaction_isRefusedAndItGoesOn() {
    fill(1);
    acme.useTransaction(
        tx -> {
          for (Runnable call :
              List.<Runnable>of(acme::vacuum, acme::optimize, acme::integrityCheck)) {
            assertThatExceptionOfType(TransactionScopeException.class).isThrownBy(call::run);
          }
          DB other = dosql.db("other");
          assertThatExceptionOfType(TransactionScopeException.class).isThrownBy(other::vacuum);
          tx.run("INSERT INTO t(x) VALUES(2)");
        });
    assertThat(acme.query("SELECT id FROM t")).hasSize(2);
  }

  @Test
  void vacuum_threadInterrupted_isATypedErrorAndAllIsAsBefore() {
    fill(2_000);
    acme.run("DELETE FROM t WHERE id % 2 = 0");
    Thread.currentThread().interrupt();
    Throwable thrown = catchThrowable(acme::vacuum);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(thrown).isInstanceOf(InterruptedQueryException.class);
    assertThat(acme.query("SELECT id FROM t")).hasSize(1_000);
    acme.vacuum();
    assertThat(acme.integrityCheck()).isEmpty();
  }

  @Test
  void vacuum_doesNotOpenTheWayForOtherFiles() {
    fill(1);
    acme.vacuum();
    for (String sql : List.of("ATTACH ':memory:' AS other", "VACUUM", "VACUUM INTO 'x'")) {
      assertThat(catchThrowable(() -> acme.exec(sql))).isInstanceOf(StatementException.class);
    }
  }

  @Test
  void optimize_notesHowValuesAreSpread() {
    acme.exec("CREATE TABLE t(x); CREATE INDEX i ON t(x)");
    acme.batch(
        "INSERT INTO t VALUES(?)", IntStream.range(0, 5_000).map(i -> i % 5).boxed().toList());
    assertThat(acme.query("SELECT * FROM t WHERE x = 3")).hasSize(1_000);
    acme.optimize();

    assertThat(acme.query(String.class, "SELECT idx FROM sqlite_stat1")).containsExactly("i");
    acme.optimize();
    assertThat(acme.query("SELECT * FROM t WHERE x = 3")).hasSize(1_000);
    dosql.close();
    open();
    assertThat(acme.query("SELECT * FROM sqlite_stat1")).hasSize(1);
  }

  @Test
  void integrityCheck_ofRowsThatBreakTheirRules_listsThem() throws Exception {
    acme.exec(
        "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
            + "CREATE TABLE child(id INTEGER PRIMARY KEY, p REFERENCES parent, n CHECK (n > 0));"
            + "INSERT INTO parent VALUES(1); INSERT INTO child VALUES(7, 1, 5)");
    assertThat(acme.integrityCheck()).isEmpty();
    dosql.close();
    try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("acme.db"));
        Statement statement = other.createStatement()) {
      statement.executeUpdate("PRAGMA ignore_check_constraints=ON");
      statement.executeUpdate("UPDATE child SET n = -12345, p = 99999");
    }
    open();
    List<String> problems = acme.integrityCheck();
    assertThat(problems).hasSize(2);
    assertThat(problems.get(0)).contains("CHECK constraint failed in child");
    assertThat(problems.get(1))
        .isEqualTo("foreign key violated: row 7 of child has no parent in parent");
    assertThat(problems.toString()).doesNotContain("12345", "99999");
  }

  @Test
  void integrityCheck_ofADamagedFile_listsTheDamageOrIsATypedError() throws Exception {
    fill(300);
    acme.exec("CREATE TABLE sound(x); INSERT INTO sound VALUES(1)");
    dosql.close();
    try (RandomAccessFile file = new RandomAccessFile(data.resolve("acme.db").toFile(), "rw")) {
      file.seek(20 * 4_096);
      file.write(new byte[4_096]);
    }
    open();
    assertThat(acme.integrityCheck()).isNotEmpty();
    assertThat(acme.query("SELECT x FROM sound")).hasSize(1);
    dosql.close();
    Files.write(data.resolve("acme.db"), new byte[8_192]);
    open();
    assertThatExceptionOfType(CorruptDatabaseException.class)
        .isThrownBy(() -> acme.integrityCheck())
        .withMessageContaining("tenant=acme");
  }

  @Test
  void maintenance_ofAnEvictedTenant_opensItAndOfAClosedHandleIsRefused() throws Exception {
    dosql.close();
    dosql =
        DoSQL.open(DBOptions.builder().directory(data).idleTimeout(Duration.ofMillis(1)).build());
    acme = dosql.db("acme");
    fill(10);
    for (int i = 0; i < 5; i++) {
      Thread.sleep(10);
      acme.vacuum();
      Thread.sleep(10);
      acme.optimize();
      Thread.sleep(10);
      assertThat(acme.integrityCheck()).isEmpty();
    }
    acme.close();
    for (Runnable call : List.<Runnable>of(acme::vacuum, acme::optimize, acme::integrityCheck)) {
      assertThatExceptionOfType(DatabaseClosedException.class).isThrownBy(call::run);
    }
  }
}
