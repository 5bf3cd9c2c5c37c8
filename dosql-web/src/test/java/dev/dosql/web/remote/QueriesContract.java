package dev.dosql.web.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.BatchResult;
import dev.dosql.CheckViolationException;
import dev.dosql.Column;
import dev.dosql.ConstraintViolationException;
import dev.dosql.Converter;
import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.ForeignKeyViolationException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.LimitExceededException;
import dev.dosql.Limits;
import dev.dosql.MappingException;
import dev.dosql.NotNullViolationException;
import dev.dosql.ParameterException;
import dev.dosql.Params;
import dev.dosql.PreparedSql;
import dev.dosql.Queries;
import dev.dosql.QueryTimeoutException;
import dev.dosql.Row;
import dev.dosql.RowStream;
import dev.dosql.RunResult;
import dev.dosql.StatementException;
import dev.dosql.TooManyRowsException;
import dev.dosql.Transaction;
import dev.dosql.TransactionEndedException;
import dev.dosql.TransactionScopeException;
import dev.dosql.UniqueViolationException;
import dev.dosql.WriteLockTimeoutException;
import java.lang.invoke.MethodHandles;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@link Queries} promises, for a database in this process and for a remote one. */
@Timeout(60)
abstract class QueriesContract {
  private static final String FOREVER =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

  /** What is tested. */
  abstract Queries db();

  /** The same tenant, in this process, as somebody else sees it. */
  abstract DB other();

  static DBOptions options() {
    return DBOptions.builder()
        .createIfMissing(false)
        .writeLockTimeout(Duration.ofMillis(300))
        .limits(
            Limits.builder()
                .statementTimeout(Duration.ofMillis(400))
                .sqlLengthMax(10_000)
                .parametersMax(50)
                .build())
        .converter(new PointConverter())
        .lookup(MethodHandles.lookup())
        .build();
  }

  record Point(long x, long y) {}

  static final class PointConverter implements Converter<Point> {
    @Override
    public Class<Point> type() {
      return Point.class;
    }

    @Override
    public Object toColumn(Point value) {
      return value.x() + "," + value.y();
    }

    @Override
    public Point fromColumn(Object column) {
      String[] parts = ((String) column).split(",");
      return new Point(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
    }
  }

  record User(long id, String email, Optional<Integer> age) {}

  record Person(long id, String email, Map<String, Thread> more) {}

  enum Color {
    RED
  }

  static final class CheckedFailure extends Exception {
    private static final long serialVersionUID = 1L;
  }

  private void users() {
    db().exec(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, age INTEGER"
                + " CHECK (age >= 0)); CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER"
                + " NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED)");
  }

  /** Seen by another thread, since this one may be inside a transaction. */
  private long count() {
    return CompletableFuture.supplyAsync(
            () -> other().queryOne(Long.class, "SELECT count(*) FROM users").orElseThrow())
        .join();
  }

  private void add(Queries to, String email) {
    to.run("INSERT INTO users (email) VALUES (?)", email);
  }

  // ---- values

  @Test
  void values_ofSqlite_comeBackAsTheyWere() {
    db().exec("CREATE TABLE v (x)");
    List<Object> values =
        List.of(
            0L,
            Long.MIN_VALUE,
            Long.MAX_VALUE,
            (1L << 53) - 1,
            1L << 53,
            (1L << 53) + 1,
            -(1L << 53) - 1,
            0.1,
            1.0,
            1e300,
            Double.MIN_VALUE,
            Double.MAX_VALUE,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            9007199254740993.0,
            "",
            "a\u0000b",
            "\ud83d\ude00 \u2028 \u0001 \" \\ /",
            "1");
    for (Object value : values) {
      db().run("DELETE FROM v");
      db().run("INSERT INTO v VALUES (?)", value);
      assertThat(db().queryOne("SELECT x FROM v").orElseThrow().get(0)).isEqualTo(value);
      assertThat(other().queryOne("SELECT x FROM v").orElseThrow().get(0)).isEqualTo(value);
      assertThat(db().queryOne("SELECT ? AS x", value).orElseThrow().get("x")).isEqualTo(value);
    }
    assertThat(db().queryOne("SELECT ?", (Object) null).orElseThrow().isNull(0)).isTrue();
    assertThat(db().queryOne("SELECT ?", (Object[]) null).orElseThrow().isNull(0)).isTrue();
  }

