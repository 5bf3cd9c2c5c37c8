package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.testing.Callers;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions that SQLite ends by itself, and callers that share the writer with them. */
class TransactionEndedTest {
  private static final String RAISE = "INSERT INTO t (v) VALUES ('raise')";
  private static final String OR_ROLLBACK = "INSERT OR ROLLBACK INTO t (id, v) VALUES (1, 'again')";

  @AutoClose private final DB db = DB.memory();

  @BeforeEach
  void makeTables() {
    db.exec(
        """
        CREATE TABLE t (id INTEGER PRIMARY KEY, v);
        CREATE TRIGGER raising BEFORE INSERT ON t WHEN new.v = 'raise'
          BEGIN SELECT RAISE(ROLLBACK, 'no'); END;
        INSERT INTO t VALUES (1, 'first');
        """);
  }

  private List<String> stored() {
    return db.query(String.class, "SELECT v FROM t ORDER BY id");
  }

  @ParameterizedTest
  @ValueSource(strings = {RAISE, OR_ROLLBACK})
  void statement_endsTheTransaction_itIsRolledBack(String sql) {
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> {
                      tx.run("INSERT INTO t (v) VALUES ('lost')");
                      tx.run(sql);
                    }))
        .isInstanceOf(ConstraintViolationException.class);
    assertThat(stored()).containsExactly("first");
  }

  @ParameterizedTest
  @ValueSource(strings = {RAISE, OR_ROLLBACK})
  void statement_endsTheTransactionAndIsSwallowed_furtherCallsAndTheEndAreRefused(String sql) {
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> {
                      tx.run("INSERT INTO t (v) VALUES ('lost')");
                      RowStream<Row> rows = tx.stream("SELECT * FROM t");
                      rows.next();
                      assertThat(catchThrowable(() -> tx.run(sql)))
                          .isInstanceOf(ConstraintViolationException.class);
                      assertRefused(() -> tx.run("INSERT INTO t (v) VALUES ('stray')"));
                      assertRefused(() -> tx.query("SELECT 1"));
                      assertRefused(() -> tx.exec("INSERT INTO t (v) VALUES ('stray')"));
                      assertRefused(() -> tx.useTransaction(inner -> {}));
                      assertRefused(rows::hasNext);
                    }))
        .isInstanceOf(TransactionEndedException.class)
        .hasCauseInstanceOf(Exception.class);
    assertThat(stored()).containsExactly("first");
    db.run("INSERT INTO t (v) VALUES ('next caller')");
    assertThat(stored()).containsExactly("first", "next caller");
  }

  @ParameterizedTest
  @ValueSource(strings = {RAISE, OR_ROLLBACK})
  void nested_endsTheTransactionAndIsSwallowed_outerIsRefused(String sql) {
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> {
                      tx.run("INSERT INTO t (v) VALUES ('lost')");
                      assertThat(catchThrowable(() -> tx.useTransaction(inner -> inner.run(sql))))
                          .isInstanceOf(ConstraintViolationException.class);
                      assertRefused(() -> tx.run("INSERT INTO t (v) VALUES ('stray')"));
                    }))
        .isInstanceOf(TransactionEndedException.class);
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> tx.useTransaction(inner -> catchThrowable(() -> inner.run(sql)))))
        .isInstanceOf(TransactionEndedException.class);
    assertThat(stored()).containsExactly("first");
  }

  @ParameterizedTest
  @ValueSource(strings = {RAISE, OR_ROLLBACK})
  void statement_alone_failsAndNothingElseHappens(String sql) {
    assertThatThrownBy(() -> db.run(sql)).isInstanceOf(ConstraintViolationException.class);
    assertThatThrownBy(() -> db.exec("INSERT INTO t (v) VALUES ('lost'); " + sql))
        .isInstanceOf(ConstraintViolationException.class);
    assertThatThrownBy(() -> db.batch(sql, List.of(List.of())))
        .isInstanceOf(ConstraintViolationException.class);
    assertThat(stored()).containsExactly("first");
  }

  private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(TransactionEndedException.class);
  }

  @Test
  void callersSharingTheLeader_mixedWithEveryFailure_eachGetsItsOwnOutcome() throws Exception {
    Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
    Callers.together(
        16,
        number -> {
          for (long i = 0; i < 300; i++) {
            long id = 100_000L * (number + 1) + i;
            act((int) ((i + number) % 8), id, acknowledged);
          }
          return null;
        });
    assertThat(db.query(long.class, "SELECT id FROM t WHERE id >= 100000"))
        .containsExactlyInAnyOrderElementsOf(acknowledged);
    assertThat(db.queryOne(String.class, "PRAGMA integrity_check")).hasValue("ok");
  }

  private void act(int kind, long id, Set<Long> acknowledged) {
    String insert = "INSERT INTO t (id, v) VALUES (?, 'good')";
    switch (kind) {
      case 0 -> fails(ConstraintViolationException.class, () -> db.run(RAISE));
      case 1 -> fails(UniqueViolationException.class, () -> db.run(OR_ROLLBACK));
      case 2 ->
          fails(UniqueViolationException.class, () -> db.run("INSERT INTO t (id) VALUES (1)"));
      case 3 ->
          fails(StatementException.class, () -> db.run("INSERT INTO t (nope) VALUES (?)", id));
      case 4 -> {
        Thread.currentThread().interrupt();
        Throwable failure = catchThrowable(() -> db.run(insert, id));
        assertThat(Thread.interrupted()).isTrue();
        if (failure == null) {
          acknowledged.add(id);
        } else {
          assertThat(failure).isInstanceOf(InterruptedQueryException.class);
        }
      }
      case 5 -> {
        db.useTransaction(tx -> tx.run(insert, id));
        acknowledged.add(id);
      }
      case 6 ->
          fails(
              TransactionEndedException.class,
              () ->
                  db.useTransaction(
                      tx -> {
                        tx.run(insert, id);
                        catchThrowable(() -> tx.run(RAISE));
                      }));
      default -> {
        assertThat(db.run(insert, id)).isEqualTo(new RunResult(1, id));
        acknowledged.add(id);
      }
    }
  }

  private static void fails(
      Class<? extends Throwable> type, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(type);
  }
}
