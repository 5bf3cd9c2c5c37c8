package dev.dosql.internal.values;

import static dev.dosql.internal.values.Columns.BLOB;
import static dev.dosql.internal.values.Columns.INTEGER;
import static dev.dosql.internal.values.Columns.NULL;
import static dev.dosql.internal.values.Columns.REAL;
import static dev.dosql.internal.values.Columns.TEXT;
import static java.lang.invoke.MethodType.methodType;

import dev.dosql.Converter;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * SQLite's values as Java values, by the table of this package.
 *
 * <p>One method {@code (Columns, Slot)} for each type, and method handles of them to be composed:
 * so a primitive is never boxed, and a column's type is asked for once. It is one big file because
 * it is one table.
 */
final class FromColumn {
  private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
  private static final Map<Class<?>, MethodHandle> TABLE = table();
  private static final MethodHandle ENUM =
      find("toEnum", methodType(Object.class, Class.class, Columns.class, Slot.class));
  private static final MethodHandle CONVERTED =
      find("converted", methodType(Object.class, Converter.class, Columns.class, Slot.class));
  private static final MethodHandle OPTIONAL =
      find("optional", methodType(Optional.class, Object.class));

  private FromColumn() {}

  private static Map<Class<?>, MethodHandle> table() {
    Map<Class<?>, MethodHandle> table = new HashMap<>();
    put(table, boolean.class, "toBoolean");
    put(table, byte.class, "toByte");
    put(table, short.class, "toShort");
    put(table, int.class, "toInt");
    put(table, long.class, "toLong");
    put(table, float.class, "toFloat");
    put(table, double.class, "toDouble");
    put(table, char.class, "toChar");
    put(table, Boolean.class, "toBooleanBox");
    put(table, Byte.class, "toByteBox");
    put(table, Short.class, "toShortBox");
    put(table, Integer.class, "toIntBox");
    put(table, Long.class, "toLongBox");
    put(table, Float.class, "toFloatBox");
    put(table, Double.class, "toDoubleBox");
    put(table, Character.class, "toCharBox");
    put(table, Object.class, "toObject");
    put(table, String.class, "toText");
    put(table, byte[].class, "toBytes");
    put(table, BigDecimal.class, "toBigDecimal");
    put(table, BigInteger.class, "toBigInteger");
    put(table, UUID.class, "toUuid");
    put(table, Instant.class, "toInstant");
    put(table, OffsetDateTime.class, "toOffsetDateTime");
    put(table, LocalDateTime.class, "toLocalDateTime");
    put(table, LocalDate.class, "toLocalDate");
    put(table, LocalTime.class, "toLocalTime");
    put(table, Duration.class, "toDuration");
    return Map.copyOf(table);
  }

  private static void put(Map<Class<?>, MethodHandle> table, Class<?> type, String method) {
    table.put(type, find(method, methodType(type, Columns.class, Slot.class)));
  }

