package dev.dosql.internal.jdbc;

import dev.dosql.internal.values.StoredRow;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one statement gave.
 *
 * @param rows its rows, or null if it has none
 * @param changes the rows that it changed
 * @param keyColumns the columns of what was asked for of the rows that it made
 * @param keys what was asked for of them
 */
record Result(
    @Nullable JdbcResultSet rows, long changes, List<String> keyColumns, List<StoredRow> keys) {
  /** Rows. */
  static Result of(JdbcResultSet rows) {
    return new Result(rows, -1, List.of(), List.of());
  }

  /** A count. */
  static Result of(long changes) {
    return new Result(null, changes, List.of(), List.of());
  }
}
