package dev.dosql.internal.sql;

import dev.dosql.ParameterException;
import dev.dosql.Params;
import dev.dosql.migrations.lexer.Names;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Encodes the values of a call whose statement is bound elsewhere, so that a {@link Binder} there
 * makes of them what one here would make of the caller's own.
 *
 * <p>Safe for use by many threads, as far as its encoder is.
 */
public final class ParameterEncoder {
  private final ValueEncoder encoder;
  private final RecordReader records;

  /**
   * Makes one; it is worth keeping, for what it learns of records.
   *
   * @param encoder encodes each value
   * @param lookup reaches records that are not open to this library, or null
   */
  public ParameterEncoder(ValueEncoder encoder, MethodHandles.@Nullable Lookup lookup) {
    this.encoder = encoder;
    this.records = new RecordReader(lookup);
  }

  /** How the values were given, where that decides what they mean. */
  public enum Form {
    /** By position. */
    VALUES,
    /** By position, in an array of another type than {@code Object[]}, which may be one list. */
    ARRAY,
    /** By name, none of which may be unknown. */
    NAMES,
    /** By name, of a record, which may have more. */
    RECORD
  }

  /**
   * The values of a call: each a {@code Long}, {@code Double}, {@code String}, {@code byte[]},
   * {@code BigDecimal} or null, or a list of those.
   *
   * @param form how they were given
   * @param values those by position
   * @param named those by name
   */
  public record Encoded(
      Form form, List<@Nullable Object> values, Map<String, @Nullable Object> named) {}

  /**
   * Encodes the values of a call.
   *
   * @param to the statement, or null if only a name of it is known here
   * @param params as {@link ParsedSql#bind} takes them
   * @throws ParameterException if a value cannot be stored exactly
   */
  public Encoded encode(@Nullable ParsedSql to, @Nullable Object @Nullable [] params) {
    @Nullable Object[] given = params == null ? new @Nullable Object[] {null} : params;
    if (given.length == 1 && given[0] != null && isNames(given[0]) && !isOneValue(to, given[0])) {
      return named(to, given[0]);
    }
    List<@Nullable Object> values = new ArrayList<>(given.length);
    for (int i = 0; i < given.length; i++) {
      values.add(encoded("?" + (i + 1), given[i]));
    }
    Form form = given.getClass() == Object[].class ? Form.VALUES : Form.ARRAY;
    return new Encoded(form, Collections.unmodifiableList(values), Map.of());
  }

  private static boolean isNames(Object value) {
    return value instanceof Map<?, ?> || value instanceof Params || value instanceof Record;
  }

  /** A map or record with a converter is a value of its own where the SQL has no names. */
  private boolean isOneValue(@Nullable ParsedSql to, Object source) {
    if (to != null && !to.parameterNames().isEmpty()) {
      return false;
    }
    try {
      encoder.encode(source);
      return true;
    } catch (ParameterException e) {
      return false;
    }
  }

  private Encoded named(@Nullable ParsedSql to, Object source) {
    if (source instanceof Record components) {
      return new Encoded(Form.RECORD, List.of(), fromRecord(to, components));
    }
    Map<?, ?> map = source instanceof Params named ? named.asMap() : (Map<?, ?>) source;
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    map.forEach((key, value) -> values.put(name(key), encoded(name(key), value)));
    return new Encoded(Form.NAMES, List.of(), values);
  }

  private static String name(@Nullable Object key) {
    if (key instanceof String name) {
      return name;
    }
    throw new ParameterException(
        "parameters do not fit: a key that is no String seen, a name needed (key="
            + (key == null ? "null" : key.getClass().getName())
            + ")");
  }

  /** Those that the SQL has; where it is not known, all that can be stored. */
  private Map<String, @Nullable Object> fromRecord(@Nullable ParsedSql to, Record source) {
    RecordReader.Components components = records.componentsOf(source.getClass());
    Set<String> wanted = to == null ? Set.of() : to.parameterNames();
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (String name : components.names()) {
      if (wanted.isEmpty()) {
        putIfStored(values, name, components.read(source, name));
      } else if (wanted.contains(name)) {
        values.put(name, encoded(name, components.read(source, name)));
      }
    }
    return values;
  }

  private void putIfStored(
      Map<String, @Nullable Object> values, String name, @Nullable Object value) {
    try {
      values.put(name, encoded(name, value));
    } catch (ParameterException e) {
      // Missed only if the SQL has it, and that is an error then.
    }
  }

  private @Nullable Object encoded(String shown, @Nullable Object value) {
    if (value instanceof Optional<?> optional) {
      return encoded(shown, optional.orElse(null));
    }
    if (value instanceof BigDecimal) {
      return value; // Not every column keeps one, and that is seen where the column is.
    }
    try {
      return encoder.encode(value);
    } catch (ParameterException e) {
      if (value != null && Binder.isList(value)) {
        return elements(shown, value);
      }
      throw new ParameterException(e.getMessage() + " (parameter=" + Names.shown(shown) + ")", e);
    }
  }

  private List<@Nullable Object> elements(String shown, Object list) {
    List<@Nullable Object> elements = new ArrayList<>();
    for (Object element : list instanceof Collection<?> all ? all.toArray() : copy(list)) {
      if (Binder.isList(element)) {
        throw new ParameterException(
            "parameters do not fit: a list inside a list seen, single values needed (parameter="
                + Names.shown(shown)
                + ")");
      }
      elements.add(encoded(shown, element));
    }
    return elements;
  }

  private static @Nullable Object[] copy(Object array) {
    @Nullable Object[] copy = new @Nullable Object[Array.getLength(array)];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = Array.get(array, i);
    }
    return copy;
  }
}
