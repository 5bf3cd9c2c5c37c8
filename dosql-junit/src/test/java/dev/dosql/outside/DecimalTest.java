package dev.dosql.outside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.DB;
import dev.dosql.ParameterException;
import dev.dosql.junit.DoSqlTest;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DoSqlTest
class DecimalTest {
  private static final BigDecimal PRICE = new BigDecimal("10.10");

  private final DB db;

  DecimalTest(DB db) {
    this.db = db;
  }

  @BeforeEach
  void makeTables() {
    db.exec(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, t TEXT, n NUMERIC, r REAL, d DECIMAL(10,2), x);"
            + "CREATE TABLE s (a ANY, r REAL) STRICT;");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO p (n) VALUES (?)",
        "INSERT INTO p (t, \"R\") VALUES ('x', ?)",
        "INSERT INTO main.p AS q (t, d) VALUES ('x', (1)), (lower('a,b'), ?)",
        "REPLACE INTO p VALUES (1, 't', ?, 0, 0, 0)",
        "INSERT INTO p (id, n) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = ?",
        "UPDATE p SET t = 'x', n = ? WHERE id = 1",
        "UPDATE OR IGNORE p SET d = ?",
        "WITH w AS (SELECT 1) UPDATE p SET r = ? FROM w WHERE id = 1",
        "INSERT INTO s (r) VALUES (?)",
        "INSERT INTO p (id) VALUES (?)"
      })
  void decimal_forColumnThatRounds_isRefusedAndNothingIsWritten(String sql) {
    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> db.run(sql, PRICE))
        .withMessageContaining("would be rounded")
        .withMessageContaining("TEXT")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("10.10"));
    assertThat(db.query("SELECT * FROM p")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO p (t) VALUES (?)",
        "INSERT INTO p (x) VALUES (?)",
        "INSERT INTO s (a) VALUES (?)",
        "INSERT INTO p (t) VALUES (coalesce(?, 'x'))"
      })
  void decimal_forColumnThatKeepsText_isKept(String sql) {
    assertThat(db.run(sql, PRICE).changes()).isOne();
  }

  @Test
  void decimal_storedInText_comesBackWithItsScale() {
    db.run("INSERT INTO p (t) VALUES (:price)", Map.of("price", PRICE));
    assertThat(db.queryOne(BigDecimal.class, "SELECT t FROM p")).contains(PRICE);
  }

  @Test
  void wholeDecimal_forNumericColumn_isKept() {
    db.run("INSERT INTO p (n, id) VALUES (?, ?)", new BigDecimal("12.00"), new BigDecimal("7"));
    assertThat(db.queryOne(BigDecimal.class, "SELECT n FROM p").orElseThrow())
        .isEqualByComparingTo("12");
  }

  @Test
  void decimal_inBatchAndTransaction_isRefusedToo() {
    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> db.batch("INSERT INTO p (n) VALUES (?)", List.of(BigDecimal.ONE, PRICE)));
    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(
            () -> db.useTransaction(tx -> tx.query("UPDATE p SET n = ? RETURNING id", PRICE)));
    assertThat(db.query("SELECT * FROM p")).isEmpty();
  }

  @Test
  void decimal_inCondition_isCompared() {
    db.run("INSERT INTO p (t) VALUES (?)", PRICE);
    assertThat(db.run("DELETE FROM p WHERE t = ?", PRICE).changes()).isOne();
  }
}
