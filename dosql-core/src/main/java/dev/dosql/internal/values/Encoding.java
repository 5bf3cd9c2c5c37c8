package dev.dosql.internal.values;

import dev.dosql.CorruptDatabaseException;
import dev.dosql.MappingException;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How values of one type become bytes and values again, by the same conversions as columns.
 *
 * <p>Safe for use by many threads.
 *
 * @param <T> the type
 */
public final class Encoding<T extends @Nullable Object> {
  private static final List<String> ONE = List.of("value");

  private final Values values;
  private final Class<?> type;
  private final @Nullable List<Part> parts;

  private Encoding(Values values, Class<?> type, @Nullable List<Part> parts) {
    this.values = values;
    this.type = type;
    this.parts = parts;
  }

  /** See {@link Values#encoding}. */
  static <T extends @Nullable Object> Encoding<T> of(
      Values values, Converters converters, Class<T> of) {
    Class<?> type = MethodType.methodType(of).wrap().returnType();
    if (type == Void.class || type != Object.class && FromColumn.handle(type, converters) != null) {
      return new Encoding<>(values, type, null);
    }
    if (type == Object.class || type.isInterface() || type.isArray()) {
      throw new MappingException(
          "values of this type cannot be stored and read back: needed one of the value table, a type"
              + " with a Converter in DBOptions, a record or a bean (type="
              + type.getTypeName()
              + ")");
    }
    List<Part> parts = values.parts(type);
    values.reader(type, names(parts)); // Checks that a row of these can become one.
    return new Encoding<>(values, type, parts);
  }

  private static List<String> names(List<Part> parts) {
    return parts.stream().map(Part::name).toList();
  }

  /** The name of the type, with a class in the place of a primitive. */
  public String typeName() {
    return type.getName();
  }

  /**
   * The bytes of a value.
   *
   * @throws MappingException if it is not of the type
   * @throws dev.dosql.ParameterException if it cannot be stored exactly
   */
  public byte[] encode(@Nullable Object value) {
    if (value == null) {
      return EncodedRow.ofNull();
    }
    requireType(value);
    if (parts == null) {
      return new EncodedRow(null, StoredRow.of(values.toColumn(value))).bytes();
    }
    @Nullable Object[] columns = new Object[parts.size()];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = values.toColumn(parts.get(i).read(value));
    }
    return new EncodedRow(names(parts), StoredRow.of(columns)).bytes();
  }

  /** A class below a bean's may have more than is read back. */
  private void requireType(Object value) {
    if (parts == null ? !type.isInstance(value) : value.getClass() != type) {
      throw new MappingException(
          "value has another type than was said (seen="
              + value.getClass().getTypeName()
              + ", needed="
              + type.getTypeName()
              + ")");
    }
  }

  /**
   * The value of bytes. What a class's own code throws is thrown as it was.
   *
   * @param tenant whose they are, for the message
   * @throws MappingException if they are a value's that this type no longer fits: it has other
   *     components, or got a Converter since
   * @throws CorruptDatabaseException if they are no value's
   */
  @SuppressWarnings("unchecked") // made for this type; null is stored only if it was
  public T decode(byte[] bytes, String tenant) {
    EncodedRow encoded = read(bytes, tenant);
    if (encoded == null) {
      return (T) null;
    }
    if (type == Void.class || (encoded.names() == null) != (parts == null)) {
      throw new MappingException(
          "stored value does not fit its type: seen "
              + (encoded.names() == null ? "a single value" : "one of components")
              + ", needed the other kind (tenant="
              + tenant
              + ", type="
              + type.getTypeName()
              + ")");
    }
    List<String> names = Objects.requireNonNullElse(encoded.names(), ONE);
    return (T) values.reader(type, names).read(encoded.row());
  }

  private static @Nullable EncodedRow read(byte[] bytes, String tenant) {
    try {
      return EncodedRow.read(bytes);
    } catch (IllegalArgumentException e) {
      throw new CorruptDatabaseException(
          "stored value is damaged: " + e.getMessage() + " (tenant=" + tenant + ")", e);
    }
  }
}
