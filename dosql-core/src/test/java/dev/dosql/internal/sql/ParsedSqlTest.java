package dev.dosql.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.StatementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParsedSqlTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "select 1 | SELECT",
        "VALUES (1) | VALUES",
        "INSERT INTO t VALUES (1) | INSERT",
        "REPLACE INTO t VALUES (1) | INSERT",
        "UPDATE t SET a=1 | UPDATE",
        "DELETE FROM t | DELETE",
        "CREATE TABLE t(a) | SCHEMA",
        "ALTER TABLE t RENAME TO u | SCHEMA",
        "DROP TABLE t | SCHEMA",
        "REINDEX | SCHEMA",
        "ANALYZE | SCHEMA",
        "PRAGMA page_size | PRAGMA",
        "EXPLAIN INSERT INTO t VALUES (1) | EXPLAIN",
        "EXPLAIN QUERY PLAN SELECT 1 | EXPLAIN",
        "SELEC 1 | OTHER",
        "'''x''' | OTHER",
        "WITH a AS (SELECT 1) SELECT * FROM a | SELECT",
        "WITH a AS (SELECT 1), b(x) AS NOT MATERIALIZED (SELECT (2)) REPLACE INTO t SELECT 1"
            + " | INSERT",
        "WITH RECURSIVE replace(n) AS (VALUES (1)) DELETE FROM t | DELETE",
        "WITH 'select' AS (SELECT 1) UPDATE t SET a=1 | UPDATE",
        "WITH a AS (SELECT 1) VALUES (1) | VALUES",
        "WITH a AS (SELECT 1 | OTHER",
      })
  void verb_anyStatement_isItsFirstKeywordBehindCommonTables(String sql, Verb verb) {
    ParsedSql parsed = ParsedSql.parse(sql);
    assertThat(parsed.verb()).isEqualTo(verb);
    assertThat(parsed.changesSchema()).isEqualTo(verb == Verb.SCHEMA);
    assertThat(ParsedSql.parse("\uFEFF-- a\n;/* b */" + sql + " ; ;").verb()).isEqualTo(verb);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "INSERT INTO t VALUES (1) | t",
        "insert or ignore into main . \"a \"\"b\"\"\" values (1) | a \"b\"",
        "REPLACE INTO [x].[y z] VALUES (1) | y z",
        "WITH a AS (SELECT 1) INSERT OR REPLACE INTO `t``u` SELECT * FROM a | t`u",
        "INSERT INTO 'q' DEFAULT VALUES | q",
        "INSERT INTO | ",
        "INSERT t VALUES (1) | ",
        "SELECT 1 | ",
        "EXPLAIN INSERT INTO t VALUES (1) | ",
        "UPDATE OR REPLACE t SET a=1 | ",
      })
  void insertTarget_anyStatement_isTheTableOfAnInsert(String sql, String table) {
    assertThat(ParsedSql.parse(sql).insertTarget()).isEqualTo(table);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING | false",
        "INSERT INTO t VALUES (1) ON CONFLICT (a) WHERE b DO UPDATE SET a=1 RETURNING a | true",
        "INSERT INTO t SELECT 'do update' | false",
        "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING ON CONFLICT(a) do/**/update SET a=1"
            + " | true",
        "UPDATE t SET a=1 | false",
      })
  void upsert_anyStatement_isInsertWithDoUpdate(String sql, boolean upsert) {
    assertThat(ParsedSql.parse(sql).upsert()).isEqualTo(upsert);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SELECT 1 | 0",
        "SELECT ?, ? | 2",
        "SELECT ?3, ? | 4",
        "SELECT ?, ?1 | 1",
        "SELECT :a, @a, $a, #a, :a | 4",
        "SELECT ?2, :a, ?, :a | 4",
        "SELECT ?007 | 7",
        "SELECT $a::b(c), $a::b(d) | 2",
        "SELECT ':a', [:b], \":c\" /* ? */ -- ? | 0",
      })
  void parameterCount_anyForm_isSqlitesNumbering(String sql, int count) {
    assertThat(ParsedSql.parse(sql).parameterCount()).isEqualTo(count);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", ";", "-- x", "/* x", "\uFEFF;;\n", "/**/;--"})
  void text_withoutStatement_isRefused(String sql) {
    assertThatThrownBy(() -> ParsedSql.parse(sql))
        .isInstanceOf(StatementException.class)
        .hasMessageContaining("no statement seen");
  }

  @ParameterizedTest
  @ValueSource(strings = {"SELECT 1; SELECT 2", "SELECT 1;x", "SELECT 1;;;'", "SELECT 1; -- a\n!"})
  void text_withSecondStatement_isRefusedAndPointsToExec(String sql) {
    assertThatThrownBy(() -> ParsedSql.parse(sql))
        .isInstanceOf(StatementException.class)
        .hasMessageContaining("more than one statement")
        .hasMessageContaining("exec");
  }

  @ParameterizedTest
  @ValueSource(strings = {"?0", "?32767", "?99999999999999999999", "?000"})
  void parameter_withImpossibleNumber_isRefused(String parameter) {
    assertThatThrownBy(() -> ParsedSql.parse("SELECT " + parameter))
        .isInstanceOf(StatementException.class)
        .hasMessageContaining("32766");
  }

  @Test
  void trigger_withBody_isOneStatement() {
    String sql =
        "CREATE TRIGGER x AFTER INSERT ON t BEGIN"
            + " UPDATE t SET a = CASE WHEN ';' THEN 1 ELSE 2 END; /* ; END; */ SELECT \"END\"; END";
    assertThat(ParsedSql.parse(sql).changesSchema()).isTrue();
    assertThat(ParsedSql.parse(sql + ";").sql()).isEqualTo(sql + ";");
    assertThatThrownBy(() -> ParsedSql.parse(sql + "; SELECT 1"))
        .hasMessageContaining("more than one statement");
  }

  @Test
  void sql_withNoise_isKeptAsGiven() {
    ParsedSql parsed = ParsedSql.parse(" ; -- a\n SELECT 1 ; ");
    assertThat(parsed.sql()).isEqualTo(" ; -- a\n SELECT 1 ; ");
    assertThat(parsed.line()).isZero();
  }
}
