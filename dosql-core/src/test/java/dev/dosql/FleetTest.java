package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.dosql.FleetOptions.OnFailure;
import dev.dosql.FleetReport.Status;
import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.ChildJvm;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

@Timeout(120)
class FleetTest {
  private static final FleetOptions DEFAULTS = FleetOptions.builder().build();

  @TempDir Path parent;
  private Path data;
  private Path migrations;

  @BeforeEach
  void makeMigrations() throws IOException {
    data = parent.resolve("data");
    migrations = Files.createDirectory(parent.resolve("migrations"));
    migration("001_start.sql", "CREATE TABLE t(x);");
  }

  @AfterEach
  void noThreadIsLeft() {
    Set<String> names =
        Thread.getAllStackTraces().keySet().stream()
            .map(Thread::getName)
            .filter(name -> name.startsWith("dosql-fleet-"))
            .collect(Collectors.toSet());
    assertThat(names).isEmpty();
  }

  private void migration(String name, String sql) throws IOException {
    Files.writeString(migrations.resolve(name), sql);
  }

  private DBOptions.Builder options() {
    return DBOptions.builder()
        .directory(data)
        .migrations(migrations)
        .durability(Durability.PROCESS);
  }

  private DoSQL open() {
    return DoSQL.open(options().build());
  }

  private static String name(int number) {
    return "t%04d".formatted(number);
  }

  /** Tenants at the first migration, copied from one that is closed. */
  private void makeTenants(int count) throws IOException {
    try (DoSQL dosql = open()) {
      dosql.create(name(0));
    }
    for (int i = 1; i < count; i++) {
      Files.copy(data.resolve(name(0) + ".db"), data.resolve(name(i) + ".db"));
    }
  }

  private void secondMigration() throws IOException {
    migration("002_unique.sql", "CREATE UNIQUE INDEX u ON t(x); CREATE TABLE second(y);");
  }

  /** A second migration that calls {@code gate()} once for each tenant. */
  private void gatedMigration() throws IOException {
    migration(
        "002_gate.sql",
        "CREATE UNIQUE INDEX u ON t(x); CREATE TABLE second(y); INSERT INTO second VALUES(gate());");
  }

  private DoSQL openGated(SqlFunction gate) {
    return DoSQL.open(options().function("gate", 0, false, gate).build());
  }

  private static List<String> namesOfOpen(DoSQL dosql) {
    return dosql
        .tenants()
        .filter(each -> each.state() == TenantInfo.State.OPEN)
        .map(TenantInfo::name)
        .sorted()
        .toList();
  }

  private static boolean isMigrated(DB db) {
    return db.queryOne(Integer.class, "SELECT count(*) FROM sqlite_schema WHERE name = 'second'")
        .equals(Optional.of(1));
  }

  @Test
  void migrateAll_of1000TenantsOneCorruptTwoFailing_migratesTheOthersAndReportsEach()
      throws Exception {
    makeTenants(1_000);
    try (DoSQL dosql = open()) {
      dosql.db(name(200)).exec("INSERT INTO t VALUES('twice'); INSERT INTO t VALUES('twice')");
      dosql.db(name(700)).exec("INSERT INTO t VALUES('twice'); INSERT INTO t VALUES('twice')");
    }
    byte[] damaged = "this is no database, is it? ".repeat(400).getBytes();
    Files.write(data.resolve(name(500) + ".db"), damaged);
    secondMigration();

    List<FleetProgress> seen = new ArrayList<>();
    FleetReport report;
    try (DoSQL dosql = DoSQL.open(options().openTenantsMax(4).build())) {
      report =
          dosql.migrateAll(
              FleetOptions.builder().canaries(name(3), name(999)).progress(seen::add).build());

      assertThat(dosql.tenants().filter(each -> each.state() == TenantInfo.State.OPEN)).isEmpty();
      assertThat(isMigrated(dosql.db(name(123)))).isTrue();
    }

    assertThat(report.outcomes()).hasSize(1_000);
    assertThat(report.count(Status.DONE)).isEqualTo(997);
    assertThat(report.tenants(Status.FAILED)).containsExactly(name(200), name(500), name(700));
    assertThat(report.failures().get(name(200))).isInstanceOf(MigrationException.class);
    assertThat(report.failures().get(name(500))).isInstanceOf(CorruptDatabaseException.class);
    assertThat(report.outcome(name(700)).orElseThrow().failure())
        .get()
        .isInstanceOfSatisfying(
            MigrationException.class, e -> assertThat(e.file()).contains("002_unique.sql"));
    assertThat(report.isComplete()).isFalse();
    assertThat(report.lines()).hasSize(4);
    assertThat(report.lines().get(0)).contains("1000 tenants", "done=997", "failed=3");
    assertThat(report.lines().get(2))
        .startsWith("failed: " + name(500) + ": dev.dosql.CorruptDatabaseException: ");
    assertThat(report.toString()).doesNotContain("twice");
    assertThat(Files.readAllBytes(data.resolve(name(500) + ".db"))).isEqualTo(damaged);
    assertProgress(seen);

    takesUpTheRest();
  }

