package dev.dosql.internal.jdbc;

import dev.dosql.Column;
import dev.dosql.internal.values.Columns;
import java.sql.ResultSetMetaData;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The methods of {@link ResultSetMetaData}. A column's type is that of its declaration, by SQLite's
 * rules of affinity; of an expression, that of the value in the present row.
 */
final class JdbcResultSetMetaData extends Faced<ResultSetMetaData> {
  private final List<Column> columns;
  private final @Nullable Columns row;

  JdbcResultSetMetaData(List<Column> columns, @Nullable Columns row) {
    super(ResultSetMetaData.class);
    this.columns = columns;
    this.row = row;
  }

  @Override
  @Nullable Session session() {
    return null;
  }

  private Column at(int column) throws SQLException {
    if (column < 1 || column > columns.size()) {
      throw new SQLDataException(
          "no such column: seen " + column + ", needed 1 to " + columns.size(), "07009");
    }
    return columns.get(column - 1);
  }

  public int getColumnCount() {
    return columns.size();
  }

  public String getColumnLabel(int column) throws SQLException {
    return at(column).name();
  }

  public String getColumnName(int column) throws SQLException {
    return at(column).name();
  }

  public String getTableName(int column) throws SQLException {
    return at(column).table().orElse("");
  }

  public String getSchemaName(int column) throws SQLException {
    at(column);
    return "";
  }

  public String getCatalogName(int column) throws SQLException {
    at(column);
    return "";
  }

  public String getColumnTypeName(int column) throws SQLException {
    return at(column).declaredType().orElse("");
  }

  public int getColumnType(int column) throws SQLException {
    String declared = getColumnTypeName(column).toUpperCase(Locale.ROOT);
    return declared.isEmpty() ? ofValue(column - 1) : ofDeclaration(declared);
  }

  private static int ofDeclaration(String declared) {
    if (declared.contains("INT")) {
      return Types.BIGINT;
    }
    if (declared.contains("CHAR") || declared.contains("CLOB") || declared.contains("TEXT")) {
      return Types.VARCHAR;
    }
    if (declared.contains("BLOB")) {
      return Types.VARBINARY;
    }
    if (declared.contains("REAL") || declared.contains("FLOA") || declared.contains("DOUB")) {
      return Types.DOUBLE;
    }
    return Types.NUMERIC;
  }

  private int ofValue(int column) {
    if (row == null) {
      return Types.OTHER;
    }
    return switch (row.type(column)) {
      case Columns.INTEGER -> Types.BIGINT;
      case Columns.REAL -> Types.DOUBLE;
      case Columns.TEXT -> Types.VARCHAR;
      case Columns.BLOB -> Types.VARBINARY;
      default -> Types.NULL;
    };
  }

  public String getColumnClassName(int column) throws SQLException {
    return switch (getColumnType(column)) {
      case Types.BIGINT -> Long.class.getName();
      case Types.VARCHAR -> String.class.getName();
      case Types.VARBINARY -> byte[].class.getName();
      case Types.DOUBLE -> Double.class.getName();
      default -> Object.class.getName();
    };
  }

  public int isNullable(int column) throws SQLException {
    at(column);
    return ResultSetMetaData.columnNullableUnknown;
  }

  public boolean isAutoIncrement(int column) throws SQLException {
    at(column);
    return false;
  }

  public boolean isCaseSensitive(int column) throws SQLException {
    at(column);
    return true;
  }

  public boolean isSearchable(int column) throws SQLException {
    at(column);
    return true;
  }

  public boolean isCurrency(int column) throws SQLException {
    at(column);
    return false;
  }

  public boolean isSigned(int column) throws SQLException {
    int type = getColumnType(column);
    return type == Types.BIGINT || type == Types.DOUBLE || type == Types.NUMERIC;
  }

  public int getColumnDisplaySize(int column) throws SQLException {
    at(column);
    return Integer.MAX_VALUE;
  }

  public int getPrecision(int column) throws SQLException {
    at(column);
    return 0;
  }

  public int getScale(int column) throws SQLException {
    at(column);
    return 0;
  }

  public boolean isReadOnly(int column) throws SQLException {
    at(column);
    return true;
  }

  public boolean isWritable(int column) throws SQLException {
    at(column);
    return false;
  }

  public boolean isDefinitelyWritable(int column) throws SQLException {
    at(column);
    return false;
  }

  @Override
  public String toString() {
    return "columns=" + columns.size();
  }
}
