package dev.dosql.internal.session;

import dev.dosql.Reads;
import dev.dosql.Row;
import dev.dosql.RowMapper;
import dev.dosql.RowStream;
import dev.dosql.internal.engine.Shape;
import dev.dosql.internal.engine.WriteStatements;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The nine forms of reading, made of two. */
abstract class AbstractReads implements Reads {
  /**
   * The rows, up to a number of them, as they are to become. A write that returns so many has no
   * effect and is an error.
   */
  abstract <T> List<T> rows(
      Shape<T> shape, String sql, @Nullable Object @Nullable [] params, int max);

  /** The rows one after the other. */
  abstract <T> RowStream<T> open(Shape<T> shape, String sql, @Nullable Object @Nullable [] params);

  @Override
  public List<Row> query(String sql, @Nullable Object... params) {
    return all(Shape.ROWS, sql, params);
  }

  @Override
  public <T> List<T> query(Class<T> type, String sql, @Nullable Object... params) {
    return all(new Shape<>(Objects.requireNonNull(type, "type")), sql, params);
  }

  @Override
  public <T> List<T> query(RowMapper<T> mapper, String sql, @Nullable Object... params) {
    Objects.requireNonNull(mapper, "mapper");
    List<Row> rows = all(Shape.ROWS, sql, params);
    List<T> mapped = new ArrayList<>(rows.size());
    for (Row row : rows) {
      mapped.add(mapper.map(row));
    }
    return Collections.unmodifiableList(mapped);
  }

  private <T> List<T> all(Shape<T> shape, String sql, @Nullable Object @Nullable [] params) {
    return Collections.unmodifiableList(rows(shape, sql, params, Integer.MAX_VALUE));
  }

  @Override
  public Optional<Row> queryOne(String sql, @Nullable Object... params) {
    return only(Shape.ROWS, sql, params);
  }

  @Override
  public <T> Optional<T> queryOne(Class<T> type, String sql, @Nullable Object... params) {
    return only(new Shape<>(Objects.requireNonNull(type, "type")), sql, params);
  }

  @Override
  public <T> Optional<T> queryOne(RowMapper<T> mapper, String sql, @Nullable Object... params) {
    Objects.requireNonNull(mapper, "mapper");
    return only(Shape.ROWS, sql, params).map(mapper::map);
  }

  private <T> Optional<T> only(Shape<T> shape, String sql, @Nullable Object @Nullable [] params) {
    List<T> rows = rows(shape, sql, params, 2);
    if (rows.size() > 1) {
      throw WriteStatements.tooManyRows();
    }
    return rows.isEmpty() ? Optional.empty() : Optional.ofNullable(rows.get(0));
  }

  @Override
  public RowStream<Row> stream(String sql, @Nullable Object... params) {
    return open(Shape.ROWS, sql, params);
  }

  @Override
  public <T> RowStream<T> stream(Class<T> type, String sql, @Nullable Object... params) {
    return open(new Shape<>(Objects.requireNonNull(type, "type")), sql, params);
  }

  @Override
  public <T> RowStream<T> stream(RowMapper<T> mapper, String sql, @Nullable Object... params) {
    Objects.requireNonNull(mapper, "mapper");
    return new MappedStream<>(open(Shape.ROWS, sql, params), mapper);
  }
}
