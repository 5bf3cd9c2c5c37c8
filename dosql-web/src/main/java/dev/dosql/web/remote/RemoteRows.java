package dev.dosql.web.remote;

import dev.dosql.ParameterException;
import dev.dosql.internal.remote.RemoteValues;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The rows of an answer.
 *
 * @param columns the names of the columns; may be empty when there are no rows
 * @param rows SQLite's own values
 */
record RemoteRows(List<String> columns, List<@Nullable Object[]> rows) {
  /** Reads an answer in the exact encoding. */
  static RemoteRows of(Map<?, ?> answer) {
    if (!(answer.get("columns") instanceof List<?> names)
        || !(answer.get("rows") instanceof List<?> list)) {
      throw unreadable();
    }
    List<String> columns = names.stream().map(String::valueOf).toList();
    List<@Nullable Object[]> rows = new ArrayList<>(list.size());
    for (Object each : list) {
      if (!(each instanceof List<?> row) || row.size() != columns.size()) {
        throw unreadable();
      }
      rows.add(values(row));
    }
    return new RemoteRows(columns, rows);
  }

  private static @Nullable Object[] values(List<?> row) {
    @Nullable Object[] values = new @Nullable Object[row.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(row.get(i));
    }
    return values;
  }

  /** One of SQLite's own values. */
  static @Nullable Object value(@Nullable Object json) {
    try {
      Object value = Wire.fromExact(json);
      if (!(value instanceof Boolean || value instanceof BigDecimal)) {
        return value;
      }
    } catch (ParameterException e) {
      throw unreadable();
    }
    throw unreadable();
  }

  /** Each row as a value of a type, unmodifiable. */
  <T> List<T> as(Class<T> type, RemoteValues values) {
    if (rows.isEmpty()) {
      return List.of();
    }
    Function<@Nullable Object[], T> reader = values.reader(type, columns);
    List<T> read = new ArrayList<>(rows.size());
    rows.forEach(row -> read.add(reader.apply(row)));
    return Collections.unmodifiableList(read);
  }

  /** The error for an answer that is not what the protocol says. */
  static RemoteCallException unreadable() {
    return new RemoteCallException(
        "remote call was answered with something that is not of the protocol", 200, "", null);
  }
}
