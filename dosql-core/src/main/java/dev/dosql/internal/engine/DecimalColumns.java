package dev.dosql.internal.engine;

import dev.dosql.ParameterException;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sql.WriteTarget;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;

/**
 * Refuses to write a decimal number to a column that would make a floating-point number of it.
 *
 * <p>A {@link BigDecimal} is stored as text, which keeps every digit; but a column with one of
 * SQLite's numeric affinities turns such a text into a number, a whole one if it can and otherwise
 * one of 53 bits. Whole numbers survive that in an INTEGER or NUMERIC column and are let through.
 *
 * <p>See "Determination of column affinity" in SQLite's "Datatypes in SQLite".
 */
final class DecimalColumns {
  /** By name, or by the place among the columns that an INSERT without names fills. */
  private static final String TYPE =
      "SELECT type FROM (SELECT name, type, row_number() OVER (ORDER BY cid) - 1 AS place"
          + " FROM pragma_table_xinfo(?1) WHERE hidden = 0)"
          + " WHERE iif(?2 IS NULL, place = ?3, name = ?2 COLLATE NOCASE)";

  private static final String STRICT =
      "SELECT strict FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE";

  private DecimalColumns() {}

  /** Checks the decimals among the values of a write. */
  static void check(SqliteConnection connection, Bound bound) throws SqliteException {
    Map<Integer, WriteTarget> targets = WriteTarget.of(bound.sql());
    for (int number : bound.decimals()) {
      WriteTarget target = targets.get(number);
      if (target != null && bound.values()[number - 1] instanceof String decimal) {
        check(connection, target, new BigDecimal(decimal));
      }
    }
  }

  private static void check(SqliteConnection connection, WriteTarget target, BigDecimal value)
      throws SqliteException {
    String type = type(connection, target);
    boolean strict = WriteStatements.number(connection, STRICT, target.table()) == 1;
    if (rounds(type.toUpperCase(Locale.ROOT), strict, value)) {
      throw new ParameterException(
          "decimal would be rounded: seen a column of type "
              + (type.isEmpty() ? "none" : type)
              + ", needed TEXT (table="
              + target.table()
              + (target.column() == null ? "" : ", column=" + target.column())
              + ")");
    }
  }

  private static String type(SqliteConnection connection, WriteTarget target)
      throws SqliteException {
    SqliteStatement query = connection.prepare(TYPE);
    try {
      Object[] values = {target.table(), target.column(), (long) target.position()};
      return query.start(values) ? query.textAt(0) : "TEXT";
    } finally {
      query.release();
    }
  }

  private static boolean rounds(String type, boolean strict, BigDecimal value) {
    if (type.contains("INT")) {
      return !isWhole(value);
    }
    if (type.isEmpty()
        || type.contains("CHAR")
        || type.contains("CLOB")
        || type.contains("TEXT")
        || type.contains("BLOB")
        || strict && type.equals("ANY")) {
      return false;
    }
    boolean real = type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB");
    return real || !isWhole(value);
  }

  /** Whether it is a whole number of 64 bits. */
  private static boolean isWhole(BigDecimal value) {
    try {
      value.longValueExact();
      return true;
    } catch (ArithmeticException e) {
      return false;
    }
  }
}
