package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** That {@code docs/values.md} tells what happens: its table is read, and each line is tried. */
class ValuesDocTest {
  /** The value of an example, by the type as the page names it. */
  private static final Map<String, List<Function<String, Object>>> TYPES =
      Map.ofEntries(
          Map.entry("null, empty `Optional`", List.of(text -> null, text -> Optional.empty())),
          Map.entry("`boolean`", List.of(Boolean::valueOf)),
          Map.entry("`byte`, `short`, `int`, `long`", List.of(Long::valueOf)),
          Map.entry("`float`, `double`", List.of(Float::valueOf, Double::valueOf)),
          Map.entry("`String`", List.of(text -> text)),
          Map.entry("`char`", List.of(text -> text.charAt(0))),
          Map.entry("an enum", List.of(TimeUnit::valueOf)),
          Map.entry("`byte[]`", List.of(HexFormat.of()::parseHex)),
          Map.entry("`UUID`", List.of(UUID::fromString)),
          Map.entry("`Instant`", List.of(Instant::parse)),
          Map.entry("`OffsetDateTime`", List.of(OffsetDateTime::parse)),
          Map.entry("`LocalDateTime`", List.of(LocalDateTime::parse)),
          Map.entry("`LocalDate`", List.of(LocalDate::parse)),
          Map.entry("`LocalTime`", List.of(LocalTime::parse)),
          Map.entry("`Duration`", List.of(Duration::parse)),
          Map.entry("`BigDecimal`", List.of(BigDecimal::new)),
          Map.entry("`BigInteger`", List.of(BigInteger::new)),
          Map.entry("`Optional`", List.of(Optional::of)));

  private static DB db;

  @BeforeAll
  static void open() {
    db = DB.memory();
    db.exec("CREATE TABLE t(t TEXT, i INTEGER, r REAL, b BLOB, n NUMERIC)");
  }

  @AfterAll
  static void close() {
    db.close();
  }

  static List<List<String>> rows() {
    return Docs.rows(Docs.lines("values.md")).stream()
        .filter(row -> !row.get(0).contains("Converter"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void example_ofEachLine_isStoredAndReadAsThePageSays(List<String> row) {
    assertThat(TYPES).containsKey(row.get(0));
    for (Function<String, Object> type : TYPES.get(row.get(0))) {
      Object value = type.apply(code(row.get(2)));

      assertThat(db.queryOne(String.class, "SELECT quote(?)", value)).hasValue(code(row.get(3)));
      assertThat(typeOf(value)).isEqualTo(row.get(1).replaceAll("[^A-Z].*", ""));
      assertReadsBack(value);
    }
  }

  /** The line of {@code Optional} begins with the words "as its value". */
  private static String typeOf(Object value) {
    boolean present = value instanceof Optional<?> optional && optional.isPresent();
    String type = db.queryOne(String.class, "SELECT upper(typeof(?))", value).orElseThrow();
    return present ? "" : type;
  }

  private static void assertReadsBack(Object value) {
    if (value == null || value instanceof Optional) {
      return; // A query for NULL has nothing to map; that of a component is MappingTest's.
    }
    Object read = db.queryOne(value.getClass(), "SELECT ?", value).orElseThrow();
    assertThat(Arrays.deepEquals(new Object[] {read}, new Object[] {value})).isTrue();
  }

  @Test
  void everyTypeOfTheTable_hasItsLine() {
    assertThat(rows())
        .extracting(row -> row.get(0))
        .containsExactlyInAnyOrderElementsOf(TYPES.keySet());
  }

  @Test
  void column_withAnAffinity_hasTheLastWord() {
    db.run("INSERT INTO t(t, i, r, n) VALUES (?, ?, ?, ?)", 5, "5", -0.0, 3.0);
    assertThat(
            db.queryOne(
                String.class,
                "SELECT typeof(t) || ' ' || typeof(i) || ' ' || typeof(n) || ' ' || r FROM t"))
        .hasValue("text integer integer 0.0");
    assertThatThrownBy(() -> db.query(Long.class, "SELECT t FROM t"))
        .isInstanceOf(MappingException.class);
    assertThatThrownBy(() -> db.query(String.class, "SELECT i FROM t"))
        .isInstanceOf(MappingException.class);
  }

  @Test
  void otherForms_ofTheLastColumn_areRead() {
    assertThat(one(Long.class, "SELECT 5.0")).isEqualTo(5L);
    assertThat(one(Double.class, "SELECT 5")).isEqualTo(5.0);
    assertThat(one(UUID.class, "SELECT '01234567-89AB-CDEF-0123-456789ABCDEF'"))
        .isEqualTo(UUID.fromString("01234567-89ab-cdef-0123-456789abcdef"));
    assertThat(one(Instant.class, "SELECT '2026-11-22 15:27:54'"))
        .isEqualTo(Instant.parse("2026-11-22T15:27:54Z"));
    assertThat(one(Instant.class, "SELECT '2026-11-22T16:27+01:00'"))
        .isEqualTo(Instant.parse("2026-11-22T15:27:00Z"));
    assertThat(one(LocalDateTime.class, "SELECT '2026-11-22 15:27'"))
        .isEqualTo(LocalDateTime.parse("2026-11-22T15:27"));
    assertThat(one(LocalTime.class, "SELECT '15:27'")).isEqualTo(LocalTime.parse("15:27"));
    assertThat(one(BigDecimal.class, "SELECT 10")).isEqualTo(BigDecimal.TEN);
    assertThat(one(BigInteger.class, "SELECT 10.0")).isEqualTo(BigInteger.TEN);
    for (Class<?> type : List.of(Instant.class, BigDecimal.class, Long.class)) {
      assertThatThrownBy(() -> one(type, "SELECT 0.5")).isInstanceOf(MappingException.class);
    }
    assertThatThrownBy(() -> one(Instant.class, "SELECT '2026-11-22T15:27:54'"))
        .isInstanceOf(MappingException.class);
    assertThatThrownBy(() -> one(LocalDateTime.class, "SELECT '2026-11-22T15:27:54Z'"))
        .isInstanceOf(MappingException.class);
  }

  private static <T> T one(Class<T> type, String sql) {
    return db.queryOne(type, sql).orElseThrow();
  }

  private static String code(String cell) {
    return cell.substring(1, cell.length() - 1);
  }
}
