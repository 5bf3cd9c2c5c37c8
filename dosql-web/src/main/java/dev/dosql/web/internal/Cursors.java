package dev.dosql.web.internal;

import dev.dosql.web.WebException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Keys of rows as a text for URLs.
 *
 * <p>Layout, in base64url without padding, of UTF-8: the name of the order, then for each part
 * {@code U+0000}, {@code l} with decimal digits or {@code s} with the text, in which {@code U+0000}
 * is {@code U+0001 0} and {@code U+0001} is {@code U+0001 1}. It is not signed: whoever changes one
 * begins elsewhere in a list that they may read anyway.
 */
public final class Cursors {
  private static final int CHARS_MAX = 4096;

  private Cursors() {}

  /** The text of a key. */
  public static String encode(String order, List<?> key) {
    StringBuilder plain = new StringBuilder(escape(order));
    for (Object part : key) {
      plain.append('\0').append(encode(part));
    }
    byte[] bytes = plain.toString().getBytes(StandardCharsets.UTF_8);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String encode(Object part) {
    if (part instanceof Long || part instanceof Integer) {
      return "l" + part;
    }
    if (part instanceof String text) {
      return "s" + escape(text);
    }
    throw new IllegalArgumentException(
        "key of a page must have Long, Integer or String, has " + part.getClass().getName());
  }

  /** The key of a text, or a 400. */
  public static List<Object> decode(String order, String cursor, Class<?>... types) {
    String[] parts = plain(cursor).split("\0", -1);
    if (parts.length != types.length + 1 || !parts[0].equals(escape(order))) {
      throw refused();
    }
    List<Object> key = new ArrayList<>();
    for (int i = 0; i < types.length; i++) {
      key.add(decode(parts[i + 1], types[i]));
    }
    return List.copyOf(key);
  }

  private static String plain(String cursor) {
    if (cursor.length() > CHARS_MAX) {
      throw refused();
    }
    try {
      return new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw refused();
    }
  }

  private static Object decode(String part, Class<?> type) {
    if (type == Long.class && part.startsWith("l")) {
      return number(part.substring(1));
    }
    if (type == String.class && part.startsWith("s")) {
      return unescape(part.substring(1));
    }
    throw refused();
  }

  private static Long number(String digits) {
    try {
      return Long.valueOf(digits);
    } catch (NumberFormatException e) {
      throw refused();
    }
  }

  private static String escape(String text) {
    return text.replace("\1", "\0011").replace("\0", "\0010");
  }

  private static String unescape(String text) {
    return text.replace("\0010", "\0").replace("\0011", "\1");
  }

  private static WebException refused() {
    return WebException.badRequest("cursor must be one that a page of this list gave");
  }
}
