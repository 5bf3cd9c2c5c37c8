package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.testing.Callers;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code run} says that it did. */
class RunTest {
  @AutoClose private final DB db = DB.memory();

  @BeforeEach
  void makeTables() {
    db.exec(
        """
        CREATE TABLE parent (id INTEGER PRIMARY KEY, v);
        CREATE TABLE child (id INTEGER PRIMARY KEY,
          parent INTEGER REFERENCES parent ON DELETE CASCADE);
        CREATE TABLE log (id INTEGER PRIMARY KEY, what);
        CREATE TABLE keyed (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
        CREATE TABLE "odd ""name" (id INTEGER PRIMARY KEY, v UNIQUE);
        CREATE VIEW shown AS SELECT v FROM parent;
        CREATE TRIGGER logged AFTER INSERT ON parent
          BEGIN INSERT INTO log (what) VALUES ('a'), ('b'); END;
        CREATE TRIGGER into_view INSTEAD OF INSERT ON shown
          BEGIN INSERT INTO parent (v) VALUES (new.v); END;
        INSERT INTO log (id, what) VALUES (500, 'seed');
        """);
    db.run("INSERT INTO log (id, what) VALUES (900, 'somebody else''s')");
  }

  /** On a handle and in a transaction the same must hold. */
  private void both(Function<Queries, RunResult> work, RunResult expected) {
    assertThat(
            db.<RunResult, IllegalStateException>transaction(
                tx ->
                    tx.transaction(
                        inner -> {
                          RunResult result = work.apply(inner);
                          inner.run("CREATE TABLE undone (a)");
                          return result;
                        })))
        .isEqualTo(expected);
    db.run("DROP TABLE undone");
  }

  @Test
  void insert_tableWithTriggers_countsOnlyItsOwnRows() {
    assertThat(db.run("INSERT INTO parent (v) VALUES (1), (2)")).isEqualTo(new RunResult(2, 2));
    assertThat(db.queryOne(long.class, "SELECT count(*) FROM log")).hasValue(6L);
    both(tx -> tx.run("INSERT INTO parent (v) VALUES (3)"), new RunResult(1, 3));
  }

