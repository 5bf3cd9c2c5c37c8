package dev.dosql.outside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.CheckViolationException;
import dev.dosql.ConstraintViolationException;
import dev.dosql.ConstraintViolationException.Kind;
import dev.dosql.DB;
import dev.dosql.ForeignKeyViolationException;
import dev.dosql.NotNullViolationException;
import dev.dosql.Row;
import dev.dosql.StatementException;
import dev.dosql.UniqueViolationException;
import dev.dosql.junit.DoSqlTest;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors say by type and field what happened, so that no caller reads a message. */
@DoSqlTest
class ErrorsTest {
  private static final String SECRET = "s3cr3tvalue";

  private final DB db;

  ErrorsTest(DB db) {
    this.db = db;
  }

  @BeforeEach
  void makeTables() {
    db.exec(
        """
        CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT NOT NULL,
          age INTEGER CONSTRAINT adult CHECK (age >= 18));
        CREATE TABLE pair (a TEXT CHECK (a <> ''), b TEXT, c, PRIMARY KEY (a, b), UNIQUE (b, c)) WITHOUT ROWID;
        CREATE TABLE tag (t);
        CREATE UNIQUE INDEX lower_tag ON tag (lower(t));
        INSERT INTO tag VALUES ('new');
        CREATE TABLE strict_one (id INTEGER PRIMARY KEY, n INTEGER, "odd.name" REAL) STRICT;
        CREATE TABLE child (id INTEGER PRIMARY KEY, person INTEGER REFERENCES person,
          later INTEGER REFERENCES person DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER no_zoe BEFORE INSERT ON person WHEN new.name = 'Zoe'
          BEGIN SELECT RAISE(ABORT, 'no Zoe: rule 7'); END;
        INSERT INTO person VALUES (1, 'a@x', 'Ada', 36);
        INSERT INTO pair VALUES ('a', 'b', 'c');
        """);
  }

  private ConstraintViolationException violation(String sql, Object... params) {
    return catchThrowableOfType(ConstraintViolationException.class, () -> db.run(sql, params));
  }

  @Test
  void unique_violated_namesTableAndColumns() {
    ConstraintViolationException e =
        violation("INSERT INTO person (email, name) VALUES (?, ?)", "a@x", SECRET);
    assertThat(e).isInstanceOf(UniqueViolationException.class);
    assertThat(e.kind()).isEqualTo(Kind.UNIQUE);
    assertThat(e.table()).hasValue("person");
    assertThat(e.columns()).containsExactly("email");
    assertNoValues(e);
  }

  @Test
  void uniqueIndexOnExpression_violated_namesTheIndex() {
    ConstraintViolationException e = violation("INSERT INTO tag VALUES ('NEW')");
    assertThat(e).isInstanceOf(UniqueViolationException.class);
    assertThat(e.constraint()).hasValue("lower_tag");
    assertThat(e.columns()).isEmpty();
  }

  @Test
  void compositeKeys_violated_nameAllColumnsInOrder() {
    ConstraintViolationException primary = violation("INSERT INTO pair VALUES ('a', 'b', 'x')");
    assertThat(primary).isInstanceOf(UniqueViolationException.class);
    assertThat(primary.kind()).isEqualTo(Kind.PRIMARY_KEY);
    assertThat(primary.table()).hasValue("pair");
    assertThat(primary.columns()).containsExactly("a", "b");
    ConstraintViolationException unique = violation("INSERT INTO pair VALUES ('z', 'b', 'c')");
    assertThat(unique.kind()).isEqualTo(Kind.UNIQUE);
    assertThat(unique.columns()).containsExactly("b", "c");
  }

  @Test
  void rowid_violated_isAPrimaryKey() {
    ConstraintViolationException e = violation("INSERT INTO person (id, name) VALUES (1, 'x')");
    assertThat(e).isInstanceOf(UniqueViolationException.class);
    assertThat(e.kind()).isEqualTo(Kind.PRIMARY_KEY);
    assertThat(e.columns()).containsExactly("id");
  }

  @Test
  void notNull_violated_namesTableAndColumn() {
    ConstraintViolationException e = violation("INSERT INTO person (email) VALUES (?)", SECRET);
    assertThat(e).isInstanceOf(NotNullViolationException.class);
    assertThat(e.kind()).isEqualTo(Kind.NOT_NULL);
    assertThat(e.table()).hasValue("person");
    assertThat(e.columns()).containsExactly("name");
    assertNoValues(e);
  }

