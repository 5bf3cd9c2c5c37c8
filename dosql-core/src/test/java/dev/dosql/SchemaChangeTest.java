package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Statements that are cached, and a schema that changes under them. */
@Timeout(90)
class SchemaChangeTest {
  private static final String ALL = "SELECT * FROM t";

  @AutoClose private final DB db = DB.memory();

  public record Wide(long id, String name) {}

  public record Named(String name) {}

  @BeforeEach
  void makeTable() {
    db.exec(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, z); INSERT INTO t VALUES (1, 'a', 9)");
    for (int i = 0; i < 3; i++) {
      rows(db);
      db.query("INSERT INTO t (id, name) VALUES (2, 'b') RETURNING *");
      db.run("DELETE FROM t WHERE id = 2");
    }
  }

  private static Map<String, Object> rows(Reads reads) {
    Map<String, Object> row = reads.queryOne(ALL).orElseThrow().toMap();
    assertThat(reads.queryOne(Wide.class, ALL).orElseThrow().id()).isEqualTo(1);
    return row;
  }

  private void elsewhere(String ddl) {
    try {
      Callers.together(1, number -> db.run(ddl));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void cachedQuery_afterAddRenameAndDropByAnotherThread_hasTheRightColumns() {
    elsewhere("ALTER TABLE t ADD COLUMN more DEFAULT 5");
    assertThat(rows(db)).isEqualTo(Map.of("id", 1L, "name", "a", "z", 9L, "more", 5L));
    elsewhere("ALTER TABLE t RENAME COLUMN z TO y");
    assertThat(rows(db)).containsEntry("y", 9L).doesNotContainKey("z");
    elsewhere("ALTER TABLE t DROP COLUMN y");
    assertThat(rows(db)).isEqualTo(Map.of("id", 1L, "name", "a", "more", 5L));
    elsewhere("ALTER TABLE t RENAME COLUMN name TO label");
    assertThatThrownBy(() -> db.query(Wide.class, ALL)).isInstanceOf(MappingException.class);
  }

  /** SQLite may not find the name in one schema, and meet the next one when it looks why. */
  @Test
  void unknownName_whileTablesComeAndGo_isNothingElse() throws Exception {
    AtomicBoolean ended = new AtomicBoolean();
    Caller other =
        Callers.startPlatform(
            () -> {
              while (!ended.get()) {
                db.run("CREATE TABLE u (x)");
                db.run("DROP TABLE u");
              }
            });
    try {
      Callers.together(3, this::askForUnknownNames);
    } finally {
      ended.set(true);
      other.join();
    }
  }

  private Void askForUnknownNames(int number) {
    for (int i = 0; i < 3_000; i++) {
      String name = "unknown_" + number + "_" + i;
      assertThatThrownBy(() -> db.query("SELECT 1 FROM " + name))
          .rootCause()
          .hasMessageContaining("no such table: " + name)
          .message()
          .doesNotContain("SQLITE_SCHEMA");
    }
    return null;
  }

  @Test
  void cachedReturning_afterSchemaChange_hasTheRightColumns() {
    elsewhere("ALTER TABLE t DROP COLUMN z");
    elsewhere("ALTER TABLE t ADD COLUMN more DEFAULT 5");
    String insert = "INSERT INTO t (id, name) VALUES (2, 'b') RETURNING *";
    assertThat(db.query(insert).get(0).toMap())
        .isEqualTo(Map.of("id", 2L, "name", "b", "more", 5L));
  }

  @Test
  void cachedStream_afterSchemaChange_hasTheRightColumns() {
    try (RowStream<Row> before = db.stream(ALL)) {
      elsewhere("ALTER TABLE t DROP COLUMN z");
      assertThat(before.next().columns()).containsExactly("id", "name", "z");
    }
    try (RowStream<Row> after = db.stream(ALL)) {
      assertThat(after.next().columns()).containsExactly("id", "name");
    }
  }

  @Test
  void snapshotBegunBefore_seesTheOldColumnsAndAfterItTheNew() {
    db.read(
        reads -> {
          elsewhere("ALTER TABLE t ADD COLUMN more DEFAULT 5");
          elsewhere("ALTER TABLE t RENAME COLUMN z TO y");
          for (int i = 0; i < 2; i++) {
            assertThat(rows(reads)).isEqualTo(Map.of("id", 1L, "name", "a", "z", 9L));
            assertThat(rows(db)).isEqualTo(Map.of("id", 1L, "name", "a", "z", 9L));
          }
          return null;
        });
    assertThat(rows(db)).isEqualTo(Map.of("id", 1L, "name", "a", "y", 9L, "more", 5L));
  }

  @Test
  void transactionWithDdl_rolledBack_oldColumnsInsideAfterAndOutside() {
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> {
                      assertThat(rows(tx)).hasSize(3);
                      tx.run("ALTER TABLE t ADD COLUMN more DEFAULT 5");
                      assertThat(rows(tx)).containsEntry("more", 5L);
                      assertThat(Callers.together(1, number -> rows(db)).get(0)).hasSize(3);
                      assertThat(
                              tx.query("INSERT INTO t (id) VALUES (7) RETURNING *")
                                  .get(0)
                                  .columns())
                          .hasSize(4);
                      throw new IOException();
                    }))
        .isInstanceOf(IOException.class);
    assertThat(rows(db)).isEqualTo(Map.of("id", 1L, "name", "a", "z", 9L));
    db.useTransaction(tx -> assertThat(rows(tx)).hasSize(3));
  }

