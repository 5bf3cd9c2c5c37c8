package dev.dosql.internal.sql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A statement and the values of one call.
 *
 * @param sql the text for SQLite; not the parsed one only if a list was expanded
 * @param values the encoded value of parameter {@code i + 1} at {@code i}; not copied, not to be
 *     changed
 * @param decimals the numbers of the parameters whose values were decimal numbers, which not every
 *     column can keep
 */
public record Bound(String sql, @Nullable Object[] values, List<Integer> decimals) {
  /** Without decimal numbers. */
  Bound(String sql, @Nullable Object[] values) {
    this(sql, values, List.of());
  }
}
