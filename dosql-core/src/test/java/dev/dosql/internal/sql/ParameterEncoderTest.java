package dev.dosql.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.ParameterException;
import dev.dosql.Params;
import dev.dosql.internal.sql.ParameterEncoder.Encoded;
import dev.dosql.internal.sql.ParameterEncoder.Form;
import dev.dosql.internal.values.Values;
import java.lang.invoke.MethodHandles;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** That what is bound elsewhere is what would be bound here. */
class ParameterEncoderTest {
  private final Values values = new Values(List.of(), null);
  private final ParameterEncoder encoder =
      new ParameterEncoder(values::toColumn, MethodHandles.lookup());
  private final Binder binder = new Binder(values::toColumn, MethodHandles.lookup(), 100);

  record Two(int a, Thread b) {}

  private Encoded encode(String sql, Object... params) {
    return encoder.encode(ParsedSql.parse(sql), params);
  }

  @Test
  void values_areThoseOfSqlite_butForDecimals() {
    BigDecimal decimal = new BigDecimal("1.0");
    Encoded encoded =
        encode("SELECT ?, ?, ?, ?", 1, true, Optional.of(decimal), Arrays.asList(1, null, 'x'));
    assertThat(encoded.form()).isEqualTo(Form.VALUES);
    assertThat(encoded.values()).containsExactly(1L, 1L, decimal, Arrays.asList(1L, null, "x"));
    assertThat(encoder.encode(null, null).values()).containsExactly((Object) null);
  }

  @Test
  void arrayOfAnotherType_isTold() {
    assertThat(encoder.encode(null, new String[] {"a", "b"}).form()).isEqualTo(Form.ARRAY);
    assertThat(encoder.encode(null, new Object[] {"a", "b"}).form()).isEqualTo(Form.VALUES);
  }

  @Test
  void recordsComponents_areThoseThatTheSqlHas_orAllThatCanBeStored() {
    Two two = new Two(1, Thread.currentThread());
    assertThat(encode("SELECT :a", two).named()).isEqualTo(Map.of("a", 1L));
    assertThat(encode("SELECT :a", two).form()).isEqualTo(Form.RECORD);
    assertThat(encoder.encode(null, new Object[] {two}).named()).isEqualTo(Map.of("a", 1L));
    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> encode("SELECT :b", two))
        .withMessageContaining("parameter=b");
  }

  @Test
  void names_areKept_knownOrNot() {
    Encoded encoded = encode("SELECT :a", Params.of("a", null).and("z", 2));
    assertThat(encoded.form()).isEqualTo(Form.NAMES);
    assertThat(encoded.named().keySet()).isEqualTo(Set.of("a", "z"));
    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> encode("SELECT :a", Map.of(1, 1)));
  }

  @Test
  void listInAList_isRefused() {
    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> encode("SELECT 1 WHERE 1 IN (?)", List.of(List.of(1))));
  }

  @Test
  void whatIsEncodedAndThenBound_isWhatIsBoundAtOnce() {
    for (String sql :
        List.of("SELECT ?, ?", "SELECT :a, :b", "SELECT 1 WHERE 1 IN (?)", "SELECT ?1, ?1")) {
      ParsedSql parsed = ParsedSql.parse(sql);
      for (Object[] params :
          new Object[][] {
            {1, "x"},
            {List.of(1, 2, 3)},
            {Params.of("a", 1).and("b", new byte[0])},
            {new BigDecimal("1.5")},
            {},
            {null, null},
            {Map.of("a", 1)},
          }) {
        assertThat(bound(parsed, again(encoder.encode(parsed, params))))
            .as("%s %s", sql, params.length)
            .isEqualTo(bound(parsed, params));
      }
    }
  }

  private static Object[] again(Encoded encoded) {
    boolean named = encoded.form() == Form.NAMES || encoded.form() == Form.RECORD;
    return named ? new Object[] {encoded.named()} : encoded.values().toArray();
  }

  /** What is bound, or the message of the error. */
  private Object bound(ParsedSql parsed, Object[] params) {
    try {
      Bound bound = parsed.bind(params, binder);
      return Arrays.asList(bound.sql(), Arrays.deepToString(bound.values()), bound.decimals());
    } catch (ParameterException e) {
      return e.getMessage().replaceAll("one map, record or Params", "names");
    }
  }
}