  @Test
  void cachedStatement_tableReplacedByAView_isRight() {
    db.exec("ALTER TABLE t RENAME TO kept; CREATE VIEW t AS SELECT name, id FROM kept");
    assertThat(db.query(ALL).get(0).columns()).containsExactly("name", "id");
    assertThat(db.query(Wide.class, ALL)).containsExactly(new Wide(1, "a"));
    assertThatThrownBy(() -> db.run("INSERT INTO t (id, name) VALUES (2, 'b')"))
        .isInstanceOf(StatementException.class);
  }

  @Test
  void ddlRacingReadersOfEveryKind_noColumnIsEverWrong() throws Exception {
    db.exec("DROP TABLE t; CREATE TABLE t (a TEXT, b TEXT); INSERT INTO t VALUES ('a', 'b')");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
    AtomicLong reads = new AtomicLong();
    AtomicLong changes = new AtomicLong();
    Callers.together(
        5,
        number -> {
          while (System.nanoTime() < end) {
            if (number == 0) {
              changeColumns(changes.getAndIncrement());
            } else {
              readColumns(number, reads.incrementAndGet());
            }
          }
          return null;
        });
    assertThat(reads.get()).isGreaterThan(500);
    assertThat(changes.get()).isGreaterThan(50);
  }

  /** Every column's value is its own name, whatever the columns are. */
  private void changeColumns(long round) {
    switch ((int) (round % 4)) {
      case 0 -> db.run("ALTER TABLE t ADD COLUMN c TEXT DEFAULT 'c'");
      case 1 ->
          db.useTransaction(
              tx -> {
                tx.run("ALTER TABLE t RENAME COLUMN a TO x");
                tx.run("UPDATE t SET x = 'x'");
              });
      case 2 ->
          db.exec(
              "DROP TABLE t; CREATE TABLE t (b TEXT, a TEXT); INSERT INTO t VALUES ('b', 'a');");
      default ->
          db.exec(
              "DROP TABLE t; CREATE TABLE t (a TEXT, b TEXT); INSERT INTO t VALUES ('a', 'b');");
    }
  }

  private void readColumns(int kind, long round) {
    if (round % 7 == 0) {
      assertThat(db.query(Named.class, "SELECT 'n' AS name, * FROM t").get(0).name())
          .isEqualTo("n");
      return;
    }
    List<Row> rows =
        switch (kind) {
          case 1 -> db.query(ALL);
          case 2 -> db.read(reads -> reads.query(ALL));
          case 3 -> {
            try (RowStream<Row> stream = db.stream(ALL)) {
              yield Collections.singletonList(stream.next());
            }
          }
          default -> db.transaction(tx -> tx.query("UPDATE t SET b = 'b' RETURNING *"));
        };
    Map<String, Object> row = rows.get(0).toMap();
    assertThat(row).containsKey("b");
    row.forEach((column, value) -> assertThat(value).isEqualTo(column));
  }
}
