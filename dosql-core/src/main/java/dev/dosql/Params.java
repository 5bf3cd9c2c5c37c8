package dev.dosql;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Named parameters, among which null is a value.
 *
 * <p>Immutable; safe for use by many threads as far as its values are.
 */
public final class Params {
  private static final Params NONE = new Params(Map.of());

  private final Map<String, @Nullable Object> values;

  private Params(Map<String, @Nullable Object> values) {
    this.values = values;
  }

  /**
   * No parameter yet; for {@link #and}.
   *
   * @return the empty set
   */
  public static Params of() {
    return NONE;
  }

  /**
   * One parameter; more follow with {@link #and}.
   *
   * @param name the name, without its {@code :}, {@code @} or {@code $}
   * @param value the value, or null for NULL
   * @return the set of it
   */
  public static Params of(String name, @Nullable Object value) {
    return NONE.and(name, value);
  }

  /**
   * These parameters and one more.
   *
   * @param name the name, without its {@code :}, {@code @} or {@code $}
   * @param value the value, or null for NULL
   * @return a new set
   * @throws IllegalArgumentException if the name is given already
   */
  public Params and(String name, @Nullable Object value) {
    Map<String, @Nullable Object> more = new LinkedHashMap<>(values);
    if (more.containsKey(Objects.requireNonNull(name, "name"))) {
      throw new IllegalArgumentException("parameter given twice: " + name);
    }
    more.put(name, value);
    return new Params(Collections.unmodifiableMap(more));
  }

  /**
   * The values by name.
   *
   * @return an unmodifiable map, in the order in which they were given
   */
  public Map<String, @Nullable Object> asMap() {
    return values;
  }

  /** The names; values stay out of logs. */
  @Override
  public String toString() {
    return "Params" + values.keySet();
  }
}
