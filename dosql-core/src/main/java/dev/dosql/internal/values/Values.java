package dev.dosql.internal.values;

import dev.dosql.Converter;
import dev.dosql.MappingException;
import dev.dosql.Row;
import dev.dosql.RowMapper;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Converts between Java values and SQLite's, by the table of this package and the user's
 * converters.
 *
 * <p>Readers are made once for a type and a list of columns, and kept with the class, so that they
 * go when it goes; of each class {@value #LISTS_MAX} at most.
 *
 * <p>Safe for use by many threads.
 */
public final class Values {
  /** When a cache has so many lists of columns, somebody makes up names, and it starts again. */
  private static final int LISTS_MAX = 256;

  private final Converters converters;
  private final ToColumn toColumn;
  private final MethodHandles.@Nullable Lookup lookup;
  private final ConcurrentMap<List<String>, RowReader<Row>> rowReaders = new ConcurrentHashMap<>();

  /** What is kept must not lead back here: from a class that stays, it would keep this too. */
  private final ClassValue<OfType> types;

  /**
   * Takes the converters and the right to make the user's types.
   *
   * @throws IllegalArgumentException if a converter claims a type of the value table, or two claim
   *     one
   */
  public Values(List<Converter<?>> converters, MethodHandles.@Nullable Lookup lookup) {
    this.converters = new Converters(converters);
    this.toColumn = new ToColumn(this.converters);
    this.lookup = lookup;
    this.types =
        new ClassValue<>() {
          @Override
          protected OfType computeValue(Class<?> type) {
            return new OfType();
          }
        };
  }

  /**
   * A value as SQLite stores it: a {@code Long}, {@code Double}, {@code String}, {@code byte[]} or
   * null. An array is not copied, because the driver binds it before the call returns.
   *
   * @throws dev.dosql.ParameterException if it cannot be stored exactly; names its class
   */
  public @Nullable Object toColumn(@Nullable Object value) {
    return toColumn.apply(value);
  }

  /**
   * What makes a record, a bean or a single value of each row. A single value may be null.
   *
   * @throws MappingException if no row with these columns can become one
   */
  @SuppressWarnings("unchecked") // kept by its type
  public <T> RowReader<T> reader(Class<T> type, List<String> columns) {
    if (type == Row.class) {
      return (RowReader<T>) rowReader(columns);
    }
    ConcurrentMap<List<String>, RowReader<?>> readers = types.get(type).readers;
    RowReader<?> reader = readers.get(columns);
    if (reader == null) {
      reader = ofType(type, columns);
      keep(readers, columns, reader);
    }
    return (RowReader<T>) reader;
  }

  /**
   * How values of a type become bytes and values again.
   *
   * @throws MappingException if they cannot: some would not be read back as they were
   */
  public <T extends @Nullable Object> Encoding<T> encoding(Class<T> type) {
    return Encoding.of(this, converters, type);
  }

  /** What a record or bean is made of. */
  List<Part> parts(Class<?> type) {
    OfType ofType = types.get(type);
    List<Part> parts = ofType.parts;
    if (parts == null) {
      parts = Part.of(type, lookup);
      ofType.parts = parts;
    }
    return parts;
  }

  private RowReader<?> ofType(Class<?> type, List<String> columns) {
    return new HandleReader(Mapping.handle(type, new Header(columns), converters, lookup));
  }

  private static <R> void keep(ConcurrentMap<List<String>, R> cache, List<String> key, R reader) {
    if (cache.size() >= LISTS_MAX) {
      cache.clear();
    }
    cache.put(List.copyOf(key), reader);
  }

  /** What makes a {@link Row} of each row. */
  public RowReader<Row> rowReader(List<String> columns) {
    RowReader<Row> reader = rowReaders.get(columns);
    if (reader == null) {
      Header header = new Header(columns);
      reader = row -> new NamedRow(this, header, StoredRow.read(row));
      keep(rowReaders, columns, reader);
    }
    return reader;
  }

  /** What gives each row to a mapper, as a {@link Row}. */
  public <T> RowReader<T> reader(RowMapper<T> mapper, List<String> columns) {
    RowReader<Row> rows = rowReader(columns);
    return row -> mapper.map(rows.read(row));
  }

  /** One column as a type of the value table or of a converter. */
  @SuppressWarnings("unchecked") // the handle was made for this type
  <T> @Nullable T cell(Class<T> type, Columns row, Slot slot) {
    OfType ofType = types.get(type);
    MethodHandle cell = ofType.cell;
    if (cell == null) {
      cell = cellOf(type, slot);
      ofType.cell = cell;
    }
    try {
      return (T) cell.invokeExact(row, slot);
    } catch (Throwable e) {
      throw unchecked(e);
    }
  }

  private MethodHandle cellOf(Class<?> type, Slot slot) {
    MethodHandle cell = FromColumn.handle(type, converters);
    if (cell == null) {
      throw new MappingException(
          "cannot read a column: needed a type of the value table, or a Converter in DBOptions"
              + (" (column=" + slot.name() + ", target=" + type.getTypeName() + ")"));
    }
    return cell.asType(cell.type().changeReturnType(Object.class));
  }

  /** What a handle threw: as it is, but for the checked exceptions of a bean. */
  private static RuntimeException unchecked(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return thrown instanceof RuntimeException exception
        ? exception
        : new MappingException("cannot make a value of a row: the class's own code failed", thrown);
  }

  /** What is kept for a class: how it is read of a column, and of rows, and taken apart. */
  private static final class OfType {
    final ConcurrentMap<List<String>, RowReader<?>> readers = new ConcurrentHashMap<>();
    volatile @Nullable MethodHandle cell;
    volatile @Nullable List<Part> parts;
  }

  /** Reads rows by a handle {@code (Columns)Object}. */
  private record HandleReader(MethodHandle handle) implements RowReader<@Nullable Object> {
    @Override
    public @Nullable Object read(Columns row) {
      try {
        return (Object) handle.invokeExact(row);
      } catch (Throwable e) {
        throw unchecked(e);
      }
    }
  }
}
