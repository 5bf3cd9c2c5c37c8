package dev.dosql.internal.sql;

import dev.dosql.ParameterException;
import java.lang.reflect.Array;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * One call that gives lists: the SQL with as many placeholders as there are elements, all with
 * explicit numbers.
 *
 * <p>A list of 5 gets 8 placeholders, the next power of two, and its last element again in those
 * left over: lists of all lengths then need a dozen prepared statements instead of thousands.
 *
 * <p>Used by one thread at a time.
 */
final class ListExpansion {
  private final Binder binder;
  private final Parameters parameters;

  /** By number: the elements of a list, one value alone, null for a number without a place. */
  private final @Nullable Object @Nullable [][] elements;

  /** By number: how many placeholders it gets, and the number of the first. */
  private final int[] widths;

  private final int[] firsts;

  /** Takes the values by position. */
  ListExpansion(Binder binder, Parameters parameters, @Nullable Object[] given) {
    this.binder = binder;
    this.parameters = parameters;
    this.elements = new @Nullable Object @Nullable [given.length][];
    this.widths = new int[given.length];
    this.firsts = new int[given.length];
    for (int place = 0; place < parameters.places(); place++) {
      int i = parameters.number(place) - 1;
      elements[i] = elements[i] == null ? elementsOf(i + 1, given[i]) : elements[i];
    }
  }

  private @Nullable Object[] elementsOf(int number, @Nullable Object value) {
    if (!parameters.takesList(number) || !Binder.isList(value)) {
      return new @Nullable Object[] {value};
    }
    @Nullable Object[] list = value instanceof Collection<?> c ? c.toArray() : copy(value);
    for (@Nullable Object element : list) {
      if (Binder.isList(element)) {
        throw new ParameterException(
            "parameters do not fit: a list inside a list seen, single values needed (parameter="
                + parameters.shown(number)
                + ")");
      }
    }
    return list;
  }

  private static @Nullable Object[] copy(@Nullable Object array) {
    @Nullable Object[] copy = new @Nullable Object[Array.getLength(array)];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = Array.get(array, i);
    }
    return copy;
  }

  /** The SQL and its values. */
  Bound bound() {
    int total = number();
    return new Bound(rewritten(), values(total));
  }

  /** Gives out the new numbers; returns how many. */
  private int number() {
    int spare = Parameters.NUMBER_MAX - needed();
    int next = 1;
    for (int i = 0; i < widths.length; i++) {
      int width = elements[i] == null ? 0 : elements[i].length;
      int padding = Math.min(spare, powerOfTwoFrom(width) - width);
      widths[i] = width + padding;
      spare -= padding;
      firsts[i] = next;
      next += widths[i];
    }
    return next - 1;
  }

  private int needed() {
    long needed = 0;
    for (@Nullable Object @Nullable [] each : elements) {
      needed += each == null ? 0 : each.length;
    }
    if (needed > Parameters.NUMBER_MAX) {
      throw new ParameterException(
          "parameters do not fit: more values seen in lists than one statement takes; fewer, or a"
              + " table of them, needed (seen="
              + needed
              + ", max="
              + Parameters.NUMBER_MAX
              + ")");
    }
    return (int) needed;
  }

  private static int powerOfTwoFrom(int width) {
    return width < 2 ? width : Integer.highestOneBit(width - 1) << 1;
  }

  private @Nullable Object[] values(int total) {
    @Nullable Object[] values = new @Nullable Object[total];
    int next = 0;
    for (int i = 0; i < widths.length; i++) {
      @Nullable Object last = null;
      for (int j = 0; j < widths[i]; j++) {
        last = j < elements[i].length ? binder.encode(parameters, i + 1, elements[i][j]) : last;
        values[next++] = last;
      }
    }
    return values;
  }

  private String rewritten() {
    String sql = parameters.sql();
    StringBuilder out = new StringBuilder(sql.length() + 16);
    int from = 0;
    for (int place = 0; place < parameters.places(); place++) {
      out.append(sql, from, parameters.start(place));
      appendPlaceholders(out, parameters.number(place) - 1);
      from = parameters.end(place);
      if (from < sql.length() && Character.isDigit(sql.charAt(from))) {
        out.append(' ');
      }
    }
    return out.append(sql, from, sql.length()).toString();
  }

  private void appendPlaceholders(StringBuilder out, int i) {
    for (int j = 0; j < widths[i]; j++) {
      out.append(j == 0 ? "?" : ",?").append(firsts[i] + j);
    }
  }
}
