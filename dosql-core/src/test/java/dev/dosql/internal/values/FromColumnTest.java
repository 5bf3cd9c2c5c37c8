package dev.dosql.internal.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.MappingException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FromColumnTest {
  private static final BigDecimal MIN = BigDecimal.valueOf(Long.MIN_VALUE);
  private static final BigDecimal MAX = BigDecimal.valueOf(Long.MAX_VALUE);

  private final Values values = new Values(List.of(), null);

  @Test
  void long_asSmallerInteger_isExactOrRefused() {
    Seeded seeded = new Seeded();
    for (int i = 0; i < 20_000; i++) {
      long value = seeded.anyLong();
      assertExact(seeded, byte.class, value, (byte) value, (byte) value == value);
      assertExact(seeded, short.class, value, (short) value, (short) value == value);
      assertExact(seeded, int.class, value, (int) value, (int) value == value);
      assertExact(seeded, long.class, value, value, true);
    }
  }

  @Test
  void long_asFloatingPoint_isExactOrRefused() {
    Seeded seeded = new Seeded();
    for (int i = 0; i < 20_000; i++) {
      long value = seeded.anyLong();
      assertExact(seeded, double.class, value, (double) value, isExactly(value, (double) value));
      assertExact(seeded, float.class, value, (float) value, isExactly(value, (float) value));
    }
  }

  private static boolean isExactly(long value, double real) {
    return new BigDecimal(real).compareTo(BigDecimal.valueOf(value)) == 0;
  }

  @Test
  void double_asInteger_isExactOrRefused() {
    Seeded seeded = new Seeded();
    for (int i = 0; i < 20_000; i++) {
      double value = seeded.anyDouble();
      assertExact(seeded, long.class, value, (long) value, isWholeWithin(value, MIN, MAX));
      assertExact(
          seeded,
          int.class,
          value,
          (int) value,
          isWholeWithin(
              value, BigDecimal.valueOf(Integer.MIN_VALUE), BigDecimal.valueOf(Integer.MAX_VALUE)));
    }
  }

  private static boolean isWholeWithin(double value, BigDecimal min, BigDecimal max) {
    if (Double.isInfinite(value)) {
      return false;
    }
    BigDecimal exact = new BigDecimal(value);
    return exact.stripTrailingZeros().scale() <= 0
        && exact.compareTo(min) >= 0
        && exact.compareTo(max) <= 0;
  }

  @Test
  void double_asFloat_isExactOrRefused() {
    Seeded seeded = new Seeded();
    for (int i = 0; i < 20_000; i++) {
      double value = seeded.anyDouble();
      assertExact(seeded, float.class, value, (float) value, (float) value == value);
      assertExact(seeded, double.class, value, value, true);
    }
  }

  private void assertExact(
      Seeded seeded, Class<?> target, Object stored, Object expected, boolean exact) {
    String about = seeded + " " + stored + " as " + target;
    Object read;
    try {
      read = read(target, stored);
    } catch (MappingException e) {
      assertThat(exact).as(about).isFalse();
      return;
    }
    assertThat(exact).as(about).isTrue();
    assertThat(read).as(about).isEqualTo(expected);
  }

  @Test
  void numbers_atTheEdges_areExactOrRefused() {
    assertThat(read(double.class, 1L << 53)).isEqualTo(0x1p53);
    assertThat(read(double.class, Long.MIN_VALUE)).isEqualTo(-0x1p63);
    assertThat(read(long.class, -0x1p63)).isEqualTo(Long.MIN_VALUE);
    assertThat(read(float.class, Double.NEGATIVE_INFINITY)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertUnfit(double.class, (1L << 53) + 1);
    assertUnfit(double.class, Long.MAX_VALUE);
    assertUnfit(float.class, Long.MAX_VALUE);
    assertUnfit(long.class, 0x1p63);
    assertUnfit(long.class, Double.POSITIVE_INFINITY);
    assertUnfit(Integer.class, 1L << 31);
    assertUnfit(float.class, 0.1);
    assertUnfit(float.class, 1e300);
  }

  @Test
  void boxes_readAsTheirPrimitivesOrNull() {
    assertThat(read(Boolean.class, 1L)).isTrue();
    assertThat(read(Byte.class, 1L)).isEqualTo((byte) 1);
    assertThat(read(Short.class, 1L)).isEqualTo((short) 1);
    assertThat(read(Integer.class, 1L)).isEqualTo(1);
    assertThat(read(Long.class, 1.0)).isEqualTo(1L);
    assertThat(read(Float.class, 1L)).isEqualTo(1f);
    assertThat(read(Double.class, 1L)).isEqualTo(1d);
    assertThat(read(Character.class, "c")).isEqualTo('c');
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        boolean.class,
        byte.class,
        short.class,
        int.class,
        long.class,
        float.class,
        double.class,
        char.class
      })
  void null_forAPrimitive_isRefused(Class<?> type) {
    assertUnfit(type, null).withMessageContaining("stored=NULL");
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        Boolean.class,
        Byte.class,
        Short.class,
        Integer.class,
        Long.class,
        Float.class,
        Double.class,
        Character.class,
        String.class,
        byte[].class,
        BigDecimal.class,
        BigInteger.class,
        UUID.class,
        Instant.class,
        OffsetDateTime.class,
        LocalDateTime.class,
        LocalDate.class,
        LocalTime.class,
        Duration.class,
        DayOfWeek.class,
        Object.class
      })
  void null_forAReference_isNull(Class<?> type) {
    assertThat(read(type, null)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        boolean.class,
        Byte.class,
        short.class,
        Integer.class,
        long.class,
        Float.class,
        double.class,
        BigInteger.class
      })
  void text_forANumber_isNotParsed(Class<?> type) {
    assertUnfit(type, "1").withMessageContaining("stored=TEXT");
    assertUnfit(type, new byte[] {'1'}).withMessageContaining("stored=BLOB");
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        String.class, char.class, UUID.class, Instant.class, OffsetDateTime.class,
        LocalDateTime.class, LocalDate.class, LocalTime.class, Duration.class, DayOfWeek.class
      })
  void number_forAText_isNotFormatted(Class<?> type) {
    assertUnfit(type, 1L).withMessageContaining("stored=INTEGER");
    assertUnfit(type, 1.5).withMessageContaining("stored=REAL");
    assertUnfit(type, new byte[] {'1'}).withMessageContaining("stored=BLOB");
  }

  @Test
  void boolean_isZeroOrOne() {
    assertThat(read(boolean.class, 0L)).isFalse();
    assertUnfit(boolean.class, 2L);
    assertUnfit(boolean.class, -1L);
    assertUnfit(Boolean.class, 1.0);
  }

  @Test
  void bytes_areOfABlobAlone() {
    assertThat(read(byte[].class, new byte[] {1})).isEqualTo(new byte[] {1});
    assertUnfit(byte[].class, "x").withMessageContaining("target=byte[]");
    assertUnfit(byte[].class, 1L);
  }

  @Test
  void object_isSqlitesOwn() {
    assertThat(read(Object.class, 1L)).isEqualTo(1L);
    assertThat(read(Object.class, 1.5)).isEqualTo(1.5);
    assertThat(read(Object.class, "x")).isEqualTo("x");
    assertThat(read(Object.class, new byte[] {1})).isEqualTo(new byte[] {1});
  }

  @Test
  void bigDecimal_isOfTextOrInteger() {
    assertThat(read(BigDecimal.class, 7L)).isEqualTo(new BigDecimal("7"));
    assertThat(read(BigDecimal.class, "-0.10")).isEqualTo(new BigDecimal("-0.10"));
    assertUnfit(BigDecimal.class, 0.5).withMessageContaining("affinity");
    assertUnfit(BigDecimal.class, "secret").withMessageNotContaining("secret").withNoCause();
    assertUnfit(BigDecimal.class, new byte[0]);
  }

  @Test
  void bigInteger_isOfAWholeNumber() {
    assertThat(read(BigInteger.class, -0x1p63)).isEqualTo(BigInteger.valueOf(Long.MIN_VALUE));
    assertUnfit(BigInteger.class, 0.5);
  }

  @Test
  void char_isATextOfOne() {
    assertUnfit(char.class, "");
    assertUnfit(char.class, "ab");
    assertUnfit(char.class, "🎈");
  }

  @Test
  void enum_byExactName() {
    assertThat(read(DayOfWeek.class, "MONDAY")).isEqualTo(DayOfWeek.MONDAY);
    assertUnfit(DayOfWeek.class, "monday").withMessageNotContaining("monday").withNoCause();
    assertUnfit(DayOfWeek.class, "SECRET").withMessageNotContaining("SECRET");
  }

  @Test
  void uuid_inEitherCaseButWhole() {
    String text = "0a0b0c0d-0000-4000-8000-00000000abcd";

    assertThat(read(UUID.class, text)).isEqualTo(UUID.fromString(text));
    assertThat(read(UUID.class, text.toUpperCase(java.util.Locale.ROOT)))
        .isEqualTo(UUID.fromString(text));
    assertUnfit(UUID.class, "1-1-1-1-1").withNoCause();
    assertUnfit(UUID.class, "1" + text);
    assertUnfit(UUID.class, "");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-11-22T15:27:54.279000000Z",
        "2026-11-22T15:27:54.279Z",
        "2026-11-22 15:27:54.279",
        "2026-11-22 15:27:54.279Z",
        "2026-11-22T16:27:54.279+01:00",
        "2026-11-22T10:57:54.27900-04:30"
      })
  void instant_inEveryFormOfOneMoment_isThatMoment(String text) {
    Instant moment = Instant.parse("2026-11-22T15:27:54.279Z");

    assertThat(read(Instant.class, text)).isEqualTo(moment);
    assertThat(read(OffsetDateTime.class, text).toInstant()).isEqualTo(moment);
  }

  @Test
  void times_withFewerDigits_areRead() {
    assertThat(read(Instant.class, "2026-11-22 15:27")).isEqualTo("2026-11-22T15:27:00Z");
    assertThat(read(OffsetDateTime.class, "2026-11-22T15:27+02:00"))
        .isEqualTo(OffsetDateTime.parse("2026-11-22T15:27+02:00"));
    assertThat(read(LocalDateTime.class, "2026-11-22 15:27:01.5"))
        .isEqualTo("2026-11-22T15:27:01.500");
    assertThat(read(LocalTime.class, "15:27")).isEqualTo("15:27");
    assertThat(read(Duration.class, "PT1.5S")).isEqualTo(Duration.ofMillis(1500));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "now",
        "2026-11-22",
        "2026-11-22T15:27:54",
        "2026-11-22T15:27:54z",
        "2026-11-22T15:27:54.Z",
        "2026-11-22T15:27:54.1234567890Z",
        "2026-02-30T15:27:54Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T15:27:60Z",
        "2026-11-22_15:27:54",
        "12026-11-22T15:27:54Z",
        "-026-11-22T15:27:54Z",
        "2026-11-22T15:27:54Zz",
        "2026-11-22T15:27:54 Z",
        "2026-11-22T15:27:54+99:00",
        "٢٠٢٦-11-22T15:27:54Z"
      })
  void instant_ofAnythingElse_isRefusedWithoutTheText(String text) {
    assertUnfit(Instant.class, text).withNoCause();
    assertUnfit(OffsetDateTime.class, text).withNoCause();
  }

  @Test
  void localTimes_withAnOffsetOrMoreThanTheirs_areRefused() {
    assertUnfit(LocalDateTime.class, "2026-11-22T15:27:54Z");
    assertUnfit(LocalDateTime.class, "2026-11-22 15:27:54+01:00");
    assertUnfit(LocalDateTime.class, "2026-11-22");
    assertUnfit(LocalDate.class, "2026-11-22 00:00:00");
    assertUnfit(LocalDate.class, "2026-1-2");
    assertUnfit(LocalTime.class, "15:27:54Z");
    assertUnfit(LocalTime.class, "2026-11-22 15:27:54");
    assertUnfit(Duration.class, "1 hour").withNoCause();
    assertUnfit(Duration.class, "PT99999999999999999999S");
  }

  @Test
  void times_atRandom_readAsTheyWereStored() {
    Seeded seeded = new Seeded();
    for (int i = 0; i < 2_000; i++) {
      LocalDateTime time =
          LocalDateTime.ofEpochSecond(
              seeded.random.nextLong(-60_000_000_000L, 250_000_000_000L),
              seeded.random.nextInt(1_000_000_000),
              java.time.ZoneOffset.UTC);
      int seconds = seeded.random.nextInt(-64_800, 64_801);
      java.time.ZoneOffset offset = java.time.ZoneOffset.ofTotalSeconds(seconds);

      assertRoundTrip(seeded, time);
      assertRoundTrip(seeded, time.toLocalDate());
      assertRoundTrip(seeded, time.toLocalTime());
      assertRoundTrip(seeded, time.toInstant(java.time.ZoneOffset.UTC));
      assertRoundTrip(seeded, time.atOffset(offset));
      assertRoundTrip(seeded, Duration.ofSeconds(seeded.anyLong(), seeded.random.nextInt(999)));
    }
  }

  private void assertRoundTrip(Seeded seeded, Object value) {
    Object stored = values.toColumn(value);

    assertThat(read(value.getClass(), stored)).as(seeded.toString()).isEqualTo(value);
  }

  private ThrowableAssertAlternative<MappingException> assertUnfit(Class<?> type, Object stored) {
    return assertThatExceptionOfType(MappingException.class)
        .as("%s as %s", stored, type)
        .isThrownBy(() -> read(type, stored))
        .withMessageContaining("column=amount")
        .withMessageContaining("target=" + type.getTypeName());
  }

  private <T> T read(Class<T> type, Object stored) {
    return values.reader(type, List.of("amount")).read(StoredRow.of(new Object[] {stored}));
  }
}
