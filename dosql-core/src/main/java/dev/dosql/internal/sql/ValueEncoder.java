package dev.dosql.internal.sql;

import dev.dosql.ParameterException;
import org.jspecify.annotations.Nullable;

/**
 * Turns a caller's value into one that SQLite stores.
 *
 * <p>Safe for use by many threads.
 */
@FunctionalInterface
public interface ValueEncoder {
  /**
   * The value as it is bound.
   *
   * @param value the caller's value, or null
   * @return a {@code Long}, {@code Double}, {@code String}, {@code byte[]}, or null for NULL
   * @throws ParameterException if the value cannot be stored exactly; its message holds no value
   */
  @Nullable Object encode(@Nullable Object value);
}
