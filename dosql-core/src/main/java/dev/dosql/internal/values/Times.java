package dev.dosql.internal.values;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/**
 * Dates and times as text.
 *
 * <p>Written by hand because the JDK's formatters write as few fraction digits as they can, and
 * such texts do not sort; and because a formatter costs more than the rest of a row together.
 *
 * <p>Every method that takes a text throws a DateTimeException for one that is none of its kind.
 */
final class Times {
  private Times() {}

  /** {@code 2026-11-22T15:27:54.279000000Z}. */
  static String text(Instant instant) {
    return text(LocalDateTime.ofInstant(instant, ZoneOffset.UTC), "Z");
  }

  /** {@code 2026-11-22T16:27:54.279000000+01:00}. */
  static String text(OffsetDateTime time) {
    return text(time.toLocalDateTime(), time.getOffset().getId());
  }

  /** {@code 2026-11-22T15:27:54.279000000}. */
  static String text(LocalDateTime time) {
    return text(time, "");
  }

  /** {@code 2026-11-22}. */
  static String text(LocalDate date) {
    StringBuilder text = new StringBuilder(10);
    append(text, date);
    return text.toString();
  }

  /** {@code 15:27:54.279000000}. */
  static String text(LocalTime time) {
    StringBuilder text = new StringBuilder(18);
    append(text, time);
    return text.toString();
  }

  private static String text(LocalDateTime time, String offset) {
    StringBuilder text = new StringBuilder(36);
    append(text, time.toLocalDate());
    text.append('T');
    append(text, time.toLocalTime());
    return text.append(offset).toString();
  }

  private static void append(StringBuilder text, LocalDate date) {
    if (date.getYear() < 0 || date.getYear() > 9999) {
      throw new DateTimeException("year outside 0000 to 9999");
    }
    append(text, date.getYear(), 1000);
    text.append('-');
    append(text, date.getMonthValue(), 10);
    text.append('-');
    append(text, date.getDayOfMonth(), 10);
  }

  private static void append(StringBuilder text, LocalTime time) {
    append(text, time.getHour(), 10);
    text.append(':');
    append(text, time.getMinute(), 10);
    text.append(':');
    append(text, time.getSecond(), 10);
    text.append('.');
    append(text, time.getNano(), 100_000_000);
  }

  private static void append(StringBuilder text, int number, int highestPlace) {
    for (int place = highestPlace; place > 0; place /= 10) {
      text.append((char) ('0' + number / place % 10));
    }
  }

  /** A moment, with an offset or in SQLite's own format, which is UTC. */
  static Instant instant(String text) {
    return offsetDateTime(text).toInstant();
  }

  /** A moment, with an offset or in SQLite's own format, which is UTC. */
  static OffsetDateTime offsetDateTime(String text) {
    Scan scan = new Scan(text);
    LocalDate date = scan.date();
    boolean sqlites = scan.separator() == ' ';
    LocalTime time = scan.time();
    ZoneOffset offset = sqlites && scan.atEnd() ? ZoneOffset.UTC : scan.offset();
    return OffsetDateTime.of(date, time, offset);
  }

  /** A date and a time, apart by a T or a space, without an offset. */
  static LocalDateTime localDateTime(String text) {
    Scan scan = new Scan(text);
    LocalDate date = scan.date();
    scan.separator();
    return LocalDateTime.of(date, scan.lastTime());
  }

  /** A date. */
  static LocalDate localDate(String text) {
    Scan scan = new Scan(text);
    LocalDate date = scan.date();
    scan.end();
    return date;
  }

  /** A time of day. */
  static LocalTime localTime(String text) {
    return new Scan(text).lastTime();
  }

  /** A text and how far it is read. */
  private static final class Scan {
    private final String text;
    private int at;

    Scan(String text) {
      this.text = text;
    }

    LocalDate date() {
      int year = number(4);
      require('-');
      int month = number(2);
      require('-');
      return LocalDate.of(year, month, number(2));
    }

    LocalTime time() {
      int hour = number(2);
      require(':');
      int minute = number(2);
      if (!accept(':')) {
        return LocalTime.of(hour, minute);
      }
      int second = number(2);
      return LocalTime.of(hour, minute, second, accept('.') ? nanos() : 0);
    }

    LocalTime lastTime() {
      LocalTime time = time();
      end();
      return time;
    }

    /** One to nine digits; more would be cut off. */
    private int nanos() {
      int nanos = number(1);
      for (int digits = 1; digits < 9; digits++) {
        nanos = nanos * 10 + (isDigit() ? number(1) : 0);
      }
      return nanos;
    }

    ZoneOffset offset() {
      return text.startsWith("Z", at) && at + 1 == text.length()
          ? ZoneOffset.UTC
          : ZoneOffset.of(text.substring(at));
    }

    char separator() {
      if (!accept('T')) {
        require(' ');
      }
      return text.charAt(at - 1);
    }

    private int number(int digits) {
      int number = 0;
      for (int i = 0; i < digits; i++) {
        if (!isDigit()) {
          throw new DateTimeException("no digit at " + at);
        }
        number = number * 10 + text.charAt(at++) - '0';
      }
      return number;
    }

    private boolean isDigit() {
      return !atEnd() && text.charAt(at) >= '0' && text.charAt(at) <= '9';
    }

    private boolean accept(char wanted) {
      boolean found = !atEnd() && text.charAt(at) == wanted;
      at += found ? 1 : 0;
      return found;
    }

    private void require(char wanted) {
      if (!accept(wanted)) {
        throw new DateTimeException("no '" + wanted + "' at " + at);
      }
    }

    boolean atEnd() {
      return at == text.length();
    }

    void end() {
      if (!atEnd()) {
        throw new DateTimeException("more text at " + at);
      }
    }
  }
}