  @Test
  void negativeZero_keepsItsSign_whereNoColumnDropsIt() {
    double bound = db().queryOne(Double.class, "SELECT ?", -0.0).orElseThrow();
    assertThat(1 / bound).isEqualTo(Double.NEGATIVE_INFINITY);
    db().exec("CREATE TABLE z (x REAL)");
    db().run("INSERT INTO z VALUES (?)", -0.0);
    double stored = db().queryOne(Double.class, "SELECT x FROM z").orElseThrow();
    assertThat(1 / stored).isEqualTo(Double.POSITIVE_INFINITY);
  }

  @Test
  void blobs_comeBackAsTheyWere() {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    for (byte[] blob : List.of(new byte[0], new byte[1], all)) {
      assertThat(db().queryOne("SELECT ?", (Object) blob).orElseThrow().getBytes(0))
          .isEqualTo(blob);
      assertThat(db().queryOne(Long.class, "SELECT length(?)", (Object) blob))
          .contains((long) blob.length);
    }
  }

  @Test
  void valuesOfJava_areStoredByTheTable() {
    Instant instant = Instant.parse("2026-11-22T15:27:54.279Z");
    UUID uuid = new UUID(1, 2);
    assertThat(stored(true)).isEqualTo(1L);
    assertThat(stored(Color.RED)).isEqualTo("RED");
    assertThat(stored('x')).isEqualTo("x");
    assertThat(stored((byte) 7)).isEqualTo(7L);
    assertThat(stored(1.5f)).isEqualTo(1.5);
    assertThat(stored(uuid)).isEqualTo(uuid.toString());
    assertThat(stored(instant)).isEqualTo("2026-11-22T15:27:54.279000000Z");
    assertThat(stored(LocalDate.of(2026, 11, 22))).isEqualTo("2026-11-22");
    assertThat(stored(LocalDateTime.of(2026, 11, 22, 1, 2)))
        .isEqualTo("2026-11-22T01:02:00.000000000");
    assertThat(stored(OffsetDateTime.parse("2026-11-22T16:27:54+01:00")))
        .isEqualTo("2026-11-22T16:27:54.000000000+01:00");
    assertThat(stored(Duration.ofMinutes(1))).isEqualTo("PT1M");
    assertThat(stored(new BigDecimal("10.00"))).isEqualTo("10.00");
    assertThat(stored(BigInteger.TEN)).isEqualTo(10L);
    assertThat(stored(Optional.of(3))).isEqualTo(3L);
    assertThat(stored(Optional.empty())).isNull();
    assertThat(stored(Optional.of(new BigDecimal("1E+3")))).isEqualTo("1E+3");
    assertThat(stored(new Point(3, 4))).isEqualTo("3,4");
    assertThat(db().queryOne(Instant.class, "SELECT ?", instant)).contains(instant);
    assertThat(db().queryOne(Point.class, "SELECT ?", new Point(3, 4))).contains(new Point(3, 4));
    assertThat(db().queryOne(UUID.class, "SELECT ?", uuid)).contains(uuid);
  }

  private Object stored(Object value) {
    return db().queryOne("SELECT ? AS x", value).orElseThrow().get("x");
  }

  @Test
  void values_thatCannotBeStored_areParameterErrors() {
    for (Object value :
        List.of(
            Double.NaN,
            "a\ud800b",
            '\udc00',
            BigInteger.ONE.shiftLeft(64),
            new Object(),
            List.of(1),
            new int[] {1},
            Map.of("a", 1))) {
      assertThatExceptionOfType(ParameterException.class)
          .as("%s", value.getClass())
          .isThrownBy(() -> db().query("SELECT ?", value));
    }
  }

  @Test
  void decimal_forAColumnThatRounds_isAParameterError() {
    db().exec("CREATE TABLE d (r REAL, t TEXT)");
    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> db().run("INSERT INTO d (r) VALUES (?)", new BigDecimal("0.1")));
    db().run("INSERT INTO d (t) VALUES (?)", new BigDecimal("0.10"));
    assertThat(db().query(BigDecimal.class, "SELECT t FROM d"))
        .containsExactly(new BigDecimal("0.10"));
  }

  // ---- parameters

