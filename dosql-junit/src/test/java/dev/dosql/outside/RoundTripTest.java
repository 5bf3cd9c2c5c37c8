package dev.dosql.outside;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DB;
import dev.dosql.Params;
import dev.dosql.Row;
import dev.dosql.RowStream;
import dev.dosql.junit.DoSqlTest;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Values come back exactly as they went in, on every path. */
@DoSqlTest
class RoundTripTest {
  private final DB db;

  RoundTripTest(DB db) {
    this.db = db;
  }

  @BeforeEach
  void makeTable() {
    db.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
  }

  static Stream<Object> values() {
    byte[] megabyte = new byte[1 << 20];
    new Random(7).nextBytes(megabyte);
    return Stream.of(
        0L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        9_007_199_254_740_993L,
        -9_007_199_254_740_993L,
        0.1,
        -0.0,
        Double.MIN_VALUE,
        Double.MAX_VALUE,
        Double.POSITIVE_INFINITY,
        "",
        " ",
        "a\0b",
        "\0",
        "🦆🏳️‍🌈é̂",
        "it's \"x\"; -- \n",
        "1",
        "x".repeat(100_000),
        new byte[0],
        new byte[] {0},
        new byte[] {-1, 0, 1},
        megabyte);
  }

  @ParameterizedTest
  @MethodSource("values")
  void value_onEveryPath_comesBackExactly(Object value) {
    assertThat(db.query("SELECT ?", value).get(0).get(0)).isEqualTo(value);
    assertThat(db.queryOne("INSERT INTO t (v) VALUES (?) RETURNING v", value).orElseThrow().get(0))
        .isEqualTo(value);
    db.run("INSERT INTO t (v) VALUES (:v)", Params.of("v", value));
    db.batch("INSERT INTO t (v) VALUES (?)", List.of(value));
    db.useTransaction(
        tx -> {
          tx.run("INSERT INTO t (v) VALUES (?)", value);
          assertThat(tx.query("SELECT v FROM t")).allMatch(row -> same(row.get("v"), value));
          try (RowStream<Row> rows = tx.stream("SELECT v FROM t")) {
            assertThat(same(rows.next().get(0), value)).isTrue();
          }
        });
    List<Row> rows = db.query("SELECT v FROM t");
    assertThat(rows).hasSize(4).allMatch(row -> same(row.get(0), value));
    assertThat(
            db.read(reads -> reads.query("SELECT v FROM t").get(3).get(0)).equals(value)
                || value instanceof byte[])
        .isTrue();
    try (RowStream<Row> stream = db.stream("SELECT v FROM t")) {
      assertThat(stream.stream()).hasSize(4).allMatch(row -> same(row.get("v"), value));
    }
    assertThat(db.query(value.getClass(), "SELECT v FROM t"))
        .hasSize(4)
        .allMatch(each -> same(each, value));
    assertThat(db.query("UPDATE t SET v = ? RETURNING v", value))
        .hasSize(4)
        .allMatch(row -> same(row.get(0), value));
  }

  private static boolean same(Object one, Object other) {
    return one instanceof byte[] bytes ? Arrays.equals(bytes, (byte[]) other) : one.equals(other);
  }

  @Test
  void emptyTextEmptyBlobAndNull_areThreeThings() {
    db.batch("INSERT INTO t (v) VALUES (?)", Arrays.asList("", new Object[] {new byte[0]}, null));
    assertThat(db.query(String.class, "SELECT typeof(v) FROM t ORDER BY id"))
        .containsExactly("text", "blob", "null");
    List<Row> rows = db.query("SELECT v FROM t ORDER BY id");
    assertThat(rows.get(0).getString("v")).isEmpty();
    assertThat(rows.get(1).getBytes("v")).isEmpty();
    assertThat(rows.get(2).isNull("v")).isTrue();
    assertThat(db.queryOne(long.class, "SELECT count(*) FROM t WHERE v IS NULL")).hasValue(1L);
  }

  @Test
  void largeInteger_afterArithmeticInSql_isExact() {
    assertThat(db.queryOne(long.class, "SELECT ? + 1", 9_007_199_254_740_993L))
        .hasValue(9_007_199_254_740_994L);
    assertThat(db.query(long.class, "SELECT value FROM json_each('[9007199254740993]')"))
        .isEqualTo(Collections.singletonList(9_007_199_254_740_993L));
  }
}
