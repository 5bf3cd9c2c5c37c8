package dev.dosql.internal.values;

import dev.dosql.Converter;
import dev.dosql.ParameterException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Java values as SQLite stores them, by the table of this package.
 *
 * <p>Immutable; safe for use by many threads.
 */
final class ToColumn {
  private static final Map<Class<?>, Function<Object, Object>> TABLE = table();

  private final Converters converters;

  /** Uses converters for types that the table does not have. */
  ToColumn(Converters converters) {
    this.converters = converters;
  }

  private static Map<Class<?>, Function<Object, Object>> table() {
    Map<Class<?>, Function<Object, Object>> table = new HashMap<>();
    numbers(table);
    times(table);
    put(table, Boolean.class, value -> value ? 1L : 0L);
    put(table, String.class, value -> text(value, value));
    put(table, Character.class, value -> text(value.toString(), value));
    put(table, byte[].class, value -> value);
    put(table, UUID.class, UUID::toString);
    return Map.copyOf(table);
  }

  private static void numbers(Map<Class<?>, Function<Object, Object>> table) {
    put(table, Byte.class, Byte::longValue);
    put(table, Short.class, Short::longValue);
    put(table, Integer.class, Integer::longValue);
    put(table, Long.class, value -> value);
    put(table, Float.class, value -> real(value.doubleValue(), value));
    put(table, Double.class, value -> real(value, value));
    put(table, BigDecimal.class, BigDecimal::toString);
    put(table, BigInteger.class, ToColumn::integer);
  }

  private static void times(Map<Class<?>, Function<Object, Object>> table) {
    put(table, Instant.class, Times::text);
    put(table, OffsetDateTime.class, Times::text);
    put(table, LocalDateTime.class, Times::text);
    put(table, LocalDate.class, Times::text);
    put(table, LocalTime.class, Times::text);
    put(table, Duration.class, Duration::toString);
  }

  @SuppressWarnings("unchecked") // found by the class of the value
  private static <T> void put(
      Map<Class<?>, Function<Object, Object>> table, Class<T> type, Function<T, Object> store) {
    table.put(type, (Function<Object, Object>) store);
  }

  /** Whether the table says how values of a type are stored; enums aside. */
  static boolean inTable(Class<?> type) {
    return type == Optional.class || TABLE.containsKey(type);
  }

  /** See {@link Values#toColumn}. */
  @Nullable Object apply(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    Function<Object, Object> store = TABLE.get(value.getClass());
    return store != null ? stored(store, value) : untabled(value);
  }

  private static Object stored(Function<Object, Object> store, Object value) {
    try {
      return store.apply(value);
    } catch (DateTimeException e) {
      throw refused("a year outside 0000 to 9999 would not sort as text", value);
    }
  }

  private @Nullable Object untabled(Object value) {
    if (value instanceof Optional<?> optional) {
      return apply(optional.orElse(null));
    }
    if (value instanceof Enum<?> constant) {
      return constant.name();
    }
    Converter<Object> converter = converters.forValue(value);
    if (converter != null) {
      return converted(converter, value);
    }
    throw refused(advice(value), value);
  }

  private static @Nullable Object converted(Converter<Object> converter, Object value) {
    Object column = convert(converter, value);
    if (column == null) {
      return null;
    }
    if (column instanceof Long
        || column instanceof Integer
        || column instanceof Double
        || column instanceof String
        || column instanceof byte[]) {
      return stored(TABLE.get(column.getClass()), column);
    }
    throw refused(
        "its converter must give a Long, Integer, Double, String, byte[] or null, not a "
            + column.getClass().getTypeName(),
        value);
  }

  private static @Nullable Object convert(Converter<Object> converter, Object value) {
    try {
      return converter.toColumn(value);
    } catch (RuntimeException e) {
      throw new ParameterException(message("its converter failed", value), e);
    }
  }

  private static String advice(Object value) {
    if (value instanceof Collection || value.getClass().isArray()) {
      return "it is many values; write IN (:ids) for a list, or spread them over the parameters";
    }
    return "needed a type of the value table, or a Converter in DBOptions";
  }

  private static Object real(double real, Object value) {
    if (Double.isNaN(real)) {
      throw refused("SQLite has no NaN and would store NULL", value);
    }
    return real;
  }

  private static Object integer(BigInteger value) {
    if (value.bitLength() > 63) {
      throw refused("SQLite's integers have 64 bits; a BigDecimal is stored as text", value);
    }
    return value.longValue();
  }

  private static Object text(String text, Object value) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        requirePaired(text, i, value);
        return text;
      }
    }
    return text;
  }

  private static void requirePaired(String text, int from, Object value) {
    for (int i = from; i < text.length(); i++) {
      int point = text.codePointAt(i);
      if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
        throw refused("an unpaired surrogate has no form in UTF-8", value);
      }
      i += Character.charCount(point) - 1;
    }
  }

  private static ParameterException refused(String why, Object value) {
    return new ParameterException(message(why, value));
  }

  private static String message(String why, Object value) {
    return "cannot store a value: " + why + " (type=" + value.getClass().getTypeName() + ")";
  }
}
