package dev.dosql.internal.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.Converter;
import dev.dosql.CorruptDatabaseException;
import dev.dosql.MappingException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EncodingTest {
  private static final HexFormat HEX = HexFormat.of();

  private final Values values = new Values(List.of(), null);

  record Five(long i, double r, String t, byte[] b, Long n) {}

  record Before(long id, String fullName) {}

  record Fewer(String full_name) {}

  record More(long id, String fullName, Optional<String> email) {}

  record OtherType(String id) {}

  private static final class FewerConverter implements Converter<Fewer> {
    @Override
    public Class<Fewer> type() {
      return Fewer.class;
    }

    @Override
    public Object toColumn(Fewer value) {
      return value.full_name();
    }

    @Override
    public Fewer fromColumn(Object column) {
      return new Fewer((String) column);
    }
  }

  private <T> String bytes(Class<T> type, T value) {
    return HEX.formatHex(values.encoding(type).encode(value));
  }

  private <T> T read(Class<T> type, String bytes) {
    return values.encoding(type).decode(HEX.parseHex(bytes), "acme");
  }

  /** These are in files. */
  @Test
  void bytes_ofEachKind_areThoseOfTheLayout() {
    assertLayout(String.class, null, "0100");
    assertLayout(Void.class, null, "0100");
    assertLayout(Long.class, -2L, "0101" + "01" + "fffffffffffffffe");
    assertLayout(Boolean.class, true, "0101" + "01" + "0000000000000001");
    assertLayout(Double.class, -0.0, "0101" + "02" + "8000000000000000");
    assertLayout(String.class, "aé", "0101" + "03" + "00000003" + "61c3a9");
    assertThat(bytes(byte[].class, new byte[] {1, -1}))
        .isEqualTo("0101" + "04" + "00000002" + "01ff");
    assertLayout(
        Before.class,
        new Before(1, null),
        "0102"
            + "0002"
            + "0002"
            + "6964"
            + "01"
            + "0000000000000001"
            + "0008"
            + "66756c6c4e616d65"
            + "05");
    Five five = read(Five.class, bytes(Five.class, new Five(1, 2, "3", new byte[] {4}, null)));
    assertThat(five.b()).containsExactly(4);
    assertThat(five.n()).isNull();
  }

  private <T> void assertLayout(Class<T> type, T value, String expected) {
    assertThat(bytes(type, value)).isEqualTo(expected);
    assertThat(read(type, expected)).isEqualTo(value);
  }

  @Test
  void record_whoseComponentsChanged_isReadIfItStillFits() {
    String bytes = bytes(Before.class, new Before(7, "Ada"));

    assertThat(read(Fewer.class, bytes)).isEqualTo(new Fewer("Ada"));
    assertThatThrownBy(() -> read(More.class, bytes))
        .isInstanceOf(MappingException.class)
        .hasMessageContaining("email");
    assertThatThrownBy(() -> read(OtherType.class, bytes))
        .isInstanceOf(MappingException.class)
        .hasMessageContaining("column=id");
    assertThatThrownBy(() -> read(Long.class, bytes)).isInstanceOf(MappingException.class);
  }

  /** It is not damaged, only of a time when the class had none. */
  @Test
  void record_thatGotAConverterOrLostIt_isNotTakenForDamaged() {
    Encoding<Fewer> converted =
        new Values(List.of(new FewerConverter()), null).encoding(Fewer.class);
    Encoding<Fewer> plain = values.encoding(Fewer.class);
    Fewer secret = new Fewer("secret");

    assertThat(converted.decode(converted.encode(secret), "acme")).isEqualTo(secret);
    assertThatThrownBy(() -> converted.decode(plain.encode(secret), "acme"))
        .isInstanceOf(MappingException.class)
        .hasMessageContaining("tenant=acme")
        .hasMessageContaining(Fewer.class.getName())
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> plain.decode(converted.encode(secret), "acme"))
        .isInstanceOf(MappingException.class);
  }

  @Test
  void bytes_cutOrChangedAnywhere_areAnErrorOrAValueAndNothingElse() {
    byte[] whole =
        values.encoding(Five.class).encode(new Five(1, 2, "three", new byte[] {4}, null));
    Random random = new Random(3);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> values.encoding(Five.class).decode(cut, "acme"))
          .isInstanceOf(CorruptDatabaseException.class)
          .hasMessageContaining("tenant=acme");
      for (int i = 0; i < 50; i++) {
        byte[] changed = whole.clone();
        changed[length] = (byte) random.nextInt();
        assertErrorOrValue(changed);
      }
    }
  }

  private void assertErrorOrValue(byte[] bytes) {
    try {
      values.encoding(Five.class).decode(bytes, "acme");
    } catch (CorruptDatabaseException | MappingException e) {
      assertThat(e).hasMessageNotContaining("three");
    }
  }
}