  private static void assertProgress(List<FleetProgress> seen) {
    assertThat(seen).hasSize(1_000);
    assertThat(Set.of(seen.get(0).tenant(), seen.get(1).tenant()))
        .isEqualTo(Set.of(name(3), name(999)));
    for (int i = 0; i < seen.size(); i++) {
      assertThat(seen.get(i).finished()).isEqualTo(i + 1);
      assertThat(seen.get(i).total()).isEqualTo(1_000);
    }
    FleetProgress last = seen.get(999);
    assertThat(last.done()).isEqualTo(997);
    assertThat(last.failed()).isEqualTo(3);
    assertThat(last.eta()).isZero();
    FleetProgress half = seen.get(499);
    // Half are done and half are left, so what is left takes as long as it took.
    assertThat(half.eta()).isEqualTo(half.elapsed());
    assertThat(half.toString()).startsWith("500 of 1000 (");
  }

  /** A second run, after repairs, does only what the first has not done. */
  private void takesUpTheRest() throws IOException {
    Files.delete(data.resolve(name(500) + ".db"));
    try (DoSQL dosql = DoSQL.open(options().migrations(oldMigrations()).build())) {
      dosql.db(name(200)).run("DELETE FROM t");
      dosql.db(name(700)).run("DELETE FROM t");
    }
    try (DoSQL dosql = open();
        Applied applied = new Applied()) {
      FleetReport second = dosql.migrateAll(DEFAULTS);

      assertThat(second.tenants(Status.DONE)).containsExactly(name(200), name(700));
      assertThat(second.count(Status.CURRENT)).isEqualTo(997);
      assertThat(second.isComplete()).isTrue();
      assertThat(second.lines()).hasSize(1);
      assertThat(applied.count()).as("runs of Flyway").isEqualTo(2);
    }
  }

  private Path oldMigrations() throws IOException {
    Path old = Files.createDirectory(parent.resolve("old"));
    Files.copy(migrations.resolve("001_start.sql"), old.resolve("001_start.sql"));
    return old;
  }

  /** Counts how often the library says that it has run Flyway. */
  private static final class Applied implements AutoCloseable {
    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.dosql.migrations");
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    Applied() {
      lines.start();
      logger.setLevel(Level.DEBUG);
      logger.setAdditive(false);
      logger.addAppender(lines);
    }

    long count() {
      return List.copyOf(lines.list).stream()
          .filter(line -> line.getMessage().startsWith("schema is up to date"))
          .count();
    }

    @Override
    public void close() {
      logger.detachAppender(lines);
      logger.setAdditive(true);
      logger.setLevel(null);
    }
  }

  // Who has a turn.

  @Test
  void migrateAll_canaryFails_startsNobodyElse() throws Exception {
    makeTenants(20);
    try (DoSQL dosql = open()) {
      dosql.db(name(7)).exec("INSERT INTO t VALUES(1); INSERT INTO t VALUES(1)");
    }
    secondMigration();
    try (DoSQL dosql = open()) {
      FleetReport report =
          dosql.migrateAll(FleetOptions.builder().canaries(name(7), name(8)).build());

      assertThat(report.tenants(Status.FAILED)).containsExactly(name(7));
      assertThat(report.tenants(Status.DONE)).containsExactly(name(8));
      assertThat(report.count(Status.NOT_STARTED)).isEqualTo(18);
      assertThat(report.isComplete()).isFalse();
      assertThat(report.lines().get(0)).contains("not started=18");
    }
  }