  private static MethodHandle find(String method, MethodType type) {
    try {
      return LOOKUP.findStatic(FromColumn.class, method, type);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Whether the table says how a type is read; enums aside. */
  static boolean inTable(Class<?> type) {
    return TABLE.containsKey(type);
  }

  /**
   * The handle {@code (Columns, Slot)type} that reads a type, or null if neither the table nor a
   * converter has it.
   */
  static @Nullable MethodHandle handle(Class<?> type, Converters converters) {
    MethodHandle handle = TABLE.get(type);
    if (handle != null) {
      return handle;
    }
    if (type.isEnum()) {
      return ENUM.bindTo(type).asType(methodType(type, Columns.class, Slot.class));
    }
    Converter<?> converter = converters.of(type);
    return converter == null
        ? null
        : CONVERTED.bindTo(converter).asType(methodType(type, Columns.class, Slot.class));
  }

  /** The handle that reads an Optional of what a handle reads. */
  static MethodHandle optional(MethodHandle handle) {
    MethodHandle object = handle.asType(handle.type().changeReturnType(Object.class));
    return MethodHandles.filterReturnValue(object, OPTIONAL);
  }

  private static Optional<Object> optional(@Nullable Object value) {
    return Optional.ofNullable(value);
  }

  /** The INTEGER 0 or 1 as a truth value. */
  static boolean toBoolean(Columns row, Slot slot) {
    return truth(row, slot, row.type(slot.column()), boolean.class);
  }

  private static @Nullable Boolean toBooleanBox(Columns row, Slot slot) {
    int type = row.type(slot.column());
    return type == NULL ? null : (Boolean) truth(row, slot, type, Boolean.class);
  }

  private static boolean truth(Columns row, Slot slot, int type, Class<?> target) {
    long value = type == INTEGER ? row.longAt(slot.column()) : -1;
    if (value != 0 && value != 1) {
      throw slot.unfit(type, target, "the INTEGER 0 or 1");
    }
    return value == 1;
  }

  private static byte toByte(Columns row, Slot slot) {
    return (byte) whole(row, slot, row.type(slot.column()), Byte.SIZE, byte.class);
  }

  private static @Nullable Byte toByteBox(Columns row, Slot slot) {
    int type = row.type(slot.column());
    return type == NULL ? null : (Byte) (byte) whole(row, slot, type, Byte.SIZE, Byte.class);
  }

  private static short toShort(Columns row, Slot slot) {
    return (short) whole(row, slot, row.type(slot.column()), Short.SIZE, short.class);
  }

  private static @Nullable Short toShortBox(Columns row, Slot slot) {
    int type = row.type(slot.column());
    return type == NULL ? null : (Short) (short) whole(row, slot, type, Short.SIZE, Short.class);
  }

  /** An exact integer of 32 bits. */
  static int toInt(Columns row, Slot slot) {
    return (int) whole(row, slot, row.type(slot.column()), Integer.SIZE, int.class);
  }

  private static @Nullable Integer toIntBox(Columns row, Slot slot) {
    int type = row.type(slot.column());
    return type == NULL
        ? null
        : (Integer) (int) whole(row, slot, type, Integer.SIZE, Integer.class);
  }

  /** An exact integer. */
  static long toLong(Columns row, Slot slot) {
    return whole(row, slot, row.type(slot.column()), Long.SIZE, long.class);
  }

  private static @Nullable Long toLongBox(Columns row, Slot slot) {
    int type = row.type(slot.column());
    return type == NULL ? null : (Long) whole(row, slot, type, Long.SIZE, Long.class);
  }

  private static @Nullable BigInteger toBigInteger(Columns row, Slot slot) {
    int type = row.type(slot.column());
    return type == NULL
        ? null
        : BigInteger.valueOf(whole(row, slot, type, Long.SIZE, BigInteger.class));
  }

  private static long whole(Columns row, Slot slot, int type, int bits, Class<?> target) {
    if (type == INTEGER) {
      long value = row.longAt(slot.column());
      if (fits(value, bits)) {
        return value;
      }
    } else if (type == REAL) {
      double value = row.doubleAt(slot.column());
      if (isWhole(value) && fits((long) value, bits)) {
        return (long) value;
      }
    }
    throw slot.unfit(type, target, "a whole number of " + bits + " bits");
  }

  private static boolean fits(long value, int bits) {
    int unused = Long.SIZE - bits;
    return value << unused >> unused == value;
  }

  /** Whether a double is an integer of 64 bits; 2^63 itself is one too far. */
  private static boolean isWhole(double value) {
    return value >= -0x1p63 && value < 0x1p63 && value == Math.rint(value);
  }

  private static float toFloat(Columns row, Slot slot) {
    return single(row, slot, row.type(slot.column()), float.class);
  }

  private static @Nullable Float toFloatBox(Columns row, Slot slot) {
    int type = row.type(slot.column());
    return type == NULL ? null : (Float) single(row, slot, type, Float.class);
  }

  private static float single(Columns row, Slot slot, int type, Class<?> target) {
    double value = real(row, slot, type, target);
    if ((float) value != value) {
      throw slot.unfit(type, target, "a number that a float holds exactly");
    }
    return (float) value;
  }

  /** A number that a double holds exactly. */
  static double toDouble(Columns row, Slot slot) {
    return real(row, slot, row.type(slot.column()), double.class);
  }

  private static @Nullable Double toDoubleBox(Columns row, Slot slot) {
    int type = row.type(slot.column());
    return type == NULL ? null : (Double) real(row, slot, type, Double.class);
  }

  private static double real(Columns row, Slot slot, int type, Class<?> target) {
    if (type == REAL) {
      return row.doubleAt(slot.column());
    }
    if (type == INTEGER) {
      long value = row.longAt(slot.column());
      if (isExact(value)) {
        return value;
      }
    }
    throw slot.unfit(type, target, "a number that a double holds exactly");
  }

  /** Whether a double holds a long; MAX_VALUE would become 2^63, which a cast brings back to it. */
  private static boolean isExact(long value) {
    return value != Long.MAX_VALUE && (long) (double) value == value;
  }

  private static char toChar(Columns row, Slot slot) {
    return character(row, slot, row.type(slot.column()), char.class);
  }

  private static @Nullable Character toCharBox(Columns row, Slot slot) {
    int type = row.type(slot.column());
    return type == NULL ? null : (Character) character(row, slot, type, Character.class);
  }

  private static char character(Columns row, Slot slot, int type, Class<?> target) {
    String text = type == TEXT ? row.textAt(slot.column()) : "";
    if (text.length() != 1) {
      throw slot.unfit(type, target, "a TEXT of one char");
    }
    return text.charAt(0);
  }

  /** SQLite's own value, or null for NULL. */
  static @Nullable Object toObject(Columns row, Slot slot) {
    return StoredRow.value(row, slot.column());
  }

  /** A TEXT, or null for NULL. */
  static @Nullable String toText(Columns row, Slot slot) {
    return text(row, slot, String.class);
  }

  /** A BLOB in an array of its own, or null for NULL. */
  static byte @Nullable [] toBytes(Columns row, Slot slot) {
    int type = row.type(slot.column());
    if (type == BLOB) {
      return row.blobAt(slot.column());
    }
    if (type == NULL) {
      return null;
    }
    throw slot.unfit(type, byte[].class, "a BLOB");
  }

  /** From INTEGER or TEXT: a REAL has been rounded, by the column's affinity or by who wrote it. */
  private static @Nullable BigDecimal toBigDecimal(Columns row, Slot slot) {
    int type = row.type(slot.column());
    return switch (type) {
      case NULL -> null;
      case INTEGER -> BigDecimal.valueOf(row.longAt(slot.column()));
      case TEXT ->
          parsed(row.textAt(slot.column()), slot, BigDecimal.class, BigDecimal::new, "a decimal");
      case REAL ->
          throw slot.unfit(
              type,
              BigDecimal.class,
              "a TEXT or INTEGER; the column's affinity rounded it, so declare the column TEXT");
      default -> throw slot.unfit(type, BigDecimal.class, "a TEXT or INTEGER");
    };
  }

  private static @Nullable UUID toUuid(Columns row, Slot slot) {
    return parsed(row, slot, UUID.class, FromColumn::uuid, "a UUID of 36 characters");
  }

  /** The JDK's parser also takes groups that are too short or too long, and cuts them. */
  private static UUID uuid(String text) {
    UUID uuid = UUID.fromString(text);
    if (!uuid.toString().equals(Names.lower(text))) {
      throw new IllegalArgumentException("not a UUID's own text");
    }
    return uuid;
  }

  private static @Nullable Instant toInstant(Columns row, Slot slot) {
    return parsed(
        row,
        slot,
        Instant.class,
        Times::instant,
        "a date and time with an offset, or SQLite's own");
  }

  private static @Nullable OffsetDateTime toOffsetDateTime(Columns row, Slot slot) {
    return parsed(
        row,
        slot,
        OffsetDateTime.class,
        Times::offsetDateTime,
        "a date and time with an offset, or SQLite's own");
  }

  private static @Nullable LocalDateTime toLocalDateTime(Columns row, Slot slot) {
    return parsed(
        row, slot, LocalDateTime.class, Times::localDateTime, "a date and time without an offset");
  }

  private static @Nullable LocalDate toLocalDate(Columns row, Slot slot) {
    return parsed(row, slot, LocalDate.class, Times::localDate, "a date as YYYY-MM-DD");
  }

  private static @Nullable LocalTime toLocalTime(Columns row, Slot slot) {
    return parsed(row, slot, LocalTime.class, Times::localTime, "a time as HH:MM:SS");
  }

  private static @Nullable Duration toDuration(Columns row, Slot slot) {
    return parsed(row, slot, Duration.class, Duration::parse, "an ISO-8601 duration");
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // the handle is made for enum classes only
  private static @Nullable Object toEnum(Class type, Columns row, Slot slot) {
    return parsed(
        row, slot, (Class<?>) type, name -> Enum.valueOf(type, name), "the name of a constant");
  }

  private static @Nullable Object converted(Converter<?> converter, Columns row, Slot slot) {
    Object value = StoredRow.value(row, slot.column());
    if (value == null) {
      return null;
    }
    try {
      return converter.fromColumn(value);
    } catch (RuntimeException e) {
      throw slot.unfit(
          row.type(slot.column()), converter.type(), "a value that its converter takes", e);
    }
  }

  private static @Nullable String text(Columns row, Slot slot, Class<?> target) {
    int type = row.type(slot.column());
    if (type == TEXT) {
      return row.textAt(slot.column());
    }
    if (type == NULL) {
      return null;
    }
    throw slot.unfit(type, target, "a TEXT");
  }

  private static <T> @Nullable T parsed(
      Columns row, Slot slot, Class<?> target, Function<String, T> parser, String form) {
    String text = text(row, slot, target);
    return text == null ? null : parsed(text, slot, target, parser, form);
  }

  /** The parser's own exception is dropped because its message has the value in it. */
  private static <T> T parsed(
      String text, Slot slot, Class<?> target, Function<String, T> parser, String form) {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
      throw slot.unfit(TEXT, target, form);
    }
  }
}
