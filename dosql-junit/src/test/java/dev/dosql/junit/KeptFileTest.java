package dev.dosql.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.Reads;
import dev.dosql.RowStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.reporting.FileEntry;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.Event;

/** What is left of a test that failed, and that nothing is left of the others. */
@Timeout(120)
class KeptFileTest {
  private static final String MIGRATIONS = "classpath:tests/migrations";

  /** Longer than a tenant, and then its connections, are waited for. */
  private static final Duration CLOSE_MAX = Duration.ofSeconds(40);

  private static CountDownLatch released = new CountDownLatch(1);

  @TempDir Path output;

  @BeforeEach
  void hold() {
    released = new CountDownLatch(1);
  }

  @AfterEach
  void release() {
    released.countDown();
  }

  /** Hangs, and hears no interrupt. */
  private static long awaitRelease() {
    boolean done = false;
    while (!done) {
      try {
        done = released.await(60, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        // As said.
      }
    }
    return 1;
  }

  private static void add(DB db, String email) {
    db.run("INSERT INTO users (email) VALUES (?)", email);
  }

  private List<Path> kept() throws IOException {
    try (Stream<Path> files = Files.walk(output)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  /** The one file that was kept. */
  private Path onlyKept() throws IOException {
    assertThat(kept()).hasSize(1);
    return kept().get(0);
  }

  /** What stands in a kept file, which is whole. */
  private static List<String> emails(Path file) throws SQLException {
    assertThat(select(file, "PRAGMA integrity_check")).containsExactly("ok");
    return select(file, "SELECT email FROM users ORDER BY id");
  }

  private static List<String> select(Path file, String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }

  @Test
  void testThatFails_leavesItsDatabase_andTheOthersNone() throws Exception {
    EngineExecutionResults results = Runs.run(OneFails.class, output);

    results.testEvents().assertStatistics(all -> all.succeeded(1).failed(1));
    Path file = onlyKept();
    assertThat(file.getFileName().toString()).matches("one-fails-fails-\\d+\\.db");
    assertThat(emails(file)).containsExactly("ada@acme.example");
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class OneFails {
    @Test
    void fails(DB db) {
      add(db, "ada@acme.example");
      assertThat(db.name()).isEmpty();
    }

    @Test
    void succeeds(DB db) {
      add(db, "eve@acme.example");
    }
  }

  @Test
  void keptFile_isNamedInTheReport_beforeTheTestEnds() throws Exception {
    EngineExecutionResults results = Runs.run(OneFails.class, output);

    Path file = onlyKept();
    List<Event> events =
        results
            .testEvents()
            .filter(e -> e.getTestDescriptor().toString().contains("fails"))
            .toList();
    Event end = events.get(events.size() - 1);
    assertThat(end.getPayload()).isPresent();
    assertThat(payloads(events, ReportEntry.class))
        .extracting(ReportEntry::getKeyValuePairs)
        .containsExactly(Map.of("dosql.database", file.toString()));
    assertThat(payloads(events, FileEntry.class))
        .extracting(FileEntry::getPath)
        .containsExactly(file);
    assertThat(end.getType().toString()).isEqualTo("FINISHED");
  }

  private static <T> List<T> payloads(List<Event> events, Class<T> type) {
    return events.stream().flatMap(e -> e.getPayload(type).stream()).toList();
  }

  @Test
  void keptFile_isWhereJUnitIsToldToKeepFiles() throws Exception {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClass(OneFails.class))
            .configurationParameter("junit.platform.reporting.output.dir", output.toString())
            .build();

    LauncherFactory.create().execute(request);

    assertThat(emails(onlyKept())).containsExactly("ada@acme.example");
  }

  @Test
  void failureAfterTheTest_keepsTheFileToo() throws Exception {
    EngineExecutionResults results = Runs.run(FailsAfterwards.class, output);

    results.testEvents().assertStatistics(all -> all.failed(2));
    assertThat(kept()).hasSize(2);
  }

  static class FailsAfterwards {
    @RegisterExtension
    static final AfterEachCallback outermost =
        context -> assertThat(context.getDisplayName()).doesNotContain("second");

    @RegisterExtension
    static final DoSqlExtension dosql =
        DoSqlExtension.with(DBOptions.builder().migrations(MIGRATIONS).build());

    @Test
    void first(DB db) {
      add(db, "ada@acme.example");
    }

    @Test
    void second(DB db) {
      add(db, "ada@acme.example");
    }

    @AfterEach
    void after(DB db) {
      assertThat(db.name()).doesNotContain("first");
    }
  }

  @Test
  void assumptionThatDoesNotHold_keepsNothing() throws Exception {
    EngineExecutionResults results = Runs.run(Aborts.class, output);

    results.testEvents().assertStatistics(all -> all.aborted(2));
    assertThat(kept()).isEmpty();
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class Aborts {
    @Test
    void aborts(DB db) {
      assumeTrue(db.name().isEmpty());
    }

    @TestFactory
    Stream<DynamicTest> dynamic(DB db) {
      return Stream.of(DynamicTest.dynamicTest("aborts", () -> aborts(db)));
    }
  }

  @Test
  void tenantOfAClass_isKeptIfOneOfItsTestsFails() throws Exception {
    EngineExecutionResults results = Runs.run(ClassFails.class, output);

    results.testEvents().assertStatistics(all -> all.succeeded(1).failed(1));
    assertThat(emails(onlyKept())).containsExactly("ada@acme.example");
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class ClassFails {
    @BeforeAll
    static void before(DB db) {
      add(db, "ada@acme.example");
    }

    @Test
    void succeeds() {
      assertThat(1).isPositive();
    }

    @Nested
    class Inner {
      @RepeatedTest(1)
      void fails() {
        assertThat(1).isNegative();
      }
    }
  }

  @Test
  void tenantOfAClass_isKeptIfTheClassFailsAroundItsTests() throws Exception {
    EngineExecutionResults results = Runs.run(AfterAllFails.class, output);

    results.containerEvents().assertStatistics(all -> all.failed(1));
    assertThat(emails(onlyKept())).isEmpty();
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class AfterAllFails {
    @Test
    void succeeds(DB db) {
      add(db, "ada@acme.example");
    }

    @AfterAll
    static void after(DB db) {
      assertThat(db.query("SELECT id FROM users")).hasSize(1);
    }
  }

  @Test
  void tenantOfAFactory_isKeptIfATestThatItMadeFails() throws Exception {
    EngineExecutionResults results = Runs.run(DynamicFails.class, output);

    results.testEvents().assertStatistics(all -> all.succeeded(1).failed(1));
    assertThat(emails(onlyKept())).containsExactly("ada@acme.example");
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class DynamicFails {
    @TestFactory
    Stream<DynamicTest> tests(DB db) {
      return Stream.of(
          DynamicTest.dynamicTest("fails", () -> assertThat(db.name()).isEmpty()),
          DynamicTest.dynamicTest("succeeds", () -> add(db, "ada@acme.example")));
    }
  }

  @Test
  void collationOfTheApplication_isNoHindrance() throws Exception {
    Runs.run(Collated.class, output).testEvents().assertStatistics(all -> all.failed(1));

    assertThat(select(onlyKept(), "SELECT word FROM words")).containsExactly("b", "a");
  }

  static class Collated {
    @RegisterExtension
    static final DoSqlExtension dosql =
        DoSqlExtension.with(
            DBOptions.builder().collation("backwards", (a, b) -> b.compareTo(a)).build());

    @Test
    void fails(DB db) {
      db.exec("CREATE TABLE words (word TEXT COLLATE backwards); CREATE INDEX w ON words (word)");
      db.exec("INSERT INTO words VALUES ('b'), ('a')");
      assertThat(db.name()).isEmpty();
    }
  }

  @Test
  void everyTenantOfAnInstance_isKept_alsoOneThatIsSuspended() throws Exception {
    Runs.run(ManyTenants.class, output).testEvents().assertStatistics(all -> all.failed(1));

    assertThat(kept())
        .hasSize(3)
        .anyMatch(file -> file.getFileName().toString().matches("fails-acme-\\d+\\.db"))
        .anyMatch(file -> file.getFileName().toString().matches("fails-acme-\\d+\\.db"));
    List<String> emails = new ArrayList<>();
    for (Path file : kept()) {
      emails.addAll(emails(file));
    }
    assertThat(emails).containsExactlyInAnyOrder("ada@acme.example", "eve@acme.example");
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class ManyTenants {
    @Test
    void fails(DoSQL dosql, DB db) {
      add(dosql.create("acme"), "ada@acme.example");
      add(dosql.create("ACME!"), "eve@acme.example");
      dosql.suspend("acme");
      assertThat(db.name()).isEmpty();
    }
  }

  @Test
  void instanceThatTheTestHasClosed_leavesNothing_andTheFailureIsItsOwn() throws Exception {
    EngineExecutionResults results = Runs.run(Closed.class, output);

    assertThat(results.testEvents().failed().stream().toList())
        .singleElement()
        .satisfies(event -> assertThat(event.toString()).contains("the test's own failure"));
    assertThat(kept()).isEmpty();
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class Closed {
    @Test
    void fails(DoSQL dosql) {
      dosql.create("acme");
      dosql.close();
      throw new AssertionError("the test's own failure");
    }
  }

  @Test
  void transactionThatDoesNotEnd_isNotInTheFile_andHoldsNobodyUp() throws Exception {
    long start = System.nanoTime();
    Runs.run(LeavesTransaction.class, output).testEvents().assertStatistics(all -> all.failed(1));

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(CLOSE_MAX);
    assertThat(emails(onlyKept())).containsExactly("ada@acme.example");
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class LeavesTransaction {
    @Test
    void fails(DB db) throws Exception {
      add(db, "ada@acme.example");
      CountDownLatch inside = new CountDownLatch(1);
      Thread holder =
          new Thread(
              () ->
                  db.useTransaction(
                      tx -> {
                        tx.run("INSERT INTO users (email) VALUES ('eve@acme.example')");
                        inside.countDown();
                        awaitRelease();
                      }),
              "holder");
      holder.setUncaughtExceptionHandler((thread, e) -> {}); // It is ended under its feet.
      holder.start();
      assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
      throw new AssertionError("the test's own failure");
    }
  }

  @Test
  void testThatTimesOutInAFunction_leavesItsDatabase_andHoldsNobodyUp() throws Exception {
    long start = System.nanoTime();
    EngineExecutionResults results = Runs.run(Hangs.class, output);

    results.testEvents().assertStatistics(all -> all.failed(1).succeeded(1));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(CLOSE_MAX);
    assertThat(emails(onlyKept())).containsExactly("ada@acme.example");
  }

  static class Hangs {
    @RegisterExtension
    static final DoSqlExtension dosql =
        DoSqlExtension.with(
            DBOptions.builder()
                .migrations(MIGRATIONS)
                .function("hang", 0, false, values -> awaitRelease())
                .build());

    @Test
    @Timeout(value = 1, threadMode = ThreadMode.SEPARATE_THREAD)
    void hangs(DB db) {
      add(db, "ada@acme.example");
      db.run("INSERT INTO users (email) VALUES ('eve' || hang())");
    }

    @Test
    void succeeds(DB db) {
      add(db, "ada@acme.example");
    }
  }

  @Test
  void streamsThatAreNotClosed_failNoTest_andHinderNoCopy() throws Exception {
    long start = System.nanoTime();
    EngineExecutionResults results = Runs.run(LeavesStreams.class, output, Runs.SIDE_BY_SIDE);

    results.testEvents().assertStatistics(all -> all.succeeded(1).failed(1));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(CLOSE_MAX);
    assertThat(emails(onlyKept())).containsExactly("ada@acme.example");
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class LeavesStreams {
    @Test
    void leavesOne(DB db) {
      add(db, "eve@acme.example");
      leaveOpen(db);
    }

    @Test
    void leavesAsManyAsThereAreReaders(DB db) {
      add(db, "ada@acme.example");
      for (int i = 0; i < DBOptions.builder().build().readersMax(); i++) {
        leaveOpen(db);
      }
      throw new AssertionError("the test's own failure");
    }

    @SuppressWarnings("resource") // That is what is tested.
    private static void leaveOpen(DB db) {
      RowStream<Long> stream = db.stream(Long.class, "SELECT id FROM users");
      assertThat(stream.hasNext()).isTrue();
    }
  }

  @Test
  void testThatWasInterrupted_waitsForItsReadersAllTheSame() throws Exception {
    Runs.run(InterruptedAmongReaders.class, output)
        .testEvents()
        .assertStatistics(all -> all.failed(1));

    assertThat(emails(onlyKept())).containsExactly("ada@acme.example");
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class InterruptedAmongReaders {
    @Test
    void fails(DoSQL dosql) throws Exception {
      DB acme = dosql.create("acme");
      add(acme, "ada@acme.example");
      CountDownLatch reading = new CountDownLatch(4);
      for (int i = 0; i < 4; i++) {
        Thread reader = new Thread(() -> acme.read(reads -> readForAWhile(reads, reading)));
        reader.start();
      }
      assertThat(reading.await(30, TimeUnit.SECONDS)).isTrue();
      Thread.currentThread().interrupt();
      throw new AssertionError("the test's own failure");
    }

    private static boolean readForAWhile(Reads reads, CountDownLatch reading) {
      reads.query("SELECT id FROM users");
      reading.countDown();
      try {
        return released.await(500, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Test
  void failureBeforeTheTest_keepsTheFileToo() throws Exception {
    Runs.run(FailsBefore.class, output).testEvents().assertStatistics(all -> all.failed(1));
    assertThat(emails(onlyKept())).containsExactly("ada@acme.example");

    Runs.run(FailsInConstructor.class, output).testEvents().assertStatistics(all -> all.failed(1));
    assertThat(kept()).hasSize(2);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class FailsBefore {
    @BeforeEach
    void before(DB db) {
      add(db, "ada@acme.example");
      assertThat(db.name()).isEmpty();
    }

    @Test
    void notReached(DB db) {
      add(db, "eve@acme.example");
    }
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class FailsInConstructor {
    FailsInConstructor(DB db) {
      assertThat(db.name()).isEmpty();
    }

    @Test
    void notReached(DB db) {
      add(db, "eve@acme.example");
    }
  }

  @Test
  void tenantOfAClass_isKeptIfAFactoryOrANestedClassFailsItself() throws Exception {
    Runs.run(FactoryFails.class, output);
    assertThat(emails(onlyKept())).containsExactly("ada@acme.example");

    Runs.run(InnerFails.class, output).containerEvents().assertStatistics(all -> all.failed(1));
    assertThat(kept()).hasSize(2);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class FactoryFails {
    @BeforeAll
    static void before(DB db) {
      add(db, "ada@acme.example");
    }

    @TestFactory
    Stream<DynamicTest> fails() {
      throw new AssertionError("the factory's own failure");
    }
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class InnerFails {
    @BeforeAll
    static void before(DB db) {
      add(db, "ada@acme.example");
    }

    @Nested
    @TestInstance(Lifecycle.PER_CLASS)
    class Inner {
      @BeforeAll
      void fails() {
        assertThat(1).isNegative();
      }

      @Test
      void notReached(DB db) {
        add(db, "eve@acme.example");
      }
    }
  }

  @Test
  void runInWhichEverythingFails_keepsABoundedNumberOfFiles_andSaysSo() throws Exception {
    EngineExecutionResults results = Runs.run(AllFail.class, output);

    results.testEvents().assertStatistics(all -> all.failed(KeptFile.FILES_MAX + 5));
    assertThat(kept()).hasSize(KeptFile.FILES_MAX);
    assertThat(payloads(results.testEvents().list(), ReportEntry.class))
        .filteredOn(entry -> entry.getKeyValuePairs().get("dosql.database").startsWith("not kept"))
        .hasSize(5);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class AllFail {
    @RepeatedTest(KeptFile.FILES_MAX + 5)
    void fails(DB db) {
      assertThat(db.name()).isEmpty();
    }
  }

  @Test
  void testThatWritesOnBehindItsEnd_isKeptAsOfOneMoment() throws Exception {
    long start = System.nanoTime();
    Runs.run(WritesOn.class, output).testEvents().assertStatistics(all -> all.failed(1));

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(CLOSE_MAX);
    assertThat(select(onlyKept(), "PRAGMA integrity_check")).containsExactly("ok");
    assertThat(select(onlyKept(), "SELECT count(DISTINCT n) FROM big WHERE id IN (1, 5000)"))
        .containsExactly("1");
  }

  /** The file has 50 times the pages that a backup copies in one step. */
  @DoSqlTest
  static class WritesOn {
    @Test
    void fails(DB db) throws Exception {
      db.exec(
          """
          CREATE TABLE big (id INTEGER PRIMARY KEY, n INTEGER, filler BLOB);
          WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i LIMIT 5000)
          INSERT INTO big (n, filler) SELECT 0, randomblob(3500) FROM i;
          """);
      CountDownLatch writing = new CountDownLatch(1);
      Thread writer =
          new Thread(
              () -> {
                while (released.getCount() > 0) {
                  db.run("UPDATE big SET n = n + 1 WHERE id IN (1, 5000)");
                  writing.countDown();
                }
              },
              "writer");
      writer.setDaemon(true);
      writer.setUncaughtExceptionHandler((thread, e) -> {}); // Its tenant is deleted.
      writer.start();
      assertThat(writing.await(30, TimeUnit.SECONDS)).isTrue();
      throw new AssertionError("the test's own failure");
    }
  }
}
