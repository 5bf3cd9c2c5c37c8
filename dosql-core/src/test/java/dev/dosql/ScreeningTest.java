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