  @Test
  void migrateAll_canaryThatIsSuspended_showsNothingSoNobodyElseIsStarted() throws Exception {
    makeTenants(5);
    secondMigration();
    try (DoSQL dosql = open()) {
      dosql.suspend(name(1));
      FleetReport report = dosql.migrateAll(FleetOptions.builder().canaries(name(1)).build());

      assertThat(report.tenants(Status.SUSPENDED)).containsExactly(name(1));
      assertThat(report.count(Status.NOT_STARTED)).isEqualTo(4);
    }
  }

  @Test
  void migrateAll_unknownCanary_isAnErrorAndNothingIsDone() throws Exception {
    makeTenants(3);
    secondMigration();
    try (DoSQL dosql = open()) {
      assertThatExceptionOfType(TenantNotFoundException.class)
          .isThrownBy(() -> dosql.migrateAll(FleetOptions.builder().canaries("nobody").build()))
          .satisfies(e -> assertThat(e.tenant()).isEqualTo("nobody"));
      assertThat(dosql.migrateAll(DEFAULTS).count(Status.DONE)).isEqualTo(3);
      assertThat(dosql.find("nobody")).isEmpty();
    }
  }

  @Test
  void migrateAll_stopOnFailure_startsNobodyAfterIt() throws Exception {
    makeTenants(30);
    try (DoSQL dosql = open()) {
      dosql.db(name(4)).exec("INSERT INTO t VALUES(1); INSERT INTO t VALUES(1)");
    }
    secondMigration();
    try (DoSQL dosql = open()) {
      FleetOptions stop =
          FleetOptions.builder().parallelism(1).onFailure(OnFailure.STOP).canaries(name(4)).build();
      assertThat(dosql.migrateAll(stop).count(Status.NOT_STARTED)).isEqualTo(29);

      AtomicInteger calls = new AtomicInteger();
      CountDownLatch noted = new CountDownLatch(1);
      FleetResult<String> result =
          dosql.eachTenant(
              db -> {
                int call = calls.incrementAndGet();
                if (call == 3) {
                  throw new IOException("third");
                }
                if (call > 3) {
                  assertThat(noted.await(30, TimeUnit.SECONDS)).isTrue();
                }
                return db.name();
              },
              FleetOptions.builder()
                  .parallelism(1)
                  .onFailure(OnFailure.STOP)
                  .progress(
                      seen -> {
                        if (seen.failed() > 0) {
                          noted.countDown();
                        }
                      })
                  .build());

      assertThat(result.results()).hasSizeBetween(2, 3);
      assertThat(result.failures()).containsOnlyKeys(name(2));
      assertThat(result.failures().get(name(2))).isInstanceOf(IOException.class);
      assertThat(result.report().count(Status.NOT_STARTED)).isGreaterThanOrEqualTo(26);
    }
  }

  @Test
  void migrateAll_suspendedTenant_isLeftAloneAndMigratedWhenItIsUsedAgain() throws Exception {
    makeTenants(4);
    try (DoSQL dosql = open()) {
      dosql.suspend(name(2));
    }
    secondMigration();
    try (DoSQL dosql = open()) {
      FleetReport report = dosql.migrateAll(DEFAULTS);

      assertThat(report.tenants(Status.SUSPENDED)).containsExactly(name(2));
      assertThat(report.lines()).contains("suspended: " + name(2));
      assertThat(report.isComplete()).isTrue();
      dosql.resume(name(2));
      assertThat(isMigrated(dosql.db(name(2)))).isTrue();
    }
  }

  @Test
  void migrateAll_tenantsInUse_areNeitherEvictedNorWaitedFor() throws Exception {
    makeTenants(40);
    secondMigration();
    try (DoSQL dosql = DoSQL.open(options().openTenantsMax(3).build())) {
      for (int i : new int[] {5, 6, 7}) {
        dosql.db(name(i)).query("SELECT 1");
      }
      FleetReport report =
          dosql
              .db(name(6))
              .read(
                  reads -> {
                    reads.query("SELECT x FROM t");
                    return dosql.migrateAll(FleetOptions.builder().parallelism(8).build());
                  });

      assertThat(report.tenants(Status.CURRENT)).containsExactly(name(5), name(6), name(7));
      assertThat(report.count(Status.DONE)).isEqualTo(37);
      assertThat(
              dosql
                  .tenants()
                  .filter(each -> each.state() == TenantInfo.State.OPEN)
                  .map(TenantInfo::name))
          .containsExactlyInAnyOrder(name(5), name(6), name(7));
    }
  }

