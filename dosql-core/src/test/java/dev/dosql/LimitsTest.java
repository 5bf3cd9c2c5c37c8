package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.Waits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each limit, the error that names it, and that nobody else notices. */
@Timeout(60)
final class LimitsTest {
  private static final String ENDLESS =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) ";

  @TempDir Path directory;
  private DB db = DB.memory();

  @AfterEach
  void close() {
    db.close();
  }

  private DB open(Limits.Builder limits) {
    db.close();
    db = DB.open("acme", DBOptions.builder().directory(directory).limits(limits.build()).build());
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    return db;
  }

  private static Limits.Builder statements(long millis) {
    return Limits.builder().statementTimeout(Duration.ofMillis(millis));
  }

  private static Limits.Builder transactions(long millis) {
    return Limits.builder().transactionTimeout(Duration.ofMillis(millis));
  }

  private static LimitExceededException limitOf(Throwable failure, String limit) {
    assertThat(failure).isInstanceOf(LimitExceededException.class).hasMessageContaining(limit);
    LimitExceededException exceeded = (LimitExceededException) failure;
    assertThat(exceeded.limit()).isEqualTo(limit);
    return exceeded;
  }

  private long count() {
    return db.queryOne(Long.class, "SELECT count(*) FROM t").orElseThrow();
  }

  @Test
  void query_runsTooLong_isEnded() {
    open(statements(100));
    QueryTimeoutException e =
        catchThrowableOfType(
            QueryTimeoutException.class, () -> db.query(ENDLESS + "SELECT count(*) FROM n"));
    assertThat(e).hasMessageContaining("statementTimeout").hasMessageContaining("tenant=acme");
    assertThat(e.allowed()).isEqualTo(Duration.ofMillis(100));
    assertThat(e.seen()).isBetween(Duration.ofMillis(100), Duration.ofSeconds(10));
    assertThat(db.query("SELECT 1")).hasSize(1);
  }

  @Test
  void query_manyRowsThatTakeTooLong_isEnded() {
    open(statements(100));
    assertThatThrownBy(
            () ->
                db.query(
                    ENDLESS + "SELECT i FROM n WHERE i % 100000 = 0")) // each row is soon there
        .isInstanceOf(QueryTimeoutException.class);
  }

  @Test
  void write_runsTooLong_isUndoneAndOthersGoOn() throws Exception {
    open(statements(200));
    String endless = "INSERT INTO t (v) " + ENDLESS + "SELECT i FROM n";
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    Callers.together(
        8,
        number -> {
          if (number == 0) {
            failures.add(catchThrowable(() -> db.run(endless)));
          } else {
            for (int i = 0; i < 20; i++) {
              db.run("INSERT INTO t (v) VALUES ('kept')");
            }
          }
          return null;
        });
    assertThat(failures).hasSize(1).allMatch(QueryTimeoutException.class::isInstance);
    assertThat(count()).isEqualTo(7 * 20);
  }

  @Test
  void write_runsTooLongInATransaction_endsThatTransaction() {
    open(statements(100));
    String endless = "INSERT INTO t (v) " + ENDLESS + "SELECT i FROM n";
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> {
                      tx.run("INSERT INTO t (v) VALUES (1)");
                      assertThatThrownBy(() -> tx.run(endless))
                          .isInstanceOf(QueryTimeoutException.class);
                      tx.run("INSERT INTO t (v) VALUES (2)");
                    }))
        .isInstanceOf(TransactionEndedException.class);
    assertThat(count()).isZero();
    assertThat(db.run("INSERT INTO t (v) VALUES (3)").changes()).isOne();
  }

  @Test
  void stream_readSlowly_isNotAStatementThatTakesLong() throws Exception {
    open(statements(150));
    db.batch("INSERT INTO t (v) VALUES (?)", IntStream.range(0, 5).boxed().toList());
    int seen = 0;
    String slow = "SELECT v, (" + ENDLESS + "SELECT count(*) FROM (SELECT 1 FROM n LIMIT 50000))";
    try (RowStream<Row> rows = db.stream(slow + " FROM t")) {
      while (rows.hasNext()) {
        rows.next();
        seen++;
        Thread.sleep(100);
      }
    }
    assertThat(seen).isEqualTo(5);
  }

  @Test
  void result_tooManyRows_isRefused() {
    open(Limits.builder().resultRowsMax(10));
    String rows =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) SELECT i"
            + " FROM n";
    assertThat(db.query(rows, 10)).hasSize(10);
    LimitExceededException e =
        limitOf(catchThrowable(() -> db.query(Long.class, rows, 11)), "resultRowsMax");
    assertThat(e.allowed()).isEqualTo(10);
    assertThat(e.seen()).isEqualTo(11);
    limitOf(catchThrowable(() -> db.read(reads -> reads.query(rows, 11))), "resultRowsMax");
    limitOf(catchThrowable(() -> db.transaction(tx -> tx.query(rows, 11))), "resultRowsMax");
    try (RowStream<Row> stream = db.stream(rows, 50)) {
      assertThat(stream.stream()).hasSize(50);
    }
  }

  @Test
  void result_tooManyBytes_isRefused() {
    open(Limits.builder().resultBytesMax(10_000));
    db.run("INSERT INTO t (v) VALUES (?)", "x".repeat(6_000));
    assertThat(db.query("SELECT v FROM t")).hasSize(1);
    db.run("INSERT INTO t (v) VALUES (?)", (Object) new byte[6_000]);
    LimitExceededException e =
        limitOf(catchThrowable(() -> db.query("SELECT v FROM t")), "resultBytesMax");
    assertThat(e.seen()).isEqualTo(12_000);
    assertThat(db.query("SELECT v FROM t WHERE id = 2")).hasSize(1); // Counted anew.
  }

  @Test
  void writtenRows_tooMany_undoTheWrite() {
    open(Limits.builder().resultRowsMax(2));
    db.exec("INSERT INTO t (v) VALUES (1), (2), (3)");
    String all = "UPDATE t SET v = 9 RETURNING id";
    limitOf(catchThrowable(() -> db.query(all)), "resultRowsMax");
    limitOf(catchThrowable(() -> db.transaction(tx -> tx.query(all))), "resultRowsMax");
    assertThat(db.query(Long.class, "SELECT count(*) FROM t WHERE v = 9")).containsExactly(0L);
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> {
                      catchThrowable(() -> tx.query(all));
                      tx.run("INSERT INTO t (v) VALUES (4)");
                    }))
        .isInstanceOf(TransactionEndedException.class);
    assertThat(count()).isEqualTo(3);
  }

  /**
   * Sixteen write and read within the limits, and every second one goes beyond one of them all the
   * time: each is told of its own calls and of nobody else's.
   */
  private void refusedBesideOthers(String limit, Beyond beyond) throws Exception {
    int callers = 16;
    int rounds = 40;
    Callers.together(
        callers,
        number -> {
          for (int i = 0; i < rounds; i++) {
            if (number % 2 == 1) {
              limitOf(catchThrowable(beyond::call), limit);
            }
            db.run("INSERT INTO t (v) VALUES (?)", number * rounds + i);
            assertThat(db.query(Integer.class, "SELECT v FROM t WHERE id = 1")).hasSize(1);
          }
          return null;
        });
    List<Integer> stored = new ArrayList<>();
    try (RowStream<Integer> all = db.stream(Integer.class, "SELECT v FROM t ORDER BY v")) {
      all.stream().forEach(stored::add);
    }
    assertThat(stored).isEqualTo(IntStream.range(0, callers * rounds).boxed().toList());
    db.exec("DELETE FROM t");
  }

  /** A call that is beyond a limit. */
  @FunctionalInterface
  private interface Beyond {
    void call();
  }

  @Test
  void writtenRows_tooMany_leaveTheWritesOfOthersAlone() throws Exception {
    open(Limits.builder().resultRowsMax(2));
    String three = "INSERT INTO t (v) VALUES (-1), (-2), (-3) RETURNING id";
    refusedBesideOthers("resultRowsMax", () -> db.query(three));
    refusedBesideOthers("resultRowsMax", () -> db.useTransaction(tx -> tx.query(three)));
  }

  @Test
  void result_tooManyRows_leavesOthersAlone() throws Exception {
    open(Limits.builder().resultRowsMax(2));
    refusedBesideOthers("resultRowsMax", () -> db.query("VALUES (1), (2), (3)"));
  }

  @Test
  void result_tooManyBytes_leavesOthersAlone() throws Exception {
    open(Limits.builder().resultBytesMax(1_000));
    refusedBesideOthers("resultBytesMax", () -> db.query("SELECT zeroblob(2000)"));
    String large = "INSERT INTO t (v) VALUES (zeroblob(2000)) RETURNING v";
    refusedBesideOthers("resultBytesMax", () -> db.query(large));
  }

  @Test
  void sql_tooLong_leavesOthersAlone() throws Exception {
    open(Limits.builder().sqlLengthMax(100));
    String tooLong = "INSERT INTO t (v) VALUES ('" + "x".repeat(100) + "')";
    refusedBesideOthers("sqlLengthMax", () -> db.run(tooLong));
  }

  @Test
  void parameters_tooMany_leaveOthersAlone() throws Exception {
    open(Limits.builder().parametersMax(4));
    String five = "INSERT INTO t (v) VALUES (?), (?), (?), (?), (?)";
    refusedBesideOthers("parametersMax", () -> db.run(five, -1, -2, -3, -4, -5));
  }

  @Test
  void sql_tooLong_isRefused() {
    open(Limits.builder().sqlLengthMax(100));
    String tooLong = "SELECT '" + "x".repeat(100) + "'";
    LimitExceededException e = limitOf(catchThrowable(() -> db.query(tooLong)), "sqlLengthMax");
    assertThat(e.allowed()).isEqualTo(100);
    assertThat(e.seen()).isEqualTo(tooLong.length());
    String script = "INSERT INTO t (v) VALUES (1);\nUPDATE t SET v = '" + "x".repeat(100) + "'";
    limitOf(catchThrowable(() -> db.exec(script)), "sqlLengthMax");
    assertThat(count()).isZero();
    db.exec("INSERT INTO t (v) VALUES (1);".repeat(20)); // A script may be longer.
    assertThat(count()).isEqualTo(20);
  }

  @Test
  void parameters_tooMany_areRefused() {
    open(Limits.builder().parametersMax(4));
    assertThat(db.query("SELECT ?, ?, ?, ?", 1, 2, 3, 4)).hasSize(1);
    limitOf(catchThrowable(() -> db.query("SELECT ?, ?, ?, ?, ?", 1, 2, 3, 4, 5)), "parametersMax");
    String in = "SELECT id FROM t WHERE id IN (:ids)";
    assertThat(db.query(in, Params.of("ids", List.of(1, 2, 3, 4)))).isEmpty();
    LimitExceededException e =
        limitOf(
            catchThrowable(() -> db.query(in, Params.of("ids", List.of(1, 2, 3, 4, 5)))),
            "parametersMax");
    assertThat(e.seen()).isEqualTo(8); // A list is filled up, so that its statement is kept.
  }

  @Test
  void database_full_refusesWhatGrowsAndLeavesTheRest() throws Exception {
    open(Limits.builder().databaseBytesMax(200_000));
    byte[] block = new byte[10_000];
    Callers.together(
        4,
        number -> {
          LimitExceededException e =
              catchThrowableOfType(
                  LimitExceededException.class,
                  () -> {
                    for (int i = 0; i < 100; i++) {
                      db.run("INSERT INTO t (v) VALUES (?)", (Object) block);
                    }
                  });
          assertThat(e).hasMessageContaining("tenant=acme");
          assertThat(e.limit()).isEqualTo("databaseBytesMax");
          assertThat(e.allowed()).isEqualTo(200_000);
          assertThat(e.seen()).isBetween(150_000L, 200_000L);
          return null;
        });
    long kept = count();
    assertThat(kept).isBetween(10L, 19L);
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> {
                      tx.run("UPDATE t SET v = 'x' WHERE id = 1");
                      for (int i = 0; i < 100; i++) {
                        tx.run("INSERT INTO t (v) VALUES (?)", (Object) block);
                      }
                    }))
        .isInstanceOf(LimitExceededException.class);
    assertThat(count()).isEqualTo(kept);
    assertThat(db.query(byte[].class, "SELECT v FROM t WHERE id = 1").get(0)).isEqualTo(block);
    db.run("DELETE FROM t");
    db.run("INSERT INTO t (v) VALUES (?)", (Object) block);
    db.close();
    assertThat(Files.size(directory.resolve("acme.db"))).isLessThanOrEqualTo(200_000);
  }

  @Test
  void transaction_heldTooLong_isUndoneAndTheWriterGivenOn() throws Exception {
    open(transactions(300));
    CountDownLatch letGo = new CountDownLatch(1);
    CountDownLatch began = new CountDownLatch(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Caller slow =
        Callers.start(
            () ->
                failure.set(
                    catchThrowable(
                        () ->
                            db.useTransaction(
                                tx -> {
                                  tx.run("INSERT INTO t (v) VALUES ('undone')");
                                  RowStream<Row> rows = tx.stream("SELECT * FROM t");
                                  began.countDown();
                                  letGo.await(30, TimeUnit.SECONDS);
                                  limitOf(catchThrowable(rows::hasNext), "transactionTimeout");
                                  tx.run("INSERT INTO t (v) VALUES ('refused')");
                                }))));
    assertThat(began.await(20, TimeUnit.SECONDS)).isTrue();
    long before = System.nanoTime();
    db.run("INSERT INTO t (v) VALUES ('kept')"); // Waits until the time of the other is up.
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(4));
    assertThat(db.query(String.class, "SELECT v FROM t")).containsExactly("kept");
    letGo.countDown();
    slow.join();
    LimitExceededException e = limitOf(failure.get(), "transactionTimeout");
    assertThat(e.allowed()).isEqualTo(300);
    assertThat(e.seen()).isGreaterThanOrEqualTo(300);
    assertThat(db.query(String.class, "SELECT v FROM t")).containsExactly("kept");
    assertThat(db.<Long, RuntimeException>transaction(tx -> count(tx))).isOne();
  }

  private static long count(Reads reads) {
    return reads.queryOne(Long.class, "SELECT count(*) FROM t").orElseThrow();
  }

  @Test
  void transaction_returnsTooLate_isNotCommitted() {
    open(transactions(100));
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> {
                      tx.run("INSERT INTO t (v) VALUES (1)");
                      Waits.until("another writes", () -> waitedFor(db));
                    }))
        .isInstanceOf(LimitExceededException.class)
        .hasMessageContaining("transactionTimeout");
    assertThat(count()).isZero();
  }

  /** True when another thread could write, so that the time is up. */
  private static boolean waitedFor(DB db) {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Caller other =
        Callers.start(() -> failure.set(catchThrowable(() -> db.run("UPDATE t SET v = 2"))));
    try {
      other.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return failure.get() == null;
  }

  @Test
  void transaction_overdueInAStatement_isEnded() {
    open(transactions(200));
    LimitExceededException e =
        limitOf(
            catchThrowable(
                () ->
                    db.useTransaction(
                        tx -> tx.run("INSERT INTO t (v) " + ENDLESS + "SELECT i FROM n"))),
            "transactionTimeout");
    assertThat(e.seen()).isGreaterThanOrEqualTo(200);
    assertThat(count()).isZero();
  }

  @Test
  void savepoint_heldTooLong_isUndoneWithItsTransaction() {
    open(transactions(100));
    Throwable failure =
        catchThrowable(
            () ->
                db.useTransaction(
                    tx -> {
                      tx.run("INSERT INTO t (v) VALUES (1)");
                      tx.useTransaction(
                          inner -> {
                            inner.run("INSERT INTO t (v) VALUES (2)");
                            Waits.until("another writes", () -> waitedFor(db));
                          });
                    }));
    limitOf(failure, "transactionTimeout");
    assertThat(count()).isZero();
  }

  @Test
  void snapshot_heldTooLong_isTakenBack() {
    open(transactions(200));
    db.run("INSERT INTO t (v) VALUES (1)");
    Throwable failure =
        catchThrowable(
            () ->
                db.read(
                    reads -> {
                      RowStream<Row> rows = reads.stream("SELECT 1 UNION ALL SELECT 2");
                      RowStream<Row> others = db.stream("SELECT 1 UNION ALL SELECT 2");
                      assertThat(count(reads)).isOne();
                      awaitEndOfSnapshots();
                      limitOf(catchThrowable(rows::hasNext), "transactionTimeout");
                      limitOf(catchThrowable(others::next), "transactionTimeout");
                      limitOf(catchThrowable(() -> count(db)), "transactionTimeout");
                      return count(reads);
                    }));
    limitOf(failure, "transactionTimeout");
    assertThat(count()).isOne();
    assertThat(db.<Long, RuntimeException>read(LimitsTest::count)).isOne();
  }

  @Test
  void stream_forgotten_isTakenBackAndSaysSo() throws Exception {
    open(transactions(200));
    db.run("INSERT INTO t (v) VALUES (1)");
    RowStream<Row> forgotten = db.stream("SELECT v FROM t UNION ALL SELECT 2 UNION ALL SELECT 3");
    RowStream<Row> closed = db.stream("SELECT v FROM t UNION ALL SELECT 2");
    closed.close();
    forgotten.next();
    awaitEndOfSnapshots();
    limitOf(catchThrowable(forgotten::hasNext), "transactionTimeout");
    limitOf(catchThrowable(forgotten::next), "transactionTimeout");
    assertThat(closed.hasNext()).isFalse();
    forgotten.close();
    forgotten.close();
    for (int i = 0; i < 20; i++) {
      assertThat(count()).isOne(); // Every reader can be used again.
    }
  }

  @Test
  void stream_openedInASnapshotThatWasTakenBack_isRefused() {
    open(transactions(200));
    Throwable failure =
        catchThrowable(
            () ->
                db.read(
                    reads -> {
                      assertThat(count(reads)).isZero();
                      awaitEndOfSnapshots();
                      return db.stream("SELECT * FROM t").hasNext();
                    }));
    limitOf(failure, "transactionTimeout");
    assertThat(count()).isZero();
  }

  @Test
  void onlyRow_ofAWriteThatIsTooLarge_isTheLimitsError() {
    open(Limits.builder().resultBytesMax(1));
    db.exec("INSERT INTO t (v) VALUES ('text')");
    String returning = "UPDATE t SET v = 9 RETURNING 'text'";
    Throwable failure = catchThrowable(() -> db.useTransaction(tx -> tx.queryOne(returning)));
    limitOf(failure, "resultBytesMax");
    assertThat(db.query("SELECT 1 FROM t WHERE v = 9 LIMIT 1")).isEmpty();
  }

  @Test
  void transactionOfOneTenant_takenBack_doesNotHoldUpThatOfAnother() throws Exception {
    db.close();
    CountDownLatch hanging = new CountDownLatch(1);
    CountDownLatch letGo = new CountDownLatch(1);
    DBOptions options =
        DBOptions.builder()
            .directory(directory)
            .limits(transactions(200).build())
            .function(
                "hang",
                0,
                false,
                arguments -> {
                  hanging.countDown();
                  return letGo.await(20, TimeUnit.SECONDS) ? 1L : 0L;
                })
            .build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB slow = tenants.db("slow");
      DB other = tenants.db("other");
      slow.exec("CREATE TABLE t (v)");
      other.exec("CREATE TABLE t (v)");
      Caller first = holdInTransaction(slow, letGo);
      Caller waiter = Callers.start(() -> slow.run("INSERT INTO t VALUES (hang())"));
      assertThat(hanging.await(20, TimeUnit.SECONDS)).isTrue();
      Caller second = holdInTransaction(other, letGo);
      other.run("INSERT INTO t VALUES (1)"); // As soon as the time of the second is up.
      letGo.countDown();
      first.join();
      second.join();
      waiter.join();
      assertThat(other.query("SELECT v FROM t")).hasSize(1);
    }
  }

  private static Caller holdInTransaction(DB db, CountDownLatch letGo) throws Exception {
    CountDownLatch began = new CountDownLatch(1);
    Caller holder =
        Callers.start(
            () ->
                assertThatThrownBy(
                        () ->
                            db.useTransaction(
                                tx -> {
                                  tx.run("INSERT INTO t VALUES (0)");
                                  began.countDown();
                                  letGo.await(20, TimeUnit.SECONDS);
                                }))
                    .isInstanceOf(LimitExceededException.class));
    assertThat(began.await(20, TimeUnit.SECONDS)).isTrue();
    return holder;
  }

  /** The log can be taken away when nobody reads an old snapshot any more. */
  private void awaitEndOfSnapshots() throws InterruptedException {
    Path wal = directory.resolve("acme.db-wal");
    assertThat(wal).exists();
    Waits.until("the log is moved", this::isLogMoved);
  }

  /** A foreign process could now move the whole log. */
  private boolean isLogMoved() {
    try (Connection foreign =
            DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("acme.db"));
        Statement statement = foreign.createStatement();
        ResultSet busy = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
      return busy.next() && busy.getInt(1) == 0;
    } catch (SQLException e) {
      return false;
    }
  }

  private static SQLException ofJdbc(DB db, String sql) throws SQLException {
    try (Connection connection = db.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      return catchThrowableOfType(SQLException.class, () -> statement.execute(sql));
    }
  }

  @Test
  void jdbc_beyondALimit_isToldTheSame() throws Exception {
    open(
        Limits.builder()
            .statementTimeout(Duration.ofMillis(100))
            .sqlLengthMax(300)
            .databaseBytesMax(100_000)
            .resultRowsMax(2)
            .parametersMax(2));
    SQLException late = ofJdbc(db, ENDLESS + "SELECT count(*) FROM n");
    assertThat(late.getCause()).isInstanceOf(QueryTimeoutException.class);
    assertThat(late.getSQLState()).isEqualTo("57014");
    limitOf(ofJdbc(db, "SELECT '" + "x".repeat(300) + "'").getCause(), "sqlLengthMax");
    SQLException full = ofJdbc(db, "INSERT INTO t (v) VALUES (zeroblob(200000))");
    limitOf(full.getCause(), "databaseBytesMax");
    assertThat(full.getSQLState()).isEqualTo("54000");
    db.exec("INSERT INTO t (v) VALUES (1), (2), (3)");
    limitOf(ofJdbc(db, "UPDATE t SET v = 9 RETURNING id").getCause(), "resultRowsMax");
    assertThat(db.query("SELECT 1 FROM t WHERE v = 9 LIMIT 1")).isEmpty();
    try (Connection connection = db.dataSource().getConnection();
        PreparedStatement three = connection.prepareStatement("SELECT ?, ?, ?")) {
      for (int i = 1; i <= 3; i++) {
        three.setInt(i, i);
      }
      limitOf(catchThrowable(three::executeQuery).getCause(), "parametersMax");
    }
  }

  @Test
  void jdbc_transactionOpenTooLong_isUndoneAndTheWriterGivenOn() throws Exception {
    open(transactions(200));
    try (Connection connection = db.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("INSERT INTO t (v) VALUES ('undone')");
      assertThat(waitedFor(db)).isTrue();
      SQLException e = catchThrowableOfType(SQLException.class, connection::commit);
      limitOf(e.getCause(), "transactionTimeout");
    }
    assertThat(count()).isZero();
  }

  @Test
  void limits_outOfRange_areRefusedByName() {
    assertThatThrownBy(() -> Limits.builder().statementTimeout(Duration.ZERO).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("statementTimeout");
    assertThatThrownBy(() -> Limits.builder().transactionTimeout(Duration.ofMillis(-1)).build())
        .hasMessageContaining("transactionTimeout");
    assertThatThrownBy(() -> Limits.builder().resultRowsMax(0).build())
        .hasMessageContaining("resultRowsMax");
    assertThatThrownBy(() -> Limits.builder().resultBytesMax(-1).build())
        .hasMessageContaining("resultBytesMax");
    assertThatThrownBy(() -> Limits.builder().sqlLengthMax(0).build())
        .hasMessageContaining("sqlLengthMax");
    assertThatThrownBy(() -> Limits.builder().parametersMax(32_767).build())
        .hasMessageContaining("parametersMax");
    assertThatThrownBy(() -> Limits.builder().databaseBytesMax(1).build())
        .hasMessageContaining("databaseBytesMax");
    Limits limits = Limits.builder().resultRowsMax(7).build();
    assertThat(limits.toBuilder().build()).isEqualTo(limits).hasSameHashCodeAs(limits);
    assertThat(limits).isNotEqualTo(Limits.builder().build()).hasToString(limits.toString());
    assertThat(limits.toString()).contains("resultRowsMax=7");
  }
}
