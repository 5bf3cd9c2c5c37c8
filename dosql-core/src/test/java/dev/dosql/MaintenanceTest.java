package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class MaintenanceTest {
  /** How long a snapshot is read, for which the writer may hold others back. */
  private static final long SNAPSHOT_MILLIS = 60;

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

  /** The longest time that a read took, and what is done meanwhile, in milliseconds. */
  private record Held(long longestRead, long work) {}

  /** Reads one row again and again while something else is done. */
  private Held readWhile(Runnable work) throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong longest = new AtomicLong();
    Thread reader =
        new Thread(
            () -> {
              while (!stop.get()) {
                long before = System.nanoTime();
                assertThat(acme.query("SELECT id FROM t WHERE id = 7")).hasSize(1);
                long took = System.nanoTime() - before;
                longest.accumulateAndGet(took, Math::max);
              }
            });
    reader.start();
    long before = System.nanoTime();
    try {
      work.run();
    } finally {
      stop.set(true);
      reader.join(30_000);
    }
    long took = System.nanoTime() - before;
    assertThat(reader.isAlive()).isFalse();
    return new Held(longest.get() / 1_000_000, took / 1_000_000);
  }

  private void fillLarge() {
    acme.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, x)");
    for (int i = 0; i < 10; i++) {
      acme.batch(
          "INSERT INTO t(x) VALUES(zeroblob(?))",
          IntStream.range(0, 1_000).map(row -> 10_000).boxed().toList());
    }
  }

  /** How long it takes here to move the log of such a vacuum into the file, in milliseconds. */
  private long moving() throws Exception {
    dosql.close();
    try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("acme.db"));
        Statement statement = plain.createStatement()) {
      statement.execute("PRAGMA wal_autocheckpoint=0");
      statement.execute("PRAGMA synchronous=NORMAL");
      statement.execute("VACUUM");
      long before = System.nanoTime();
      statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      return (System.nanoTime() - before) / 1_000_000;
    } finally {
      open();
    }
  }

  /** The better of two times, since a busy machine may hold anybody up at any moment. */
  private void assertReadersHeldBackBelow(Runnable vacuum, long millis) throws Exception {
    List<Held> all = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      all.add(readWhile(vacuum));
      if (all.get(i).longestRead() < millis) {
        break;
      }
    }
    System.out.println("MaintenanceTest: vacuum " + all + ", readers held back below " + millis);
    assertThat(all).as("below %s", millis).anyMatch(held -> held.longestRead() < millis);
  }

  /** Readers may be held back for 0.1 s, and not while 100 MiB are moved. */
  @Test
  void vacuum_ofALargeTenant_holdsReadersBackForAMomentOnly() throws Exception {
    fillLarge();
    long moving = moving();
    assertReadersHeldBackBelow(acme::vacuum, moving * 2 / 3);
    assertThat(size()).isGreaterThan(100_000_000);
    assertThat(Files.size(data.resolve("acme.db-wal"))).isZero();
  }

  /** Vacuums beside a snapshot from before, which ends a moment after all is in the log. */
  private void vacuumBesideASnapshot() {
    CountDownLatch begun = new CountDownLatch(1);
    Thread snapshot =
        new Thread(
            () ->
                acme.read(
                    reads -> {
                      assertThat(reads.query("SELECT id FROM t WHERE id = 8")).hasSize(1);
                      begun.countDown();
                      while (data.resolve("acme.db-wal").toFile().length() < 100_000_000) {
                        LockSupport.parkNanos(1_000_000);
                      }
                      LockSupport.parkNanos(SNAPSHOT_MILLIS * 1_000_000);
                      return reads.query("SELECT id FROM t WHERE id = 8");
                    }));
    snapshot.start();
    try {
      assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
      acme.vacuum();
      snapshot.join(30_000);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** A snapshot from before keeps the log from being moved while it lasts. */
  @Test
  void vacuum_ofALargeTenantWhileASnapshotIsRead_holdsReadersBackForAMomentOnly() throws Exception {
    fillLarge();
    long moving = moving();
    assertReadersHeldBackBelow(this::vacuumBesideASnapshot, SNAPSHOT_MILLIS + moving * 2 / 3);
    assertThat(acme.queryOne(Long.class, "SELECT count(*) FROM t")).contains(10_000L);
  }

  /**
   * Many reads take SQLite's lock on the log again while VACUUM runs, on the snapshot before it.
   */
  @Test
  void vacuum_ofATenantThatIsReadMuch_shrinksTheFileAtOnce() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    int shrunk = 0;
    fill(1);
    Caller reader =
        Callers.startPlatform(
            () -> {
              while (!stop.get()) {
                acme.query("SELECT id FROM t WHERE id = 1");
              }
            });
    try {
      for (int i = 0; i < 5; i++) {
        acme.batch(
            "INSERT INTO t(x) VALUES(zeroblob(?))",
            IntStream.range(0, 3_000).map(row -> 10_000).boxed().toList());
        acme.run("DELETE FROM t WHERE id > 2");
        acme.vacuum();
        shrunk += Files.size(data.resolve("acme.db-wal")) == 0 && size() < 1_000_000 ? 1 : 0;
      }
    } finally {
      stop.set(true);
      reader.join();
    }
    assertThat(shrunk).as("a busy machine may hold one up").isGreaterThanOrEqualTo(3);
  }

  @Test
  void vacuum_besideASnapshot_shrinksTheFileSoonAfterItsEnd() throws Exception {
    fill(3_000);
    acme.run("UPDATE t SET x = zeroblob(10000)");
    acme.run("DELETE FROM t WHERE id > 1500");
    long before = size();
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Caller snapshot =
        Callers.start(
            () ->
                acme.read(
                    reads -> {
                      reads.query("SELECT id FROM t WHERE id = 1");
                      begun.countDown();
                      return end.await(30, TimeUnit.SECONDS);
                    }));
    try {
      assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
      acme.vacuum();
      assertThat(size()).as("the snapshot needs its pages").isGreaterThanOrEqualTo(before);
    } finally {
      end.countDown();
      snapshot.join();
    }
    Waits.until(
        "a commit of those to come shrinks it",
        () -> {
          acme.run("UPDATE t SET x = ? WHERE id = 1", System.nanoTime());
          return length("acme.db") < 20_000_000 && length("acme.db-wal") < 1_000_000;
        });
  }

  private long length(String file) {
    return data.resolve(file).toFile().length();
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