  @Test
  void migrateAll_tenantsRenamedAndDeletedMeanwhile_areReportedAndMissNothing() throws Exception {
    makeTenants(10);
    migration("002_gate.sql", "CREATE TABLE second(y); INSERT INTO second VALUES(gate());");
    CountDownLatch changed = new CountDownLatch(1);
    AtomicInteger calls = new AtomicInteger();
    SqlFunction gate =
        arguments -> {
          if (calls.incrementAndGet() > 1 && !changed.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("waited too long");
          }
          return 1;
        };
    try (DoSQL dosql = DoSQL.open(options().function("gate", 0, false, gate).build())) {
      FleetReport report =
          dosql.migrateAll(
              FleetOptions.builder()
                  .parallelism(1)
                  .progress(
                      seen -> {
                        if (changed.getCount() > 0) {
                          dosql.rename(name(5), "renamed");
                          dosql.delete(name(6));
                          changed.countDown();
                        }
                      })
                  .build());

      assertThat(report.tenants(Status.GONE)).containsExactly(name(5), name(6));
      assertThat(report.lines()).contains("gone: " + name(5), "gone: " + name(6));
      assertThat(report.tenants(Status.DONE)).contains("renamed").hasSize(9);
      assertThat(dosql.find(name(6))).isEmpty();
      assertThat(dosql.tenants()).hasSize(9);
    }
  }

  @Test
  void fleet_tenantsDeletedByACanary_areInTheReportAndInTheCounts() throws Exception {
    makeTenants(10);
    secondMigration();
    try (DoSQL dosql = open()) {
      List<FleetProgress> seen = new ArrayList<>();
      FleetReport report =
          dosql.migrateAll(
              FleetOptions.builder()
                  .canaries(name(9))
                  .progress(
                      progress -> {
                        if (seen.isEmpty()) {
                          dosql.delete(name(3));
                          dosql.rename(name(4), "renamed");
                        }
                        seen.add(progress);
                      })
                  .build());

      assertThat(report.tenants(Status.GONE)).containsExactly(name(3), name(4));
      assertThat(report.tenants(Status.DONE)).contains("renamed").hasSize(9);
      assertThat(report.isComplete()).isTrue();
      assertAddsUp(seen, 10, 11);

      seen.clear();
      FleetResult<String> result =
          dosql.eachTenant(
              db -> {
                if (db.name().equals(name(9))) {
                  dosql.delete(name(5));
                }
                return db.name(); // It does not even look.
              },
              FleetOptions.builder().canaries(name(9)).progress(seen::add).build());
      assertThat(result.report().tenants(Status.GONE)).containsExactly(name(5));
      assertThat(result.report().outcomes()).hasSize(9);
      assertThat(result.results()).hasSize(8).doesNotContainKey(name(5));
      assertAddsUp(seen, 9, 9);
    }
  }

  /** Each tenant is told of once, and the total never shrinks. */
  private static void assertAddsUp(List<FleetProgress> seen, int firstTotal, int lastTotal) {
    assertThat(seen).hasSize(lastTotal);
    assertThat(seen).extracting(FleetProgress::tenant).doesNotHaveDuplicates();
    int total = firstTotal;
    for (int i = 0; i < seen.size(); i++) {
      assertThat(seen.get(i).finished()).isEqualTo(i + 1);
      assertThat(seen.get(i).total()).isBetween(total, lastTotal);
      total = seen.get(i).total();
    }
    FleetProgress last = seen.get(seen.size() - 1);
    assertThat(last.total()).isEqualTo(lastTotal);
    assertThat(last.finished()).isEqualTo(lastTotal);
    assertThat(last.eta()).isZero();
  }

  // How it ends.

