package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.testing.Callers;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Closing while files are imported and fleets are migrated, which no handle stands for. */
@Timeout(120)
class ClosingUnderWorkTest {
  /** What close may take at most: ten seconds, five more, and a slow machine. */
  private static final Duration BOUND = Duration.ofSeconds(25);

  @TempDir Path parent;
  private Path data;
  private Path source;
  private Path migrations;
  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch letGo = new CountDownLatch(1);

  @BeforeEach
  void makeTenants() throws IOException {
    data = parent.resolve("data");
    source = parent.resolve("source.sqlite");
    migrations = Files.createDirectory(parent.resolve("migrations"));
    Files.writeString(migrations.resolve("001_start.sql"), "CREATE TABLE t(x);");
    try (DoSQL dosql = open()) {
      for (int i = 0; i < 5; i++) {
        dosql.create("tenant" + i).run("INSERT INTO t VALUES(1)");
      }
      dosql.db("tenant0").exportTo(source);
    }
  }

  private DoSQL open() {
    return DoSQL.open(
        DBOptions.builder()
            .directory(data)
            .migrations(migrations)
            .function("gate", 0, false, this::gate)
            .build());
  }

  private Object gate(Object... arguments) throws InterruptedException {
    inside.countDown();
    return letGo.await(60, TimeUnit.SECONDS) ? 1L : 0L;
  }

  private void secondMigration(String value) throws IOException {
    Files.writeString(
        migrations.resolve("002_second.sql"),
        "CREATE TABLE second(y); INSERT INTO second VALUES(" + value + ");");
  }

  /** What some work ends with, begun on a thread of its own. */
  private static CompletableFuture<Throwable> begin(Work work) {
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    Callers.start(() -> end.complete(catchThrowable(work::run)));
    return end;
  }

  private static Throwable endOf(CompletableFuture<Throwable> work) throws Exception {
    return work.get(60, TimeUnit.SECONDS);
  }

