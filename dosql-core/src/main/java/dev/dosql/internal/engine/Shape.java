package dev.dosql.internal.engine;

import dev.dosql.Row;
import dev.dosql.internal.values.RowReader;
import dev.dosql.internal.values.Values;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What rows are to become: {@link Row}s, or values of a type.
 *
 * @param <T> what each row becomes
 * @param type the type, or null for {@link Row}
 */
public record Shape<T>(@Nullable Class<T> type) {
  /** Rows as they are. */
  public static final Shape<Row> ROWS = new Shape<>(null);

  /** What makes a value of a row with these columns. */
  @SuppressWarnings("unchecked") // only ROWS has no type
  public RowReader<T> reader(Values values, List<String> columns) {
    return type == null ? (RowReader<T>) values.rowReader(columns) : values.reader(type, columns);
  }
}
