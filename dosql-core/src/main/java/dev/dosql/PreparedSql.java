package dev.dosql;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One statement, checked once, to be used many times. It holds nothing that must be closed.
 *
 * <p>Used as its origin is: that of a {@link DB} is safe for use by many threads, that of a {@link
 * Transaction} ends with it.
 */
public interface PreparedSql {
  /**
   * The statement's text.
   *
   * @return the SQL as it was given
   */
  String sql();

  /**
   * The columns of its rows, without running it.
   *
   * @return the columns in order; empty when it has no rows
   * @throws StatementException if the SQL does not fit the schema
   */
  List<Column> columns();

  /**
   * All rows, as {@link Queries#query(String, Object...)}.
   *
   * @param params its parameters
   * @return the rows, unmodifiable
   */
  List<Row> all(@Nullable Object... params);

  /**
   * All rows as values of a type, as {@link Queries#query(Class, String, Object...)}.
   *
   * @param <T> the type
   * @param type a record, a bean or a type of the value table
   * @param params its parameters
   * @return the values, unmodifiable
   */
  <T> List<T> all(Class<T> type, @Nullable Object... params);

  /**
   * The only row, as {@link Queries#queryOne(String, Object...)}.
   *
   * @param params its parameters
   * @return the row, or empty
   */
  Optional<Row> get(@Nullable Object... params);

  /**
   * The only row as a value of a type, as {@link Queries#queryOne(Class, String, Object...)}.
   *
   * @param <T> the type
   * @param type a record, a bean or a type of the value table
   * @param params its parameters
   * @return the value, or empty
   */
  <T> Optional<T> get(Class<T> type, @Nullable Object... params);

  /**
   * Runs it, as {@link Queries#run}.
   *
   * @param params its parameters
   * @return what it did
   */
  RunResult run(@Nullable Object... params);

  /**
   * The rows one after the other, as {@link Queries#stream(String, Object...)}.
   *
   * @param params its parameters
   * @return the rows; to be closed
   */
  RowStream<Row> iterate(@Nullable Object... params);

  /**
   * The rows one after the other as values of a type, as {@link Queries#stream(Class, String,
   * Object...)}.
   *
   * @param <T> the type
   * @param type a record, a bean or a type of the value table
   * @param params its parameters
   * @return the values; to be closed
   */
  <T> RowStream<T> iterate(Class<T> type, @Nullable Object... params);
}