  @Test
  void names_comeFromMapsParamsAndRecords() {
    String sql = "SELECT :id AS id, :email AS email, NULL AS age";
    User user = new User(7, "x", Optional.empty());
    Map<String, Object> map = new HashMap<>();
    map.put("id", 7);
    map.put("email", "x");
    assertThat(db().query(User.class, sql, map)).containsExactly(user);
    assertThat(db().query(User.class, sql, user)).containsExactly(user);
    assertThat(db().query(User.class, sql, Params.of("id", 7).and("email", "x")))
        .containsExactly(user);
    assertThat(db().query(User.class, sql, new Person(7, "x", Map.of()))).containsExactly(user);
    assertThat(db().queryOne("SELECT :a", Params.of("a", null)).orElseThrow().isNull(0)).isTrue();
    assertThat(db().query(Long.class, "SELECT $a + @b", Map.of("a", 1, "b", 2)))
        .containsExactly(3L);
    assertThat(db().query(Long.class, "SELECT :x", new Point(5, 6))).containsExactly(5L);
  }

  @Test
  void namesAndCounts_thatDoNotFit_areParameterErrors() {
    Map<Object, Object> noText = Map.of(1, 1);
    List<Runnable> calls =
        List.of(
            () -> db().query("SELECT :a", Map.of("b", 1)),
            () -> db().query("SELECT :a", Map.of("a", 1, "b", 1)),
            () -> db().query("SELECT :a", noText),
            () -> db().query("SELECT :missing", new User(1, "x", Optional.empty())),
            () -> db().query("SELECT ?", Map.of("a", 1)),
            () -> db().query("SELECT ?, :a", Map.of("a", 1)),
            () -> db().query("SELECT ?"),
            () -> db().query("SELECT ?", 1, 2),
            () -> db().query("SELECT 1", 1),
            () -> db().run("CREATE TABLE never (x)", 1));
    for (int i = 0; i < calls.size(); i++) {
      assertThatExceptionOfType(ParameterException.class)
          .as("call %s", i)
          .isThrownBy(calls.get(i)::run);
    }
    assertThat(db().query("SELECT 1 FROM sqlite_schema WHERE name = 'never'")).isEmpty();
  }

