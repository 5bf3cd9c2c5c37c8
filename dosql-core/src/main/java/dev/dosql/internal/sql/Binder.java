package dev.dosql.internal.sql;

import dev.dosql.LimitExceededException;
import dev.dosql.ParameterException;
import dev.dosql.Params;
import dev.dosql.migrations.lexer.Names;
import java.lang.invoke.MethodHandles;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Matches the values of a call with the parameters of its statement and encodes them.
 *
 * <p>Safe for use by many threads, as far as its encoder is.
 */
public final class Binder {
  private static final @Nullable Object[] NOTHING = {};
  private static final @Nullable Object[] ONE_NULL = {null};

  private final ValueEncoder encoder;
  private final RecordReader records;
  private final int parametersMax;

  /**
   * Makes one; it is worth keeping, for what it learns of records.
   *
   * @param encoder encodes each value
   * @param lookup reaches records that are not open to this library, or null
   * @param parametersMax how many parameters a statement may have
   */
  public Binder(ValueEncoder encoder, MethodHandles.@Nullable Lookup lookup, int parametersMax) {
    this.encoder = encoder;
    this.records = new RecordReader(lookup);
    this.parametersMax = parametersMax;
  }

  /** Puts the values of a call to the parameters of its statement. */
  Bound bind(Parameters to, @Nullable Object @Nullable [] params) {
    Bound bound = bound(to, params);
    checkCount(bound.values().length);
    return bound;
  }

  /**
   * Checks that a statement has not too many parameters.
   *
   * @throws LimitExceededException if it has
   */
  public void checkCount(int seen) {
    if (seen > parametersMax) {
      throw new LimitExceededException(
          "statement refused: has "
              + seen
              + " parameters, at most "
              + parametersMax
              + " allowed (limit=parametersMax)",
          "parametersMax",
          parametersMax,
          seen);
    }
  }

  private Bound bound(Parameters to, @Nullable Object @Nullable [] params) {
    @Nullable Object[] given = params == null ? ONE_NULL : params;
    if (given.length == 1 && isNames(given[0])) {
      return byName(to, given[0]);
    }
    if (isTypedArrayForList(to, given)) {
      given = new @Nullable Object[] {given};
    }
    if (given.length != to.count()) {
      throw countMismatch(to, given);
    }
    return byPosition(to, given);
  }

  private static boolean isNames(@Nullable Object value) {
    return value instanceof Map<?, ?> || value instanceof Params || value instanceof Record;
  }

  /**
   * Whether a {@code String[]} was given where a list is wanted: the compiler passes it as the
   * values themselves, which is not what the caller meant.
   */
  private static boolean isTypedArrayForList(Parameters to, @Nullable Object[] given) {
    return given.getClass() != Object[].class && to.count() == 1 && to.takesList(1);
  }

  private Bound byPosition(Parameters to, @Nullable Object[] given) {
    if (given.length == 0) {
      return new Bound(to.sql(), NOTHING);
    }
    @Nullable Object[] values = new @Nullable Object[given.length];
    boolean decimal = false;
    for (int i = 0; i < values.length; i++) {
      @Nullable Object value = given[i];
      if (to.takesList(i + 1) && isList(value)) {
        return new ListExpansion(this, to, given).bound();
      }
      values[i] = encode(to, i + 1, value);
      decimal |= isDecimal(value);
    }
    return new Bound(to.sql(), values, decimal ? decimals(given) : List.of());
  }

  private static boolean isDecimal(@Nullable Object value) {
    return value instanceof BigDecimal
        || value instanceof Optional<?> optional && optional.orElse(null) instanceof BigDecimal;
  }

