package dev.dosql.outside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.Converter;
import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.LimitExceededException;
import dev.dosql.MappingException;
import dev.dosql.Once;
import dev.dosql.ParameterException;
import dev.dosql.Row;
import dev.dosql.junit.DoSqlExtension;
import java.lang.invoke.MethodHandles;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a replay returns: what was returned first, for every type that can be kept. */
class OnceValuesTest {
  @RegisterExtension
  static final DoSqlExtension dosql =
      DoSqlExtension.with(
          DBOptions.builder()
              .lookup(MethodHandles.lookup())
              .converter(new CurrencyConverter())
              .build());

  /** Written to by work that must be undone. */
  private final DB db;

  OnceValuesTest(DB db) {
    this.db = db;
    db.exec("CREATE TABLE t (x)");
  }

  record Currency(String code) {}

  private static final class CurrencyConverter implements Converter<Currency> {
    @Override
    public Class<Currency> type() {
      return Currency.class;
    }

    @Override
    public Object toColumn(Currency value) {
      return value.code();
    }

    @Override
    public Currency fromColumn(Object column) {
      return new Currency((String) column);
    }
  }

  enum Level {
    LOW,
    HIGH {
      @Override
      public String toString() {
        return "very high";
      }
    }
  }

  record Empty() {}

  record Everything(
      boolean a,
      byte b,
      short c,
      int d,
      long e,
      float f,
      double g,
      char h,
      Boolean boxed,
      Integer none,
      String text,
      UUID id,
      Instant at,
      OffsetDateTime offset,
      BigDecimal price,
      BigInteger big,
      Level level,
      Duration took,
      Optional<String> present,
      Optional<Long> absent,
      Currency currency,
      LocalDate snake_case) {}

  private record Hidden(long id, String name) {}

  public static final class Bean {
    public long open;
    private String name;
    private boolean done;

    public String getName() {
      return name;
    }

    public void setName(String name) {
      this.name = name;
    }

    public boolean isDone() {
      return done;
    }

    public Bean setDone(boolean done) {
      this.done = done;
      return this;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Bean bean
          && open == bean.open
          && done == bean.done
          && name.equals(bean.name);
    }

    @Override
    public int hashCode() {
      return name.hashCode();
    }
  }

  static Stream<Object> values() {
    Bean bean = new Bean();
    bean.open = Long.MIN_VALUE;
    bean.setName("n");
    bean.setDone(true);
    OffsetDateTime offset =
        OffsetDateTime.of(9999, 12, 31, 23, 59, 59, 999_999_999, ZoneOffset.ofHours(-18));
    return Stream.of(
        true,
        false,
        Byte.MIN_VALUE,
        Short.MAX_VALUE,
        Integer.MIN_VALUE,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        0L,
        Float.MIN_VALUE,
        Float.NEGATIVE_INFINITY,
        -0.0f,
        0.1,
        -0.0,
        Double.MAX_VALUE,
        Double.POSITIVE_INFINITY,
        'é',
        '\0',
        "",
        "a\0b 😀 é",
        "x".repeat(100_000),
        new byte[0],
        new byte[] {0, -1, 127},
        UUID.fromString("01234567-89ab-cdef-0123-456789abcdef"),
        Instant.EPOCH,
        Instant.parse("2026-11-22T15:27:54.000000001Z"),
        offset,
        LocalDateTime.parse("0000-01-01T00:00:00"),
        LocalDate.parse("2026-02-28"),
        LocalTime.MAX,
        Duration.ofSeconds(-5, 7),
        new BigDecimal("10.00"),
        new BigDecimal("1E+400"),
        new BigDecimal("-0.000000000000000000000000000000000000001"),
        BigInteger.valueOf(Long.MIN_VALUE),
        TimeUnit.NANOSECONDS,
        DayOfWeek.MONDAY,
        Level.LOW,
        Level.HIGH,
        new Currency("EUR"),
        new Empty(),
        new Hidden(1, null),
        bean,
        new Everything(
            true,
            (byte) -1,
            (short) 2,
            3,
            4,
            5.5f,
            -0.0,
            'c',
            null,
            null,
            "",
            UUID.randomUUID(),
            Instant.MAX.isAfter(Instant.EPOCH) ? Instant.EPOCH : null,
            offset,
            new BigDecimal("0.10"),
            BigInteger.TEN.negate(),
            Level.HIGH,
            Duration.ZERO,
            Optional.of(""),
            Optional.empty(),
            new Currency("CHF"),
            LocalDate.EPOCH));
  }

  @ParameterizedTest
  @MethodSource("values")
  void value_ofEachKind_isTheSameForEveryCall(Object value) {
    assertReplayed(declaring(value), value);
    assertReplayed(declaring(value), null);
  }

  private static Class<?> declaring(Object value) {
    return value instanceof Enum<?> constant ? constant.getDeclaringClass() : value.getClass();
  }

