package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.HeldWriter;
import dev.dosql.testing.Waits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Interrupting the thread of a call: it ends, says so truly, and nobody else notices. */
class CancelTest {
  private static final String ENDLESS =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
  private static final String ENDLESS_INSERT =
      "INSERT INTO t (v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
          + " SELECT i FROM n";

  @AutoClose private final DB db = DB.memory();

  @BeforeEach
  void makeTable() {
    db.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
  }

  @AfterEach
  void lowerFlag() {
    Thread.interrupted();
  }

  private long count() {
    return db.queryOne(long.class, "SELECT count(*) FROM t").orElseThrow();
  }

  @Test
  void run_threadIsInterruptedBefore_rowIsStoredExactlyWhenTheCallReturns() {
    for (int i = 0; i < 3_000; i++) {
      boolean returned = interrupted(() -> db.run("INSERT INTO t (v) VALUES (?)", 1)) == null;
      assertThat(count()).as("rows after insert %s", i).isEqualTo(returned ? 1 : 0);
      db.run("DELETE FROM t");
    }
  }

  @Test
  void upsert_threadIsInterruptedBefore_rowIsStoredExactlyWhenTheCallReturns() {
    String upsert = "INSERT INTO t (id, v) VALUES (1, 0) ON CONFLICT (id) DO UPDATE SET v = v + 1";
    db.run(upsert);
    long stored = 0;
    for (int i = 0; i < 2_000; i++) {
      stored += interrupted(() -> db.run(upsert)) == null ? 1 : 0;
      assertThat(db.queryOne(long.class, "SELECT v FROM t")).hasValue(stored);
    }
  }

  @Test
  void returning_threadIsInterruptedBefore_rowIsStoredExactlyWhenTheCallReturns() {
    long stored = 0;
    for (int i = 0; i < 2_000; i++) {
      String insert = "INSERT INTO t (v) VALUES (1), (2) RETURNING id";
      stored += interrupted(() -> db.query(insert)) == null ? 2 : 0;
      assertThat(count()).isEqualTo(stored);
    }
  }

  @Test
  void schemaStatement_threadIsInterruptedBefore_isDoneExactlyWhenTheCallReturns() {
    boolean there = false;
    for (int i = 0; i < 1_000; i++) {
      String sql = there ? "DROP TABLE other" : "CREATE TABLE other (a, b, c)";
      there ^= interrupted(() -> db.run(sql)) == null;
      assertThat(db.queryOne("SELECT 1 FROM sqlite_schema WHERE name = 'other'").isPresent())
          .isEqualTo(there);
    }
  }

  @Test
  void transaction_threadIsInterruptedBefore_isStoredExactlyWhenTheCallReturns() {
    long stored = 0;
    for (int i = 0; i < 3_000; i++) {
      Throwable failure =
          interrupted(() -> db.useTransaction(tx -> tx.run("INSERT INTO t (v) VALUES (1)")));
      stored += failure == null ? 1 : 0;
      assertThat(count()).isEqualTo(stored);
    }
  }

  @Test
  void nestedTransaction_threadIsInterruptedBefore_isStoredExactlyWhenTheCallReturns() {
    long stored = 0;
    for (int i = 0; i < 2_000; i++) {
      Throwable failure =
          interrupted(
              () ->
                  db.useTransaction(
                      tx -> tx.useTransaction(inner -> inner.run("INSERT INTO t (v) VALUES (1)"))));
      stored += failure == null ? 1 : 0;
      assertThat(count()).isEqualTo(stored);
    }
  }

  @Test
  void write_interruptedInTransactionAndSwallowed_nothingIsStored() {
    long refused = 0;
    for (int i = 0; i < 3_000; i++) {
      boolean[] swallowed = {false};
      Throwable failure =
          interrupted(
              () ->
                  db.useTransaction(
                      tx -> {
                        try {
                          tx.run("INSERT INTO t (v) VALUES (1)");
                        } catch (InterruptedQueryException e) {
                          swallowed[0] = true;
                        }
                      }));
      if (swallowed[0]) {
        assertThat(failure).isInstanceOf(TransactionEndedException.class);
        refused++;
      }
      assertThat(count()).as("rows after transaction %s", i).isEqualTo(failure == null ? 1 : 0);
      db.run("DELETE FROM t");
    }
    assertThat(refused).as("the case was met").isPositive();
  }

