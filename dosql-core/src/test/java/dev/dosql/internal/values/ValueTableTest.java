package dev.dosql.internal.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.MappingException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.SQLException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of the package, in a real file: what SQLite holds, and what is read of it. */
class ValueTableTest {
  private final Values values = new Values(List.of(), null);
  private Sqlite sqlite;

  @BeforeEach
  void open() throws SQLException {
    sqlite = new Sqlite();
  }

  @AfterEach
  void close() throws SQLException {
    sqlite.close();
  }

  static Stream<Arguments> table() {
    return Stream.of(
        Arguments.of("i", true, "integer", "1"),
        Arguments.of("i", false, "integer", "0"),
        Arguments.of("i", (byte) -128, "integer", "-128"),
        Arguments.of("i", (short) 32767, "integer", "32767"),
        Arguments.of("i", Integer.MIN_VALUE, "integer", "-2147483648"),
        Arguments.of("i", Long.MAX_VALUE, "integer", "9223372036854775807"),
        Arguments.of("i", Long.MIN_VALUE, "integer", "-9223372036854775808"),
        Arguments.of(
            "i", new BigInteger("-9223372036854775808"), "integer", "-9223372036854775808"),
        Arguments.of("r", 0.1, "real", "0.1"),
        Arguments.of("r", 0.5f, "real", "0.5"),
        Arguments.of("r", 3.0, "real", "3.0"),
        Arguments.of("i", 3.0, "integer", "3"),
        Arguments.of("n", -3.5f, "real", "-3.5"),
        Arguments.of("r", Double.POSITIVE_INFINITY, "real", "Inf"),
        Arguments.of("r", Float.NEGATIVE_INFINITY, "real", "-Inf"),
        Arguments.of("t", "Grüße 🎈", "text", "Grüße 🎈"),
        Arguments.of("t", "", "text", ""),
        Arguments.of("t", 'ß', "text", "ß"),
        Arguments.of("t", DayOfWeek.FRIDAY, "text", "FRIDAY"),
        Arguments.of(
            "t",
            UUID.fromString("0A0B0C0D-0000-4000-8000-00000000ABCD"),
            "text",
            "0a0b0c0d-0000-4000-8000-00000000abcd"),
        Arguments.of(
            "t",
            Instant.parse("2026-11-22T15:27:54.279Z"),
            "text",
            "2026-11-22T15:27:54.279000000Z"),
        Arguments.of(
            "t",
            OffsetDateTime.parse("2026-11-22T16:27:54.5+01:00"),
            "text",
            "2026-11-22T16:27:54.500000000+01:00"),
        Arguments.of(
            "t",
            OffsetDateTime.parse("0000-01-01T00:00Z"),
            "text",
            "0000-01-01T00:00:00.000000000Z"),
        Arguments.of(
            "t", LocalDateTime.parse("9999-12-31T23:59"), "text", "9999-12-31T23:59:00.000000000"),
        Arguments.of("t", LocalDate.parse("2026-02-03"), "text", "2026-02-03"),
        Arguments.of("t", LocalTime.parse("01:02:03.000000004"), "text", "01:02:03.000000004"),
        Arguments.of("t", Duration.parse("-PT26H0.5S"), "text", "PT-26H-0.5S"),
        Arguments.of("t", new BigDecimal("10.50"), "text", "10.50"),
        Arguments.of("t", new BigDecimal("1E+3"), "text", "1E+3"),
        Arguments.of("t", new BigDecimal("0.000000000000000000001"), "text", "1E-21"));
  }

  @ParameterizedTest
  @MethodSource("table")
  void value_stored_isAsTheTableSaysAndReadsBack(
      String column, Object value, String type, String text) throws SQLException {
    StoredRow row = sqlite.stored(column, values.toColumn(value));

    assertThat(sqlite.text("SELECT typeof(" + column + ") FROM t")).isEqualTo(type);
    assertThat(sqlite.text("SELECT CAST(" + column + " AS TEXT) FROM t")).isEqualTo(text);
    assertThat(read(value.getClass(), row)).isEqualTo(value);
  }

  @ParameterizedTest
  @MethodSource("table")
  void value_inColumnWithoutAffinity_isStoredAsBound(
      String column, Object value, String type, String text) throws SQLException {
    Object stored = values.toColumn(value);

    assertThat(sqlite.stored("b", stored)).isEqualTo(StoredRow.of(stored));
    assertThat(read(value.getClass(), StoredRow.of(stored))).isEqualTo(value);
  }

  @Test
  void bytes_stored_areABlob() throws SQLException {
    byte[] bytes = {0, 1, -1};

    StoredRow row = sqlite.stored("b", values.toColumn(bytes));

    assertThat(sqlite.text("SELECT typeof(b) || hex(b) FROM t")).isEqualTo("blob0001FF");
    assertThat(read(byte[].class, row)).isEqualTo(bytes);
  }

  @Test
  void nullAndEmptyOptional_stored_areNull() throws SQLException {
    assertThat(values.toColumn(null)).isNull();
    assertThat(values.toColumn(Optional.empty())).isNull();
    assertThat(read(String.class, sqlite.stored("t", null))).isNull();
    assertThat(sqlite.text("SELECT typeof(t) FROM t")).isEqualTo("null");
  }

  @Test
  void textWithNul_stored_isWhole() throws SQLException {
    StoredRow row = sqlite.stored("t", values.toColumn("a\0b"));

    assertThat(sqlite.text("SELECT hex(t) FROM t")).isEqualTo("610062");
    assertThat(read(String.class, row)).isEqualTo("a\0b");
  }