  @Test
  void check_violated_namesTheConstraintOrItsExpression() {
    ConstraintViolationException named =
        violation("INSERT INTO person (name, age) VALUES ('x', 17)");
    assertThat(named).isInstanceOf(CheckViolationException.class);
    assertThat(named.kind()).isEqualTo(Kind.CHECK);
    assertThat(named.constraint()).hasValue("adult");
    ConstraintViolationException unnamed = violation("INSERT INTO pair VALUES ('', 'y', 1)");
    assertThat(unnamed.constraint()).hasValue("a <> ''");
  }

  @Test
  void foreignKey_violatedAtOnceFromEitherSide_isItsOwnKind() {
    ConstraintViolationException child = violation("INSERT INTO child (person) VALUES (99)");
    assertThat(child).isInstanceOf(ForeignKeyViolationException.class);
    assertThat(child.kind()).isEqualTo(Kind.FOREIGN_KEY);
    db.run("INSERT INTO child (person) VALUES (1)");
    assertThat(violation("DELETE FROM person WHERE id = 1"))
        .isInstanceOf(ForeignKeyViolationException.class);
    assertThat(db.query("SELECT * FROM person")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"DELETE FROM person WHERE id = 1", "UPDATE person SET id = 9"})
  void foreignKeyRestricted_rowOfTheParentGoes_isOfTheSameKind(String sql) {
    db.exec(
        "CREATE TABLE kept (person REFERENCES person ON DELETE RESTRICT ON UPDATE RESTRICT);"
            + "INSERT INTO kept VALUES (1)");
    assertThat(violation(sql)).isInstanceOf(ForeignKeyViolationException.class);
    assertThat(db.query("SELECT * FROM person WHERE id = 1")).hasSize(1);
  }