  /** Runs work with the interrupt flag up; returns what it threw, which must say that. */
  private static Throwable interrupted(Work work) {
    Thread.currentThread().interrupt();
    Throwable failure = catchThrowable(work::run);
    assertThat(Thread.interrupted()).as("flag is left up").isTrue();
    if (failure != null) {
      assertThat(failure)
          .isInstanceOfAny(InterruptedQueryException.class, TransactionEndedException.class);
    }
    return failure;
  }

  @Test
  void query_interruptedByAnotherThread_endsSoon() throws Exception {
    assertEndsSoon(() -> db.query(ENDLESS));
  }

  @Test
  void stream_interruptedByAnotherThread_endsSoon() throws Exception {
    assertEndsSoon(() -> db.stream(ENDLESS).next());
  }

  @Test
  void snapshotQuery_interruptedByAnotherThread_endsSoon() throws Exception {
    assertEndsSoon(() -> db.read(reads -> reads.query(ENDLESS)));
  }

  @Test
  void write_interruptedByAnotherThread_endsSoonAndStoresNothing() throws Exception {
    assertEndsSoon(() -> db.run(ENDLESS_INSERT));
    assertThat(count()).isZero();
  }

  @Test
  void writeInTransaction_interruptedByAnotherThread_endsSoonAndStoresNothing() throws Exception {
    assertEndsSoon(
        () ->
            db.useTransaction(
                tx -> {
                  tx.run("INSERT INTO t (v) VALUES ('before')");
                  tx.run(ENDLESS_INSERT);
                }));
    assertThat(count()).isZero();
  }

  @Test
  void readInTransaction_interruptedAndSwallowed_transactionGoesOn() throws Exception {
    Thread.currentThread().interrupt();
    db.useTransaction(
        tx -> {
          assertThatThrownBy(() -> tx.query(ENDLESS)).isInstanceOf(InterruptedQueryException.class);
          assertThat(Thread.interrupted()).isTrue();
          tx.run("INSERT INTO t (v) VALUES ('after')");
        });
    assertThat(count()).isEqualTo(1);
  }