  private static List<Integer> decimals(@Nullable Object[] given) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < given.length; i++) {
      if (isDecimal(given[i])) {
        numbers.add(i + 1);
      }
    }
    return numbers;
  }

  /** A value as SQLite stores it, or an error that names the parameter. */
  @Nullable Object encode(Parameters to, int number, @Nullable Object value) {
    try {
      return encoder.encode(value);
    } catch (ParameterException e) {
      // Only now, because a converter may store arrays and the like as one value.
      if (isList(value)) {
        throw listMismatch(to, number, e);
      }
      throw new ParameterException(e.getMessage() + " (parameter=" + to.shown(number) + ")", e);
    }
  }

  /** Whether a value is several. */
  static boolean isList(@Nullable Object value) {
    return value instanceof Collection<?>
        || value != null && value.getClass().isArray() && !(value instanceof byte[]);
  }

  private Bound byName(Parameters to, @Nullable Object source) {
    if (to.names().isEmpty()) {
      return withoutNames(to, source);
    }
    if (to.hasPositional()) {
      throw new ParameterException(
          "parameters do not fit: names given, SQL seen that mixes names and ?,"
              + " names alone needed: a ? has no name to be given by (names="
              + to.names().stream().sorted().map(Names::shown).toList()
              + ")");
    }
    return byPosition(to, namedValues(to, source));
  }

  private @Nullable Object[] namedValues(Parameters to, @Nullable Object source) {
    if (source instanceof Params named) {
      return fromMap(to, named.asMap());
    }
    return source instanceof Map<?, ?> map ? fromMap(to, map) : fromRecord(to, (Record) source);
  }

  private static @Nullable Object[] fromMap(Parameters to, Map<?, ?> map) {
    checkKeys(to, map);
    @Nullable Object[] values = new @Nullable Object[to.count()];
    for (int i = 0; i < values.length; i++) {
      String name = to.name(i + 1);
      @Nullable Object value = map.get(name);
      if (value == null && !map.containsKey(name)) {
        throw missing(to, i + 1, map.keySet());
      }
      values[i] = value;
    }
    return values;
  }

  private static void checkKeys(Parameters to, Map<?, ?> map) {
    for (@Nullable Object key : map.keySet()) {
      if (!(key instanceof String)) {
        throw new ParameterException(
            "parameters do not fit: a key that is no String seen, a name needed (key="
                + (key == null ? "null" : key.getClass().getName())
                + ")");
      }
      if (!to.names().contains(key)) {
        throw new ParameterException(
            "parameters do not fit: a name seen that the SQL does not have (name="
                + Names.shown((String) key)
                + ", needed="
                + shown(to.names())
                + ")");
      }
    }
  }

  private @Nullable Object[] fromRecord(Parameters to, Record source) {
    RecordReader.Components components = records.componentsOf(source.getClass());
    @Nullable Object[] values = new @Nullable Object[to.count()];
    for (int i = 0; i < values.length; i++) {
      String name = to.name(i + 1);
      if (name == null || !components.has(name)) {
        throw missing(to, i + 1, components.names());
      }
      values[i] = components.read(source, name);
    }
    return values;
  }

  private static ParameterException missing(Parameters to, int number, Collection<?> given) {
    return new ParameterException(
        "parameters do not fit: no value for a name seen, one for each needed (name="
            + to.shown(number)
            + ", given="
            + shown(given)
            + ")");
  }

  private static List<String> shown(Collection<?> names) {
    return names.stream()
        .map(name -> Names.shown(String.valueOf(name)))
        .sorted()
        .limit(20)
        .toList();
  }

  /** A map, record or Params for SQL without names: a record may still be a value of its own. */
  private Bound withoutNames(Parameters to, @Nullable Object source) {
    if (to.count() == 0) {
      if (!(source instanceof Record)) {
        namedValues(to, source);
        return new Bound(to.sql(), NOTHING);
      }
      throw countMismatch(to, ONE_NULL);
    }
    try {
      if (to.count() == 1) {
        return new Bound(to.sql(), new @Nullable Object[] {encoder.encode(source)});
      }
    } catch (ParameterException e) {
      throw namesNeeded(to, e);
    }
    throw namesNeeded(to, null);
  }

  private static ParameterException namesNeeded(Parameters to, @Nullable ParameterException cause) {
    String message =
        "parameters do not fit: one map, record or Params seen, SQL with names like :name needed"
            + " (positional="
            + to.count()
            + ", named=0)";
    return cause == null ? new ParameterException(message) : new ParameterException(message, cause);
  }

  private static ParameterException countMismatch(Parameters to, @Nullable Object[] given) {
    boolean list = given.length == 1 && isList(given[0]);
    String hint = list ? "; a list is one value: give its elements one by one, or toArray()" : "";
    return new ParameterException(
        "parameters do not fit: a wrong count seen, one value for each parameter needed"
            + hint
            + " (seen="
            + given.length
            + ", needed="
            + to.count()
            + ")");
  }

  private static ParameterException listMismatch(
      Parameters to, int number, ParameterException cause) {
    return new ParameterException(
        "parameters do not fit: a list or array seen, one value needed; a list needs to stand"
            + " everywhere as IN (:name) or IN (?), else give its elements one by one (parameter="
            + to.shown(number)
            + ")",
        cause);
  }
}
