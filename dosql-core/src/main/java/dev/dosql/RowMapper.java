package dev.dosql;

/**
 * Makes a value of a row.
 *
 * @param <T> what it makes
 */
@FunctionalInterface
public interface RowMapper<T> {
  /**
   * Makes a value of one row. Called once a row, in the caller's thread, with no lock held.
   *
   * @param row the row, which may be kept
   * @return the value
   */
  T map(Row row);
}
