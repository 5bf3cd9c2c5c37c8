package dev.dosql.internal.values;

import dev.dosql.Converter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The user's converters by type.
 *
 * <p>Immutable; safe for use by many threads if the converters are.
 */
final class Converters {
  private final Map<Class<?>, Converter<?>> byType = new LinkedHashMap<>();

  /**
   * Checks the converters: IllegalArgumentException for a type of the table, or two of one type.
   */
  Converters(List<Converter<?>> converters) {
    for (Converter<?> converter : converters) {
      Class<?> type = converter.type();
      if (inTable(type)) {
        throw new IllegalArgumentException(
            "a converter may not change how a type of the value table is stored (type="
                + type.getTypeName()
                + ")");
      }
      if (byType.put(type, converter) != null) {
        throw new IllegalArgumentException(
            "two converters for one type (type=" + type.getTypeName() + ")");
      }
    }
  }

  private static boolean inTable(Class<?> type) {
    return type.isPrimitive()
        || type == Object.class
        || Enum.class.isAssignableFrom(type)
        || ToColumn.inTable(type)
        || FromColumn.inTable(type);
  }

  /** The converter of exactly this type, for reading. */
  @Nullable Converter<?> of(Class<?> type) {
    return byType.get(type);
  }

  /** The converter of a value's class, else the most special of those of its supertypes. */
  @SuppressWarnings("unchecked") // the value is an instance of the converter's type
  @Nullable Converter<Object> forValue(Object value) {
    Converter<?> best = byType.get(value.getClass());
    if (best == null) {
      for (Converter<?> each : byType.values()) {
        if (each.type().isInstance(value)
            && (best == null || best.type().isAssignableFrom(each.type()))) {
          best = each;
        }
      }
    }
    return (Converter<Object>) best;
  }
}