  @Test
  void delete_withCascade_countsOnlyItsOwnRows() {
    db.run("INSERT INTO parent VALUES (1, 1)");
    db.run("INSERT INTO child (parent) VALUES (1), (1), (1)");
    assertThat(db.run("DELETE FROM parent WHERE id = 1")).isEqualTo(new RunResult(1, 0));
    assertThat(db.query("SELECT * FROM child")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UPDATE log SET what = 'x' | 2",
        "UPDATE log SET what = 'x' WHERE 0 | 0",
        "DELETE FROM log | 2",
        "INSERT OR IGNORE INTO log (id) VALUES (500) | 0",
        "INSERT INTO log (id) VALUES (500) ON CONFLICT DO NOTHING | 0",
        "INSERT INTO log (id) VALUES (500) ON CONFLICT (id) DO UPDATE SET what = 'x' | 1",
        "INSERT INTO log (id) VALUES (500) ON CONFLICT (id) DO UPDATE SET what = 'x' WHERE 0 | 0",
        "INSERT INTO log (what) SELECT 1 WHERE 0 | 0",
        "INSERT INTO keyed VALUES ('a', 1) | 1",
        "REPLACE INTO keyed VALUES ('a', 2) | 1",
        "INSERT INTO keyed VALUES ('a', 1) ON CONFLICT (k) DO UPDATE SET v = 2 | 1",
        "INSERT INTO shown VALUES (7) | 0",
        "CREATE TABLE other (a) | 0",
        "CREATE TABLE copied AS SELECT * FROM log | 0",
        "CREATE INDEX i ON log (what) | 0",
        "ALTER TABLE log ADD COLUMN more | 0",
        "DROP TABLE log | 0",
        "ANALYZE | 0"
      })
  void run_statementThatInsertsNoRowidItself_hasNoRowid(String sql, long changes) {
    assertThat(db.run(sql)).isEqualTo(new RunResult(changes, 0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INSERT INTO log (what) VALUES ('x') | 901",
        "INSERT INTO main.log (what) VALUES ('x') | 901",
        "insert into \"LOG\" (what) values ('x') | 901",
        "INSERT INTO [log] (what) VALUES ('x'), ('y') | 902",
        "INSERT OR REPLACE INTO log (id) VALUES (500) | 500",
        "REPLACE INTO log (id) VALUES (500) | 500",
        "INSERT INTO log (id) VALUES (500), (-7) ON CONFLICT (id) DO UPDATE SET what = 'x' | -7",
        "INSERT INTO log (what) VALUES (1) ON CONFLICT (id) DO UPDATE SET what = 'x' | 901",
        "INSERT INTO log DEFAULT VALUES | 901",
        "WITH x(a) AS (SELECT 1) INSERT INTO log (what) SELECT a FROM x | 901",
        "INSERT INTO \"odd \"\"name\" (v) VALUES (1) | 1",
        "INSERT INTO 'log' (what) VALUES ('x') | 901"
      })
  void run_statementThatInserted_hasItsLastRowid(String sql, long rowid) {
    assertThat(db.run(sql).lastInsertRowid()).isEqualTo(rowid);
  }

  @Test
  void upsert_whoseTriggerInsertsIntoTheSameTable_hasNoRowid() {
    db.exec(
        """
        CREATE TABLE self (id INTEGER PRIMARY KEY, v);
        CREATE TRIGGER again AFTER UPDATE ON self
          BEGIN INSERT INTO self (v) VALUES ('by trigger'); END;
        INSERT INTO self VALUES (1, 'a');
        """);
    String upsert = "INSERT INTO self VALUES (1, 'b') ON CONFLICT (id) DO UPDATE SET v = 'c'";
    assertThat(db.run(upsert)).isEqualTo(new RunResult(1, 0));
  }

  @Test
  void insert_beforeTriggerIgnoresIt_hasNoRowid() {
    db.run(
        "CREATE TRIGGER never BEFORE INSERT ON child WHEN new.parent IS NULL"
            + " BEGIN SELECT RAISE(IGNORE); END");
    assertThat(db.run("INSERT INTO child (parent) VALUES (NULL)")).isEqualTo(new RunResult(0, 0));
  }

  @Test
  void run_inTransaction_saysTheSame() {
    both(tx -> tx.run("UPDATE log SET what = 1 WHERE id = 500"), new RunResult(1, 0));
    both(tx -> tx.run("INSERT OR IGNORE INTO log (id) VALUES (500)"), new RunResult(0, 0));
    both(
        tx -> tx.run("INSERT INTO log (id) VALUES (500) ON CONFLICT (id) DO UPDATE SET what = 'x'"),
        new RunResult(1, 0));
    both(tx -> tx.run("INSERT INTO keyed VALUES ('z', 1)"), new RunResult(1, 0));
  }

  @Test
  void run_tableRemadeWithoutRowid_noticesAtOnce() {
    String insert = "INSERT INTO remade (k) VALUES (?)";
    db.run("CREATE TABLE remade (k INTEGER PRIMARY KEY)");
    assertThat(db.run(insert, 5).lastInsertRowid()).isEqualTo(5);
    db.exec("DROP TABLE remade; CREATE TABLE remade (k INTEGER PRIMARY KEY) WITHOUT ROWID");
    assertThat(db.run(insert, 6).lastInsertRowid()).isZero();
    db.useTransaction(
        tx -> {
          tx.exec("DROP TABLE remade; CREATE TABLE remade (k INTEGER PRIMARY KEY)");
          assertThat(tx.run(insert, 7).lastInsertRowid()).isEqualTo(7);
        });
    assertThat(db.run(insert, 8).lastInsertRowid()).isEqualTo(8);
  }

  @Test
  void run_afterAnotherCallersInsert_doesNotTellItsRowid() throws Exception {
    Callers.together(
        8,
        number -> {
          for (int i = 0; i < 200; i++) {
            long id = 10_000 + number * 1_000L + i;
            assertThat(db.run("INSERT INTO log (id) VALUES (?)", id).lastInsertRowid())
                .isEqualTo(id);
            assertThat(db.run("UPDATE log SET what = 1 WHERE id = ?", id))
                .isEqualTo(new RunResult(1, 0));
          }
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MAX_VALUE, Long.MIN_VALUE, 9_007_199_254_740_993L, -1})
  void run_any64BitRowid_isReportedExactly(long id) {
    assertThat(db.run("INSERT INTO log (id) VALUES (?)", id).lastInsertRowid()).isEqualTo(id);
  }

  @Test
  void run_nullAlone_isOneNull() {
    db.run("INSERT INTO log (id, what) VALUES (1, ?)", (Object) null);
    db.run("UPDATE log SET what = ? WHERE id = 500", (Object[]) null);
    db.run("INSERT INTO log (id, what) VALUES (2, :w)", Params.of("w", null));
    assertThat(db.queryOne(long.class, "SELECT count(*) FROM log WHERE what IS NULL")).hasValue(3L);
  }

  @Test
  void run_parametersDoNotFit_nothingIsWritten() {
    String insert = "INSERT INTO log (what) VALUES (:a)";
    assertThatThrownBy(() -> db.run(insert)).isInstanceOf(ParameterException.class);
    assertThatThrownBy(() -> db.run(insert, 1, 2)).isInstanceOf(ParameterException.class);
    assertThatThrownBy(() -> db.run(insert, Map.of("b", 1))).isInstanceOf(ParameterException.class);
    assertThatThrownBy(() -> db.run(insert, Map.of("a", 1, "b", 1)))
        .isInstanceOf(ParameterException.class);
    assertThatThrownBy(() -> db.run(insert, java.util.List.of(1)))
        .isInstanceOf(ParameterException.class);
    assertThat(db.queryOne(long.class, "SELECT count(*) FROM log")).hasValue(2L);
  }
}
