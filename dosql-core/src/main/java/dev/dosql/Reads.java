package dev.dosql;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What can be asked of a database: one statement and its parameters in, rows out.
 *
 * <p><b>Parameters</b> are written {@code ?}, {@code ?1}, {@code :name}, {@code @name} or {@code
 * $name} and given by position, or all at once in one {@link java.util.Map}, record or {@link
 * Params} by name. A wrong count, a missing name and a name in a map that the SQL does not have are
 * errors; a record may have more components. A collection or array stands for a list only in {@code
 * IN (:ids)} or {@code IN (?)}, where it expands.
 *
 * <p><b>Quotes.</b> A text stands in single quotes, a name in double ones. SQLite takes a name that
 * it does not know for a text; here that is an error, except in statements that define a schema.
 *
 * <p><b>Mapping.</b> With a {@link Class}, a row becomes a record or a bean, {@code snake_case}
 * columns meeting {@code camelCase} components, or, for the types of the value table, the value of
 * its only column. Columns without a component are ignored; a component without a column, two
 * columns of one name, NULL for a primitive, and a conversion that would lose information are
 * errors.
 *
 * <p>The value table is the one of {@code docs/values.md}: which Java types are stored as what, and
 * what can be read as which.
 *
 * <p><b>Cancelling.</b> Interrupting the thread ends the call with {@link
 * InterruptedQueryException}.
 *
 * <p><b>Failures.</b> Besides what each method names, every call may fail with {@link
 * QueryTimeoutException} or {@link LimitExceededException}, the latter also if no reader comes free
 * in time; and, as any call may be the one that opens the tenant, with what opening it meets: a
 * {@link TenantNotFoundException} or {@link TenantSuspendedException}, a {@link
 * MigrationException}, a {@link CorruptDatabaseException}, {@link DatabaseLockedException}, {@link
 * ReadOnlyException}, {@link DiskFullException} or {@link StorageException}; or with a {@link
 * DatabaseClosedException}. A call that failed has changed nothing but where its error says so.
 *
 * <p><b>Threads.</b> As what it belongs to: a {@link DB} is for many threads, a {@link Transaction}
 * and what {@link DB#read} hands to its work for one.
 */
public interface Reads {
  /**
   * All rows.
   *
   * @param sql one statement that has rows
   * @param params its parameters
   * @return the rows, unmodifiable
   * @throws StatementException if the SQL is refused, or has no rows to return
   * @throws ParameterException if the parameters do not fit
   */
  List<Row> query(String sql, @Nullable Object... params);

  /**
   * All rows, each as a value of a type.
   *
   * @param <T> the type
   * @param type a record, a bean or a type of the value table
   * @param sql one statement that has rows
   * @param params its parameters
   * @return the values, unmodifiable; null stands for NULL of a single column
   * @throws StatementException if the SQL is refused, or has no rows to return
   * @throws ParameterException if the parameters do not fit
   * @throws MappingException if a row does not fit the type
   */
  <T> List<T> query(Class<T> type, String sql, @Nullable Object... params);

  /**
   * All rows, each through a mapper.
   *
   * @param <T> what the mapper makes
   * @param mapper called for each row
   * @param sql one statement that has rows
   * @param params its parameters
   * @return what the mapper made, in order, unmodifiable
   * @throws StatementException if the SQL is refused, or has no rows to return
   * @throws ParameterException if the parameters do not fit
   */
  <T> List<T> query(RowMapper<T> mapper, String sql, @Nullable Object... params);

  /**
   * The only row.
   *
   * @param sql one statement that has rows
   * @param params its parameters
   * @return the row, or empty if there is none
   * @throws TooManyRowsException if there is more than one; a write is undone then
   * @throws StatementException if the SQL is refused, or has no rows to return
   * @throws ParameterException if the parameters do not fit
   */
  Optional<Row> queryOne(String sql, @Nullable Object... params);

  /**
   * The only row, as a value of a type.
   *
   * @param <T> the type
   * @param type a record, a bean or a type of the value table
   * @param sql one statement that has rows
   * @param params its parameters
   * @return the value, or empty if there is no row, or its single column is NULL
   * @throws TooManyRowsException if there is more than one; a write is undone then
   * @throws StatementException if the SQL is refused, or has no rows to return
   * @throws ParameterException if the parameters do not fit
   * @throws MappingException if the row does not fit the type
   */
  <T> Optional<T> queryOne(Class<T> type, String sql, @Nullable Object... params);

  /**
   * The only row, through a mapper.
   *
   * @param <T> what the mapper makes
   * @param mapper called for the row
   * @param sql one statement that has rows
   * @param params its parameters
   * @return what the mapper made, or empty if there is no row or it made null
   * @throws TooManyRowsException if there is more than one; a write is undone then
   * @throws StatementException if the SQL is refused, or has no rows to return
   * @throws ParameterException if the parameters do not fit
   */
  <T> Optional<T> queryOne(RowMapper<T> mapper, String sql, @Nullable Object... params);

  /**
   * The rows one after the other, in constant memory.
   *
   * @param sql one statement that only reads
   * @param params its parameters
   * @return the rows; to be closed
   * @throws StatementException if the SQL is refused, or does not only read
   * @throws ParameterException if the parameters do not fit
   */
  RowStream<Row> stream(String sql, @Nullable Object... params);

  /**
   * The rows one after the other, each as a value of a type.
   *
   * @param <T> the type
   * @param type a record, a bean or a type of the value table
   * @param sql one statement that only reads
   * @param params its parameters
   * @return the values; to be closed
   * @throws StatementException if the SQL is refused, or does not only read
   * @throws ParameterException if the parameters do not fit
   * @throws MappingException if the columns do not fit the type
   */
  <T> RowStream<T> stream(Class<T> type, String sql, @Nullable Object... params);

  /**
   * The rows one after the other, each through a mapper.
   *
   * @param <T> what the mapper makes
   * @param mapper called for each row
   * @param sql one statement that only reads
   * @param params its parameters
   * @return what the mapper makes; to be closed
   * @throws StatementException if the SQL is refused, or does not only read
   * @throws ParameterException if the parameters do not fit
   */
  <T> RowStream<T> stream(RowMapper<T> mapper, String sql, @Nullable Object... params);
}