  private List<String> filesInTheMaking() throws IOException {
    try (Stream<Path> own = Files.list(data.resolve(".dosql"))) {
      return own.map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("tmp-"))
          .toList();
    }
  }

  private void assertHeld() {
    assertThatExceptionOfType(DatabaseLockedException.class).isThrownBy(() -> open().close());
  }

  /** That all tenants are whole, at the first migration or at the second. */
  private void assertSound() throws Exception {
    try (DoSQL dosql = DoSQL.open(DBOptions.builder().directory(data).build())) {
      assertThat(dosql.find("imported")).isEmpty();
      FleetResult<List<String>> problems =
          dosql.eachTenant(DB::integrityCheck, FleetOptions.builder().build());
      assertThat(problems.results()).hasSize(5);
      assertThat(problems.results().values()).allMatch(List::isEmpty);
    }
  }

  @Test
  void close_whileAFileIsImported_waitsUntilItHasGivenUpAndNothingIsLeft() throws Exception {
    secondMigration("gate()");
    DoSQL dosql = open();
    CompletableFuture<Throwable> importing = begin(() -> dosql.importFile("imported", source));
    assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<Throwable> closing = begin(dosql::close);
    Waits.until("closing begins", () -> catchThrowable(() -> dosql.find("nobody")) != null);

    Thread.sleep(200); // In which a close that does not wait would have returned.
    assertThat(closing).isNotDone();
    assertHeld();
    assertThat(filesInTheMaking()).isNotEmpty();
    letGo.countDown();

    assertThat(endOf(closing)).isNull();
    assertThat(filesInTheMaking()).isEmpty();
    assertThat(endOf(importing)).isInstanceOf(DatabaseClosedException.class);
    assertThatExceptionOfType(DatabaseClosedException.class)
        .isThrownBy(() -> dosql.importFile("imported", source));
    assertSound();
  }

  @Test
  void close_whileALargeFileIsChecked_endsTheImportAtOnce() throws Exception {
    try (DoSQL dosql = open()) {
      DB large = dosql.create("large");
      large.exec(
          "CREATE TABLE big(x UNIQUE); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
              + " FROM n WHERE i < 100000) INSERT INTO big SELECT 'row ' || i FROM n");
      large.exportTo(parent.resolve("large.sqlite"));
      dosql.delete("large");
    }
    // Imports one after the other, so that one of them runs whenever the directory is closed.
    DoSQL dosql = open();
    CompletableFuture<Throwable> importing =
        begin(
            () -> {
              while (true) {
                dosql.importFile("imported", parent.resolve("large.sqlite"));
                dosql.delete("imported");
                inside.countDown();
              }
            });
    assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
    Waits.until("the next import runs", () -> isAnyInTheMaking());
    dosql.close();

    assertThat(filesInTheMaking()).isEmpty();
    assertThat(endOf(importing)).isInstanceOf(DatabaseClosedException.class);
    try (DoSQL again = open()) {
      again.find("imported").ifPresent(db -> again.delete("imported")); // Whole, if it is there.
    }
    assertSound();
  }

  private boolean isAnyInTheMaking() {
    try {
      return !filesInTheMaking().isEmpty();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void close_whileAFleetIsMigrated_waitsForTheFileThatRunsAndEndsTheRun() throws Exception {
    secondMigration("gate()");
    DoSQL dosql = open();
    CompletableFuture<Throwable> migrating =
        begin(() -> dosql.migrateAll(FleetOptions.builder().parallelism(1).build()));
    assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<Throwable> closing = begin(dosql::close);
    Waits.until("closing begins", () -> catchThrowable(() -> dosql.find("nobody")) != null);
    Thread.sleep(100);
    assertThat(closing).isNotDone();
    assertHeld();
    letGo.countDown();

    assertThat(endOf(closing)).isNull();
    assertThat(endOf(migrating)).isInstanceOf(DatabaseClosedException.class);
    try (DoSQL again = open()) {
      FleetReport rest = again.migrateAll(FleetOptions.builder().build());
      assertThat(rest.tenants(FleetReport.Status.CURRENT)).containsExactly("tenant0");
      assertThat(rest.count(FleetReport.Status.DONE)).isEqualTo(4);
    }
    assertSound();
  }

  @Test
  void close_whileAMigrationTakesForEver_endsItAndItIsUndone() throws Exception {
    secondMigration(
        "(WITH RECURSIVE n(i) AS (SELECT gate() UNION ALL SELECT i + 1 FROM n)"
            + " SELECT count(*) FROM n)");
    letGo.countDown();
    DoSQL dosql = open();
    CompletableFuture<Throwable> migrating =
        begin(() -> dosql.migrateAll(FleetOptions.builder().parallelism(1).build()));
    assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
    long begun = System.nanoTime();
    dosql.close();

    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isBetween(Duration.ofSeconds(9), BOUND);
    assertThat(endOf(migrating)).isInstanceOf(DatabaseClosedException.class);
    Files.delete(migrations.resolve("002_second.sql"));
    try (DoSQL again = open()) {
      FleetReport report = again.migrateAll(FleetOptions.builder().build());
      assertThat(report.count(FleetReport.Status.FAILED)).isZero();
      assertThat(again.db("tenant0").query(Integer.class, "SELECT x FROM t")).containsExactly(1);
      assertThat(again.db("tenant0").query("SELECT 1 FROM sqlite_schema WHERE name = 'second'"))
          .isEmpty();
    }
    assertSound();
  }

  @Test
  void close_whileTheMigrationOfAnImportTakesForEver_endsItAtOnceAndNothingIsLeft()
      throws Exception {
    secondMigration(
        "(WITH RECURSIVE n(i) AS (SELECT gate() UNION ALL SELECT i + 1 FROM n)"
            + " SELECT count(*) FROM n)");
    letGo.countDown();
    DoSQL dosql = open();
    CompletableFuture<Throwable> importing = begin(() -> dosql.importFile("imported", source));
    assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
    long begun = System.nanoTime();
    dosql.close();

    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(8));
    assertThat(filesInTheMaking()).isEmpty();
    assertThat(endOf(importing))
        .isInstanceOf(DatabaseClosedException.class)
        .hasMessageContaining("tenant=imported, file=" + source);
    Files.delete(migrations.resolve("002_second.sql"));
    assertSound();
  }

  @Test
  void close_whileAFunctionDoesNotComeBack_isBoundedAndTheDirectoryIsHeldUntilItDoes()
      throws Exception {
    secondMigration("gate()");
    DoSQL dosql = open();
    CompletableFuture<Throwable> migrating =
        begin(() -> dosql.migrateAll(FleetOptions.builder().parallelism(1).build()));
    assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
    CountDownLatch queried = new CountDownLatch(1);
    CompletableFuture<Throwable> querying =
        begin(
            () -> {
              queried.countDown();
              dosql.db("tenant0").query("SELECT 1"); // It waits for the migration.
            });
    queried.await();
    long begun = System.nanoTime();
    dosql.close();

    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(BOUND);
    assertThat(migrating).isNotDone();
    assertHeld();
    letGo.countDown();
    assertThat(endOf(migrating)).isInstanceOf(DatabaseClosedException.class);
    assertThat(endOf(querying)).isInstanceOf(DatabaseClosedException.class);
    Waits.until("directory is given back", () -> catchThrowable(() -> open().close()) == null);
    assertSound();
  }

  @Test
  void close_whileAStatementDoesNotComeBack_holdsTheDirectoryUntilItDoes() throws Exception {
    DoSQL dosql = open();
    CompletableFuture<Throwable> calling =
        begin(() -> dosql.db("tenant1").run("INSERT INTO t VALUES(gate())"));
    assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
    dosql.close();

    assertHeld();
    letGo.countDown();
    Throwable outcome = endOf(calling);
    Waits.until("directory is given back", () -> catchThrowable(() -> open().close()) == null);
    try (DoSQL again = open()) {
      boolean inDoubt = outcome instanceof CommitInDoubtException;
      assertThat(again.db("tenant1").query("SELECT x FROM t"))
          .hasSizeBetween(outcome == null ? 2 : 1, outcome == null || inDoubt ? 2 : 1);
    }
    assertSound();
  }

  @FunctionalInterface
  private interface Work {
    void run() throws Exception;
  }
}
