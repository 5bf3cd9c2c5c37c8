package dev.dosql.internal.remote;

import dev.dosql.Converter;
import dev.dosql.internal.sql.ParameterEncoder;
import dev.dosql.internal.sql.ParameterEncoder.Encoded;
import dev.dosql.internal.values.RowReader;
import dev.dosql.internal.values.StoredRow;
import dev.dosql.internal.values.Values;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The values of a client whose database is elsewhere: what it gives as SQLite's own, and what it
 * gets as records, beans and single values, both as a local call does.
 *
 * <p>Safe for use by many threads, if the converters are.
 */
public final class RemoteValues {
  private final RemoteStatements statements;
  private final Values values;
  private final ParameterEncoder encoder;

  /**
   * Makes it; it is worth keeping, for what it learns of classes.
   *
   * @param statements tells the names of parameters
   * @param converters for types of the user's own
   * @param lookup reaches types that are not open to this library, or null
   * @throws IllegalArgumentException if a converter claims a type of the value table, or two claim
   *     one
   */
  public RemoteValues(
      RemoteStatements statements,
      List<Converter<?>> converters,
      MethodHandles.@Nullable Lookup lookup) {
    this.statements = statements;
    this.values = new Values(converters, lookup);
    this.encoder = new ParameterEncoder(values::toColumn, lookup);
  }

  /**
   * The parameters of a call: {@code Long}, {@code Double}, {@code String}, {@code byte[]}, {@code
   * BigDecimal}, null, and lists of them. {@link #array} and {@link #record} say what a list and a
   * map of them cannot.
   *
   * @param values a {@code List} by position, or a {@code Map} by name
   * @param array whether an array of another type than {@code Object[]} was given, which is one
   *     value where the only parameter takes a list
   * @param record whether a record was given, which may have names that the SQL has not
   */
  public record Parameters(Object values, boolean array, boolean record) {}

  /**
   * The parameters of a call as SQLite's own values.
   *
   * @param sql the statement, or a name of one that is elsewhere
   * @param params as the caller gave them
   * @return the parameters
   * @throws dev.dosql.ParameterException if a value cannot be stored exactly
   */
  public Parameters parameters(String sql, @Nullable Object @Nullable [] params) {
    Encoded encoded = encoder.encode(statements.find(sql), params);
    return switch (encoded.form()) {
      case VALUES -> new Parameters(encoded.values(), false, false);
      case ARRAY -> new Parameters(encoded.values(), true, false);
      case NAMES -> new Parameters(encoded.named(), false, false);
      case RECORD -> new Parameters(encoded.named(), false, true);
    };
  }

  /**
   * What makes a value of each row.
   *
   * @param <T> the type
   * @param type a record, a bean, a type of the value table, or {@link dev.dosql.Row}
   * @param columns the names of the columns
   * @return takes a row of {@code Long}, {@code Double}, {@code String}, {@code byte[]} and null,
   *     which is its own from then on
   * @throws dev.dosql.MappingException if no row with these columns can become one
   */
  public <T> Function<@Nullable Object[], T> reader(Class<T> type, List<String> columns) {
    RowReader<T> reader = values.reader(type, columns);
    return row -> reader.read(StoredRow.of(row));
  }
}