  @Test
  void foreignKeyDeferred_violated_failsTheCommitAndStoresNothing() {
    assertThat(violation("INSERT INTO child (later) VALUES (99)"))
        .isInstanceOf(ForeignKeyViolationException.class);
    boolean[] reached = {false};
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> {
                      tx.run("INSERT INTO child (later) VALUES (99)");
                      reached[0] = true;
                    }))
        .isInstanceOf(ForeignKeyViolationException.class);
    assertThat(reached[0]).isTrue();
    assertThatThrownBy(() -> db.exec("INSERT INTO child (later) VALUES (99);"))
        .isInstanceOf(ForeignKeyViolationException.class);
    db.useTransaction(
        tx -> {
          tx.run("INSERT INTO child (later) VALUES (2)");
          tx.run("INSERT INTO person (id, name) VALUES (2, 'in time')");
        });
    assertThat(db.query("SELECT * FROM child")).hasSize(1);
  }

  @Test
  void strictTable_wrongType_namesTableAndColumn() {
    ConstraintViolationException e = violation("INSERT INTO strict_one (n) VALUES (?)", SECRET);
    assertThat(e.kind()).isEqualTo(Kind.DATATYPE);
    assertThat(e.table()).hasValue("strict_one");
    assertThat(e.columns()).containsExactly("n");
    assertNoValues(e);
  }

  @Test
  void integerPrimaryKey_wrongType_isADatatypeViolation() {
    ConstraintViolationException e =
        violation("INSERT INTO person (id, name) VALUES (?, 'x')", SECRET);
    assertThat(e.kind()).isEqualTo(Kind.DATATYPE);
    assertNoValues(e);
  }

  @Test
  void raiseInTrigger_abort_carriesItsMessageAsAField() {
    ConstraintViolationException e = violation("INSERT INTO person (name) VALUES ('Zoe')");
    assertThat(e.kind()).isEqualTo(Kind.TRIGGER);
    assertThat(e.constraint()).hasValue("no Zoe: rule 7");
    assertThat(db.query("SELECT * FROM person")).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SELECT * FROM nowhere | 14",
        "SELECT nothing FROM person | 7",
        "SELECT no_function(1) | 7",
        "SELECT 1 FROM person WHERE nope = 1 | 27",
        "SELECT * FORM person | 9",
        "SELECT 1 + | -1",
        "SELECT id, id FROM person ORDER BY é | 35"
      })
  void statement_sqliteRefusesIt_hasSqlAndPosition(String sql, int position) {
    StatementException e = catchThrowableOfType(StatementException.class, () -> db.query(sql));
    assertThat(e.sql()).isEqualTo(sql);
    if (position >= 0) {
      assertThat(e.position()).isEqualTo(position);
    }
    assertThat(e.getMessage()).contains("tenant=" + db.name());
    assertThat(catchThrowable(() -> db.transaction(tx -> tx.query(sql))))
        .isInstanceOf(StatementException.class);
  }

  @Test
  void statement_withQuotesAndUnicode_isKeptAsWritten() {
    String sql = "SELECT 'it''s 🦆 — \"x\"', nöpe";
    StatementException e = catchThrowableOfType(StatementException.class, () -> db.query(sql));
    assertThat(e.sql()).isEqualTo(sql);
    assertThat(e.position()).isEqualTo(sql.indexOf("nöpe"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT * FROM note WHERE note MATCH ?",
        "SELECT json(?)",
        "SELECT json_extract('{}', ?)",
        "SELECT '{}' ->> ('$.[' || ?)",
        "SELECT abs(-9223372036854775807 - 1), ?",
        "SELECT 1 WHERE 'a' LIKE 'b' ESCAPE ?",
        "INSERT INTO note (note) VALUES (?)",
        "INSERT INTO note (note, rank) VALUES ('merge', ?)"
      })
  void message_ofAnyFailure_holdsNoBoundValue(String sql) {
    db.run("CREATE VIRTUAL TABLE note USING fts5(body)");
    for (String value :
        List.of(
            SECRET,
            "\"" + SECRET,
            SECRET + " AND (",
            SECRET + ":x",
            "x:" + SECRET,
            "$." + SECRET + "[")) {
      Throwable failure =
          catchThrowable(
              () -> {
                if (sql.startsWith("INSERT")) {
                  db.run(sql, value);
                } else {
                  db.query(sql, value);
                }
              });
      if (failure != null) {
        assertThat(failure).isInstanceOf(StatementException.class);
        assertNoValues(failure);
      }
    }
  }

  private static void assertNoValues(Throwable e) {
    StringWriter all = new StringWriter();
    e.printStackTrace(new PrintWriter(all));
    assertThat(all.toString()).doesNotContain(SECRET).doesNotContain("s3cr3t");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT \"nothing\" FROM person",
        "SELECT * FROM person WHERE \"nmae\" = 'Ada'",
        "UPDATE person SET name = \"nmae\"",
        "INSERT INTO person (name) VALUES (\"Ada\")",
        "DELETE FROM person WHERE \"nmae\" <> 'x'"
      })
  void unknownNameInDoubleQuotes_isAnErrorAndNoString(String sql) {
    assertThatThrownBy(() -> db.exec(sql)).isInstanceOf(StatementException.class);
    assertThatThrownBy(() -> db.prepare(sql)).isInstanceOf(StatementException.class);
    assertThatThrownBy(
            () -> {
              if (sql.startsWith("SELECT")) {
                db.query(sql);
              } else {
                db.run(sql);
              }
            })
        .isInstanceOf(StatementException.class)
        .hasMessageContaining("no such column");
    assertThat(db.query(String.class, "SELECT name FROM person")).containsExactly("Ada");
  }

  @Test
  void knownNameInDoubleQuotes_isThatName() {
    db.exec("CREATE TABLE \"a`b\" (\"x\"\"y\" TEXT DEFAULT \"d\", \"select\")");
    db.run("INSERT INTO \"a`b\" (\"select\") VALUES (?)", 1);
    Row row =
        db.query(
                "SELECT \"x\"\"y\", \"select\" AS \"out\" FROM \"a`b\" WHERE \"select\" IN (?)",
                List.of(1))
            .get(0);
    assertThat(row.columns()).containsExactly("x\"y", "out");
    assertThat(row.getString(0)).isEqualTo("d");
    assertThat(
            db.queryOne("SELECT '\"' AS q, \"p\".\"name\" FROM \"person\" \"p\"")
                .orElseThrow()
                .getString("q"))
        .isEqualTo("\"");
  }
}
