package dev.dosql.internal.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dosql.MappingException;
import dev.dosql.internal.values.StoredRow;
import dev.dosql.internal.values.Values;
import java.math.BigDecimal;
import java.sql.Date;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Calendar;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Values as JDBC's getters want them.
 *
 * <p>JDBC converts where the library does not: a number is read of a text that is one, and any
 * value as text. What would lose something is an error here too. Moments are read of the texts of
 * the library's value table, never of numbers.
 */
final class Cells {
  private final Values values;

  Cells(Values values) {
    this.values = values;
  }

  /** A value of one of JDBC's own classes, as one of the library's. */
  static @Nullable Object plain(@Nullable Object value) {
    if (value instanceof Timestamp time) {
      return time.toInstant();
    }
    if (value instanceof Date date) {
      return date.toLocalDate();
    }
    if (value instanceof Time time) {
      return LocalDateTime.ofInstant(Instant.ofEpochMilli(time.getTime()), ZoneId.systemDefault())
          .toLocalTime();
    }
    if (value instanceof java.util.Date date) {
      return date.toInstant();
    }
    if (value instanceof Calendar calendar) {
      return calendar.toInstant();
    }
    return value instanceof ZonedDateTime time ? time.toOffsetDateTime() : value;
  }

  /** What a clock in a calendar's zone shows. */
  static ZonedDateTime in(Calendar zone, java.util.Date moment) {
    return Instant.ofEpochMilli(moment.getTime()).atZone(zone.getTimeZone().toZoneId());
  }

  private static SQLException not(String what, Object value, String column) {
    String type =
        value instanceof Long
            ? "INTEGER"
            : value instanceof Double ? "REAL" : value instanceof String ? "TEXT" : "BLOB";
    return new SQLDataException(
        "column is not " + what + ": seen " + type + " (column=" + column + ")",
        SqlErrors.NOT_CONVERTIBLE);
  }

  String text(Object value) {
    return value instanceof byte[] bytes ? new String(bytes, UTF_8) : value.toString();
  }

  byte[] bytes(Object value, String column) throws SQLException {
    if (value instanceof byte[] bytes) {
      return bytes.clone();
    }
    if (value instanceof String text) {
      return text.getBytes(UTF_8);
    }
    throw not("bytes", value, column);
  }

  boolean truth(Object value, String column) throws SQLException {
    if (value instanceof String text) {
      if (text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false")) {
        return Boolean.parseBoolean(text);
      }
    }
    return decimal(value, column).signum() != 0;
  }

  BigDecimal decimal(Object value, String column) throws SQLException {
    if (value instanceof Long number) {
      return BigDecimal.valueOf(number);
    }
    try {
      if (value instanceof Double number) {
        return BigDecimal.valueOf(number);
      }
      if (value instanceof String text) {
        return new BigDecimal(text.strip());
      }
    } catch (NumberFormatException e) {
      throw not("a number", value, column);
    }
    throw not("a number", value, column);
  }

  double real(Object value, String column) throws SQLException {
    return value instanceof Double number ? number : decimal(value, column).doubleValue();
  }

  long integer(Object value, long min, long max, String column) throws SQLException {
    long number;
    try {
      number = value instanceof Long exact ? exact : decimal(value, column).longValueExact();
    } catch (ArithmeticException e) {
      throw outOfRange(column);
    }
    if (number < min || number > max) {
      throw outOfRange(column);
    }
    return number;
  }

  private static SQLException outOfRange(String column) {
    return new SQLDataException(
        "number does not fit the type that it is read as (column=" + column + ")", "22003");
  }

  /** A moment; a text without an offset is of the zone. */
  Instant moment(Object value, String column, ZoneId zone) throws SQLException {
    Instant instant = as(Instant.class, value, column);
    if (instant != null) {
      return instant;
    }
    LocalDateTime local = as(LocalDateTime.class, value, column);
    if (local != null) {
      return local.atZone(zone).toInstant();
    }
    LocalDate date = as(LocalDate.class, value, column);
    if (date != null) {
      return date.atStartOfDay(zone).toInstant();
    }
    throw not("a time", value, column);
  }

  Timestamp timestamp(Object value, String column, ZoneId zone) throws SQLException {
    return Timestamp.from(moment(value, column, zone));
  }

  Date date(Object value, String column, ZoneId zone) throws SQLException {
    LocalDate date = as(LocalDate.class, value, column);
    return Date.valueOf(
        date == null ? moment(value, column, zone).atZone(zone).toLocalDate() : date);
  }

  Time time(Object value, String column, ZoneId zone) throws SQLException {
    LocalTime time = as(LocalTime.class, value, column);
    LocalTime shown = time == null ? moment(value, column, zone).atZone(zone).toLocalTime() : time;
    ZonedDateTime first = shown.atDate(LocalDate.EPOCH).atZone(ZoneId.systemDefault());
    return new Time(first.toInstant().toEpochMilli());
  }

  private <T> @Nullable T as(Class<T> type, Object value, String column) {
    try {
      return convert(type, value, column);
    } catch (MappingException e) {
      return null;
    }
  }

  /** A value as any type that the library reads. */
  <T> @Nullable T convert(Class<T> type, @Nullable Object value, String column) {
    return values.reader(type, List.of(column)).read(StoredRow.of(value));
  }

  /** A value as the type that the caller names; null stays null. */
  @Nullable Object object(@Nullable Object value, Class<?> type, String column)
      throws SQLException {
    if (value == null) {
      return null;
    }
    Object number = number(value, type, column);
    if (number != null) {
      return number;
    }
    ZoneId zone = ZoneId.systemDefault();
    if (type == Object.class) {
      return value;
    } else if (type == String.class) {
      return text(value);
    } else if (type == byte[].class) {
      return bytes(value, column);
    } else if (type == Timestamp.class) {
      return timestamp(value, column, zone);
    } else if (type == java.util.Date.class) {
      return java.util.Date.from(moment(value, column, zone));
    } else if (type == Date.class) {
      return date(value, column, zone);
    } else if (type == Time.class) {
      return time(value, column, zone);
    } else if (type == ZonedDateTime.class) {
      OffsetDateTime time = convert(OffsetDateTime.class, value, column);
      return time == null ? null : time.toZonedDateTime();
    }
    return convert(type, value, column);
  }

  private @Nullable Object number(Object value, Class<?> type, String column) throws SQLException {
    if (type == Long.class || type == long.class) {
      return integer(value, Long.MIN_VALUE, Long.MAX_VALUE, column);
    } else if (type == Integer.class || type == int.class) {
      return (int) integer(value, Integer.MIN_VALUE, Integer.MAX_VALUE, column);
    } else if (type == Short.class || type == short.class) {
      return (short) integer(value, Short.MIN_VALUE, Short.MAX_VALUE, column);
    } else if (type == Byte.class || type == byte.class) {
      return (byte) integer(value, Byte.MIN_VALUE, Byte.MAX_VALUE, column);
    } else if (type == Boolean.class || type == boolean.class) {
      return truth(value, column);
    } else if (type == Double.class || type == double.class) {
      return real(value, column);
    } else if (type == Float.class || type == float.class) {
      return (float) real(value, column);
    }
    return type == BigDecimal.class ? decimal(value, column) : null;
  }
}
