package dev.dosql;

/**
 * Makes a value of a row.
 *
 * @param <T> what it makes
 */
@FunctionalInterface
public interface RowMapper<T> {
  /**
   * Makes a value of one row. Called once a row, on the caller's thread, which holds nothing but
   * what the caller holds: its transaction, its snapshot or the stream that is read. What it throws
   * comes out of the call as it was; a statement that had written stays written.
   *
   * @param row the row, which may be kept
   * @return the value
   */
  T map(Row row);
}
