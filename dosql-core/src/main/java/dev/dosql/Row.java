package dev.dosql;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One row of a result: values by position, from 0, or by the column's name.
 *
 * <p>Names are compared without regard to ASCII case, as SQLite does; a name that two columns share
 * cannot be asked for. SQLite's own values come out as {@code Long}, {@code Double}, {@code
 * String}, {@code byte[]} or null, 64-bit exact. The typed getters convert by the value table
 * ({@code docs/values.md}) and refuse to lose information.
 *
 * <p>Immutable, but for the arrays that it hands out as copies; safe for use by many threads.
 */
public interface Row {
  /**
   * The names of the columns.
   *
   * @return the names in order
   */
  List<String> columns();

  /**
   * SQLite's own value.
   *
   * @param column the position, from 0
   * @return a {@code Long}, {@code Double}, {@code String}, {@code byte[]}, or null for NULL
   * @throws MappingException if there is no such column
   */
  @Nullable Object get(int column);

  /**
   * SQLite's own value.
   *
   * @param column the name
   * @return a {@code Long}, {@code Double}, {@code String}, {@code byte[]}, or null for NULL
   * @throws MappingException if there is no such column, or more than one
   */
  @Nullable Object get(String column);

  /**
   * A value, converted.
   *
   * @param <T> the type
   * @param column the position, from 0
   * @param type the type, any of the value table or of the converters that were registered
   * @return the value, or null for NULL
   * @throws MappingException if there is no such column, the value does not fit exactly, or NULL
   *     meets a primitive type
   */
  <T> @Nullable T get(int column, Class<T> type);

  /**
   * A value, converted.
   *
   * @param <T> the type
   * @param column the name
   * @param type the type, any of the value table or of the converters that were registered
   * @return the value, or null for NULL
   * @throws MappingException if there is no such column, or more than one, the value does not fit
   *     exactly, or NULL meets a primitive type
   */
  <T> @Nullable T get(String column, Class<T> type);

  /**
   * Whether a value is NULL.
   *
   * @param column the position, from 0
   * @return true for NULL
   * @throws MappingException if there is no such column
   */
  boolean isNull(int column);

  /**
   * Whether a value is NULL.
   *
   * @param column the name
   * @return true for NULL
   * @throws MappingException if there is no such column, or more than one
   */
  boolean isNull(String column);

  /**
   * An integer.
   *
   * @param column the position, from 0
   * @return the value
   * @throws MappingException if there is no such column, or it is NULL or not an exact integer
   */
  long getLong(int column);

  /**
   * An integer.
   *
   * @param column the name
   * @return the value
   * @throws MappingException if there is no such column, or it is NULL or not an exact integer
   */
  long getLong(String column);

  /**
   * An integer of 32 bits.
   *
   * @param column the position, from 0
   * @return the value
   * @throws MappingException if there is no such column, or it is NULL or does not fit
   */
  int getInt(int column);

  /**
   * An integer of 32 bits.
   *
   * @param column the name
   * @return the value
   * @throws MappingException if there is no such column, or it is NULL or does not fit
   */
  int getInt(String column);

  /**
   * A number.
   *
   * @param column the position, from 0
   * @return the value
   * @throws MappingException if there is no such column, or it is NULL or not a number that a
   *     double holds exactly
   */
  double getDouble(int column);

  /**
   * A number.
   *
   * @param column the name
   * @return the value
   * @throws MappingException if there is no such column, or it is NULL or not a number that a
   *     double holds exactly
   */
  double getDouble(String column);

  /**
   * A truth value, stored as 0 or 1.
   *
   * @param column the position, from 0
   * @return the value
   * @throws MappingException if there is no such column, or it is anything but 0 or 1
   */
  boolean getBoolean(int column);

  /**
   * A truth value, stored as 0 or 1.
   *
   * @param column the name
   * @return the value
   * @throws MappingException if there is no such column, or it is anything but 0 or 1
   */
  boolean getBoolean(String column);

  /**
   * A text.
   *
   * @param column the position, from 0
   * @return the text, or null for NULL
   * @throws MappingException if there is no such column, or it is not text
   */
  @Nullable String getString(int column);

  /**
   * A text.
   *
   * @param column the name
   * @return the text, or null for NULL
   * @throws MappingException if there is no such column, or it is not text
   */
  @Nullable String getString(String column);

  /**
   * Bytes.
   *
   * @param column the position, from 0
   * @return a copy of the bytes, or null for NULL
   * @throws MappingException if there is no such column, or it is not a BLOB
   */
  byte @Nullable [] getBytes(int column);

  /**
   * Bytes.
   *
   * @param column the name
   * @return a copy of the bytes, or null for NULL
   * @throws MappingException if there is no such column, or it is not a BLOB
   */
  byte @Nullable [] getBytes(String column);

  /**
   * The whole row as a record, a bean or a single value, by the rules of {@link Reads#query(Class,
   * String, Object...)}.
   *
   * @param <T> the type
   * @param type the type
   * @return the value
   * @throws MappingException if the row does not fit
   */
  <T> T as(Class<T> type);

  /**
   * The row as a map.
   *
   * @return SQLite's own values by column name, in the order of the columns; unmodifiable
   * @throws MappingException if two columns have the same name
   */
  Map<String, @Nullable Object> toMap();
}
