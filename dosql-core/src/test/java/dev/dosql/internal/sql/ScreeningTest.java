package dev.dosql.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.StatementException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScreeningTest {
  /** Readable settings of a connection, and parts of the header; more than what is allowed. */
  private static final List<String> SETTINGS =
      List.of(
          "analysis_limit",
          "application_id",
          "auto_vacuum",
          "automatic_index",
          "busy_timeout",
          "cache_size",
          "cache_spill",
          "cell_size_check",
          "count_changes",
          "data_version",
          "defer_foreign_keys",
          "encoding",
          "foreign_keys",
          "freelist_count",
          "fullfsync",
          "ignore_check_constraints",
          "journal_mode",
          "journal_size_limit",
          "legacy_alter_table",
          "locking_mode",
          "max_page_count",
          "mmap_size",
          "page_count",
          "page_size",
          "query_only",
          "read_uncommitted",
          "recursive_triggers",
          "reverse_unordered_selects",
          "schema_version",
          "secure_delete",
          "synchronous",
          "temp_store",
          "trusted_schema",
          "user_version",
          "wal_autocheckpoint",
          "writable_schema",
          "database_list",
          "table_list",
          "collation_list",
          "threads",
          "soft_heap_limit",
          "hard_heap_limit");

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "BEGIN, transaction",
    "begin immediate, transaction",
    "COMMIT, transaction",
    "END, transaction",
    "End Transaction, transaction",
    "ROLLBACK, transaction",
    "ROLLBACK TO a, transaction",
    "SAVEPOINT a, transaction",
    "RELEASE a, transaction",
    "ATTACH 'x' AS y, not available",
    "DETACH y, not available",
    "VACUUM, not available through SQL",
    "VACUUM INTO 'x', not available through SQL",
    "backup to 'x', not available",
    "restore from x, not available",
    "EXPLAIN BEGIN, transaction",
    "EXPLAIN EXPLAIN BEGIN, transaction",
    "EXPLAIN QUERY PLAN VACUUM, not available through SQL",
    "EXPLAIN QUERY COMMIT, transaction",
    ";;/**/EXPLAIN/**/QUERY -- x, ''",
    "WITH x AS (SELECT 1) BEGIN, transaction",
  })
  void statement_takingTheConnectionAway_isRefused(String sql, String needed) {
    if (needed.isEmpty()) {
      assertThatThrownBy(() -> ParsedSql.parse(sql + "\n PLAN\tATTACH x AS y"))
          .isInstanceOf(StatementException.class);
    } else {
      assertRefused(sql, needed);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE TEMP TABLE t(a)",
        "create temporary view v as select 1",
        "CREATE/**/TEMP--\nTRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TABLE temp.t(a)",
        "CREATE TABLE IF NOT EXISTS temp . t(a)",
        "CREATE TABLE \"temp\".t(a)",
        "CREATE TABLE [TEMP].t(a)",
        "CREATE TABLE `Temp`.t(a)",
        "CREATE TABLE 'temp'.t(a)",
        "CREATE VIEW temp.v AS SELECT 1",
        "CREATE VIEW IF NOT EXISTS 'TEMP'.v AS SELECT 1",
        "CREATE INDEX temp.i ON t(a)",
        "CREATE UNIQUE INDEX IF NOT EXISTS temp.i ON t(a)",
        "CREATE TRIGGER temp.x AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TRIGGER IF NOT EXISTS \"temp\".x AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE VIRTUAL TABLE temp.f USING fts5(a)",
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.f USING fts5(a)",
        "EXPLAIN CREATE TEMP TABLE t(a)",
        "\uFEFFCREATE\uFEFF TEMP TABLE t(a);CREATE TEMP TABLE t(a)",
        "ANALYZE temp",
        "ANALYZE \"temp\".t",
      })
  void create_ofTemporaryObject_isRefused(String sql) {
    if (sql.startsWith("\uFEFF")) {
      // CREATE followed by a mark is one name: a syntax error, then a second statement.
      assertRefused(sql, "more than one statement");
    } else {
      assertRefused(sql, "temporary objects belong to one connection");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE TABLE temp(a)",
        "CREATE TABLE main.temp(a)",
        "CREATE TABLE t(temp)",
        "CREATE TABLE \"temp.t\"(a)",
        "CREATE INDEX i ON temp(a)",
        "CREATE TABLE IF NOT EXISTS t AS SELECT temp.a FROM temp",
        "ANALYZE",
        "ANALYZE main",
        "SELECT 1 AS \"BEGIN\"",
        "SELECT * FROM pragma_table_info('t')",
        "\"BEGIN\"",
        "INSERT INTO t VALUES ('COMMIT')",
        "WITH replace AS (SELECT 1) SELECT * FROM replace",
      })
  void statement_thatOnlyMentionsRefusedWords_isTaken(String sql) {
    assertThatCode(() -> ParsedSql.parse(sql)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PRAGMA foreign_keys = OFF",
        "PRAGMA foreign_keys=0",
        "PRAGMA foreign_keys(0)",
        "PRAGMA foreign_keys /**/ = -1",
        "PRAGMA foreign_keys 'x'",
        "pragma main.foreign_keys=1",
        "PRAGMA \"foreign_keys\"=1",
        "PRAGMA 'main'.[foreign_keys] (1)",
        "PRAGMA `journal_mode` = delete",
        "PRAGMA temp.table_info(t)",
        "PRAGMA temp.page_size",
        "PRAGMA other.page_size",
        "PRAGMA main.",
        "PRAGMA",
        "PRAGMA nothing_known",
        "PRAGMA page_\u017fize",
        "PRAGMA optimize",
        "PRAGMA optimize(0x10002)",
        "PRAGMA wal_checkpoint",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA incremental_vacuum",
        "PRAGMA shrink_memory",
        "PRAGMA case_sensitive_like",
        "PRAGMA writable_schema",
        "PRAGMA writable_schema=RESET",
        "EXPLAIN PRAGMA user_version = 7",
        ";;/**/EXPLAIN/**/PRAGMA foreign_keys=0",
        "\uFEFF; \f\r\n-- a\n EXPLAIN QUERY PLAN PRAGMA synchronous=0",
        "EXPLAIN EXPLAIN PRAGMA synchronous=0",
        " \u000bPRAGMA synchronous=0",
        "SELECT * FROM pragma_optimize",
        "SELECT * FROM Pragma_Optimize(0x10002)",
        "SELECT 1 IN main.\"pragma_optimize\"",
        "CREATE VIEW v AS SELECT * FROM 'pragma_optimize'",
      })
  void pragma_withEffect_isRefused(String sql) {
    assertThatThrownBy(() -> ParsedSql.parse(sql))
        .isInstanceOf(StatementException.class)
        .hasMessageStartingWith("SQL refused: ");
  }

  @Test
  void pragma_behindVerticalTabInScript_isRefused() {
    assertThatThrownBy(() -> Script.parse("SELECT 1;\u000bPRAGMA foreign_keys=0"))
        .isInstanceOf(StatementException.class)
        .hasMessageContaining("pragma=foreign_keys");
  }

  @Test
  void userVersion_set_isRefusedWithTheWayToSetIt() {
    for (String sql : List.of("PRAGMA user_version=5", "PRAGMA main.user_version(5)")) {
      assertRefused(sql, "set it in a migration");
    }
    assertThat(ParsedSql.parse("PRAGMA user_version").verb()).isEqualTo(Verb.PRAGMA);
  }

  @Test
  void tableOptimize_beforeScreening_wouldWrite() throws SQLException {
    try (Connection db = DriverManager.getConnection("jdbc:sqlite::memory:")) {
      execute(db, "CREATE TABLE t(a)", "CREATE INDEX i ON t(a)", "INSERT INTO t VALUES (1)");
      execute(db, "SELECT * FROM pragma_optimize(0x10002)");
      assertThat(rows(db, "SELECT name FROM sqlite_schema")).contains("sqlite_stat1");
    }
  }

  @Test
  void pragma_ofSqlite_isRefusedUnlessListed() throws SQLException {
    List<String> all;
    try (Connection db = DriverManager.getConnection("jdbc:sqlite::memory:")) {
      all = rows(db, "SELECT name FROM pragma_pragma_list");
    }
    assertThat(all)
        .hasSizeGreaterThan(60)
        .containsAll(Screening.PRAGMAS_ALONE)
        .containsAll(Screening.PRAGMAS_WITH_ARGUMENT);
    for (String name : all) {
      if (!Screening.PRAGMAS_ALONE.contains(name)) {
        assertRefused("PRAGMA " + name, "(pragma=" + name + ")");
      }
      if (!Screening.PRAGMAS_WITH_ARGUMENT.contains(name)) {
        for (String argument : List.of("=1", "(1)", " = -1", "='x'", " =", "(")) {
          assertRefused("PRAGMA main." + name + argument, "(pragma=" + name + ")");
        }
      }
    }
  }

  @Test
  void pragma_allowed_leavesFileAndConnectionAsTheyWere() throws Exception {
    Path file = directory.resolve("t.db");
    try (Connection db = DriverManager.getConnection("jdbc:sqlite:" + file);
        Connection second = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      execute(
          db,
          "PRAGMA journal_mode=WAL",
          "PRAGMA wal_autocheckpoint=0",
          "CREATE TABLE p(a PRIMARY KEY)",
          "CREATE TABLE t(a REFERENCES p, b UNIQUE)",
          "CREATE VIEW v AS SELECT * FROM t",
          "CREATE VIRTUAL TABLE f USING fts5(a)",
          "INSERT INTO f VALUES ('x')",
          "INSERT INTO t VALUES (1, 2)");
      rows(second, "SELECT * FROM t");
      List<String> all = new ArrayList<>(everyAllowedPragma());
      List<String> checks = all.stream().filter(sql -> sql.matches(".*(ity|ick)_check.*")).toList();
      all.removeAll(checks);
      assertNoEffect(db, file, all);
      // These also check the temporary schema, and open it for that, empty: all that they leave.
      execute(db, "PRAGMA temp.page_size");
      assertNoEffect(db, file, checks);
      Map<String, Object> before = state(db, file);
      // What is compared would show an effect.
      for (String sql : List.of("PRAGMA user_version=3", "PRAGMA foreign_keys=1", "ANALYZE temp")) {
        execute(db, sql);
        Map<String, Object> after = state(db, file);
        assertThat(after).as(sql).isNotEqualTo(before);
        before = after;
      }
    }
  }

  private static void assertNoEffect(Connection db, Path file, List<String> pragmas)
      throws Exception {
    Map<String, Object> before = state(db, file);
    for (String sql : pragmas) {
      assertThat(ParsedSql.parse(sql).verb()).isIn(Verb.PRAGMA, Verb.EXPLAIN);
      try {
        rows(db, sql);
      } catch (SQLException e) {
        assertThat(e.getMessage()).as(sql).contains("no such table");
      }
      assertThat(state(db, file)).as(sql).isEqualTo(before);
    }
  }

  private static List<String> everyAllowedPragma() {
    List<String> all = new ArrayList<>();
    for (String name : Screening.PRAGMAS_ALONE) {
      all.addAll(
          List.of(
              "PRAGMA " + name,
              "EXPLAIN PRAGMA " + name,
              "PRAGMA 'main'.\"" + name + "\"",
              ";; pragma MAIN . " + name + "; -- end"));
    }
    for (String name : Screening.PRAGMAS_WITH_ARGUMENT) {
      for (String argument : List.of("t", "'p'", "f", "1", "-1", "[T]")) {
        all.add("PRAGMA " + name + "(" + argument + ")");
        all.add("PRAGMA main." + name + " = " + argument);
      }
      if (name.startsWith("index_") && !name.equals("index_list")) {
        all.add("PRAGMA " + name + "(sqlite_autoindex_t_1)");
      }
    }
    return all;
  }

  private static Map<String, Object> state(Connection db, Path file) throws Exception {
    Map<String, Object> state = new TreeMap<>();
    for (String setting : SETTINGS) {
      state.put(setting, rows(db, "PRAGMA " + setting));
    }
    state.put("total_changes", rows(db, "SELECT total_changes()"));
    state.put("file", Arrays.hashCode(Files.readAllBytes(file)));
    state.put("wal", Arrays.hashCode(Files.readAllBytes(Path.of(file + "-wal"))));
    state.put("autoCommit", db.getAutoCommit());
    return state;
  }

  @Test
  void text_withNulOrHalfACharacter_isRefusedWithItsPosition() {
    for (String bad : List.of("\0", "\ud83d", "\ude00", "\ude00\ud83d")) {
      for (String sql : List.of("SELECT '" + bad + "'", "/* 78*/ " + bad)) {
        StatementException e = refusal(sql);
        assertThat(e.position()).isEqualTo(8);
        assertThat(e).hasMessageContaining("(position=8)");
      }
    }
    assertThatCode(() -> ParsedSql.parse("SELECT '\ud83d\ude00'")).doesNotThrowAnyException();
  }

  @Test
  void halfACharacter_givenToTheDriver_wouldBecomeAParameter() throws SQLException {
    try (Connection db = DriverManager.getConnection("jdbc:sqlite::memory:");
        var statement = db.prepareStatement("SELECT \ud83d")) {
      assertThat(statement.getParameterMetaData().getParameterCount()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'  BEGIN' | 2",
        "'/* x */ EXPLAIN VACUUM' | 16",
        "'PRAGMA main.foreign_keys=1' | 12",
        "'CREATE TEMP TABLE t(a)' | 7",
        "'CREATE TABLE temp.t(a)' | 13",
        "'SELECT 1; ; SELECT 2' | 12",
        "' ;; -- x' | 0",
        "'SELECT ?0' | 7",
      })
  void refusal_anyKind_hasThePositionOfTheToken(String sql, int position) {
    StatementException e = refusal(sql);
    assertThat(e.position()).isEqualTo(position);
    assertThat(e.sql()).isEqualTo(sql);
    assertThat(e.line()).isZero();
  }

  @Test
  void message_withHostileName_staysShortAndOnOneLine() {
    StatementException e = refusal("PRAGMA \"a\nb" + "x".repeat(1000) + "\"");
    assertThat(e.getMessage()).hasSizeLessThan(250).doesNotContain("\n");
  }

  private static StatementException refusal(String sql) {
    return catchThrowableOfType(StatementException.class, () -> ParsedSql.parse(sql));
  }

  private static void assertRefused(String sql, String needed) {
    assertThatThrownBy(() -> ParsedSql.parse(sql))
        .as(sql)
        .isInstanceOf(StatementException.class)
        .hasMessageStartingWith("SQL refused: ")
        .hasMessageContaining(needed);
  }

  private static void execute(Connection db, String... statements) throws SQLException {
    try (Statement statement = db.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static List<String> rows(Connection db, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = db.createStatement()) {
      if (statement.execute(sql)) {
        try (ResultSet found = statement.getResultSet()) {
          while (found.next()) {
            List<String> row = new ArrayList<>();
            for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
              row.add(found.getString(i));
            }
            rows.add(String.join("|", row.stream().map(String::valueOf).toList()));
          }
        }
      }
    }
    return rows;
  }
}
