package dev.dosql.internal.sqlite;

import dev.dosql.internal.values.Columns;
import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.sqlite.core.DB;

/**
 * What was fetched of the row that a statement stands on: the types of all values, and those values
 * that were asked for in a row before, since rows of one statement are read alike. So a row is
 * fetched in the call that steps to it, where each value by itself would begin a call of its own.
 *
 * <p>A value that nobody asked for is never fetched, nor one that was large in the row before: a
 * row would be copied before anybody comes to it. Bytes are handed out once: whoever has them may
 * change them.
 *
 * <p>Used by one thread at a time.
 */
final class FetchedRow {
  private final DB db;
  private final DB rows;
  private final long pointer;
  private final boolean utf8;
  private int[] types = {};

  /** Integers, and the bits of reals. */
  private long[] numbers = {};

  private byte @Nullable [][] bytes = {};
  private boolean[] wanted = {};
  private boolean[] has = {};
  private boolean anyWanted;
  private boolean holdsBytes;
  private boolean fetched;

  /**
   * Has fetched nothing.
   *
   * @param pointer the statement
   */
  FetchedRow(DriverConnection connection, long pointer) {
    this.db = connection.db();
    this.rows = connection.rows();
    this.pointer = pointer;
    this.utf8 = connection.isUtf8();
  }

  /** Says how many columns rows have; if that is news, what is wanted and the row are forgotten. */
  void setColumns(int columns) {
    if (types.length != columns) {
      leave();
      anyWanted = false;
      types = new int[columns];
      numbers = new long[columns];
      bytes = new byte[columns][];
      wanted = new boolean[columns];
      has = new boolean[columns];
    }
  }

  /** Says that the statement stands on the row no more. */
  void leave() {
    if (holdsBytes) {
      Arrays.fill(bytes, null);
      holdsBytes = false;
    }
    fetched = false;
  }

  /** Whether a value is to be fetched with the row, from the next one on. */
  void want(int column, boolean value) {
    wanted[column] = value;
    anyWanted |= value;
  }

  /** Has nothing fetched, from the next row on. */
  void wantNothing() {
    Arrays.fill(wanted, false);
    anyWanted = false;
  }

  boolean isFetched() {
    return fetched;
  }

  /** Fetches a row of which values are wanted. */
  void fetchWanted() throws SQLException {
    if (anyWanted) {
      fetch();
    }
  }

  /** Fetches the types, and what is wanted; to be called by one whose call is running. */
  void fetch() throws SQLException {
    for (int i = 0; i < types.length; i++) {
      int type = rows.column_type(pointer, i);
      types[i] = type;
      has[i] = wanted[i] && fetchValue(i, type);
    }
    fetched = true;
  }

  private boolean fetchValue(int column, int type) throws SQLException {
    switch (type) {
      case Columns.INTEGER -> numbers[column] = rows.column_long(pointer, column);
      case Columns.REAL ->
          numbers[column] = Double.doubleToRawLongBits(rows.column_double(pointer, column));
      case Columns.TEXT, Columns.BLOB -> {
        if (type == Columns.TEXT && !utf8) {
          return false;
        }
        holdsBytes = true;
        bytes[column] = db.column_blob(pointer, column);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /** SQLite's code for the type of a value of the row that was fetched. */
  int type(int column) {
    return types[column];
  }

  /** Whether a value was fetched and is of that type. */
  boolean has(int column, int type) {
    return fetched && has[column] && types[column] == type;
  }

  /** An integer that was fetched. */
  long integer(int column) {
    return numbers[column];
  }

  /** A real that was fetched. */
  double real(int column) {
    return Double.longBitsToDouble(numbers[column]);
  }

  /** Hands out bytes that were fetched; null if they were not, or are empty. */
  byte @Nullable [] takeBytes(int column) {
    byte[] taken = fetched ? bytes[column] : null;
    bytes[column] = null;
    return taken;
  }
}
