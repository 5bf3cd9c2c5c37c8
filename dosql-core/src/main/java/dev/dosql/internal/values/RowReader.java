package dev.dosql.internal.values;

import org.jspecify.annotations.Nullable;

/**
 * Makes a value of the row that columns stand on. Made once for a type and a list of columns.
 *
 * <p>Safe for use by many threads.
 *
 * @param <T> what it makes
 */
@FunctionalInterface
public interface RowReader<T extends @Nullable Object> {
  /** Makes the value of one row; nothing of {@code row} is kept. */
  T read(Columns row);
}