  @Test
  void negativeZero_inRealColumn_losesItsSign() throws SQLException {
    assertThat(read(double.class, sqlite.stored("r", -0.0))).isEqualTo(0.0);
  }

  @Test
  void bigDecimal_inNumericColumn_isReadOrRefusedButNeverRounded() throws SQLException {
    StoredRow whole = sqlite.stored("n", values.toColumn(new BigDecimal("10.00")));
    StoredRow rounded = sqlite.stored("n", values.toColumn(new BigDecimal("10.10")));
    StoredRow real = sqlite.stored("r", values.toColumn(new BigDecimal("12345678901234567.25")));

    assertThat(read(BigDecimal.class, whole)).isEqualTo(new BigDecimal("10"));
    for (StoredRow row : List.of(rounded, real)) {
      assertThatExceptionOfType(MappingException.class)
          .isThrownBy(() -> read(BigDecimal.class, row))
          .withMessageContaining("affinity rounded it")
          .withMessageContaining("stored=REAL");
    }
  }

  @Test
  void value_changedByAnAffinity_isRefusedNotConverted() throws SQLException {
    StoredRow number = sqlite.stored("t", values.toColumn(5));
    StoredRow text = sqlite.stored("n", values.toColumn("007"));

    assertThat(number).isEqualTo(StoredRow.of("5"));
    assertThat(text).isEqualTo(StoredRow.of(7L));
    assertThatExceptionOfType(MappingException.class)
        .isThrownBy(() -> read(int.class, number))
        .withMessageContainingAll("stored=TEXT", "target=int");
    assertThatExceptionOfType(MappingException.class)
        .isThrownBy(() -> read(String.class, text))
        .withMessageContainingAll("stored=INTEGER", "target=java.lang.String");
  }

  @Test
  void texts_inNumericColumns_stayText() throws SQLException {
    for (Object value :
        List.of(
            Instant.EPOCH,
            LocalDate.EPOCH,
            LocalTime.NOON,
            Duration.ofSeconds(5),
            DayOfWeek.FRIDAY,
            UUID.fromString("00000000-0000-0000-0000-000000000001"))) {
      for (String column : List.of("i", "r", "n")) {
        StoredRow row = sqlite.stored(column, values.toColumn(value));

        assertThat(read(value.getClass(), row)).isEqualTo(value);
      }
    }
  }

  @Test
  void bigDecimals_inTextColumn_keepValueAndScale() throws SQLException {
    Seeded seeded = new Seeded();
    for (int i = 0; i < 200; i++) {
      BigDecimal value =
          new BigDecimal(
              BigInteger.valueOf(seeded.anyLong()).multiply(BigInteger.valueOf(seeded.anyLong())),
              seeded.random.nextInt(-40, 40));

      StoredRow row = sqlite.stored("t", values.toColumn(value));

      assertThat(read(BigDecimal.class, row)).as(seeded.toString()).isEqualTo(value);
    }
  }

  @Test
  void currentTimestamp_asInstantAndLocalDateTime_isUtc() throws SQLException {
    StoredRow now = sqlite.row("SELECT CURRENT_TIMESTAMP");
    StoredRow millis = sqlite.row("SELECT strftime('%Y-%m-%d %H:%M:%f', 0, 'unixepoch')");

    assertThat(read(Instant.class, now))
        .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(1));
    assertThat(read(Instant.class, millis)).isEqualTo(Instant.EPOCH);
    assertThat(read(LocalDateTime.class, millis))
        .isEqualTo(LocalDateTime.parse("1970-01-01T00:00"));
    assertThat(read(LocalDate.class, sqlite.row("SELECT date(0, 'unixepoch')")))
        .isEqualTo(LocalDate.EPOCH);
    assertThat(read(LocalTime.class, sqlite.row("SELECT time(0, 'unixepoch')")))
        .isEqualTo(LocalTime.MIDNIGHT);
  }

  @Test
  void instants_sortedBySqlite_areInTheOrderOfTime() throws SQLException {
    Seeded seeded = new Seeded();
    List<Instant> instants = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      instants.add(anyInstant(seeded));
      instants.add(instants.get(i).plusNanos(seeded.random.nextInt(2_000_000_000)));
    }
    instants.removeIf(each -> each.isAfter(Instant.parse("9999-12-31T23:59:59.999999999Z")));
    for (Instant each : instants) {
      sqlite.execute("INSERT INTO t(t) VALUES('" + values.toColumn(each) + "')");
    }

    String sorted = sqlite.text("SELECT group_concat(t) FROM (SELECT t FROM t ORDER BY t)");

    assertThat(Stream.of(sorted.split(",")).map(Instant::parse))
        .as(seeded.toString())
        .containsExactlyElementsOf(instants.stream().sorted().toList());
  }

  private static Instant anyInstant(Seeded seeded) {
    long first = Instant.parse("0000-01-01T00:00:00Z").getEpochSecond();
    long last = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();
    int nanos = seeded.random.nextInt(1_000_000_000);
    int cut = (int) Math.pow(10, seeded.random.nextInt(10));
    return Instant.ofEpochSecond(seeded.random.nextLong(first, last + 1), nanos / cut * cut);
  }

  private <T> T read(Class<T> type, StoredRow row) {
    return values.reader(type, List.of("x")).read(row);
  }
}
