package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.testing.Callers;
import dev.dosql.testing.HeldWriter;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several reads of one state. */
@Timeout(60)
class ReadSnapshotTest {
  @AutoClose private final DB db = DB.memory(DBOptions.builder().readersMax(2).build());

  @BeforeEach
  void makeTable() {
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t (v) VALUES (1), (2), (3)");
  }

  private static long count(Reads reads) {
    return reads.queryOne(long.class, "SELECT count(*) FROM t").orElseThrow();
  }

  @Test
  void read_whileOthersWrite_seesOneState() throws Exception {
    db.read(
        reads -> {
          Callers.together(1, number -> db.run("DELETE FROM t"));
          assertThat(count(reads)).as("taken when the read begins").isEqualTo(3);
          assertThat(db.query("SELECT * FROM t")).as("through the handle").hasSize(3);
          try (RowStream<Row> rows = db.stream("SELECT * FROM t")) {
            assertThat(rows.stream().count()).isEqualTo(3);
          }
          assertThat(db.<Long, RuntimeException>read(ReadSnapshotTest::count)).isEqualTo(3);
          assertThat(count(reads)).isEqualTo(3);
          assertThat(Callers.together(1, number -> count(db))).containsExactly(0L);
          return null;
        });
    assertThat(count(db)).isZero();
  }

  @Test
  void read_whileAWriterIsHeld_doesNotWait() {
    try (HeldWriter held = HeldWriter.of(db)) {
      assertThat(db.<Long, RuntimeException>read(ReadSnapshotTest::count)).isEqualTo(3);
      assertThat(held).isNotNull();
    }
  }

  @Test
  void read_throws_itComesOutAsItWasAndTheReaderIsFree() {
    IOException thrown = new IOException("as it was");
    for (int i = 0; i < 5; i++) {
      assertThat(
              catchThrowable(
                  () ->
                      db.read(
                          reads -> {
                            count(reads);
                            throw thrown;
                          })))
          .isSameAs(thrown);
    }
    db.run("DELETE FROM t");
    assertThat(count(db)).isZero();
  }

  @Test
  void reads_nestedDeeperThanThereAreReaders_shareOne() {
    assertThat(nested(10)).isEqualTo(3);
  }

  private long nested(int depth) {
    return depth == 0
        ? count(db)
        : db.<Long, RuntimeException>read(reads -> nested(depth - 1) + count(reads) - 3);
  }

  @Test
  void reads_usedAfterTheEndOrByAnotherThread_areAnError() throws Exception {
    AtomicReference<Reads> leaked = new AtomicReference<>();
    AtomicReference<RowStream<Row>> rows = new AtomicReference<>();
    db.read(
        reads -> {
          leaked.set(reads);
          rows.set(reads.stream("SELECT * FROM t"));
          rows.get().next();
          Callers.together(
              1,
              number ->
                  assertThatThrownBy(() -> reads.query("SELECT 1"))
                      .isInstanceOf(TransactionScopeException.class));
          return null;
        });
    assertThatThrownBy(() -> leaked.get().query("SELECT 1"))
        .isInstanceOf(TransactionEndedException.class);
    assertThatThrownBy(() -> leaked.get().stream("SELECT 1"))
        .isInstanceOf(TransactionEndedException.class);
    assertThat(rows.get().hasNext()).isFalse();
  }

  @Test
  void handlesStream_openedInsideAndLeaked_endsWithTheSnapshot() {
    AtomicReference<RowStream<Row>> leaked = new AtomicReference<>();
    db.read(
        reads -> {
          leaked.set(db.stream("SELECT * FROM t"));
          leaked.get().next();
          return null;
        });
    db.run("DELETE FROM t WHERE id = 3");
    assertThat(count(db)).as("not the old snapshot").isEqualTo(2);
    assertThat(leaked.get().hasNext()).isFalse();
    leaked.get().close();
    try (RowStream<Row> one = db.stream("SELECT * FROM t");
        RowStream<Row> two = db.stream("SELECT * FROM t")) {
      assertThat(one.hasNext() && two.hasNext()).as("readers are free").isTrue();
    }
  }

  @Test
  void read_writes_areRefused() {
    db.read(
        reads -> {
          for (String sql :
              List.of("DELETE FROM t", "DELETE FROM t RETURNING id", "DROP TABLE t")) {
            assertThatThrownBy(() -> reads.query(sql)).isInstanceOf(StatementException.class);
            assertThatThrownBy(() -> reads.queryOne(sql)).isInstanceOf(StatementException.class);
            assertThatThrownBy(() -> reads.stream(sql)).isInstanceOf(StatementException.class);
          }
          return null;
        });
    assertThat(count(db)).isEqualTo(3);
  }

  @Test
  void commit_isSeenByEveryReadThatBeginsAfterIt() throws Exception {
    Callers.together(
        8,
        number -> {
          for (int i = 0; i < 300; i++) {
            long id = 1_000L * (number + 1) + i;
            db.run("INSERT INTO t (id) VALUES (?)", id);
            assertThat(db.queryOne("SELECT 1 FROM t WHERE id = ?", id)).isPresent();
          }
          return null;
        });
  }
}
