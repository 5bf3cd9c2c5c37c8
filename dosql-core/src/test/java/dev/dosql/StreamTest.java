package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rows one after the other, and the readers that they hold. */
@Timeout(60)
class StreamTest {
  private static final String ALL = "SELECT id FROM t ORDER BY id";

  @AutoClose
  private final DB db =
      DB.memory(DBOptions.builder().readersMax(2).writeLockTimeout(Duration.ofMillis(300)).build());

  @BeforeEach
  void makeTable() {
    db.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    db.batch("INSERT INTO t (v) VALUES (?)", Collections.nCopies(10, "x"));
  }

  /** Takes every reader, so that none can have leaked. */
  private void assertAllReadersFree() {
    try (RowStream<Row> one = db.stream(ALL);
        RowStream<Row> two = db.stream(ALL)) {
      assertThat(one.next().getLong(0)).isEqualTo(two.next().getLong(0));
    }
  }

  @Test
  void stream_exhaustedClosedEarlyOrFailed_givesItsReaderBack() {
    db.stream(ALL).forEachRemaining(row -> {});
    assertAllReadersFree();
    db.stream(ALL).close();
    assertAllReadersFree();
    RowStream<Row> twice = db.stream(ALL);
    twice.next();
    twice.close();
    twice.close();
    assertThat(twice.hasNext()).isFalse();
    assertThatThrownBy(twice::next).isInstanceOf(NoSuchElementException.class);
    assertAllReadersFree();
    db.stream("SELECT 1 WHERE 0");
    assertAllReadersFree();
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> db.stream("SELECT nope")).isInstanceOf(StatementException.class);
      assertThatThrownBy(() -> db.stream(ALL, 1)).isInstanceOf(ParameterException.class);
      assertThatThrownBy(() -> db.stream(Thread.class, ALL)).isInstanceOf(MappingException.class);
      assertThatThrownBy(() -> db.stream(int.class, "SELECT 'no' FROM t").next())
          .isInstanceOf(MappingException.class);
      assertThatThrownBy(
              () ->
                  db.stream(
                          "SELECT abs(CASE id WHEN 3 THEN -9223372036854775807 - 1 ELSE 1 END) FROM t")
                      .forEachRemaining(row -> {}))
          .isInstanceOf(StatementException.class);
      RowMapper<Object> broken =
          row -> {
            throw new IllegalStateException("mapper");
          };
      assertThatThrownBy(() -> db.stream(broken, ALL).next())
          .isInstanceOf(IllegalStateException.class);
    }
    assertAllReadersFree();
  }

  @Test
  void javaStream_isLazyInOrderAndCloses() {
    try (Stream<Row> rows = db.stream(ALL).stream()) {
      assertThat(rows.map(row -> row.getLong(0)).filter(id -> id % 2 == 0).limit(2).toList())
          .containsExactly(2L, 4L);
    }
    assertAllReadersFree();
  }

  @Test
  void stream_manyRows_needsConstantMemory() {
    String many =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"
            + " SELECT i, zeroblob(10000) AS filler FROM n";
    long sum = 0;
    try (RowStream<Row> rows = db.stream(many)) {
      while (rows.hasNext()) {
        sum += rows.next().getLong("i"); // 2 GB in all
      }
    }
    assertThat(sum).isEqualTo(200_000L * 200_001 / 2);
  }

  @Test
  void stream_whileOthersWrite_isOneSnapshot() throws Exception {
    try (RowStream<Row> rows = db.stream("SELECT id, v FROM t ORDER BY id")) {
      rows.next();
      Callers.together(
          1,
          number -> {
            db.run("UPDATE t SET v = 'changed'");
            db.run("DELETE FROM t WHERE id = 10");
            return db.run("INSERT INTO t (id) VALUES (11)");
          });
      List<Row> rest = rows.stream().toList();
      assertThat(rest).hasSize(9).allMatch(row -> "x".equals(row.getString("v")));
    }
    assertThat(db.queryOne(long.class, "SELECT max(id) FROM t")).hasValue(11L);
  }

  @Test
  void betweenRows_ownWrites_areReadByOtherCalls() {
    try (RowStream<Row> rows = db.stream(ALL)) {
      while (rows.hasNext()) {
        long id = rows.next().getLong("id");
        db.run("UPDATE t SET v = ? WHERE id = ?", "seen" + id, id);
        assertThat(db.queryOne(String.class, "SELECT v FROM t WHERE id = ?", id))
            .hasValue("seen" + id);
      }
    }
  }

  @Test
  void readers_allHeldByStreams_nextOneFailsAfterABoundedWaitNamingTheOption() {
    try (RowStream<Row> one = db.stream(ALL);
        RowStream<Row> two = db.stream(ALL)) {
      long before = System.nanoTime();
      assertThatThrownBy(() -> db.query("SELECT 1"))
          .isInstanceOf(LimitExceededException.class)
          .hasMessageContaining("lent=2, waiting=1, readersMax=2");
      assertThat(Duration.ofNanos(System.nanoTime() - before))
          .isBetween(Duration.ofMillis(250), Duration.ofSeconds(5));
      assertThat(catchThrowable(() -> db.stream("SELECT 1")))
          .isInstanceOf(LimitExceededException.class);
      assertThat(catchThrowable(() -> db.read(reads -> 1)))
          .isInstanceOf(LimitExceededException.class);
      db.run("INSERT INTO t (v) VALUES ('writers do not care')");
      assertThat(one.hasNext() && two.hasNext()).isTrue();
    }
    assertAllReadersFree();
  }

  @Test
  void readers_waitedForAndInterrupted_saysSo() throws Exception {
    try (DB patient = DB.memory(DBOptions.builder().readersMax(1).build());
        RowStream<Row> held = patient.stream("VALUES (1), (2)")) {
      List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
      Caller waiting =
          Callers.start(() -> failures.add(catchThrowable(() -> patient.query("SELECT 1"))));
      Waits.untilParked(waiting);
      waiting.interrupt();
      waiting.join();
      assertThat(failures).hasSize(1).first().isInstanceOf(InterruptedQueryException.class);
      assertThat(held.hasNext()).isTrue();
    }
  }

  @Test
  void readers_waitedFor_areGivenInOrder() throws Exception {
    try (DB patient = DB.memory(DBOptions.builder().readersMax(1).build())) {
      List<Integer> order = Collections.synchronizedList(new ArrayList<>());
      List<Caller> waiting = new ArrayList<>();
      try (RowStream<Row> held = patient.stream("VALUES (1), (2)")) {
        for (int i = 0; i < 6; i++) {
          int number = i;
          Caller thread =
              Callers.start(
                  () ->
                      patient.read(
                          reads -> {
                            reads.query("SELECT 1");
                            return order.add(number);
                          }));
          Waits.untilParked(thread);
          waiting.add(thread);
        }
        assertThat(held.hasNext()).isTrue();
      }
      Caller.joinAll(waiting);
      assertThat(order).containsExactly(0, 1, 2, 3, 4, 5);
    }
  }

  @Test
  void stream_usedByOneThreadAfterTheOther_works() throws Exception {
    RowStream<Row> rows = db.stream(ALL);
    rows.next();
    assertThat(Callers.together(1, number -> rows.stream().count())).containsExactly(9L);
    assertAllReadersFree();
  }
}
