package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.testing.Callers;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transactions as a caller writes them. */
@Timeout(60)
class TransactionTest {
  @AutoClose private final DoSQL instance = DoSQL.memory(DBOptions.builder().build());
  private final DB db = instance.db("acme");
  private final DB other = instance.db("globex");

  @BeforeEach
  void makeTables() {
    db.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE)");
    other.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE)");
  }

  private List<String> stored() {
    return db.query(String.class, "SELECT v FROM t ORDER BY id");
  }

  private static void add(Queries queries, String value) {
    queries.run("INSERT INTO t (v) VALUES (?)", value);
  }

  @Test
  void transaction_returns_theValueOfItsWork() {
    assertThat(
            db.<String, RuntimeException>transaction(
                tx -> {
                  add(tx, "a");
                  return "the value";
                }))
        .isEqualTo("the value");
    assertThat(db.<String, RuntimeException>transaction(tx -> null)).isNull();
    assertThat(stored()).containsExactly("a");
  }

  @Test
  void transaction_throwsAnything_isRolledBackAndItComesOutAsItWas() {
    for (Throwable thrown :
        List.of(
            new IOException("checked"),
            new IllegalStateException("unchecked"),
            new AssertionError("error"),
            new Throwable("neither"))) {
      assertThat(
              catchThrowable(
                  () ->
                      db.useTransaction(
                          tx -> {
                            add(tx, "a");
                            TransactionTest.<RuntimeException>sneak(thrown);
                          })))
          .isSameAs(thrown);
      assertThat(thrown.getSuppressed()).isEmpty();
      assertThat(stored()).isEmpty();
    }
  }

  @SuppressWarnings("unchecked") // the point of it
  private static <X extends Throwable> void sneak(Throwable thrown) throws X {
    throw (X) thrown;
  }

  @Test
  void transaction_throwsChecked_compilesWithThatTypeAlone() {
    try {
      db.useTransaction(
          tx -> {
            add(tx, "a");
            throw new IOException("as it was");
          });
    } catch (IOException e) {
      assertThat(e).hasMessage("as it was");
    }
    assertThat(stored()).isEmpty();
  }

  @Test
  void transaction_overflowsTheStack_isRolledBack() {
    assertThatThrownBy(() -> db.useTransaction(tx -> overflow(tx, 0)))
        .isInstanceOf(StackOverflowError.class);
    assertThat(stored()).isEmpty();
    add(db, "after");
    assertThat(stored()).containsExactly("after");
  }

  private static int overflow(Transaction tx, int depth) {
    if (depth < 5) {
      add(tx, "v" + depth);
    }
    return overflow(tx, depth + 1) + 1;
  }

  @Test
  void write_inTransaction_isSeenInsideAndNotOutside() throws Exception {
    db.useTransaction(
        tx -> {
          add(tx, "a");
          assertThat(tx.query(String.class, "SELECT v FROM t")).containsExactly("a");
          assertThat(Callers.together(1, number -> stored())).containsExactly(List.of());
          long id =
              tx.queryOne(long.class, "INSERT INTO t (v) VALUES ('b') RETURNING id").orElseThrow();
          assertThat(id).isEqualTo(2);
        });
    assertThat(stored()).containsExactly("a", "b");
  }

  @Test
  void nested_throwsAndIsCaught_undoesOnlyItself() {
    db.useTransaction(
        tx -> {
          add(tx, "outer");
          assertThatThrownBy(
                  () ->
                      tx.useTransaction(
                          inner -> {
                            add(inner, "inner");
                            assertThat(inner.query("SELECT * FROM t")).hasSize(2);
                            throw new IOException("inner");
                          }))
              .isInstanceOf(IOException.class);
          assertThat(tx.query("SELECT * FROM t")).hasSize(1);
          assertThat(
                  tx.<Integer, RuntimeException>transaction(
                      inner -> {
                        add(inner, "second");
                        return 7;
                      }))
              .isEqualTo(7);
          add(tx, "after");
        });
    assertThat(stored()).containsExactly("outer", "second", "after");
  }

  @Test
  void nested_throwsThroughTheOuter_undoesAll() {
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> {
                      add(tx, "outer");
                      tx.useTransaction(
                          inner -> {
                            add(inner, "inner");
                            throw new IOException("out");
                          });
                    }))
        .isInstanceOf(IOException.class);
    assertThat(stored()).isEmpty();
  }

  @Test
  void nested_returnsAndOuterThrows_undoesBoth() {
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> {
                      tx.useTransaction(inner -> add(inner, "inner"));
                      throw new IOException("out");
                    }))
        .isInstanceOf(IOException.class);
    assertThat(stored()).isEmpty();
  }

  @Test
  void nested_hundredLevels_eachIsItsOwn() {
    db.useTransaction(tx -> nest(tx, 0));
    // Every third level throws after its write and what is below it; its outer one catches.
    assertThat(stored()).containsExactly("0", "1");
    assertThat(db.query("SELECT * FROM t")).hasSize(2);
  }

  private static void nest(Transaction tx, int depth) {
    add(tx, String.valueOf(depth));
    if (depth == 100) {
      return;
    }
    catchThrowable(
        () ->
            tx.useTransaction(
                inner -> {
                  nest(inner, depth + 1);
                  if (depth % 3 == 1) {
                    throw new IOException();
                  }
                }));
  }

  @Test
  void nested_constraintViolated_outerGoesOn() {
    db.useTransaction(
        tx -> {
          add(tx, "a");
          for (String value : List.of("a", "b", "a", "c")) {
            try {
              tx.useTransaction(inner -> add(inner, value));
            } catch (UniqueViolationException e) {
              assertThat(e.columns()).containsExactly("v");
            }
          }
        });
    assertThat(stored()).containsExactly("a", "b", "c");
  }

  @Test
  void nested_ddlUndone_oldSchemaIsSeen() {
    db.useTransaction(
        tx -> {
          add(tx, "a");
          tx.query("SELECT * FROM t");
          catchThrowable(
              () ->
                  tx.useTransaction(
                      inner -> {
                        inner.run("ALTER TABLE t ADD COLUMN more DEFAULT 1");
                        assertThat(inner.query("SELECT * FROM t").get(0).columns()).hasSize(3);
                        throw new IOException();
                      }));
          assertThat(tx.query("SELECT * FROM t").get(0).columns()).containsExactly("id", "v");
        });
    assertThat(db.query("SELECT * FROM t").get(0).columns()).containsExactly("id", "v");
  }

  @Test
  void statement_failsInTransaction_onlyItIsUndone() {
    db.useTransaction(
        tx -> {
          add(tx, "a");
          assertThatThrownBy(() -> tx.run("INSERT INTO t (v) VALUES ('b'), ('a')"))
              .isInstanceOf(UniqueViolationException.class);
          assertThatThrownBy(() -> tx.run("INSERT INTO nope VALUES (1)"))
              .isInstanceOf(StatementException.class);
          add(tx, "c");
        });
    assertThat(stored()).containsExactly("a", "c");
  }

  @Test
  void handle_usedAfterItsEnd_isAnError() {
    AtomicReference<Transaction> leaked = new AtomicReference<>();
    AtomicReference<Transaction> leakedInner = new AtomicReference<>();
    AtomicReference<RowStream<Row>> rows = new AtomicReference<>();
    db.useTransaction(
        tx -> {
          leaked.set(tx);
          add(tx, "a");
          add(tx, "b");
          tx.useTransaction(leakedInner::set);
          assertEnded(() -> leakedInner.get().run("DELETE FROM t"));
          rows.set(tx.stream("SELECT * FROM t"));
          rows.get().next();
        });
    Transaction tx = leaked.get();
    assertEnded(() -> tx.run("DELETE FROM t"));
    assertEnded(() -> tx.query("SELECT 1"));
    assertEnded(() -> tx.queryOne("SELECT 1"));
    assertEnded(() -> tx.stream("SELECT 1"));
    assertEnded(() -> tx.exec("DELETE FROM t"));
    assertEnded(() -> tx.batch("DELETE FROM t WHERE id = ?", List.of(1)));
    assertEnded(() -> tx.prepare("SELECT 1"));
    assertEnded(() -> tx.useTransaction(inner -> {}));
    assertThat(rows.get().hasNext()).isFalse();
    rows.get().close();
    assertThat(stored()).containsExactly("a", "b");
  }

  private static void assertEnded(ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(TransactionEndedException.class);
  }

  @Test
  void handle_usedByAnotherThread_isAnErrorAndTransactionGoesOn() throws Exception {
    db.useTransaction(
        tx -> {
          add(tx, "a");
          Callers.together(
              1,
              number -> {
                assertScope(() -> tx.run("DELETE FROM t"));
                assertScope(() -> tx.query("SELECT 1"));
                assertScope(() -> tx.useTransaction(inner -> {}));
                return null;
              });
          add(tx, "b");
        });
    assertThat(stored()).containsExactly("a", "b");
  }

  @Test
  void ownHandle_insideItsTransaction_isAnErrorAndTransactionGoesOn() {
    DB second = instance.db("acme");
    db.useTransaction(
        tx -> {
          add(tx, "a");
          assertThat(tx.db()).isSameAs(db);
          for (DB handle : List.of(db, second)) {
            assertScope(() -> handle.run("DELETE FROM t"));
            assertScope(() -> handle.query("SELECT 1"));
            assertScope(() -> handle.query("DELETE FROM t RETURNING *"));
            assertScope(() -> handle.queryOne("SELECT 1"));
            assertScope(() -> handle.stream("SELECT 1"));
            assertScope(() -> handle.read(reads -> 1));
            assertScope(() -> handle.useTransaction(inner -> {}));
            assertScope(() -> handle.prepare("SELECT 1"));
            assertScope(() -> handle.exec("DELETE FROM t"));
            assertScope(() -> handle.batch("DELETE FROM t WHERE id = ?", List.of(1)));
          }
          add(tx, "b");
        });
    assertThat(stored()).containsExactly("a", "b");
    add(db, "c");
  }

  private static void assertScope(ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(TransactionScopeException.class);
  }

  @Test
  void anotherTenant_insideTransaction_canBeReadAndNotWritten() {
    add(other, "theirs");
    db.useTransaction(
        tx -> {
          add(tx, "a");
          assertThat(other.query(String.class, "SELECT v FROM t")).containsExactly("theirs");
          assertThat(other.<List<Row>, RuntimeException>read(reads -> reads.query("SELECT 1")))
              .hasSize(1);
          try (RowStream<Row> rows = other.stream("SELECT * FROM t")) {
            assertThat(rows.next().getString("v")).isEqualTo("theirs");
          }
          assertScope(() -> add(other, "no"));
          assertScope(() -> other.query("DELETE FROM t RETURNING *"));
          assertScope(() -> other.useTransaction(inner -> {}));
          assertScope(() -> other.exec("DELETE FROM t"));
          add(tx, "b");
        });
    assertThat(stored()).containsExactly("a", "b");
    assertThat(other.query("SELECT * FROM t")).hasSize(1);
    add(other, "afterwards");
  }

  @Test
  void transaction_insideOwnRead_writesAndSnapshotStaysOld() {
    add(db, "before");
    db.read(
        reads -> {
          assertThat(reads.query("SELECT * FROM t")).hasSize(1);
          add(db, "a");
          db.useTransaction(tx -> add(tx, "b"));
          assertThat(reads.query("SELECT * FROM t")).hasSize(1);
          return null;
        });
    assertThat(stored()).containsExactly("before", "a", "b");
  }

  @Test
  void stream_openAtTheEnd_isClosedWithTheTransaction() {
    for (int i = 0; i < 10; i++) {
      db.batch("INSERT INTO t (v) VALUES (?)", List.of("x" + i, "y" + i));
      db.useTransaction(
          tx -> {
            RowStream<Row> left = tx.stream("SELECT * FROM t");
            left.next();
            tx.run("UPDATE t SET v = v || '!'");
          });
    }
    assertThat(stored()).hasSize(20);
  }

  @Test
  void stream_openWhileAnInnerIsUndone_goesOnOrSaysSo() {
    db.batch("INSERT INTO t (v) VALUES (?)", List.of("a", "b", "c"));
    db.useTransaction(
        tx -> {
          try (RowStream<String> rows = tx.stream(String.class, "SELECT v FROM t ORDER BY id")) {
            assertThat(rows.next()).isEqualTo("a");
            catchThrowable(
                () ->
                    tx.useTransaction(
                        inner -> {
                          inner.run("DELETE FROM t");
                          throw new IOException();
                        }));
            assertThat(rows.next()).isEqualTo("b");
          }
          add(tx, "d");
        });
    assertThat(stored()).containsExactly("a", "b", "c", "d");
  }

  @Test
  void transaction_empty_leavesTheWriterFree() {
    db.useTransaction(tx -> {});
    assertThat(
            db.<Long, RuntimeException>transaction(
                tx -> tx.queryOne(long.class, "SELECT count(*) FROM t").orElseThrow()))
        .isZero();
    add(db, "a");
  }

  @Test
  void transactions_byManyThreads_areSerial() throws Exception {
    db.run("INSERT INTO t (id, v) VALUES (1, 0)");
    Callers.together(
        16,
        number -> {
          for (int i = 0; i < 50; i++) {
            db.useTransaction(
                tx -> {
                  long value = tx.queryOne(long.class, "SELECT v FROM t").orElseThrow();
                  tx.run("UPDATE t SET v = ?", value + 1);
                });
          }
          return null;
        });
    assertThat(db.queryOne(long.class, "SELECT v FROM t")).hasValue(800L);
  }
}
