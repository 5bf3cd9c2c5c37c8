package dev.dosql.internal.values;

import dev.dosql.Row;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A row by position and by name. Two are equal when their columns and values are. */
final class NamedRow implements Row {
  private final Values values;
  private final Header header;
  private final StoredRow row;

  /** Puts names to a row, which has as many columns. */
  NamedRow(Values values, Header header, StoredRow row) {
    this.values = values;
    this.header = header;
    this.row = row;
  }

  @Override
  public List<String> columns() {
    return header.names();
  }

  @Override
  public @Nullable Object get(int column) {
    return FromColumn.toObject(row, header.slot(column));
  }

  @Override
  public @Nullable Object get(String column) {
    return FromColumn.toObject(row, header.slot(column));
  }

  @Override
  public <T> @Nullable T get(int column, Class<T> type) {
    return values.cell(type, row, header.slot(column));
  }

  @Override
  public <T> @Nullable T get(String column, Class<T> type) {
    return values.cell(type, row, header.slot(column));
  }

  @Override
  public boolean isNull(int column) {
    return isNull(header.slot(column));
  }

  @Override
  public boolean isNull(String column) {
    return isNull(header.slot(column));
  }

  private boolean isNull(Slot slot) {
    return row.type(slot.column()) == Columns.NULL;
  }

  @Override
  public long getLong(int column) {
    return FromColumn.toLong(row, header.slot(column));
  }

  @Override
  public long getLong(String column) {
    return FromColumn.toLong(row, header.slot(column));
  }

  @Override
  public int getInt(int column) {
    return FromColumn.toInt(row, header.slot(column));
  }

  @Override
  public int getInt(String column) {
    return FromColumn.toInt(row, header.slot(column));
  }

  @Override
  public double getDouble(int column) {
    return FromColumn.toDouble(row, header.slot(column));
  }

  @Override
  public double getDouble(String column) {
    return FromColumn.toDouble(row, header.slot(column));
  }

  @Override
  public boolean getBoolean(int column) {
    return FromColumn.toBoolean(row, header.slot(column));
  }

  @Override
  public boolean getBoolean(String column) {
    return FromColumn.toBoolean(row, header.slot(column));
  }

  @Override
  public @Nullable String getString(int column) {
    return FromColumn.toText(row, header.slot(column));
  }

  @Override
  public @Nullable String getString(String column) {
    return FromColumn.toText(row, header.slot(column));
  }

  @Override
  public byte @Nullable [] getBytes(int column) {
    return FromColumn.toBytes(row, header.slot(column));
  }

  @Override
  public byte @Nullable [] getBytes(String column) {
    return FromColumn.toBytes(row, header.slot(column));
  }

  @Override
  public <T> T as(Class<T> type) {
    return values.reader(type, header.names()).read(row);
  }

  @Override
  public Map<String, @Nullable Object> toMap() {
    header.requireDistinct();
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (int column = 0; column < header.count(); column++) {
      map.put(header.names().get(column), get(column));
    }
    return Collections.unmodifiableMap(map);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NamedRow that
        && header.names().equals(that.header.names())
        && row.equals(that.row);
  }

  @Override
  public int hashCode() {
    return 31 * header.names().hashCode() + row.hashCode();
  }

  /** Names and types; the values themselves do not belong in a log. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("Row[");
    for (int column = 0; column < header.count(); column++) {
      text.append(column == 0 ? "" : ", ")
          .append(header.names().get(column))
          .append(' ')
          .append(Slot.typeName(row.type(column)));
    }
    return text.append(']').toString();
  }
}
