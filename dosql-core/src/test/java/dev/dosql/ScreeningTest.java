package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What SQL must not do is refused on every path, and has had no effect. */
class ScreeningTest {
  @TempDir Path directory;
  @AutoClose private final DB db = DB.memory();

  @BeforeEach
  void makeTable() {
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
  }

  private static List<ThrowingCallable> everyPath(DB db, String sql) {
    List<ThrowingCallable> paths = new ArrayList<>();
    paths.add(() -> db.query(sql));
    paths.add(() -> db.query(Long.class, sql));
    paths.add(() -> db.query(row -> row, sql));
    paths.add(() -> db.queryOne(sql));
    paths.add(() -> db.stream(sql).close());
    paths.add(() -> db.run(sql));
    paths.add(() -> db.batch(sql, List.of(List.of())));
    paths.add(() -> db.batch(sql, List.of()));
    paths.add(() -> db.exec(sql));
    paths.add(() -> db.exec("SELECT 1; " + sql));
    paths.add(() -> db.prepare(sql));
    paths.add(() -> db.read(reads -> reads.query(sql)));
    paths.add(() -> db.read(reads -> reads.queryOne(sql)));
    paths.add(() -> db.useTransaction(tx -> tx.query(sql)));
    paths.add(() -> db.useTransaction(tx -> tx.run(sql)));
    paths.add(() -> db.useTransaction(tx -> tx.exec(sql)));
    paths.add(() -> db.useTransaction(tx -> tx.prepare(sql)));
    paths.add(() -> db.useTransaction(tx -> tx.batch(sql, List.of(List.of()))));
    paths.add(() -> db.useTransaction(tx -> tx.useTransaction(inner -> inner.run(sql))));
    return paths;
  }