  private <T> void assertReplayed(Class<T> type, Object value) {
    String key = "key of " + (value == null ? "null" : "value");
    Once<T> first = db.once(key, type, tx -> type.cast(value));
    Once<T> second =
        db.once(
            key,
            type,
            tx -> {
              throw new AssertionError("ran again");
            });

    assertThat(first.replayed()).isFalse();
    assertThat(second.replayed()).isTrue();
    assertThat(first.value()).isEqualTo(value);
    assertThat(second.value()).isEqualTo(value);
  }

  @Test
  void nothing_isKeptOfWorkThatReturnsNone() {
    Once<Void> first =
        db.once(
            "a",
            Void.class,
            tx -> {
              tx.run("INSERT INTO t VALUES (1)");
              return null;
            });

    assertThat(first).isEqualTo(new Once<>(null, false));
    assertThat(db.once("a", void.class, tx -> null)).isEqualTo(new Once<>(null, true));
    assertThat(db.query("SELECT * FROM t")).hasSize(1);
  }

  record Anything(Object value) {}

  record MaybeAnything(Optional<Object> value) {}

  record Nested(long id, Hidden inner) {}

  record Listed(List<String> all) {}

  record Twice(int ab, int AB) {}

  record Generic<T>(T value) {}

  public static class WriteOnly {
    public void setName(String name) {}
  }

  public static class OtherGetter {
    public Optional<String> getName() {
      return Optional.empty();
    }

    public void setName(String name) {}
  }

  public static class NoConstructor {
    public long x;

    public NoConstructor(long x) {
      this.x = x;
    }
  }

  static List<Class<?>> unkeepable() {
    return List.of(
        Object.class,
        List.class,
        ArrayList.class,
        Map.class,
        Collection.class,
        Optional.class,
        Row.class,
        Number.class,
        CharSequence.class,
        Enum.class,
        int[].class,
        String[].class,
        Class.class,
        Thread.class,
        Anything.class,
        MaybeAnything.class,
        Nested.class,
        Listed.class,
        Twice.class,
        Generic.class,
        WriteOnly.class,
        OtherGetter.class,
        NoConstructor.class);
  }

  @ParameterizedTest
  @MethodSource("unkeepable")
  void type_thatCannotBeReadBack_isRefusedBeforeTheWorkRuns(Class<?> type) {
    assertThatThrownBy(
            () ->
                db.once(
                    "a",
                    type,
                    tx -> {
                      throw new AssertionError("ran");
                    }))
        .isInstanceOf(MappingException.class)
        .hasMessageContaining(type.getTypeName());
  }

  /** The compiler does not see every wrong type. */
  @SuppressWarnings("unchecked")
  private static <T> Class<T> claim(Class<?> type) {
    return (Class<T>) type;
  }

  public static class Below extends WholeBean {
    public long more;
  }

  public static class WholeBean {
    public long x;
  }

  @Test
  void value_ofAnotherTypeThanSaid_isAnErrorAndUndoesTheWork() {
    Map<Class<?>, Object> wrong =
        Map.of(
            Integer.class,
            1L,
            String.class,
            'c',
            Void.class,
            "",
            Level.class,
            TimeUnit.DAYS,
            Hidden.class,
            new Empty(),
            WholeBean.class,
            new Below());
    wrong.forEach(
        (type, value) -> assertUndone(claim(type), value, MappingException.class, "another type"));
  }

  @Test
  void value_thatCannotBeStoredExactly_isAnErrorAndUndoesTheWork() {
    assertUndone(Double.class, Double.NaN, ParameterException.class, "NaN");
    assertUndone(String.class, "\ud800", ParameterException.class, "surrogate");
    assertUndone(Instant.class, Instant.MAX, ParameterException.class, "year");
    assertUndone(Hidden.class, new Hidden(1, "\ud800"), ParameterException.class, "surrogate");
    assertUndone(
        byte[].class, new byte[1 << 20], LimitExceededException.class, "at most 1048576 allowed");
  }

  record Picky(int x) {
    private static boolean refuses;

    Picky {
      if (refuses) {
        throw new IllegalArgumentException("no more");
      }
    }
  }

  @Test
  void value_whoseClassDoesNotTakeItBack_isItsErrorAndUndoesTheWork() {
    Picky value = new Picky(1);
    Picky.refuses = true;
    try {
      assertUndone(Picky.class, value, IllegalArgumentException.class, "no more");
    } finally {
      Picky.refuses = false;
    }
  }

  private <T> void assertUndone(
      Class<T> type, Object value, Class<? extends Exception> error, String message) {
    @SuppressWarnings("unchecked") // wrong on purpose
    T returned = (T) value;
    assertThatThrownBy(
            () ->
                db.once(
                    "a",
                    type,
                    tx -> {
                      tx.run("INSERT INTO t VALUES (1)");
                      return returned;
                    }))
        .isInstanceOf(error)
        .hasMessageContaining(message);
    assertThat(db.query("SELECT * FROM t")).isEmpty();
    assertThat(db.query("SELECT * FROM sqlite_schema WHERE name LIKE '%once%'")).isEmpty();
  }
}
