package dev.dosql.web.internal;

import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Just enough JSON for bodies of errors, and for indenting what others have written. */
public final class Json {
  private static final String INDENT = "  ";
  private static final int FIRST_PRINTABLE = 0x20;

  private Json() {}

  /** Maps, iterables, numbers, truth values and null as JSON; anything else as its text. */
  public static String write(@Nullable Object value) {
    StringBuilder out = new StringBuilder();
    append(out, value);
    return out.toString();
  }

  private static void append(StringBuilder out, @Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      appendMap(out, map);
    } else if (value instanceof Iterable<?> list) {
      appendList(out, list);
    } else if (value == null || value instanceof Boolean || isExact(value)) {
      out.append(value);
    } else {
      appendText(out, value.toString());
    }
  }

  private static boolean isExact(Object value) {
    return value instanceof Long || value instanceof Integer;
  }

  private static void appendMap(StringBuilder out, Map<?, ?> map) {
    out.append('{');
    String separator = "";
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      out.append(separator);
      appendText(out, String.valueOf(entry.getKey()));
      out.append(':');
      append(out, entry.getValue());
      separator = ",";
    }
    out.append('}');
  }

  private static void appendList(StringBuilder out, Iterable<?> list) {
    out.append('[');
    for (Iterator<?> each = list.iterator(); each.hasNext(); ) {
      append(out, each.next());
      out.append(each.hasNext() ? "," : "");
    }
    out.append(']');
  }

  private static void appendText(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      appendChar(out, text.charAt(i));
    }
    out.append('"');
  }

  private static void appendChar(StringBuilder out, char c) {
    if (c == '"' || c == '\\') {
      out.append('\\').append(c);
    } else if (c < FIRST_PRINTABLE || Character.isSurrogate(c)) {
      // A surrogate that stands alone has no UTF-8; escaped, pairs mean what they did.
      out.append(String.format("\\u%04x", (int) c));
    } else {
      out.append(c);
    }
  }

  /**
   * The same JSON with line breaks and indents. Numbers and texts stay as they are, character by
   * character, so that nothing is rounded. What is not JSON comes back in a layout that means
   * nothing, but with nothing lost.
   */
  public static String pretty(String json) {
    return new Indenter(json).run();
  }

  private static final class Indenter {
    private final String json;
    private final StringBuilder out = new StringBuilder();
    private int depth;
    private int at;

    Indenter(String json) {
      this.json = json;
    }

    String run() {
      for (at = 0; at < json.length(); at++) {
        step(json.charAt(at));
      }
      return out.append('\n').toString();
    }

    private void step(char c) {
      switch (c) {
        case '"' -> copyText();
        case '{', '[' -> open(c);
        case '}', ']' -> close(c);
        case ',' -> newLine(out.append(c));
        case ':' -> out.append(": ");
        case ' ', '\t', '\n', '\r' -> {}
        default -> out.append(c);
      }
    }

    private void copyText() {
      int end = at + 1;
      while (end < json.length() && json.charAt(end) != '"') {
        end += json.charAt(end) == '\\' ? 2 : 1;
      }
      int next = Math.min(end + 1, json.length());
      out.append(json, at, next);
      at = next - 1;
    }

    private void open(char c) {
      out.append(c);
      char closing = c == '{' ? '}' : ']';
      int next = skipSpace(at + 1);
      if (next < json.length() && json.charAt(next) == closing) {
        out.append(closing);
        at = next;
      } else {
        depth++;
        newLine(out);
      }
    }

    private int skipSpace(int from) {
      int next = from;
      while (next < json.length() && Character.isWhitespace(json.charAt(next))) {
        next++;
      }
      return next;
    }

    private void close(char c) {
      depth = Math.max(0, depth - 1);
      newLine(out);
      out.append(c);
    }

    private void newLine(StringBuilder to) {
      to.append('\n').append(INDENT.repeat(depth));
    }
  }
}
