package dev.dosql.internal.engine;

import dev.dosql.RunResult;
import dev.dosql.internal.values.RowReader;
import dev.dosql.internal.values.StoredRow;
import dev.dosql.internal.values.Values;
import java.util.ArrayList;
import java.util.List;

/**
 * What a statement did, read in full, so that another thread can make values of it.
 *
 * @param result the counts
 * @param columns the names of its columns, empty if it has no rows
 * @param rows its rows
 */
public record Outcome(RunResult result, List<String> columns, List<StoredRow> rows) {
  /** The rows as values. */
  public <T> List<T> as(Shape<T> shape, Values values) {
    if (rows.isEmpty()) {
      return List.of();
    }
    RowReader<T> reader = shape.reader(values, columns);
    List<T> made = new ArrayList<>(rows.size());
    for (StoredRow row : rows) {
      made.add(reader.read(row));
    }
    return made;
  }
}