  /** On a reader and on the writer. */
  private List<List<Row>> state() {
    List<List<Row>> state = new ArrayList<>();
    for (String pragma :
        List.of(
            "foreign_keys",
            "journal_mode",
            "synchronous",
            "trusted_schema",
            "recursive_triggers",
            "query_only",
            "user_version",
            "application_id",
            "max_page_count",
            "defer_foreign_keys",
            "database_list")) {
      state.add(db.query("SELECT * FROM pragma_" + pragma));
      state.add(db.transaction(tx -> tx.query("SELECT * FROM pragma_" + pragma)));
    }
    state.add(db.query("SELECT * FROM sqlite_schema"));
    state.add(db.query("SELECT * FROM t"));
    return state;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BEGIN",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "END",
        "ROLLBACK",
        "SAVEPOINT a",
        "RELEASE a",
        "ROLLBACK TO a",
        "ATTACH ':memory:' AS other",
        "DETACH main",
        "VACUUM",
        "VACUUM INTO 'copy.db'",
        "PRAGMA foreign_keys=OFF",
        "PRAGMA foreign_keys(0)",
        "PRAGMA main.journal_mode=DELETE",
        "pragma /* x */ synchronous = 0",
        "EXPLAIN PRAGMA user_version=7",
        "PRAGMA writable_schema=1",
        "PRAGMA trusted_schema=ON",
        "PRAGMA recursive_triggers=ON",
        "PRAGMA query_only=ON",
        "PRAGMA max_page_count=10",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA optimize",
        "SELECT * FROM pragma_optimize",
        "CREATE TEMP TABLE x (a)",
        "CREATE TEMPORARY VIEW x AS SELECT 1",
        "CREATE TABLE temp.x (a)",
        " ;; -- x\n ; COMMIT"
      })
  void refusedSql_onEveryPath_hasNoEffect(String sql) {
    List<List<Row>> before = state();
    for (ThrowingCallable path : everyPath(db, sql)) {
      assertThatThrownBy(path).isInstanceOf(StatementException.class);
    }
    assertThat(state().toString()).isEqualTo(before.toString());
    assertThat(values(state())).isEqualTo(values(before));
    db.useTransaction(tx -> tx.run("INSERT INTO t VALUES (2)"));
    assertThat(db.query("SELECT * FROM t")).hasSize(2);
  }

  /** Of each way to write to a table, one that SQLite takes: %s is the table. */
  private static final List<String> WRITES =
      List.of(
          "INSERT INTO %s (key) VALUES (1)",
          "insert or ignore into main.%s (key) values (1)",
          "INSERT INTO '%s' (key) VALUES (1)",
          "INSERT INTO \"main\" . [%s] AS own (key) VALUES (1) ON CONFLICT DO NOTHING",
          "REPLACE INTO `%s` (key) VALUES (1)",
          "INSERT /* x */ INTO -- y\n %s DEFAULT VALUES",
          "WITH x(a) AS (SELECT 1) INSERT INTO %s (key) SELECT a FROM x",
          "UPDATE %s SET value = 1",
          "UPDATE OR REPLACE main.%s SET key = 1",
          "WITH x AS (SELECT 1) UPDATE %s SET value = (SELECT * FROM x)",
          "DELETE FROM %s",
          "WITH x AS (SELECT 1) DELETE FROM main.\"%s\" WHERE key IN x",
          "EXPLAIN DELETE FROM %s",
          "DROP TABLE %s",
          "DROP TABLE IF EXISTS main.%s",
          "ALTER TABLE %s RENAME TO away",
          "ALTER TABLE %s ADD COLUMN more",
          "CREATE INDEX i ON %s (value)",
          "CREATE UNIQUE INDEX IF NOT EXISTS main.i ON %s (value)",
          "CREATE TRIGGER r BEFORE INSERT ON %s BEGIN SELECT RAISE(IGNORE); END",
          "CREATE TRIGGER main.r AFTER UPDATE OF key ON %s BEGIN SELECT 1; END",
          "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; DELETE FROM %s; END",
          "CREATE TRIGGER r AFTER DELETE ON t BEGIN UPDATE OR FAIL %s SET key = 1; END",
          "CREATE TRIGGER r AFTER DELETE ON t BEGIN REPLACE INTO %s (key) VALUES (old.id); END",
          "CREATE TABLE child (k REFERENCES %s (key) ON DELETE CASCADE)",
          "CREATE TABLE child (k, FOREIGN KEY (k) REFERENCES '%s' (key))",
          "ALTER TABLE t ADD COLUMN k REFERENCES %s (key)");

  /** Of each way to make something of a name, one that SQLite takes: %s is the name. */
  private static final List<String> MAKES =
      List.of(
          "CREATE TABLE %s (x)",
          "CREATE TABLE IF NOT EXISTS main.'%s' AS SELECT 1",
          "CREATE VIEW %s AS SELECT 1",
          "CREATE INDEX %s ON t (id)",
          "CREATE TRIGGER %s AFTER INSERT ON t BEGIN SELECT 1; END",
          "CREATE VIRTUAL TABLE %s USING fts5 (x)",
          "ALTER TABLE t RENAME TO %s");

  @Test
  void libraryTables_asTargetsOnEveryPath_areNotWrittenNorChanged() {
    db.once("a", Long.class, tx -> 1L);
    List<Row> kept = db.query("SELECT * FROM _dosql_once");
    List<List<Row>> before = state();
    for (String write : WRITES) {
      for (String name : List.of("_dosql_once", "_DOSQL_Once")) {
        assertRefused(write.formatted(name));
      }
    }
    for (String make : MAKES) {
      assertRefused(make.formatted("_dosql_mine"));
      assertRefused(make.formatted("_Dosql_"));
    }
    assertRefused("CREATE VIRTUAL TABLE _dosql USING fts5 (x)"); // Would make _dosql_data.
    assertRefused("DROP INDEX _dosql_once_at");
    assertThat(values(state())).isEqualTo(values(before));
    assertThat(db.query("SELECT * FROM _dosql_once")).isEqualTo(kept);
    assertThat(db.once("a", Long.class, tx -> 2L)).isEqualTo(new Once<>(1L, true));
  }

  private void assertRefused(String sql) {
    for (ThrowingCallable path : everyPath(db, sql)) {
      assertThatThrownBy(path)
          .as(sql)
          .isInstanceOf(StatementException.class)
          .hasMessageContaining("the library's own");
    }
  }

  /** Or the test before would show nothing. */
  @Test
  void userTables_asTargetsOfTheSame_areWritten() {
    db.exec("CREATE TABLE own (key INTEGER PRIMARY KEY, value)");
    for (String write : WRITES) {
      assertAccepted(write.formatted("own"));
    }
    for (String make : MAKES) {
      assertAccepted(make.formatted("mine"));
    }
  }

  private void assertAccepted(String sql) {
    RuntimeException undo = new RuntimeException("undone");
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> {
                      tx.exec(sql);
                      throw undo;
                    }))
        .as(sql)
        .isSameAs(undo);
  }

  @Test
  void libraryTables_areRead() {
    db.once("a", Long.class, tx -> 1L);
    for (String sql :
        List.of(
            "SELECT count(*) FROM _dosql_once",
            "SELECT count(*) FROM t JOIN _dosql_once ON _dosql_once.key IS NOT NULL",
            "WITH x AS (SELECT * FROM main._dosql_once) SELECT count(*) FROM x",
            "SELECT count(*) FROM pragma_table_info('_dosql_once') WHERE name = 'key'",
            "SELECT count(*) FROM sqlite_schema WHERE name = '_dosql_once'")) {
      assertThat(db.queryOne(Long.class, sql)).as(sql).hasValue(1L);
    }
    db.exec(
        "CREATE VIEW v AS SELECT * FROM _dosql_once; CREATE TABLE copy AS SELECT * FROM v;"
            + "INSERT INTO copy SELECT * FROM _dosql_once; UPDATE t SET id = id WHERE id IN"
            + " (SELECT at FROM _dosql_once); CREATE TABLE names (x DEFAULT '_dosql_once');"
            + "CREATE TRIGGER r AFTER UPDATE ON t BEGIN DELETE FROM copy WHERE key IN (SELECT key"
            + " FROM _dosql_once); END; INSERT INTO names VALUES ('INTO _dosql_once');"
            + "CREATE INDEX i ON copy (key) WHERE key <> '_dosql_once'; DROP TABLE copy");
    db.run("INSERT INTO names VALUES (?)", "_dosql_once");
  }

  private static List<List<Object>> values(List<List<Row>> state) {
    return state.stream().map(rows -> rows.stream().<Object>map(Row::toMap).toList()).toList();
  }

  @Test
  void driversOwnCommands_onEveryPath_touchNoFile() throws Exception {
    Path target = directory.resolve("stolen.db");
    Path source = directory.resolve("planted.db");
    Files.writeString(source, "not a database");
    for (String sql :
        List.of(
            "backup to '" + target + "'",
            "backup main to '" + target + "'",
            " BACKUP TO \"" + target + "\"",
            "restore from '" + source + "'",
            "restore main from '" + source + "'")) {
      for (ThrowingCallable path : everyPath(db, sql)) {
        assertThatThrownBy(path).isInstanceOf(StatementException.class);
      }
    }
    assertThat(target).doesNotExist();
    assertThat(db.query("SELECT * FROM t")).hasSize(1);
  }

  @Test
  void loadExtension_isRefusedBySqlite() {
    assertThatThrownBy(() -> db.query("SELECT load_extension('x')"))
        .isInstanceOf(StatementException.class);
  }
}
