package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.testing.Callers;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Statements that are checked once and used often. */
class PreparedTest {
  @AutoClose private final DB db = DB.memory();

  @BeforeEach
  void makeTable() {
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'a')");
  }

  @Test
  void prepared_everyMethod_worksAsOnItsOrigin() {
    PreparedSql select = db.prepare("SELECT * FROM t WHERE id >= ? ORDER BY id");
    PreparedSql insert = db.prepare("INSERT INTO t (name) VALUES (?)");
    assertThat(insert.run("b")).isEqualTo(new RunResult(1, 2));
    assertThat(select.all(1)).hasSize(2);
    assertThat(select.get(2).orElseThrow().getString("name")).isEqualTo("b");
    assertThat(db.prepare("SELECT name FROM t ORDER BY id").all(String.class))
        .containsExactly("a", "b");
    assertThat(db.prepare("SELECT name FROM t WHERE id = ?").get(String.class, 9)).isEmpty();
    try (RowStream<Row> rows = select.iterate(1)) {
      assertThat(rows.stream().count()).isEqualTo(2);
    }
    try (RowStream<String> rows = db.prepare("SELECT name FROM t").iterate(String.class)) {
      assertThat(rows.next()).isEqualTo("a");
    }
    assertThat(select.sql()).isEqualTo("SELECT * FROM t WHERE id >= ? ORDER BY id");
    assertThat(db.prepare("DELETE FROM t RETURNING id").all(long.class)).containsExactly(1L, 2L);
  }

  @Test
  void columns_ofAQuery_haveNamesTablesAndTypes() {
    assertThat(db.prepare("SELECT id, name AS label, 1 + 1 FROM t").columns())
        .containsExactly(
            new Column("id", Optional.of("t"), Optional.of("INTEGER")),
            new Column("label", Optional.of("t"), Optional.of("TEXT")),
            new Column("1 + 1", Optional.empty(), Optional.empty()));
    assertThat(db.prepare("DELETE FROM t").columns()).isEmpty();
    assertThat(db.prepare("DELETE FROM t RETURNING id").columns()).hasSize(1);
    assertThat(db.query("SELECT * FROM t")).hasSize(1);
  }

  @Test
  void prepared_afterSchemaChange_knowsTheNewColumns() throws Exception {
    PreparedSql select = db.prepare("SELECT * FROM t");
    assertThat(select.columns()).hasSize(2);
    select.all();
    Callers.together(1, number -> db.run("ALTER TABLE t ADD COLUMN age INTEGER DEFAULT 5"));
    assertThat(select.columns()).extracting(Column::name).containsExactly("id", "name", "age");
    assertThat(select.all().get(0).getLong("age")).isEqualTo(5);
    db.run("ALTER TABLE t RENAME COLUMN name TO label");
    assertThat(select.columns()).extracting(Column::name).containsExactly("id", "label", "age");
    db.useTransaction(
        tx -> {
          tx.run("ALTER TABLE t DROP COLUMN age");
          assertThat(tx.prepare("SELECT * FROM t").columns()).hasSize(2);
        });
    assertThat(select.columns()).hasSize(2);
    db.run("DROP TABLE t");
    assertThatThrownBy(select::columns).isInstanceOf(StatementException.class);
  }

  @Test
  void prepare_whatDoesNotFitTheSchema_isAnErrorAtOnce() {
    for (String sql :
        List.of(
            "SELECT nope FROM t",
            "SELECT * FROM nope",
            "SELEKT 1",
            "INSERT INTO nope VALUES (1)")) {
      assertThatThrownBy(() -> db.prepare(sql)).isInstanceOf(StatementException.class);
    }
  }

  @Test
  void prepared_byManyThreads_isSafe() throws Exception {
    PreparedSql insert = db.prepare("INSERT INTO t (name) VALUES (?)");
    PreparedSql select = db.prepare("SELECT name FROM t WHERE id = ?");
    Callers.together(
        8,
        number -> {
          for (int i = 0; i < 200; i++) {
            String name = number + "/" + i;
            long id = insert.run(name).lastInsertRowid();
            assertThat(select.get(String.class, id)).hasValue(name);
          }
          return null;
        });
  }

  @Test
  void preparedInTransaction_usedAfterItsEnd_isAnError() {
    PreparedSql leaked = db.transaction(tx -> tx.prepare("INSERT INTO t (name) VALUES (?)"));
    assertThatThrownBy(() -> leaked.run("x")).isInstanceOf(TransactionEndedException.class);
    assertThatThrownBy(leaked::columns).isInstanceOf(TransactionEndedException.class);
  }
}
