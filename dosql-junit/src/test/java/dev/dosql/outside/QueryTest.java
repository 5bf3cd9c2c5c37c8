package dev.dosql.outside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.DB;
import dev.dosql.MappingException;
import dev.dosql.Params;
import dev.dosql.Reads;
import dev.dosql.Row;
import dev.dosql.RowMapper;
import dev.dosql.RowStream;
import dev.dosql.RunResult;
import dev.dosql.StatementException;
import dev.dosql.TooManyRowsException;
import dev.dosql.junit.DoSqlTest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The three readers in their three forms, and what SQLite itself can do through them. */
@DoSqlTest
class QueryTest {
  private final DB db;

  QueryTest(DB db) {
    this.db = db;
  }

  public record Person(long id, String fullName, Integer age) {}

  @BeforeEach
  void makeTable() {
    db.exec(
        """
        CREATE TABLE person (id INTEGER PRIMARY KEY, full_name TEXT NOT NULL, age INTEGER);
        INSERT INTO person VALUES (1, 'Ada', 36), (2, 'Bob', NULL), (3, 'Cyd', 7);
        """);
  }

  /** Where the same reads can be made. */
  enum Place {
    DB,
    TRANSACTION,
    NESTED,
    SNAPSHOT;

    void use(DB db, Consumer<Reads> work) {
      switch (this) {
        case DB -> work.accept(db);
        case TRANSACTION -> db.useTransaction(work::accept);
        case NESTED -> db.useTransaction(tx -> tx.useTransaction(work::accept));
        case SNAPSHOT ->
            db.read(
                reads -> {
                  work.accept(reads);
                  return null;
                });
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void query_inItsThreeForms_returnsAllRows(Place place) {
    String sql = "SELECT * FROM person WHERE id < ? ORDER BY id";
    RowMapper<String> mapper = row -> row.getLong(0) + row.getString(1);
    place.use(
        db,
        reads -> {
          List<Row> rows = reads.query(sql, 3);
          assertThat(rows)
              .extracting(row -> row.getString("full_name"))
              .containsExactly("Ada", "Bob");
          assertThatThrownBy(rows::clear).isInstanceOf(UnsupportedOperationException.class);
          assertThat(reads.query(Person.class, sql, 3))
              .containsExactly(new Person(1, "Ada", 36), new Person(2, "Bob", null));
          assertThat(reads.query(mapper, sql, 3)).containsExactly("1Ada", "2Bob");
        });
  }

  @ParameterizedTest
  @EnumSource
  void queryOne_inItsThreeForms_returnsTheOnlyRow(Place place) {
    String sql = "SELECT id, full_name, age FROM person WHERE full_name = :name";
    Params ada = Params.of("name", "Ada");
    Params nobody = Params.of("name", "Zoe");
    RowMapper<Integer> age = row -> row.getInt("age");
    place.use(
        db,
        reads -> {
          assertThat(reads.queryOne(sql, ada).orElseThrow().toMap())
              .isEqualTo(Map.of("id", 1L, "full_name", "Ada", "age", 36L));
          assertThat(reads.queryOne(Person.class, sql, ada)).hasValue(new Person(1, "Ada", 36));
          assertThat(reads.queryOne(age, sql, ada)).hasValue(36);
          assertThat(reads.queryOne(sql, nobody)).isEmpty();
          assertThat(reads.queryOne(Person.class, sql, nobody)).isEmpty();
          assertThat(reads.queryOne(age, sql, nobody)).isEmpty();
        });
  }

  @ParameterizedTest
  @EnumSource
  void queryOne_moreThanOneRow_isAnError(Place place) {
    String sql = "SELECT * FROM person";
    place.use(
        db,
        reads -> {
          assertThatThrownBy(() -> reads.queryOne(sql)).isInstanceOf(TooManyRowsException.class);
          assertThatThrownBy(() -> reads.queryOne(Person.class, sql))
              .isInstanceOf(TooManyRowsException.class);
        });
  }

  @ParameterizedTest
  @EnumSource
  void stream_inItsThreeForms_returnsRowsOneByOne(Place place) {
    String sql = "SELECT * FROM person ORDER BY id";
    RowMapper<String> name = row -> row.getString(1);
    place.use(
        db,
        reads -> {
          assertThat(collected(reads.stream(sql)))
              .extracting(row -> row.getLong(0))
              .containsExactly(1L, 2L, 3L);
          assertThat(collected(reads.stream(Person.class, sql))).hasSize(3);
          assertThat(collected(reads.stream(name, sql))).containsExactly("Ada", "Bob", "Cyd");
        });
  }

  private static <T> List<T> collected(RowStream<T> rows) {
    try (rows) {
      return rows.stream().toList();
    }
  }

  @Test
  void query_singleColumn_becomesAValueAndNullStaysNull() {
    assertThat(db.query(Integer.class, "SELECT age FROM person ORDER BY id"))
        .isEqualTo(Arrays.asList(36, null, 7));
    assertThat(db.queryOne(Integer.class, "SELECT age FROM person WHERE id = 2")).isEmpty();
    assertThatThrownBy(() -> db.query(int.class, "SELECT age FROM person"))
        .isInstanceOf(MappingException.class);
  }

  @Test
  void query_everyParameterForm_isBound() {
    assertThat(db.query("SELECT ?, ?2, ?1", "a", "b").get(0).toMap().values())
        .containsExactly("a", "b", "a");
    assertThat(db.queryOne(String.class, "SELECT :x || @y || $z", Map.of("x", 1, "y", 2, "z", 3)))
        .hasValue("123");
    assertThat(
            db.query(String.class, "SELECT full_name FROM person WHERE id IN (?)", List.of(3, 1)))
        .containsExactly("Ada", "Cyd");
    assertThat(db.query("SELECT * FROM person WHERE id IN (:ids)", Map.of("ids", List.of())))
        .isEmpty();
    assertThat(db.queryOne("SELECT ? IS NULL AS n", (Object[]) null).orElseThrow().getLong("n"))
        .isEqualTo(1);
  }

  @Test
  void query_limitAndOffsetAsParameters_areHonoured() {
    assertThat(db.query(long.class, "SELECT id FROM person ORDER BY id LIMIT ? OFFSET ?", 1, 1))
        .containsExactly(2L);
  }

  @Test
  void query_cteWindowJsonAndJoin_workAsInSqlite() {
    assertThat(
            db.query(
                long.class,
                "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 4)"
                    + " SELECT i FROM n"))
        .containsExactly(1L, 2L, 3L, 4L);
    assertThat(db.query(long.class, "SELECT sum(id) OVER (ORDER BY id) FROM person ORDER BY id"))
        .containsExactly(1L, 3L, 6L);
    assertThat(db.queryOne(long.class, "SELECT ? ->> '$.a[1]'", "{\"a\":[1,2]}")).hasValue(2L);
    assertThat(db.query(long.class, "SELECT value FROM json_each(?)", "[5,6]"))
        .containsExactly(5L, 6L);
    assertThat(
            db.query("SELECT a.id, b.id AS other FROM person a JOIN person b ON b.id = a.id + 1"))
        .hasSize(2);
    assertThat(db.query(long.class, "VALUES (1), (2)")).containsExactly(1L, 2L);
    assertThat(db.query("EXPLAIN QUERY PLAN SELECT * FROM person")).isNotEmpty();
    assertThat(db.query("PRAGMA table_info(person)")).hasSize(3);
  }

  @Test
  void query_returning_givesTheRowsOfInsertUpdateAndDelete() {
    assertThat(
            db.query(
                Person.class,
                "INSERT INTO person (full_name, age) VALUES (?, 1), (?, 2) RETURNING *",
                "Dan",
                "Eve"))
        .containsExactly(new Person(4, "Dan", 1), new Person(5, "Eve", 2));
    assertThat(db.query(long.class, "UPDATE person SET age = age + 1 WHERE id > 3 RETURNING age"))
        .containsExactly(2L, 3L);
    assertThat(
            db.queryOne(
                row -> row.getString(0), "DELETE FROM person WHERE id = 4 RETURNING full_name"))
        .hasValue("Dan");
    assertThat(db.queryOne("DELETE FROM person WHERE id = 99 RETURNING *")).isEmpty();
    assertThat(
            db.queryOne(
                long.class,
                "WITH n(v) AS (SELECT 'Fay') INSERT INTO person (full_name) SELECT v FROM n"
                    + " RETURNING id"))
        .hasValue(6L);
    assertThat(db.queryOne(long.class, "SELECT count(*) FROM person")).hasValue(5L);
  }

  @Test
  void query_returningManyRows_readsThemAllAndStoresThem() {
    String insert =
        "INSERT INTO person (full_name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
            + " FROM n WHERE i < 5000) SELECT 'p' || i FROM n RETURNING id";
    assertThat(db.query(long.class, insert)).hasSize(5_000);
    assertThat(db.queryOne(long.class, "SELECT count(*) FROM person")).hasValue(5_003L);
  }

  @Test
  void queryOne_writeReturnsMoreThanOneRow_writesNothing() {
    String update = "UPDATE person SET age = 0 RETURNING id";
    assertThatThrownBy(() -> db.queryOne(update)).isInstanceOf(TooManyRowsException.class);
    db.useTransaction(
        tx -> {
          tx.run("INSERT INTO person (full_name) VALUES ('kept')");
          assertThatThrownBy(() -> tx.queryOne(update)).isInstanceOf(TooManyRowsException.class);
        });
    assertThat(db.query(Integer.class, "SELECT age FROM person ORDER BY id"))
        .isEqualTo(Arrays.asList(36, null, 7, null));
  }

  @Test
  void query_upsertReturning_givesTheRowAsItIsNow() {
    String upsert =
        "INSERT INTO person VALUES (1, 'Ada', 1) ON CONFLICT (id) DO UPDATE SET age = age + 1"
            + " RETURNING age";
    assertThat(db.queryOne(long.class, upsert)).hasValue(37L);
  }

  @Test
  void query_strictWithoutRowidAndGeneratedColumns_workAsInSqlite() {
    db.exec(
        """
        CREATE TABLE price (sku TEXT PRIMARY KEY, cents INTEGER NOT NULL,
          euros REAL GENERATED ALWAYS AS (cents / 100.0) STORED,
          label TEXT AS (sku || '!')) WITHOUT ROWID, STRICT;
        """);
    assertThat(db.run("INSERT INTO price (sku, cents) VALUES ('a', 150)"))
        .isEqualTo(new RunResult(1, 0));
    assertThat(db.queryOne("SELECT * FROM price").map(Row::toMap))
        .hasValue(Map.of("sku", "a", "cents", 150L, "euros", 1.5, "label", "a!"));
  }

  @Test
  void fullTextSearch_throughRunAndQuery_findsWhatWasIndexed() {
    db.run("CREATE VIRTUAL TABLE note USING fts5(body)");
    assertThat(db.run("INSERT INTO note (body) VALUES (?)", "the quick fox").changes())
        .isEqualTo(1);
    assertThat(db.run("INSERT INTO note (body) VALUES (?)", "a slow dog").lastInsertRowid())
        .isEqualTo(2);
    db.run("INSERT INTO note (note) VALUES ('optimize')");
    assertThat(
            db.query(
                String.class,
                "SELECT snippet(note, 0, '[', ']', '', 5) FROM note WHERE note MATCH ?",
                "quick"))
        .containsExactly("the [quick] fox");
    assertThat(db.run("DELETE FROM note WHERE note MATCH 'dog'").changes()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO person (full_name) VALUES ('x')",
        "UPDATE person SET age = 1",
        "DELETE FROM person"
      })
  void query_writeWithoutReturning_namesRunAndWritesNothing(String sql) {
    List<Row> before = db.query("SELECT * FROM person");
    assertRefused(() -> db.query(sql), "run");
    assertRefused(() -> db.queryOne(sql), "run");
    assertRefused(() -> db.transaction(tx -> tx.query(sql)), "run");
    assertThat(db.query("SELECT * FROM person")).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"CREATE TABLE x (a)", "DROP TABLE person", "REINDEX"})
  void query_schemaStatement_namesRunAndDoesNothing(String sql) {
    List<Row> before = db.query("SELECT * FROM sqlite_schema");
    assertRefused(() -> db.query(sql), "run");
    assertRefused(() -> db.queryOne(sql), "run");
    assertRefused(() -> db.stream(sql), "run");
    assertRefused(() -> db.read(reads -> reads.query(sql)), "run");
    assertRefused(() -> db.transaction(tx -> tx.queryOne(sql)), "run");
    assertThat(db.query("SELECT * FROM sqlite_schema")).isEqualTo(before);
  }

  @Test
  void stream_write_namesQueryAndWritesNothing() {
    String sql = "DELETE FROM person RETURNING id";
    assertRefused(() -> db.stream(sql), "query");
    assertRefused(() -> db.stream(long.class, sql), "query");
    assertRefused(() -> db.read(reads -> reads.query(sql)), "query");
    assertRefused(() -> db.read(reads -> reads.queryOne(sql)), "query");
    db.useTransaction(tx -> assertRefused(() -> tx.stream(sql), "query"));
    assertThat(db.query("SELECT * FROM person")).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 1",
        "VALUES (1)",
        "DELETE FROM person RETURNING id",
        "EXPLAIN SELECT 1",
        "PRAGMA user_version"
      })
  void run_statementWithRows_namesQueryAndWritesNothing(String sql) {
    assertRefused(() -> db.run(sql), "query");
    assertRefused(() -> db.batch(sql, List.<Object>of(List.of())), "query");
    db.useTransaction(tx -> assertRefused(() -> tx.run(sql), "query"));
    assertThat(db.query("SELECT * FROM person")).hasSize(3);
  }