  @Test
  void lists_standForValuesInIn() {
    String sql = "SELECT value FROM json_each('[1,2,3]') WHERE value IN (:ids) ORDER BY 1";
    assertThat(db().query(Long.class, sql, Params.of("ids", List.of(3, 1))))
        .containsExactly(1L, 3L);
    assertThat(db().query(Long.class, sql, Map.of("ids", new int[] {2}))).containsExactly(2L);
    assertThat(db().query(Long.class, sql, Map.of("ids", List.of()))).isEmpty();
    String place = "SELECT value FROM json_each('[\"a\",\"b\"]') WHERE value IN (?)";
    assertThat(db().query(String.class, place, List.of("b"))).containsExactly("b");
    assertThat(db().query(String.class, place, (Object[]) new String[] {"a", "b"}))
        .containsExactly("a", "b");
    assertThat(db().query(String.class, place, Arrays.asList("a", null))).containsExactly("a");
    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> db().query(place, List.of(List.of("a"))));
  }

  // ---- rows

  @Test
  void rows_areEqualToThoseOfTheProcessItself() {
    String sql = "SELECT 1 AS a, 2.5 AS b, 'x' AS c, x'00ff' AS d, NULL AS e";
    List<Row> rows = db().query(sql);
    assertThat(rows).isEqualTo(other().query(sql));
    Row row = rows.get(0);
    assertThat(row.columns()).containsExactly("a", "b", "c", "d", "e");
    assertThat(row.getLong("A")).isEqualTo(1);
    assertThat(row.getInt(0)).isEqualTo(1);
    assertThat(row.getBoolean("a")).isTrue();
    assertThat(row.getDouble("b")).isEqualTo(2.5);
    assertThat(row.getString("c")).isEqualTo("x");
    assertThat(row.getBytes("d")).containsExactly(0, 255);
    assertThat(row.isNull("e")).isTrue();
    assertThat(row.toMap()).containsOnlyKeys("a", "b", "c", "d", "e");
    assertThat(row.toString()).isEqualTo(other().query(sql).get(0).toString());
    assertThatExceptionOfType(MappingException.class).isThrownBy(() -> row.getLong("c"));
    assertThatExceptionOfType(MappingException.class).isThrownBy(() -> row.get("none"));
    assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> rows.add(row));
    Row doubled = db().query("SELECT 1 AS a, 2 AS a").get(0);
    assertThat(doubled.getLong(1)).isEqualTo(2);
    assertThatExceptionOfType(MappingException.class).isThrownBy(() -> doubled.get("a"));
  }

  @Test
  void rows_becomeRecordsSingleValuesAndWhatMappersMake() {
    users();
    add(db(), "a");
    String sql = "SELECT id, email, age FROM users";
    assertThat(db().query(User.class, sql)).containsExactly(new User(1, "a", Optional.empty()));
    assertThat(db().query(String.class, "SELECT age FROM users")).containsExactly((String) null);
    assertThat(db().queryOne(String.class, "SELECT age FROM users")).isEmpty();
    assertThat(db().query(row -> row.getString("email") + "!", sql)).containsExactly("a!");
    assertThat(db().queryOne(row -> row.getLong("id"), sql)).contains(1L);
    assertThat(db().query(sql + " WHERE 0")).isEmpty();
    assertThat(db().query(User.class, sql + " WHERE 0")).isEmpty();
    assertThatExceptionOfType(MappingException.class)
        .isThrownBy(() -> db().query(Integer.class, "SELECT 'x'"));
    assertThatExceptionOfType(MappingException.class)
        .isThrownBy(() -> db().query(Integer.class, "SELECT 3000000000"));
    assertThatExceptionOfType(MappingException.class)
        .isThrownBy(() -> db().query(User.class, "SELECT 1 AS id"));
    IllegalStateException own = new IllegalStateException("own");
    assertThatThrownBy(
            () ->
                db().query(
                        row -> {
                          throw own;
                        },
                        sql))
        .isSameAs(own);
  }

  @Test
  void queryOne_takesOneRowAtMost_andUndoesAWrite() {
    users();
    assertThat(db().queryOne("SELECT 1 WHERE 0")).isEmpty();
    assertThatExceptionOfType(TooManyRowsException.class)
        .isThrownBy(() -> db().queryOne("SELECT 1 UNION ALL SELECT 2"));
    assertThatExceptionOfType(TooManyRowsException.class)
        .isThrownBy(
            () -> db().queryOne("INSERT INTO users (email) VALUES ('a'), ('b') RETURNING id"));
    assertThat(count()).isZero();
    assertThat(db().queryOne(Long.class, "INSERT INTO users (email) VALUES ('c') RETURNING id"))
        .contains(1L);
    assertThat(db().query(Long.class, "UPDATE users SET age = 3 RETURNING age"))
        .containsExactly(3L);
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void stream_givesItsRowsOneByOne() {
    String sql = "SELECT value AS v FROM json_each('[1,2,3]')";
    try (RowStream<Long> rows = db().stream(Long.class, sql)) {
      assertThat(rows.next()).isEqualTo(1);
      assertThat(rows.hasNext()).isTrue();
      assertThat(rows.stream().toList()).containsExactly(2L, 3L);
      assertThat(rows.hasNext()).isFalse();
      assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(rows::next);
    }
    RowStream<Row> closed = db().stream(sql);
    closed.close();
    assertThat(closed.hasNext()).isFalse();
    assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(closed::next);
    try (RowStream<Long> rows = db().stream(row -> row.getLong("v") * 2, sql)) {
      assertThat(rows.stream().toList()).containsExactly(2L, 4L, 6L);
    }
    try (RowStream<Row> rows = db().stream("SELECT 1 WHERE 0")) {
      assertThat(rows.hasNext()).isFalse();
    }
  }

  @Test
  void stream_thatDoesNotFit_isRefusedWhenItIsOpened() {
    users();
    assertThatExceptionOfType(MappingException.class)
        .isThrownBy(() -> db().stream(User.class, "SELECT 1 AS id WHERE 0"));
    assertThatExceptionOfType(StatementException.class)
        .isThrownBy(() -> db().stream("INSERT INTO users (email) VALUES ('a') RETURNING id"));
    assertThat(count()).isZero();
    try (RowStream<Integer> rows = db().stream(Integer.class, "SELECT 'x' UNION ALL SELECT 1")) {
      assertThatExceptionOfType(MappingException.class).isThrownBy(rows::next);
      assertThat(rows.hasNext()).isFalse();
    }
  }

  // ---- writes

  @Test
  void run_tellsWhatItDid() {
    users();
    assertThat(db().run("INSERT INTO users (email) VALUES ('a'), ('b')"))
        .isEqualTo(new RunResult(2, 2));
    assertThat(db().run("UPDATE users SET age = 1")).isEqualTo(new RunResult(2, 0));
    assertThat(db().run("DELETE FROM users WHERE id = 9")).isEqualTo(new RunResult(0, 0));
    assertThat(db().run("CREATE INDEX i ON users (age)")).isEqualTo(new RunResult(0, 0));
    long big = (1L << 53) + 1;
    assertThat(db().run("INSERT INTO users (id, email) VALUES (?, 'c')", big))
        .isEqualTo(new RunResult(1, big));
    assertThat(
            db().run(
                    "INSERT INTO users (email) VALUES ('a') ON CONFLICT (email) DO UPDATE SET age ="
                        + " 2"))
        .isEqualTo(new RunResult(1, 0));
  }

  @Test
  void batch_isAllOrNothing() {
    users();
    String sql = "INSERT INTO users (email, age) VALUES (?, ?)";
    assertThat(db().batch(sql, List.of(List.of("a", 1), new Object[] {"b", 2})))
        .isEqualTo(new BatchResult(2, 2, 2));
    assertThat(
            db().batch(
                    "INSERT INTO users (email) VALUES (:email)",
                    List.of(Map.of("email", "c"), new User(0, "d", Optional.empty()))))
        .isEqualTo(new BatchResult(2, 2, 4));
    assertThat(db().batch("INSERT INTO users (email) VALUES (?)", List.of("e")))
        .isEqualTo(new BatchResult(1, 1, 5));
    assertThat(db().batch(sql, List.of())).isEqualTo(new BatchResult(0, 0, 0));
    assertThatExceptionOfType(UniqueViolationException.class)
        .isThrownBy(() -> db().batch(sql, List.of(List.of("f", 1), List.of("a", 1))));
    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> db().batch(sql, List.of(List.of("g", 1), List.of("h"))));
    assertThatExceptionOfType(StatementException.class)
        .isThrownBy(() -> db().batch("SELECT 1", List.of(List.of())));
    assertThat(count()).isEqualTo(5);
  }

  @Test
  void exec_isAllOrNothing_andKnowsTheLine() {
    users();
    db().exec(
            "INSERT INTO users (email) VALUES ('a;b'); -- ;\n"
                + "CREATE TRIGGER t AFTER INSERT ON users BEGIN\n"
                + "  UPDATE users SET age = 1 WHERE id = new.id; END;\n"
                + "SELECT 1; INSERT INTO users (email) VALUES ('c')");
    assertThat(db().query(Long.class, "SELECT age FROM users ORDER BY id"))
        .containsExactly(null, 1L);
    StatementException wrong =
        catchThrowableOfType(
            StatementException.class,
            () ->
                db().exec(
                        "INSERT INTO users (email) VALUES ('d');\n\nINSERT INTO none VALUES (1)"));
    assertThat(wrong.line()).isEqualTo(3);
    assertThat(wrong.sql()).isEqualTo("INSERT INTO none VALUES (1)");
    assertThatExceptionOfType(UniqueViolationException.class)
        .isThrownBy(
            () ->
                db().exec(
                        "INSERT INTO users (email) VALUES ('e'); INSERT INTO users (email) VALUES"
                            + " ('c')"));
    db().exec(" -- nothing\n");
    assertThat(count()).isEqualTo(2);
  }

  @Test
  void prepare_checksNow_andRunsLater() {
    users();
    PreparedSql insert = db().prepare("INSERT INTO users (email) VALUES (?)");
    assertThat(insert.run("a").changes()).isEqualTo(1);
    assertThat(insert.columns()).isEmpty();
    PreparedSql all = db().prepare("SELECT id, email, age + 1 AS next FROM users WHERE id = ?");
    assertThat(all.sql()).isEqualTo("SELECT id, email, age + 1 AS next FROM users WHERE id = ?");
    assertThat(all.columns())
        .containsExactly(
            new Column("id", Optional.of("users"), Optional.of("INTEGER")),
            new Column("email", Optional.of("users"), Optional.of("TEXT")),
            new Column("next", Optional.empty(), Optional.empty()));
    assertThat(all.all(1)).hasSize(1);
    assertThat(all.get(2)).isEmpty();
    assertThat(all.get(1).orElseThrow().getString("email")).isEqualTo("a");
    try (RowStream<Row> rows = all.iterate(1)) {
      assertThat(rows.stream().count()).isEqualTo(1);
    }
    assertThatExceptionOfType(StatementException.class)
        .isThrownBy(() -> db().prepare("SELECT none FROM users"));
    assertThatExceptionOfType(StatementException.class)
        .isThrownBy(() -> db().prepare("PRAGMA user_version = 7"));
  }

  // ---- errors

  @Test
  void violations_areToldByTypeAndFields() {
    users();
    add(db(), "a");
    UniqueViolationException unique =
        catchThrowableOfType(UniqueViolationException.class, () -> add(db(), "a"));
    assertThat(unique.kind()).isEqualTo(ConstraintViolationException.Kind.UNIQUE);
    assertThat(unique.table()).contains("users");
    assertThat(unique.columns()).containsExactly("email");
    NotNullViolationException notNull =
        catchThrowableOfType(NotNullViolationException.class, () -> add(db(), null));
    assertThat(notNull.columns()).containsExactly("email");
    CheckViolationException check =
        catchThrowableOfType(
            CheckViolationException.class, () -> db().run("UPDATE users SET age = -1"));
    assertThat(check.constraint()).contains("age >= 0");
    assertThatExceptionOfType(ForeignKeyViolationException.class)
        .isThrownBy(() -> db().run("INSERT INTO posts (user_id) VALUES (9)"))
        .matches(e -> e.kind() == ConstraintViolationException.Kind.FOREIGN_KEY);
    assertThatExceptionOfType(ConstraintViolationException.class)
        .isThrownBy(() -> db().run("UPDATE users SET id = 'x'"))
        .matches(e -> e.kind() == ConstraintViolationException.Kind.DATATYPE);
    assertThat(other().query("SELECT 1 FROM posts")).isEmpty();
  }

  @Test
  void statements_thatAreRefused_sayWhere() {
    users();
    StatementException wrong =
        catchThrowableOfType(StatementException.class, () -> db().query("SELECT 1; SELECT 2"));
    assertThat(wrong.sql()).isEqualTo("SELECT 1; SELECT 2");
    assertThat(wrong.position()).isEqualTo(10);
    List<Runnable> calls =
        List.of(
            () -> db().query("SELEC 1"),
            () -> db().query("SELECT none FROM users"),
            () -> db().query(""),
            () -> db().query("SELECT '\ud800'"),
            () -> db().query("INSERT INTO users (email) VALUES ('x')"),
            () -> db().query("CREATE TABLE never (x)"),
            () -> db().run("SELECT 1"),
            () -> db().run("INSERT INTO users (email) VALUES ('x') RETURNING id"),
            () -> db().run("BEGIN"),
            () -> db().run("ATTACH 'other.db' AS other"),
            () -> db().run("PRAGMA journal_mode = DELETE"),
            () -> db().run("VACUUM"),
            () -> db().run("CREATE TEMP TABLE t (x)"),
            () -> db().exec("SAVEPOINT s"),
            () -> db().run("DELETE FROM _dosql_meta"));
    for (int i = 0; i < calls.size(); i++) {
      assertThatExceptionOfType(StatementException.class)
          .as("call %s", i)
          .isThrownBy(calls.get(i)::run);
    }
    assertThat(count()).isZero();
  }

  @Test
  void limits_areToldByNameAndNumbers() {
    LimitExceededException length =
        catchThrowableOfType(
            LimitExceededException.class, () -> db().query("SELECT 1 --" + "x".repeat(10_000)));
    assertThat(length.limit()).isEqualTo("sqlLengthMax");
    assertThat(length.allowed()).isEqualTo(10_000);
    assertThat(length.seen()).isEqualTo(10_011);
    List<Integer> many = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      many.add(i);
    }
    LimitExceededException parameters =
        catchThrowableOfType(
            LimitExceededException.class,
            () -> db().query("SELECT 1 WHERE 1 IN (:ids)", Map.of("ids", many)));
    assertThat(parameters.limit()).isEqualTo("parametersMax");
  }

  @Test
  void statement_thatTakesTooLong_isATimeout() {
    QueryTimeoutException timeout =
        catchThrowableOfType(QueryTimeoutException.class, () -> db().query(FOREVER));
    assertThat(timeout.allowed()).isEqualTo(Duration.ofMillis(400));
    assertThat(timeout.seen()).isGreaterThan(timeout.allowed());
  }

  @Test
  void writer_thatIsHeldForLong_isATimeout() throws Exception {
    users();
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch enough = new CountDownLatch(1);
    CompletableFuture<Void> holder =
        CompletableFuture.runAsync(
            () ->
                other()
                    .useTransaction(
                        tx -> {
                          held.countDown();
                          uninterrupted(enough);
                        }));
    held.await();
    try {
      WriteLockTimeoutException single =
          catchThrowableOfType(WriteLockTimeoutException.class, () -> add(db(), "a"));
      assertThat(single.allowed()).isEqualTo(Duration.ofMillis(300));
      assertThat(single.seen()).isGreaterThanOrEqualTo(single.allowed());
      assertThatExceptionOfType(WriteLockTimeoutException.class)
          .isThrownBy(() -> db().useTransaction(tx -> add(tx, "a")));
      assertThat(db().query("SELECT 1 FROM users")).isEmpty();
    } finally {
      enough.countDown();
      holder.get();
    }
    add(db(), "a");
    assertThat(count()).isEqualTo(1);
  }

  private static void uninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void interrupt_beforeACall_endsIt() {
    users();
    Thread.currentThread().interrupt();
    try {
      assertThatExceptionOfType(InterruptedQueryException.class)
          .isThrownBy(() -> db().query(FOREVER));
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } finally {
      Thread.interrupted();
    }
    add(db(), "a");
    assertThat(count()).isEqualTo(1);
  }

  // ---- transactions

  @Test
  void transaction_commitsWhatItDid_andReturnsItsValue() {
    users();
    String seen =
        db().transaction(
                tx -> {
                  add(tx, "a");
                  assertThat(tx.query(String.class, "SELECT email FROM users"))
                      .containsExactly("a");
                  assertThat(count()).isZero();
                  tx.batch("INSERT INTO users (email) VALUES (?)", List.of("b", "c"));
                  tx.exec("UPDATE users SET age = 1; UPDATE users SET age = 2");
                  assertThat(tx.prepare("SELECT 1 FROM users").all()).hasSize(3);
                  return "done";
                });
    assertThat(seen).isEqualTo("done");
    assertThat(count()).isEqualTo(3);
    Object nothing = db().transaction(tx -> null);
    assertThat(nothing).isNull();
  }

  @Test
  void transaction_whoseWorkThrows_isUndone_andThrowsThatVery() {
    users();
    for (Throwable thrown :
        List.of(new CheckedFailure(), new IllegalStateException("x"), new AssertionError("x"))) {
      assertThatThrownBy(
              () ->
                  db().useTransaction(
                          tx -> {
                            add(tx, "a");
                            if (thrown instanceof Error error) {
                              throw error;
                            }
                            throw (Exception) thrown;
                          }))
          .isSameAs(thrown)
          .hasNoSuppressedExceptions();
    }
    assertThat(count()).isZero();
    add(db(), "b");
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void transaction_whoseWorkCatchesAnError_commitsTheRest() {
    users();
    db().useTransaction(
            tx -> {
              add(tx, "a");
              assertThatExceptionOfType(UniqueViolationException.class)
                  .isThrownBy(() -> add(tx, "a"));
              assertThatExceptionOfType(TooManyRowsException.class)
                  .isThrownBy(
                      () ->
                          tx.queryOne(
                              "INSERT INTO users (email) VALUES ('x'), ('y') RETURNING id"));
              assertThatExceptionOfType(StatementException.class)
                  .isThrownBy(() -> tx.query("SELECT none"));
              assertThatExceptionOfType(ParameterException.class)
                  .isThrownBy(() -> tx.query("SELECT ?"));
              add(tx, "b");
            });
    assertThat(other().query(String.class, "SELECT email FROM users")).containsExactly("a", "b");
  }

  @Test
  void nestedTransaction_isASavepoint() throws Exception {
    users();
    CheckedFailure failure = new CheckedFailure();
    db().useTransaction(
            tx -> {
              add(tx, "a");
              assertThatThrownBy(
                      () ->
                          tx.useTransaction(
                              inner -> {
                                add(inner, "b");
                                inner.useTransaction(deepest -> add(deepest, "c"));
                                throw failure;
                              }))
                  .isSameAs(failure);
              String value =
                  tx.transaction(
                      inner -> {
                        add(inner, "d");
                        assertThatExceptionOfType(IllegalStateException.class)
                            .isThrownBy(
                                () ->
                                    inner.useTransaction(
                                        deepest -> {
                                          add(deepest, "e");
                                          throw new IllegalStateException();
                                        }));
                        return "inner";
                      });
              assertThat(value).isEqualTo("inner");
              add(tx, "f");
            });
    assertThat(other().query(String.class, "SELECT email FROM users ORDER BY email"))
        .containsExactly("a", "d", "f");
  }

  @Test
  void transaction_afterItsEnd_isEnded() {
    users();
    Transaction[] kept = new Transaction[2];
    List<RowStream<Row>> streams = new ArrayList<>();
    db().useTransaction(
            tx -> {
              kept[0] = tx;
              tx.useTransaction(inner -> kept[1] = inner);
              assertThatExceptionOfType(TransactionEndedException.class)
                  .isThrownBy(() -> add(kept[1], "x"));
              streams.add(tx.stream("SELECT 1 UNION ALL SELECT 2"));
              assertThat(streams.get(0).next().getLong(0)).isEqualTo(1);
            });
    assertThatExceptionOfType(TransactionEndedException.class).isThrownBy(() -> add(kept[0], "x"));
    assertThatExceptionOfType(TransactionEndedException.class)
        .isThrownBy(() -> kept[0].useTransaction(tx -> {}));
    assertThat(streams.get(0).hasNext()).isFalse();
    assertThat(count()).isZero();
  }

  @Test
  void transaction_isConfinedToItsThread_andItsDatabaseIsNotUsedInside() {
    users();
    db().useTransaction(
            tx -> {
              Throwable elsewhere =
                  CompletableFuture.supplyAsync(
                          () -> catchThrowableOfType(RuntimeException.class, () -> add(tx, "x")))
                      .join();
              assertThat(elsewhere).isInstanceOf(TransactionScopeException.class);
              assertThatExceptionOfType(TransactionScopeException.class)
                  .isThrownBy(() -> add(db(), "x"));
              assertThatExceptionOfType(TransactionScopeException.class)
                  .isThrownBy(() -> db().query("SELECT 1"));
              assertThatExceptionOfType(TransactionScopeException.class)
                  .isThrownBy(() -> db().useTransaction(inner -> {}));
              add(tx, "a");
            });
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void transaction_thatSqliteEnded_isAnErrorThoughItsCauseWasCaught() {
    users();
    assertThatExceptionOfType(TransactionEndedException.class)
        .isThrownBy(
            () ->
                db().useTransaction(
                        tx -> {
                          add(tx, "a");
                          assertThatExceptionOfType(UniqueViolationException.class)
                              .isThrownBy(
                                  () ->
                                      tx.run("INSERT OR ROLLBACK INTO users (email) VALUES ('a')"));
                          assertThatExceptionOfType(TransactionEndedException.class)
                              .isThrownBy(() -> add(tx, "b"));
                        }));
    assertThat(count()).isZero();
    assertThatExceptionOfType(TransactionEndedException.class)
        .isThrownBy(
            () ->
                db().useTransaction(
                        tx ->
                            tx.useTransaction(
                                inner -> {
                                  add(inner, "a");
                                  assertThatExceptionOfType(UniqueViolationException.class)
                                      .isThrownBy(
                                          () ->
                                              inner.run(
                                                  "INSERT OR ROLLBACK INTO users (email) VALUES"
                                                      + " ('a')"));
                                })));
    assertThat(count()).isZero();
    add(db(), "c");
  }

  @Test
  void transaction_whoseCommitBreaksAConstraint_isUndone() {
    users();
    assertThatExceptionOfType(ForeignKeyViolationException.class)
        .isThrownBy(
            () ->
                db().useTransaction(
                        tx -> {
                          add(tx, "a");
                          tx.run("INSERT INTO posts (user_id) VALUES (99)");
                        }));
    assertThat(count()).isZero();
    add(db(), "b");
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void streamInATransaction_seesWhatItWrote() {
    users();
    db().useTransaction(
            tx -> {
              add(tx, "a");
              try (RowStream<String> rows = tx.stream(String.class, "SELECT email FROM users")) {
                assertThat(rows.stream().toList()).containsExactly("a");
              }
            });
  }
}
