package dev.dosql.internal.values;

/**
 * The values of one row, as SQLite has them: of a statement that stands on it, or read before.
 *
 * <p>Used by one thread at a time.
 */
public interface Columns {
  /** SQLite's code for an integer. */
  int INTEGER = 1;

  /** SQLite's code for a floating-point number. */
  int REAL = 2;

  /** SQLite's code for a text. */
  int TEXT = 3;

  /** SQLite's code for a BLOB. */
  int BLOB = 4;

  /** SQLite's code for NULL. */
  int NULL = 5;

  /** How many columns there are. */
  int count();

  /** The type of a value, one of the five codes; to be asked before the value is read. */
  int type(int column);

  /** The value of a column whose type is {@link #INTEGER}. */
  long longAt(int column);

  /** The value of a column whose type is {@link #REAL}. */
  double doubleAt(int column);

  /** The value of a column whose type is {@link #TEXT}. */
  String textAt(int column);

  /** The value of a column whose type is {@link #BLOB}, in an array of its own. */
  byte[] blobAt(int column);
}