  @Test
  void anyMethod_severalStatements_namesExecAndDoesNothing() {
    String sql = "DELETE FROM person WHERE id = 1; DELETE FROM person";
    assertRefused(() -> db.run(sql), "exec");
    assertRefused(() -> db.query(sql), "exec");
    assertRefused(() -> db.stream(sql), "exec");
    assertRefused(() -> db.prepare(sql), "exec");
    assertRefused(() -> db.batch(sql, List.of()), "exec");
    assertThat(db.query("SELECT * FROM person")).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", ";", "-- nothing", "/* */;;"})
  void anyMethod_emptySql_isAnError(String sql) {
    assertRefused(() -> db.query(sql), "no statement");
    assertRefused(() -> db.run(sql), "no statement");
    assertRefused(() -> db.stream(sql), "no statement");
    assertRefused(() -> db.prepare(sql), "no statement");
  }

  private static void assertRefused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String naming) {
    assertThatThrownBy(call).isInstanceOf(StatementException.class).hasMessageContaining(naming);
  }

  @Test
  void query_emptyResult_isAnEmptyListWhateverTheForm() {
    assertThat(db.query("SELECT * FROM person WHERE 0")).isEmpty();
    assertThat(db.query(Person.class, "SELECT * FROM person WHERE 0")).isEmpty();
    assertThat(db.queryOne(Person.class, "SELECT * FROM person WHERE 0"))
        .isEqualTo(Optional.empty());
  }
}
