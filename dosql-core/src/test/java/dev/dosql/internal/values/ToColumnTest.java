package dev.dosql.internal.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.Converter;
import dev.dosql.ParameterException;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ToColumnTest {
  private final Values values = new Values(List.of(), null);

  interface Shape {}

  interface Round extends Shape {}

  record Circle(int radius) implements Round {}

  enum Bodied implements Shape {
    ONE {}
  }

  @Test
  void optional_present_isItsValue() {
    assertThat(values.toColumn(Optional.of(7))).isEqualTo(7L);
    assertThat(values.toColumn(Optional.of(Optional.of("x")))).isEqualTo("x");
  }

  @Test
  void enumConstantWithABody_isItsName() {
    assertThat(values.toColumn(Bodied.ONE)).isEqualTo("ONE");
  }

  @Test
  void bytes_areNotCopied() {
    byte[] bytes = {1};

    assertThat(values.toColumn(bytes)).isSameAs(bytes);
  }

  @Test
  void nan_isRefused() {
    assertRefused(Double.NaN).withMessageContainingAll("NaN", "java.lang.Double");
    assertRefused(Float.NaN).withMessageContainingAll("NaN", "java.lang.Float");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\ud83c", "secret \ud83c", "\udf88\ud83c", "🎈\udf88", "\ud83c🎈", "🎈🎈\ud83cx"})
  void unpairedSurrogate_isRefusedWithoutTheValue(String text) {
    assertRefused(text).withMessageContaining("surrogate").withMessageNotContaining("secret");
  }

  @Test
  void surrogateChar_isRefused() {
    assertRefused('\ud83c').withMessageContaining("surrogate");
  }

  @Test
  void pairedSurrogates_areStored() {
    assertThat(values.toColumn("a🎈🎈b🎈")).isEqualTo("a🎈🎈b🎈");
  }

  @Test
  void strings_atRandom_areStoredJustIfUtf8KeepsThem() {
    Seeded seeded = new Seeded();
    char[] alphabet = {'a', 'ß', '\ud83c', '\udf88', '\0'};
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = seeded.random.nextInt(6); length > 0; length--) {
        text.append(alphabet[seeded.random.nextInt(alphabet.length)]);
      }
      boolean kept = java.nio.charset.StandardCharsets.UTF_16.newEncoder().canEncode(text);

      assertThat(isStored(text.toString())).as(seeded + " " + i).isEqualTo(kept);
    }
  }

  private boolean isStored(String text) {
    try {
      return text.equals(values.toColumn(text));
    } catch (ParameterException e) {
      return false;
    }
  }

  @Test
  void bigInteger_beyond64Bits_isRefused() {
    BigInteger max = BigInteger.valueOf(Long.MAX_VALUE);

    assertThat(values.toColumn(max)).isEqualTo(Long.MAX_VALUE);
    assertRefused(max.add(BigInteger.ONE)).withMessageContaining("64 bits");
    assertRefused(BigInteger.valueOf(Long.MIN_VALUE).subtract(BigInteger.ONE));
  }

  @Test
  void year_outsideFourDigits_isRefused() {
    assertThat(values.toColumn(Instant.parse("0000-01-01T00:00:00Z")))
        .isEqualTo("0000-01-01T00:00:00.000000000Z");
    assertRefused(Instant.parse("+10000-01-01T00:00:00Z")).withMessageContaining("9999");
    assertRefused(Instant.parse("0000-01-01T00:00:00Z").minusNanos(1));
    assertRefused(Instant.MAX);
    assertRefused(LocalDate.of(10_000, 1, 1)).withMessageContaining("java.time.LocalDate");
    assertRefused(LocalDateTime.of(-1, 1, 1, 0, 0));
    assertRefused(OffsetDateTime.MIN);
  }

  @Test
  void manyValues_areRefusedWithAdvice() {
    for (Object many :
        List.of(List.of(1), Set.of("secret"), new int[] {1}, new String[] {"secret"})) {
      assertRefused(many).withMessageContaining("IN (:ids)").withMessageContaining("spread");
    }
  }

  @Test
  void otherType_isRefusedByNameWithoutTheValue() {
    assertRefused(new StringBuilder("secret"))
        .withMessageContainingAll("Converter", "java.lang.StringBuilder")
        .withMessageNotContaining("secret");
    assertRefused(new Date(0));
    assertRefused(Map.of());
    assertRefused(new Circle(1));
  }

  @Test
  void converter_ofAnInterface_storesItsImplementations() {
    Values values = with(converter(Shape.class, shape -> "shape"));

    assertThat(values.toColumn(new Circle(1))).isEqualTo("shape");
    assertThat(values.toColumn(Optional.of(new Circle(1)))).isEqualTo("shape");
    assertThat(values.toColumn(Bodied.ONE)).as("the table goes first").isEqualTo("ONE");
  }

  @Test
  void converter_ofSeveral_isTheMostSpecial() {
    Converter<?> shape = converter(Shape.class, value -> "shape");
    Converter<?> round = converter(Round.class, value -> "round");
    Converter<?> circle = converter(Circle.class, value -> "circle");

    assertThat(with(shape, round).toColumn(new Circle(1))).isEqualTo("round");
    assertThat(with(round, shape).toColumn(new Circle(1))).isEqualTo("round");
    assertThat(with(shape, circle, round).toColumn(new Circle(1))).isEqualTo("circle");
  }

  @Test
  void converter_ofArraysAndCollections_goesBeforeTheAdvice() {
    assertThat(with(converter(float[].class, value -> new byte[4])).toColumn(new float[1]))
        .isEqualTo(new byte[4]);
    assertThat(with(converter(List.class, value -> "[]")).toColumn(List.of())).isEqualTo("[]");
  }

  @Test
  void converterResult_isCheckedAsAnyValue() {
    assertThat(with(converter(Circle.class, Circle::radius)).toColumn(new Circle(5))).isEqualTo(5L);
    assertThat(with(converter(Circle.class, value -> null)).toColumn(new Circle(5))).isNull();
    for (Object bad : List.of(Double.NaN, "\ud83c", 'c', true, 1.5f, Optional.of(1), new Date())) {
      Values values = with(converter(Circle.class, value -> bad));
      assertThatExceptionOfType(ParameterException.class)
          .isThrownBy(() -> values.toColumn(new Circle(5)));
    }
  }

  @Test
  void converterThatFails_isNamedByItsType() {
    RuntimeException cause = new IllegalStateException("x");
    Values values =
        with(
            converter(
                Circle.class,
                value -> {
                  throw cause;
                }));

    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> values.toColumn(new Circle(5)))
        .withMessageContaining(Circle.class.getTypeName())
        .withCause(cause);
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        int.class,
        Long.class,
        String.class,
        byte[].class,
        Instant.class,
        Optional.class,
        TimeUnit.class,
        Enum.class,
        Object.class,
        java.math.BigDecimal.class,
        char.class
      })
  void converter_forATypeOfTheTable_isRefused(Class<?> type) {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> with(converter(type, value -> null)))
        .withMessageContaining(type.getTypeName());
  }

  @Test
  void converters_twoForOneType_areRefused() {
    Converter<?> one = converter(Circle.class, value -> null);

    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> with(one, one))
        .withMessageContaining("Circle");
  }

  private ThrowableAssertAlternative<ParameterException> assertRefused(Object value) {
    return assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> values.toColumn(value))
        .withMessageContaining("type=" + value.getClass().getTypeName());
  }

  private static Values with(Converter<?>... converters) {
    return new Values(List.of(converters), null);
  }

  private static <T> Converter<T> converter(Class<T> type, Function<T, Object> store) {
    return new Converter<>() {
      @Override
      public Class<T> type() {
        return type;
      }

      @Override
      public Object toColumn(T value) {
        return store.apply(value);
      }

      @Override
      public T fromColumn(Object column) {
        throw new UnsupportedOperationException();
      }
    };
  }
}
