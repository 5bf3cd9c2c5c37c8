package dev.dosql.internal.session;

import dev.dosql.Row;
import dev.dosql.RowMapper;
import dev.dosql.RowStream;

/** Rows through a mapper. */
final class MappedStream<T> extends AbstractStream<T> {
  private final RowStream<Row> rows;
  private final RowMapper<T> mapper;

  MappedStream(RowStream<Row> rows, RowMapper<T> mapper) {
    this.rows = rows;
    this.mapper = mapper;
  }

  @Override
  public boolean hasNext() {
    return rows.hasNext();
  }

  @Override
  public T next() {
    try {
      return mapper.map(rows.next());
    } catch (RuntimeException | Error e) {
      rows.close();
      throw e;
    }
  }

  @Override
  public void close() {
    rows.close();
  }
}