  @Test
  void migrateAll_processKilledMidway_isTakenUpByTheNextRun() throws Exception {
    makeTenants(300);
    gatedMigration();
    Set<String> acknowledged = new TreeSet<>();
    for (int kill = 0; kill < 2; kill++) {
      try (ChildJvm child = FleetChild.migrating(data, migrations)) {
        for (int i = 0; i < 40; i++) {
          acknowledged.add(child.line());
        }
        child.kill();
        acknowledged.addAll(child.rest());
      }
    }
    try (DoSQL dosql = openGated(arguments -> 1)) {
      FleetReport report = dosql.migrateAll(DEFAULTS);

      assertThat(report.isComplete()).isTrue();
      assertThat(report.tenants(Status.CURRENT)).containsAll(acknowledged);
      assertThat(report.tenants(Status.DONE))
          .isNotEmpty()
          .doesNotContainAnyElementsOf(acknowledged);
      FleetResult<Boolean> migrated = dosql.eachTenant(FleetTest::isMigrated, DEFAULTS);
      assertThat(migrated.results()).hasSize(300).doesNotContainValue(false);
      FleetResult<List<String>> problems = dosql.eachTenant(DB::integrityCheck, DEFAULTS);
      assertThat(problems.results().values()).allMatch(List::isEmpty);
    }
  }

  @Test
  void migrateAll_callerInterrupted_stopsAndIsTakenUpByTheNextRun() throws Exception {
    makeTenants(100);
    gatedMigration();
    AtomicInteger calls = new AtomicInteger();
    SqlFunction gate =
        arguments -> {
          if (calls.incrementAndGet() > 5) {
            awaitInterrupt();
          }
          return 1;
        };
    try (DoSQL dosql = openGated(gate)) {
      FleetOptions options =
          FleetOptions.builder()
              .parallelism(2)
              .progress(
                  seen -> {
                    if (seen.finished() == 5) {
                      Thread.currentThread().interrupt();
                    }
                  })
              .build();
      Throwable thrown = catchThrowable(() -> dosql.migrateAll(options));

      assertThat(Thread.interrupted()).isTrue();
      assertThat(thrown).isInstanceOf(InterruptedQueryException.class);
      assertThat(thrown).hasMessageContaining("of 100 tenants finished");
    }
    try (DoSQL dosql = openGated(arguments -> 1)) {
      FleetReport rest = dosql.migrateAll(DEFAULTS);
      assertThat(rest.isComplete()).isTrue();
      // Five, and those whose file was running.
      assertThat(rest.count(Status.CURRENT)).isBetween(5, 7);
      assertThat(rest.count(Status.DONE)).isBetween(93, 95);
    }
  }

  /** Until a stop was noted: only then are the workers interrupted. */
  private static void awaitInterrupt() {
    try {
      Thread.sleep(30_000);
      throw new IllegalStateException("waited too long");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // The file is finished, and the next not begun.
    }
  }

  @Test
  void eachTenant_callerInterrupted_interruptsTheWorkAndWaitsForIt() throws Exception {
    makeTenants(10);
    Set<String> ended = new ConcurrentSkipListSet<>();
    CountDownLatch begun = new CountDownLatch(2);
    try (DoSQL dosql = open()) {
      Thread caller = Thread.currentThread();
      Caller interrupter =
          Callers.start(
              () -> {
                begun.await(30, TimeUnit.SECONDS);
                caller.interrupt();
              });
      assertThatExceptionOfType(InterruptedQueryException.class)
          .isThrownBy(
              () ->
                  dosql.eachTenant(
                      db -> {
                        begun.countDown();
                        try {
                          Thread.sleep(60_000);
                        } finally {
                          ended.add(db.name());
                        }
                        return 1;
                      },
                      FleetOptions.builder().parallelism(2).build()));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(ended).containsExactly(name(0), name(1));
      interrupter.join();
    }
  }

