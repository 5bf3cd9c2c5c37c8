package dev.dosql;

import org.jspecify.annotations.Nullable;

/**
 * How values of one Java type are stored and read back.
 *
 * <p>Must be safe for use by many threads, and is called in the middle of statements: it must not
 * use the database.
 *
 * @param <T> the type
 */
public interface Converter<T> {
  /**
   * The type, which must not be one of the value table.
   *
   * @return the class whose instances this converts
   */
  Class<T> type();

  /**
   * The value as it is stored.
   *
   * @param value a value of the type
   * @return a {@code Long}, {@code Double}, {@code String}, {@code byte[]}, or null for NULL
   */
  @Nullable Object toColumn(T value);

  /**
   * The value as it was.
   *
   * @param column a {@code Long}, {@code Double}, {@code String} or {@code byte[]}, never null:
   *     NULL is null without this being asked
   * @return the value
   * @throws IllegalArgumentException if the stored value is none of this type's
   */
  T fromColumn(Object column);
}
