package dev.dosql.outside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.DB;
import dev.dosql.ParameterException;
import dev.dosql.StatementException;
import dev.dosql.UniqueViolationException;
import dev.dosql.junit.DoSqlTest;
import org.junit.jupiter.api.Test;

/** Scripts: every statement, or none. */
@DoSqlTest
class ExecTest {
  private final DB db;

  ExecTest(DB db) {
    this.db = db;
  }

  private long count(String table) {
    return db.queryOne(long.class, "SELECT count(*) FROM " + table).orElseThrow();
  }

  @Test
  void exec_manyStatements_runsThemAll() {
    db.exec(
        """
        -- a comment; with a semicolon
        CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT DEFAULT 'a;b');
        INSERT INTO t (v) VALUES ('x;y'), ('/* no comment */');
        CREATE TRIGGER tr AFTER INSERT ON t WHEN new.v = 'go' BEGIN
          INSERT INTO t (v) VALUES (CASE WHEN 1 THEN 'one' ELSE 'two' END);
          UPDATE t SET v = 'end;' WHERE v = 'one';
        END;
        INSERT INTO t (v) VALUES ('go');
        SELECT * FROM t; -- its rows are dropped
        DELETE FROM t WHERE id = 1 RETURNING *;
        INSERT INTO t DEFAULT VALUES
        """);
    assertThat(db.query(String.class, "SELECT v FROM t ORDER BY id"))
        .containsExactly("/* no comment */", "go", "end;", "a;b");
  }

  @Test
  void exec_statementFails_namesItAndItsLineAndKeepsNothing() {
    StatementException failure =
        catchThrowableOfType(
            StatementException.class,
            () ->
                db.exec(
                    """
                    CREATE TABLE t (a);
                    INSERT INTO t VALUES (1);

                    INSERT INTO missing VALUES (2);
                    INSERT INTO t VALUES (3);
                    """));
    assertThat(failure.line()).isEqualTo(4);
    assertThat(failure.sql()).isEqualTo("INSERT INTO missing VALUES (2)");
    assertThat(failure.position()).isEqualTo("INSERT INTO ".length());
    assertThat(db.query("SELECT name FROM sqlite_schema WHERE name = 't'")).isEmpty();
  }

  @Test
  void exec_constraintFails_keepsNothing() {
    assertThatThrownBy(
            () ->
                db.exec(
                    "CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1);\n"
                        + "INSERT INTO t VALUES (1);"))
        .isInstanceOf(UniqueViolationException.class)
        .hasMessageContaining("line=2");
    assertThat(db.query("SELECT name FROM sqlite_schema WHERE name = 't'")).isEmpty();
  }

  @Test
  void exec_refusedStatement_runsNoneOfTheOthers() {
    for (String refused : new String[] {"BEGIN", "COMMIT", "VACUUM", "PRAGMA foreign_keys=OFF"}) {
      StatementException failure =
          catchThrowableOfType(
              StatementException.class, () -> db.exec("CREATE TABLE t (a);\n" + refused + ";"));
      assertThat(failure.line()).isEqualTo(2);
    }
    assertThat(db.query("SELECT name FROM sqlite_schema WHERE name = 't'")).isEmpty();
  }

  @Test
  void exec_parameters_areRefused() {
    db.run("CREATE TABLE t (a)");
    assertThatThrownBy(() -> db.exec("DELETE FROM t;\nINSERT INTO t VALUES (:a)"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("line=2")
        .hasMessageContaining("a");
  }

  @Test
  void exec_empty_doesNothing() {
    db.exec("");
    db.exec(" ;; -- nothing\n");
  }

  @Test
  void exec_failsInsideTransaction_undoesTheScriptOnly() {
    db.run("CREATE TABLE t (a UNIQUE)");
    db.useTransaction(
        tx -> {
          tx.run("INSERT INTO t VALUES (1)");
          assertThatThrownBy(() -> tx.exec("INSERT INTO t VALUES (2); INSERT INTO t VALUES (1)"))
              .isInstanceOf(UniqueViolationException.class);
          tx.exec("INSERT INTO t VALUES (3); INSERT INTO t VALUES (4)");
        });
    assertThat(count("t")).isEqualTo(3);
  }

  @Test
  void exec_syntaxError_saysWhere() {
    StatementException failure =
        catchThrowableOfType(
            StatementException.class, () -> db.exec("CREATE TABLE t (a);\n\nCREATE TABEL u (a)"));
    assertThat(failure.line()).isEqualTo(3);
    assertThat(failure.position()).isEqualTo("CREATE ".length());
  }
}