  @Test
  void progress_thatThrows_stopsAndComesOut() throws Exception {
    makeTenants(50);
    gatedMigration();
    AtomicInteger told = new AtomicInteger();
    AtomicInteger calls = new AtomicInteger();
    Thread caller = Thread.currentThread();
    SqlFunction gate =
        arguments -> {
          if (calls.incrementAndGet() > 1) {
            Waits.until("listener is called", () -> told.get() > 0);
            Waits.untilParked(caller); // What it threw has been noted, and this is waited for.
          }
          return 1;
        };
    try (DoSQL dosql = openGated(gate)) {
      FleetOptions options =
          FleetOptions.builder()
              .parallelism(1)
              .progress(
                  seen -> {
                    told.incrementAndGet();
                    throw new IllegalStateException("mine");
                  })
              .build();
      assertThatThrownBy(() -> dosql.migrateAll(options)).hasMessage("mine");
    }
    assertThat(told).hasValue(1);
    try (DoSQL dosql = openGated(arguments -> 1)) {
      FleetReport rest = dosql.migrateAll(DEFAULTS);
      // One, and the one whose file was running.
      assertThat(rest.count(Status.CURRENT)).isBetween(1, 2);
      assertThat(rest.count(Status.DONE)).isBetween(48, 49);
      assertThat(rest.isComplete()).isTrue();
    }
  }

  @Test
  void migrateAll_closedMeanwhile_saysSo() throws Exception {
    makeTenants(100);
    secondMigration();
    DoSQL dosql = open();
    FleetOptions options =
        FleetOptions.builder().parallelism(1).progress(seen -> dosql.close()).build();
    assertThatExceptionOfType(DatabaseClosedException.class)
        .isThrownBy(() -> dosql.migrateAll(options));
    assertThatExceptionOfType(DatabaseClosedException.class)
        .isThrownBy(() -> dosql.migrateAll(DEFAULTS));
    try (DoSQL again = open()) {
      assertThat(again.migrateAll(DEFAULTS).isComplete()).isTrue();
    }
  }

  @Test
  void fleet_insideATransaction_isRefusedAndItGoesOn() throws Exception {
    makeTenants(2);
    try (DoSQL dosql = open()) {
      dosql
          .db(name(0))
          .useTransaction(
              tx -> {
                assertThatExceptionOfType(TransactionScopeException.class)
                    .isThrownBy(() -> dosql.migrateAll(DEFAULTS));
                assertThatExceptionOfType(TransactionScopeException.class)
                    .isThrownBy(() -> dosql.eachTenant(DB::name, DEFAULTS));
                tx.run("INSERT INTO t VALUES(1)");
              });
      assertThat(dosql.db(name(0)).query("SELECT x FROM t")).hasSize(1);
    }
  }

  // Work for each tenant.

  @Test
  void eachTenant_resultsAndFailures_areByTenant() throws Exception {
    makeTenants(50);
    Files.write(data.resolve(name(9) + ".db"), new byte[4096]);
    try (DoSQL dosql = open()) {
      FleetResult<Long> result =
          dosql.eachTenant(
              db -> {
                db.run("INSERT INTO t VALUES(?)", db.name());
                if (db.name().equals(name(20))) {
                  throw new AssertionError("wrong");
                }
                return db.name().equals(name(30))
                    ? null
                    : db.queryOne(Long.class, "SELECT count(*) FROM t").orElseThrow();
              },
              FleetOptions.builder().parallelism(8).build());

      assertThat(result.results()).hasSize(48).containsEntry(name(30), null);
      assertThat(result.results()).containsEntry(name(49), 1L);
      assertThat(result.failures()).containsOnlyKeys(name(9), name(20));
      assertThat(result.failures().get(name(9))).isInstanceOf(CorruptDatabaseException.class);
      assertThat(result.failures().get(name(20))).hasMessage("wrong");
      for (int i : new int[] {0, 20, 30}) {
        assertThat(dosql.db(name(i)).query(String.class, "SELECT x FROM t"))
            .containsExactly(name(i));
      }
    }
  }