  private void assertEndsSoon(Work work) throws Exception {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicBoolean flag = new AtomicBoolean();
    CountDownLatch started = new CountDownLatch(1);
    Caller caller =
        Callers.start(
            () -> {
              started.countDown();
              failure.set(catchThrowable(work::run));
              flag.set(Thread.currentThread().isInterrupted());
            });
    started.await(5, TimeUnit.SECONDS);
    Thread.sleep(100);
    long before = System.nanoTime();
    caller.interrupt();
    caller.join();
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(2));
    assertThat(failure.get()).isInstanceOf(InterruptedQueryException.class);
    assertThat(flag).as("flag is up").isTrue();
    assertThat(db.query("SELECT 1")).hasSize(1);
    db.run("INSERT INTO t (v) VALUES ('probe')");
    db.run("DELETE FROM t WHERE v = 'probe'");
  }

  @Test
  void write_executedByAnothersLeaderAndInterrupted_endsAloneWithFlagUp() throws Exception {
    HeldWriter leader = HeldWriter.of(db, tx -> tx.run("INSERT INTO t (v) VALUES ('leader')"));
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicBoolean flag = new AtomicBoolean();
    Caller cancelled =
        Callers.start(
            () -> {
              failure.set(catchThrowable(() -> db.run(ENDLESS_INSERT)));
              flag.set(Thread.currentThread().isInterrupted());
            });
    Waits.untilParked(cancelled);
    Caller other = Callers.start(() -> db.run("INSERT INTO t (v) VALUES ('other')"));
    Waits.untilParked(other);
    Caller closer = Callers.start(leader::close);
    Thread.sleep(200);
    cancelled.interrupt();
    Caller.joinAll(List.of(cancelled, other, closer));
    assertThat(failure.get()).isInstanceOf(InterruptedQueryException.class);
    assertThat(flag).isTrue();
    assertThat(db.query(String.class, "SELECT v FROM t ORDER BY id"))
        .containsExactly("leader", "other");
  }

  @Test
  void waitForWriter_interrupted_nothingIsExecutedAndFlagIsUp() throws Exception {
    HeldWriter holder = HeldWriter.of(db);
    for (Work work :
        List.<Work>of(
            () -> db.run("INSERT INTO t (v) VALUES (1)"),
            () -> db.useTransaction(tx -> tx.run("INSERT INTO t (v) VALUES (1)")))) {
      AtomicReference<Throwable> failure = new AtomicReference<>();
      AtomicBoolean flag = new AtomicBoolean();
      Caller waiting =
          Callers.start(
              () -> {
                failure.set(catchThrowable(work::run));
                flag.set(Thread.currentThread().isInterrupted());
              });
      Waits.untilParked(waiting);
      waiting.interrupt();
      waiting.join();
      assertThat(failure.get()).isInstanceOf(InterruptedQueryException.class);
      assertThat(flag).isTrue();
    }
    holder.close();
    assertThat(count()).isZero();
  }

  @Test
  void firstCallEver_threadIsInterrupted_worksOrSaysSo(@TempDir Path directory) {
    DBOptions options = DBOptions.builder().directory(directory).build();
    Thread.currentThread().interrupt();
    try (DB fresh = DB.open("fresh", options)) {
      Throwable failure = catchThrowable(() -> fresh.run("CREATE TABLE t (a)"));
      assertThat(Thread.interrupted()).isTrue();
      if (failure != null) {
        assertThat(failure).isInstanceOf(InterruptedQueryException.class);
      }
      fresh.run("CREATE TABLE IF NOT EXISTS t (a)");
    }
  }

  @Test
  void interrupts_hammeringCallsOfEveryKindUnderLocalDurability_noRowIsLostOrInvented(
      @TempDir Path directory) throws Exception {
    DBOptions options = DBOptions.builder().directory(directory).readersMax(3).build();
    try (DB local = DB.open("hammered", options)) {
      local.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v) STRICT".replace(" v)", " v ANY)"));
      Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
      List<Caller> callers = new ArrayList<>();
      AtomicReference<Throwable> wrong = new AtomicReference<>();
      for (int i = 0; i < 8; i++) {
        long first = i * 10_000_000L;
        callers.add(
            Callers.start(
                () -> {
                  for (long id = first; System.nanoTime() < end; id++) {
                    Throwable failure = hammered(local, id, acknowledged);
                    if (failure != null) {
                      wrong.compareAndSet(null, failure);
                    }
                  }
                }));
      }
      for (int i = 0; System.nanoTime() < end; i++) {
        callers.get(i % callers.size()).interrupt();
        Thread.sleep(0, 300_000);
      }
      Caller.joinAll(callers);
      if (wrong.get() != null) {
        throw new AssertionError("not an interrupt", wrong.get());
      }
      assertThat(local.query(long.class, "SELECT id FROM t"))
          .containsExactlyInAnyOrderElementsOf(acknowledged);
      assertThat(local.queryOne(String.class, "PRAGMA integrity_check")).hasValue("ok");
      assertThat(acknowledged).hasSizeGreaterThan(100);
    }
  }

  private static Throwable hammered(DB local, long id, Set<Long> acknowledged) {
    try {
      switch ((int) (id % 4)) {
        case 0 -> {
          local.run("INSERT INTO t (id, v) VALUES (?, 'run')", id);
          acknowledged.add(id);
        }
        case 1 -> {
          local.useTransaction(tx -> tx.run("INSERT INTO t (id, v) VALUES (?, 'tx')", id));
          acknowledged.add(id);
        }
        case 2 -> local.query("SELECT * FROM t LIMIT 50");
        default -> {
          try (RowStream<Row> rows = local.stream("SELECT * FROM t LIMIT 50")) {
            rows.forEachRemaining(row -> {});
          }
        }
      }
      return null;
    } catch (InterruptedQueryException | TransactionEndedException e) {
      return null;
    } catch (Throwable e) {
      return e;
    } finally {
      Thread.interrupted();
    }
  }

  @FunctionalInterface
  private interface Work {
    void run() throws Exception;
  }
}
