package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.testing.Callers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class TenantLifeTest {
  @TempDir Path parent;
  private Path data;
  private Path migrations;

  @BeforeEach
  void makeMigrations() throws IOException {
    data = parent.resolve("data");
    migrations = Files.createDirectory(parent.resolve("migrations"));
    migration("001_start.sql", "CREATE TABLE t(x); INSERT INTO t VALUES('first');");
  }

  private void migration(String name, String sql) throws IOException {
    Files.writeString(migrations.resolve(name), sql);
  }

  private DBOptions.Builder options() {
    return DBOptions.builder().directory(data).migrations(migrations.toString());
  }

  private DoSQL open() {
    return DoSQL.open(options().build());
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(data)) {
      return all.map(file -> file.getFileName().toString())
          .filter(n -> !n.equals(".dosql"))
          .toList();
    }
  }

  // Opening, once.

  @Test
  void defect7_newTenantUsedBy32ThreadsAtOnce_isMadeOnceForAll() throws Exception {
    AtomicInteger made = new AtomicInteger();
    migration("002_count.sql", "INSERT INTO t VALUES(made());");
    DBOptions counting =
        options().function("made", 0, false, arguments -> "made" + made.incrementAndGet()).build();
    try (DoSQL tenants = DoSQL.open(counting)) {
      CyclicBarrier start = new CyclicBarrier(32);
      List<List<String>> seen =
          Callers.together(
              32,
              number -> {
                DB db = tenants.db("acme");
                start.await(30, TimeUnit.SECONDS);
                return db.query(String.class, "SELECT x FROM t ORDER BY rowid");
              });

      assertThat(made).hasValue(1);
      assertThat(seen).hasSize(32).containsOnly(List.of("first", "made1"));
      assertThat(tenants.tenants()).hasSize(1);
    }
  }

  @Test
  void defect6_openThatFails_isNotRememberedAndIsSeenByAllWhoWait() throws Exception {
    CyclicBarrier start = new CyclicBarrier(16);
    AtomicBoolean broken = new AtomicBoolean(true);
    migration("002_may_fail.sql", "INSERT INTO t SELECT may_fail() FROM t;");
    SqlFunction mayFail =
        arguments -> {
          Thread.sleep(100); // So that the others come and wait.
          if (broken.get()) {
            throw new IllegalStateException("broken");
          }
          return "second";
        };
    try (DoSQL tenants = DoSQL.open(options().function("may_fail", 0, false, mayFail).build())) {
      List<Throwable> failures =
          Callers.together(
              16,
              number -> {
                start.await(30, TimeUnit.SECONDS);
                try {
                  return new AssertionError(tenants.db("acme").query("SELECT * FROM t"));
                } catch (DoSQLException e) {
                  return e;
                }
              });
      assertThat(failures)
          .hasSize(16)
          .allSatisfy(
              failure ->
                  assertThat(failure)
                      .isInstanceOfSatisfying(
                          MigrationException.class,
                          e -> assertThat(e.file()).contains("002_may_fail.sql")));

      broken.set(false);
      assertThat(tenants.db("acme").query(String.class, "SELECT x FROM t")).hasSize(2);
    }
  }

  @Test
  void open_threadInterrupted_doesNotFailThoseWhoWait() throws Exception {
    try (DoSQL tenants = open()) {
      CyclicBarrier start = new CyclicBarrier(8);
      List<Object> results =
          Callers.together(
              8,
              number -> {
                start.await(30, TimeUnit.SECONDS);
                if (number % 2 == 0) {
                  Thread.currentThread().interrupt();
                }
                try {
                  return tenants.db("acme").query(String.class, "SELECT x FROM t");
                } catch (InterruptedQueryException e) {
                  return number % 2 == 0 ? "interrupted" : e;
                } finally {
                  Thread.interrupted();
                }
              });
      assertThat(results)
          .allSatisfy(each -> assertThat(each).isIn(List.of("first"), "interrupted"));
    }
  }

  // Creating and finding.

  @Test
  void defect31_createIfMissingOff_unknownTenantIsAnErrorAndNothingIsMade() throws IOException {
    try (DoSQL tenants = DoSQL.open(options().createIfMissing(false).build())) {
      DB typo = tenants.db("amce");

      assertThatExceptionOfType(TenantNotFoundException.class)
          .isThrownBy(() -> typo.query("SELECT 1"))
          .satisfies(e -> assertThat(e.tenant()).isEqualTo("amce"));
      assertThatExceptionOfType(TenantNotFoundException.class)
          .isThrownBy(() -> typo.run("INSERT INTO t VALUES(1)"));
      assertThat(files()).isEmpty();

      tenants.create("amce");
      assertThat(typo.query(String.class, "SELECT x FROM t")).containsExactly("first");
    }
  }

  @Test
  void create_existingTenant_isRefusedAndItIsUntouched() {
    try (DoSQL tenants = open()) {
      DB acme = tenants.create("acme");
      acme.run("INSERT INTO t VALUES('kept')");

      assertThatExceptionOfType(TenantExistsException.class)
          .isThrownBy(() -> tenants.create("acme"))
          .satisfies(e -> assertThat(e.tenant()).isEqualTo("acme"));
      assertThat(acme.query(String.class, "SELECT x FROM t")).containsExactly("first", "kept");
    }
  }

  @Test
  void create_existingTenantInUse_isRefusedAtOnceAndItsCallsGoOn() {
    try (DoSQL tenants = open()) {
      DB acme = tenants.create("acme");
      try (RowStream<Row> rows = acme.stream("SELECT x FROM t")) {
        long begun = System.nanoTime();
        assertThatExceptionOfType(TenantExistsException.class)
            .isThrownBy(() -> tenants.create("acme"));
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
        assertThat(rows.next().getString(0)).isEqualTo("first");
      }
      acme.useTransaction(
          tx -> {
            tx.run("INSERT INTO t VALUES('mine')");
            assertThatExceptionOfType(TenantExistsException.class)
                .isThrownBy(() -> tenants.create("acme"));
          });
      assertThat(acme.query("SELECT x FROM t")).hasSize(2);
    }
  }

  @Test
  void create_by32ThreadsAtOnce_isDoneByOneAndRefusedToOthers() throws Exception {
    try (DoSQL tenants = open()) {
      CyclicBarrier start = new CyclicBarrier(32);
      List<Boolean> created =
          Callers.together(
              32,
              number -> {
                start.await(30, TimeUnit.SECONDS);
                try {
                  tenants.create("acme").run("INSERT INTO t VALUES('mine')");
                  return true;
                } catch (TenantExistsException e) {
                  return false;
                }
              });
      assertThat(created).containsOnlyOnce(true);
      assertThat(tenants.db("acme").query("SELECT x FROM t")).hasSize(2);
    }
  }

  @Test
  void create_migrationFails_leavesNothing() throws IOException {
    migration("002_bad.sql", "INSERT INTO missing VALUES(1);");
    try (DoSQL tenants = open()) {
      assertThatExceptionOfType(MigrationException.class).isThrownBy(() -> tenants.create("acme"));
      assertThat(tenants.find("acme")).isEmpty();
      assertThat(files()).isEmpty();
    }
  }

  @Test
  void create_migrationThatCannotBeTemplatedFails_leavesNothing() throws IOException {
    migration("002_bad.sql", "INSERT INTO t VALUES(random()); INSERT INTO missing VALUES(1);");
    try (DoSQL tenants = open()) {
      for (String name : List.of("acme", "x".repeat(100))) {
        assertThatExceptionOfType(MigrationException.class).isThrownBy(() -> tenants.create(name));
        assertThat(tenants.find(name)).isEmpty();
      }
      assertThat(files()).isEmpty();
    }
  }

  @Test
  void find_neverCreates() throws IOException {
    try (DoSQL tenants = open()) {
      assertThat(tenants.find("acme")).isEmpty();
      assertThat(files()).isEmpty();
      tenants.create("acme");
      assertThat(tenants.find("acme")).isPresent();
    }
  }

  @Test
  void handle_ofUnusedTenant_makesNothing() throws IOException {
    try (DoSQL tenants = open()) {
      assertThat(tenants.db("acme").name()).isEqualTo("acme");
      assertThat(files()).isEmpty();
      assertThat(tenants.tenants()).isEmpty();
    }
  }

  @Test
  void tenants_ofEachState_areListed() {
    try (DoSQL tenants = open()) {
      tenants.create("closed");
      tenants.create("suspended");
      tenants.suspend("suspended");
    }
    try (DoSQL tenants = open()) {
      tenants.create("open");

      assertThat(tenants.tenants())
          .extracting(TenantInfo::name, TenantInfo::state)
          .containsExactlyInAnyOrder(
              org.assertj.core.api.Assertions.tuple("open", TenantInfo.State.OPEN),
              org.assertj.core.api.Assertions.tuple("closed", TenantInfo.State.CLOSED),
              org.assertj.core.api.Assertions.tuple("suspended", TenantInfo.State.SUSPENDED));
      assertThat(tenants.tenants()).allSatisfy(each -> assertThat(each.sizeBytes()).isPositive());
    }
  }

  // Deleting.

  @Test
  void delete_tenantWithRows_andMadeAnewIsEmpty() throws IOException {
    try (DoSQL tenants = open()) {
      DB acme = tenants.create("acme");
      acme.run("INSERT INTO t VALUES('old')");

      tenants.delete("acme");

      assertThat(files()).isEmpty();
      assertThat(tenants.find("acme")).isEmpty();
      assertThatExceptionOfType(TenantNotFoundException.class)
          .isThrownBy(() -> tenants.delete("acme"));
      assertThat(acme.query(String.class, "SELECT x FROM t")).containsExactly("first");
    }
  }

  @Test
  void delete_strayLogOfDeletedTenant_neverReachesTheNewOne() throws Exception {
    byte[] log;
    try (DoSQL tenants = open()) {
      tenants.create("acme").run("INSERT INTO t VALUES('old')");
      log = Files.readAllBytes(data.resolve("acme.db-wal"));
      tenants.delete("acme");
      Files.write(data.resolve("acme.db-wal"), log); // As a crash in the middle would leave it.

      assertThat(tenants.db("acme").query(String.class, "SELECT x FROM t"))
          .containsExactly("first");
    }
    assertThat(log.length).isGreaterThan(4096);
  }

  @Test
  void delete_whileOthersReadAndWrite_theyFinishOrStartAnew() throws Exception {
    try (DoSQL tenants = open()) {
      tenants.create("acme");
      AtomicBoolean done = new AtomicBoolean();
      List<Integer> results =
          Callers.together(
              9,
              number -> {
                if (number == 0) {
                  try {
                    return deleteOften(tenants);
                  } finally {
                    done.set(true);
                  }
                }
                int calls = 0;
                for (int i = 0; !done.get(); i++) {
                  String mark = number + "-" + i;
                  tenants.db("acme").run("INSERT INTO t VALUES(?)", mark);
                  tenants.db("acme").query("SELECT x FROM t");
                  calls++;
                }
                return calls;
              });
      assertThat(results).allMatch(calls -> calls > 0);
      assertThat(tenants.db("acme").query("SELECT 1 FROM t WHERE x = 'before'")).isEmpty();
    }
  }

  private static int deleteOften(DoSQL tenants) throws InterruptedException {
    int deleted = 0;
    for (int i = 0; i < 30; i++) {
      Thread.sleep(5);
      try {
        tenants.db("acme").run("INSERT INTO t VALUES('before')");
        tenants.delete("acme");
        deleted++;
      } catch (TenantNotFoundException e) {
        // Nobody made it anew yet.
      }
    }
    return deleted;
  }

  @Test
  void delete_ofTwoThreadsAtOnce_isDoneByOne() throws Exception {
    try (DoSQL tenants = open()) {
      for (int round = 0; round < 20; round++) {
        tenants.create("acme");
        CyclicBarrier start = new CyclicBarrier(4);
        List<Boolean> deleted =
            Callers.together(
                4,
                number -> {
                  start.await(30, TimeUnit.SECONDS);
                  try {
                    tenants.delete("acme");
                    return true;
                  } catch (TenantNotFoundException e) {
                    return false;
                  }
                });
        assertThat(deleted).containsOnlyOnce(true);
      }
    }
  }

  @Test
  void deleteAndSuspend_insideOwnTransaction_areRefusedAndItGoesOn() {
    try (DoSQL tenants = open()) {
      DB acme = tenants.create("acme");
      acme.useTransaction(
          tx -> {
            tx.run("INSERT INTO t VALUES('kept')");
            assertThatExceptionOfType(TransactionScopeException.class)
                .isThrownBy(() -> tenants.delete("acme"));
            assertThatExceptionOfType(TransactionScopeException.class)
                .isThrownBy(() -> tenants.suspend("acme"));
          });
      assertThat(acme.query("SELECT 1 FROM t WHERE x = 'kept'")).hasSize(1);
    }
  }

  @Test
  void deleteAndSuspend_insideOwnRead_areRefusedAtOnceAndItGoesOn() {
    try (DoSQL tenants = open()) {
      DB acme = tenants.create("acme");
      List<String> read =
          acme.read(
              reads -> {
                assertThatExceptionOfType(TransactionScopeException.class)
                    .isThrownBy(() -> tenants.delete("acme"));
                assertThatExceptionOfType(TransactionScopeException.class)
                    .isThrownBy(() -> tenants.suspend("acme"));
                return reads.query(String.class, "SELECT x FROM t");
              });
      assertThat(read).containsExactly("first");
    }
  }

  @Test
  void delete_whileReadOfSeveralQueriesRuns_waitsForAllOfIt() throws Exception {
    try (DoSQL tenants = open()) {
      DB acme = tenants.create("acme");
      CountDownLatch inside = new CountDownLatch(1);
      List<Long> took =
          Callers.together(
              2,
              number -> {
                long begun = System.nanoTime();
                if (number == 1) {
                  inside.await(30, TimeUnit.SECONDS);
                  tenants.delete("acme");
                  return System.nanoTime() - begun;
                }
                return acme.read(
                    reads -> {
                      inside.countDown();
                      Thread.sleep(300); // The deletion waits by now.
                      assertThat(acme.query("SELECT x FROM t")).hasSize(1);
                      return System.nanoTime() - begun;
                    });
              });
      assertThat(took).allMatch(nanos -> nanos < Duration.ofSeconds(5).toNanos());
      assertThat(tenants.find("acme")).isEmpty();
    }
  }

  @Test
  void delete_ofAnotherTenantInsideATransaction_isRefused() {
    try (DoSQL tenants = open()) {
      tenants.create("globex");
      tenants
          .create("acme")
          .useTransaction(
              tx ->
                  assertThatExceptionOfType(TransactionScopeException.class)
                      .isThrownBy(() -> tenants.delete("globex"))
                      .withMessageContaining("tenant=globex"));
      assertThat(tenants.find("globex")).isPresent();
    }
  }

  // Suspending.

  @Test
  void suspend_refusesCallsAlsoAfterRestart_untilResumed() {
    try (DoSQL tenants = open()) {
      DB acme = tenants.create("acme");
      tenants.suspend("acme");
      assertSuspended(acme);
    }
    try (DoSQL tenants = open()) {
      DB acme = tenants.find("acme").orElseThrow();
      assertSuspended(acme);
      assertThatExceptionOfType(TenantExistsException.class)
          .isThrownBy(() -> tenants.create("acme"));

      tenants.resume("acme");
      assertThat(acme.query(String.class, "SELECT x FROM t")).containsExactly("first");
    }
  }

  private static void assertSuspended(DB db) {
    List<Runnable> calls =
        List.of(
            () -> db.query("SELECT 1"),
            () -> db.run("INSERT INTO t VALUES(1)"),
            () -> db.exec("SELECT 1"),
            () -> db.stream("SELECT 1").close(),
            () -> db.useTransaction(tx -> tx.query("SELECT 1")),
            () -> db.read(reads -> reads.query("SELECT 1")));
    for (Runnable call : calls) {
      assertThatExceptionOfType(TenantSuspendedException.class)
          .isThrownBy(call::run)
          .satisfies(e -> assertThat(e.tenant()).isEqualTo(db.name()));
    }
  }

  @Test
  void suspend_unknownTenant_isAnError() {
    try (DoSQL tenants = open()) {
      assertThatExceptionOfType(TenantNotFoundException.class)
          .isThrownBy(() -> tenants.suspend("acme"));
      assertThatExceptionOfType(TenantNotFoundException.class)
          .isThrownBy(() -> tenants.resume("acme"));
    }
  }

  @Test
  void suspend_whileOthersWrite_letsThemFinish() throws Exception {
    try (DoSQL tenants = open()) {
      DB acme = tenants.create("acme");
      CountDownLatch inside = new CountDownLatch(1);
      Callers.together(
          2,
          number -> {
            if (number == 1) {
              inside.await(30, TimeUnit.SECONDS);
              tenants.suspend("acme");
            } else {
              acme.useTransaction(
                  tx -> {
                    inside.countDown();
                    Thread.sleep(200);
                    tx.run("INSERT INTO t VALUES('finished')");
                  });
            }
            return number;
          });
      assertSuspended(acme);
      tenants.resume("acme");
      assertThat(acme.query("SELECT 1 FROM t WHERE x = 'finished'")).hasSize(1);
    }
  }

  @Test
  void suspended_deletedAndMadeAnew_isNotSuspended() throws IOException {
    try (DoSQL tenants = open()) {
      tenants.create("acme");
      tenants.suspend("acme");
      tenants.delete("acme");
      // A crash in the middle of deleting would leave this behind.
      Files.write(data.resolve("acme.suspended"), new byte[0]);

      assertThat(tenants.find("acme")).isEmpty();
      assertThat(tenants.db("acme").query(String.class, "SELECT x FROM t"))
          .containsExactly("first");
    }
  }

  @Test
  void resume_ofTenantInUse_doesNotWaitForItsCalls() {
    try (DoSQL tenants = open()) {
      DB acme = tenants.create("acme");
      try (RowStream<Row> rows = acme.stream("SELECT x FROM t")) {
        tenants.resume("acme");
        assertThat(rows.next().getString(0)).isEqualTo("first");
      }
    }
  }
}