  @Test
  void eachTenant_tenantsThatWereClosed_areClosedAgainAndNoneInUseIsEvicted() throws Exception {
    makeTenants(60);
    try (DoSQL dosql = DoSQL.open(options().openTenantsMax(20).build())) {
      for (int i = 0; i < 10; i++) {
        dosql.db(name(i)).query("SELECT 1");
      }
      dosql.eachTenant(db -> db.query("SELECT x FROM t"), DEFAULTS);

      assertThat(namesOfOpen(dosql)).hasSize(10).allMatch(name -> name.compareTo(name(10)) < 0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 5})
  void eachTenant_atTheBoundOfOpenTenants_leavesExactlyThoseOpenThatWere(int max) throws Exception {
    makeTenants(40);
    try (DoSQL dosql = DoSQL.open(options().openTenantsMax(max).build())) {
      for (int i = 0; i < 40; i++) {
        dosql.db(name(i)).query("SELECT 1"); // More than the bound, so that it is reached.
      }
      List<String> before = namesOfOpen(dosql);
      assertThat(before).hasSize(max).contains(name(39));

      // Looking at 40 tenants takes its time, so it is done while all four are in their work.
      Set<String> visiting = ConcurrentHashMap.newKeySet();
      Queue<List<String>> beyond = new ConcurrentLinkedQueue<>();
      CyclicBarrier together =
          new CyclicBarrier(
              4,
              () -> {
                Set<String> expected = new TreeSet<>(before);
                expected.addAll(visiting);
                List<String> seen = namesOfOpen(dosql);
                if (!seen.equals(List.copyOf(expected))) {
                  beyond.add(seen);
                }
                visiting.clear();
              });
      FleetResult<Integer> result =
          dosql.eachTenant(
              db -> {
                db.run("INSERT INTO t VALUES(1)");
                visiting.add(db.name());
                together.await(30, TimeUnit.SECONDS);
                return db.query("SELECT x FROM t").size();
              },
              FleetOptions.builder().parallelism(4).build());

      assertThat(result.failures()).isEmpty();
      assertThat(result.results()).hasSize(40);
      assertThat(namesOfOpen(dosql)).isEqualTo(before);
      assertThat(beyond).as("other than those that were open and the four visited").isEmpty();
    }
  }

  @Test
  void migrateAll_atTheBoundOfOpenTenants_leavesExactlyThoseOpenThatWere() throws Exception {
    makeTenants(40);
    secondMigration();
    try (DoSQL dosql = DoSQL.open(options().openTenantsMax(3).build())) {
      for (int i = 0; i < 5; i++) {
        dosql.db(name(i)).query("SELECT 1");
      }
      assertThat(namesOfOpen(dosql)).containsExactly(name(2), name(3), name(4));
      FleetReport report = dosql.migrateAll(FleetOptions.builder().parallelism(8).build());

      assertThat(report.count(Status.DONE)).isEqualTo(35);
      assertThat(namesOfOpen(dosql)).containsExactly(name(2), name(3), name(4));
    }
  }

  @Test
  void eachTenant_tenantThatAnotherCallUsesMeanwhile_staysOpenAndCounts() throws Exception {
    makeTenants(6);
    try (DoSQL dosql = DoSQL.open(options().openTenantsMax(2).build())) {
      dosql.db(name(0)).query("SELECT 1");
      dosql.db(name(1)).query("SELECT 1");
      dosql.eachTenant(
          db -> {
            db.query("SELECT 1");
            if (db.name().equals(name(4))) {
              dosql.db(name(1)).query("SELECT 1");
              dosql.db(name(4)).query("SELECT 1");
            }
            return 0;
          },
          FleetOptions.builder().parallelism(1).build());

      // It came last by a call of the application, so the one used least recently went.
      assertThat(namesOfOpen(dosql)).containsExactly(name(1), name(4));
      dosql.db(name(5)).query("SELECT 1");
      assertThat(namesOfOpen(dosql)).containsExactly(name(4), name(5));
    }
  }

  @Test
  void eachTenant_ofTwoRunsAtOnce_evictsNobodyAndLeavesNothingOpen() throws Exception {
    makeTenants(30);
    try (DoSQL dosql = DoSQL.open(options().openTenantsMax(2).build())) {
      dosql.db(name(7)).query("SELECT 1");
      dosql.db(name(8)).query("SELECT 1");
      Callers.together(
          3,
          number ->
              dosql.eachTenant(
                  db -> {
                    db.run("INSERT INTO t VALUES(?)", number);
                    return db.query("SELECT x FROM t").size();
                  },
                  FleetOptions.builder().parallelism(3).build()));

      assertThat(namesOfOpen(dosql)).containsExactly(name(7), name(8));
      assertThat(dosql.eachTenant(db -> db.query("SELECT x FROM t").size(), DEFAULTS).results())
          .hasSize(30)
          .allSatisfy((name, rows) -> assertThat(rows).isEqualTo(3));
    }
  }

  @Test
  void eachTenant_streamThatTheWorkLeavesOpen_keepsTheTenantUntilItIsClosed() throws Exception {
    makeTenants(3);
    try (DoSQL dosql = DoSQL.open(options().openTenantsMax(1).build())) {
      dosql.db(name(0)).query("SELECT 1");
      dosql.db(name(1)).exec("INSERT INTO t VALUES(1), (2)");
      dosql.db(name(0)).query("SELECT 1");
      FleetResult<RowStream<Integer>> result =
          dosql.eachTenant(db -> db.stream(Integer.class, "SELECT x FROM t"), DEFAULTS);

      assertThat(namesOfOpen(dosql)).containsExactly(name(0), name(1));
      assertThat(result.results().get(name(1)).stream()).containsExactly(1, 2);
      result.results().values().forEach(RowStream::close);
      assertThat(namesOfOpen(dosql)).containsExactly(name(0));
    }
  }

  @Test
  void handle_keptBeyondTheWork_isClosed() throws Exception {
    makeTenants(1);
    try (DoSQL dosql = open()) {
      DB kept = dosql.eachTenant(db -> db, DEFAULTS).results().get(name(0));
      assertThatExceptionOfType(DatabaseClosedException.class)
          .isThrownBy(() -> kept.query("SELECT 1"))
          .withMessageContaining("handle is closed");
      assertThat(namesOfOpen(dosql)).isEmpty();
    }
  }

  @Test
  void eachTenant_deletedSuspendedOrRenamedMeanwhile_isReportedAndNotMadeAnew() throws Exception {
    makeTenants(6);
    try (DoSQL dosql = open()) {
      FleetResult<String> result =
          dosql.eachTenant(
              db -> {
                if (db.name().equals(name(0))) {
                  dosql.delete(name(3));
                  dosql.suspend(name(4));
                  dosql.rename(name(5), "z");
                }
                db.query("SELECT x FROM t");
                return db.name();
              },
              FleetOptions.builder().canaries(name(0)).parallelism(1).build());

      assertThat(result.results()).containsOnlyKeys(name(0), name(1), name(2));
      assertThat(result.report().outcomes()).hasSize(6);
      assertThat(result.report().tenants(Status.GONE)).containsExactly(name(3), name(5));
      assertThat(result.report().tenants(Status.SUSPENDED)).containsExactly(name(4));

      FleetResult<String> second =
          dosql.eachTenant(
              db -> {
                if (db.name().equals(name(0))) {
                  dosql.delete(name(2));
                  dosql.rename("z", "y");
                }
                db.query("SELECT x FROM t");
                return db.name();
              },
              FleetOptions.builder().parallelism(1).build());
      assertThat(second.report().tenants(Status.GONE)).containsExactly(name(2), "z");
      assertThat(second.failures()).isEmpty();
      assertThat(dosql.find(name(2))).isEmpty();
      assertThat(dosql.find("z")).isEmpty();
    }
  }

  @Test
  void fleetOptions_wrong_areErrorsThatNameThem() {
    assertThatThrownBy(() -> FleetOptions.builder().parallelism(0).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("parallelism");
    assertThatThrownBy(() -> FleetOptions.builder().parallelism(1_025).build())
        .hasMessageContaining("1025");
    assertThatThrownBy(() -> FleetOptions.builder().onFailure(null))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("onFailure");
    assertThatThrownBy(() -> FleetOptions.builder().progress(null))
        .hasMessageContaining("progress");
    FleetOptions.Builder builder = FleetOptions.builder().canaries("a");
    FleetOptions options = builder.build();
    builder.canaries("b");
    assertThat(options.canaries()).containsExactly("a");
    assertThat(options.parallelism()).isEqualTo(Runtime.getRuntime().availableProcessors());
  }

  @Test
  void fleet_ofNobody_isEmptyAndComplete() {
    try (DoSQL dosql = open()) {
      FleetReport report = dosql.migrateAll(DEFAULTS);
      assertThat(report.outcomes()).isEmpty();
      assertThat(report.isComplete()).isTrue();
      assertThat(report.elapsed()).isLessThan(Duration.ofSeconds(30));
      assertThat(dosql.eachTenant(DB::name, DEFAULTS).results()).isEqualTo(Map.of());
    }
  }
}
