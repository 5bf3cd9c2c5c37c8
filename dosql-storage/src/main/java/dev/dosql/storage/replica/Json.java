package dev.dosql.storage.replica;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The part of JSON (RFC 8259) that heads are made of: no fractions, no exponents, no name twice in
 * an object. Objects become maps, arrays lists, integers longs.
 */
final class Json {

  private static final int DEPTH_MAX = 16;

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** The text is not JSON of this kind. */
  static final class SyntaxException extends Exception {
    private static final long serialVersionUID = 1L;

    SyntaxException(String seen, int offset) {
      super(seen + " at character " + offset, null, false, false);
    }
  }

  static @Nullable Object parse(String text) throws SyntaxException {
    Json json = new Json(text);
    Object value = json.value(0);
    json.space();
    if (json.at < text.length()) {
      throw json.unexpected();
    }
    return value;
  }

  private @Nullable Object value(int depth) throws SyntaxException {
    if (depth > DEPTH_MAX) {
      throw new SyntaxException("nesting beyond " + DEPTH_MAX, at);
    }
    space();
    return switch (peek()) {
      case '{' -> object(depth);
      case '[' -> array(depth);
      case '"' -> string();
      case 't' -> literal("true", Boolean.TRUE);
      case 'f' -> literal("false", Boolean.FALSE);
      case 'n' -> literal("null", null);
      default -> integer();
    };
  }

  private Map<String, @Nullable Object> object(int depth) throws SyntaxException {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    at++;
    space();
    if (skip('}')) {
      return map;
    }
    do {
      space();
      String name = string();
      if (map.containsKey(name)) {
        throw new SyntaxException("a name twice", at);
      }
      space();
      need(':');
      map.put(name, value(depth + 1));
      space();
    } while (skip(','));
    need('}');
    return map;
  }

  private List<@Nullable Object> array(int depth) throws SyntaxException {
    List<@Nullable Object> list = new ArrayList<>();
    at++;
    space();
    if (skip(']')) {
      return list;
    }
    do {
      list.add(value(depth + 1));
      space();
    } while (skip(','));
    need(']');
    return list;
  }

  private String string() throws SyntaxException {
    need('"');
    StringBuilder out = new StringBuilder();
    while (peek() != '"') {
      char c = peek();
      if (c < ' ') {
        throw unexpected();
      }
      at++;
      out.append(c == '\\' ? escaped() : c);
    }
    at++;
    return out.toString();
  }

  private char escaped() throws SyntaxException {
    char c = peek();
    at++;
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unicode();
      default -> throw new SyntaxException("an unknown escape", at - 1);
    };
  }

  private char unicode() throws SyntaxException {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      int digit = peek() < 128 ? Character.digit(peek(), 16) : -1;
      if (digit < 0) {
        throw unexpected();
      }
      value = value << 4 | digit;
      at++;
    }
    return (char) value;
  }

  private @Nullable Object literal(String word, @Nullable Object value) throws SyntaxException {
    if (!text.startsWith(word, at)) {
      throw unexpected();
    }
    at += word.length();
    return value;
  }

  private Long integer() throws SyntaxException {
    int start = at;
    skip('-');
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    try {
      return Long.valueOf(text.substring(start, at));
    } catch (NumberFormatException e) {
      throw new SyntaxException("no value of a known kind", start);
    }
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char peek() throws SyntaxException {
    if (at >= text.length()) {
      throw new SyntaxException("the end", at);
    }
    return text.charAt(at);
  }

  private boolean skip(char c) {
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private void need(char c) throws SyntaxException {
    if (!skip(c)) {
      throw at < text.length() ? unexpected() : new SyntaxException("the end", at);
    }
  }

  private SyntaxException unexpected() {
    return new SyntaxException("character U+%04X".formatted((int) text.charAt(at)), at);
  }

  /** Writes a string, in ASCII but for what needs no escape. */
  static String quote(String text) {
    StringBuilder out = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (c == '"' || c == '\\') {
        out.append('\\').append((char) c);
      } else if (c < ' ' || c == 0x7f || c >= 0xd800 && c <= 0xdfff || c == 0x2028 || c == 0x2029) {
        out.append("\\u%04x".formatted(c)); // half of a pair has no UTF-8
      } else {
        out.appendCodePoint(c);
      }
    }
    return out.append('"').toString();
  }
}
