package dev.dosql.internal.values;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The values of a row that was read before: it can be read long after its statement has moved on,
 * and by another thread than the one that executed it.
 *
 * <p>Immutable; safe for use by many threads. Two are equal when their values are, arrays by
 * content.
 */
public final class StoredRow implements Columns {
  private final @Nullable Object[] values;

  private StoredRow(@Nullable Object[] values) {
    this.values = values;
  }

  /** Reads all values of a row. */
  public static StoredRow read(Columns from) {
    @Nullable Object[] values = new Object[from.count()];
    for (int column = 0; column < values.length; column++) {
      values[column] = value(from, column);
    }
    return new StoredRow(values);
  }

  /**
   * A row of given values, which are the row's from now on.
   *
   * @throws IllegalArgumentException if one is not a Long, Double, String, byte[] or null
   */
  public static StoredRow of(@Nullable Object... values) {
    for (Object value : values) {
      typeOf(value);
    }
    return new StoredRow(values);
  }

  /** SQLite's own value of a column, a BLOB in an array of its own. */
  static @Nullable Object value(Columns from, int column) {
    return switch (from.type(column)) {
      case INTEGER -> (Object) from.longAt(column);
      case REAL -> (Object) from.doubleAt(column);
      case TEXT -> from.textAt(column);
      case BLOB -> from.blobAt(column);
      default -> null;
    };
  }

  /** The value of a column: a Long, Double, String, byte[] that must not be changed, or null. */
  public @Nullable Object value(int column) {
    return values[column];
  }

  @Override
  public int count() {
    return values.length;
  }

  @Override
  public int type(int column) {
    return typeOf(values[column]);
  }

  private static int typeOf(@Nullable Object value) {
    if (value instanceof String) {
      return TEXT;
    }
    if (value instanceof Long) {
      return INTEGER;
    }
    if (value == null) {
      return NULL;
    }
    if (value instanceof Double) {
      return REAL;
    }
    if (value instanceof byte[]) {
      return BLOB;
    }
    throw new IllegalArgumentException("not a value of SQLite: " + value.getClass().getTypeName());
  }

  @Override
  public long longAt(int column) {
    return (Long) at(column);
  }

  @Override
  public double doubleAt(int column) {
    return (Double) at(column);
  }

  @Override
  public String textAt(int column) {
    return (String) at(column);
  }

  @Override
  public byte[] blobAt(int column) {
    return ((byte[]) at(column)).clone();
  }

  private Object at(int column) {
    return Objects.requireNonNull(values[column], "NULL");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StoredRow row && Arrays.deepEquals(values, row.values);
  }

  @Override
  public int hashCode() {
    return Arrays.deepHashCode(values);
  }

  /** The types of the values; the values themselves do not belong in a log. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("StoredRow[");
    for (int column = 0; column < values.length; column++) {
      text.append(column == 0 ? "" : ", ").append(Slot.typeName(type(column)));
    }
    return text.append(']').toString();
  }
}
