package dev.dosql.internal.jdbc;

import java.sql.ParameterMetaData;
import java.sql.Types;
import org.jspecify.annotations.Nullable;

/** The methods of {@link ParameterMetaData}: SQLite's parameters have no types. */
final class JdbcParameterMetaData extends Faced<ParameterMetaData> {
  private final int count;

  JdbcParameterMetaData(int count) {
    super(ParameterMetaData.class);
    this.count = count;
  }

  @Override
  @Nullable Session session() {
    return null;
  }

  public int getParameterCount() {
    return count;
  }

  public int getParameterType(int parameter) {
    return Types.OTHER;
  }

  public String getParameterClassName(int parameter) {
    return Object.class.getName();
  }

  public int getParameterMode(int parameter) {
    return ParameterMetaData.parameterModeIn;
  }

  public int isNullable(int parameter) {
    return ParameterMetaData.parameterNullableUnknown;
  }

  @Override
  public String toString() {
    return "parameters=" + count;
  }
}
