package dev.dosql.internal.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.InvalidTenantNameException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TenantNameTest {
  private static final long SEED = 20_240_607;
  private static final int NAMES = 100_000;

  @ParameterizedTest
  @CsvSource({
    "acme, acme",
    "a-1, a-1",
    "A, _41",
    "a_b, a_5fb",
    "a/b, a_2fb",
    "con, _63on",
    "CON, _43_4f_4e",
    "com1, _63om1",
    "console, console",
    ".dosql, _2edosql",
    "é, _c3_a9"
  })
  void encoding_ofShortName_isReadable(String name, String encoded) {
    assertThat(new TenantName(name).encoded()).isEqualTo(encoded);
  }

  @Test
  void encoding_ofLongName_isAHashBehindItsBeginning() {
    String encoded = new TenantName("a".repeat(200)).encoded();

    assertThat(encoded).matches("a{20}_h[0-9a-f]{40}");
    assertThat(TenantName.isHashed(encoded)).isTrue();
    assertThat(TenantName.decode(encoded)).isEmpty();
  }

  @Test
  void encoding_ofLongName_isNotCutInsideAByte() {
    assertThat(new TenantName("ab" + "é".repeat(60)).encoded())
        .matches("ab(_[0-9a-f]{2}){6}_h.{40}");
  }

  @Test
  void encoding_of64Characters_isTheLastThatIsNotHashed() {
    assertThat(new TenantName("a".repeat(64)).encoded()).isEqualTo("a".repeat(64));
    assertThat(new TenantName("a".repeat(65)).encoded()).matches("a{20}_h.{40}");
  }

  @Test
  void name_of200Bytes_isTheLongest() {
    assertThat(new TenantName("é".repeat(100)).text()).hasSize(100);
    assertThatExceptionOfType(InvalidTenantNameException.class)
        .isThrownBy(() -> new TenantName("é".repeat(100) + "x"))
        .withMessageContaining("201");
  }

  @Test
  void encodings_ofManyNames_neverMeetAndCanBeReadBack() {
    Random random = new Random(SEED);
    Map<String, String> nameByFile = new HashMap<>();
    for (int i = 0; i < NAMES; i++) {
      TenantName name = new TenantName(randomName(random));
      String encoded = name.encoded();
      String other = nameByFile.put(encoded.toLowerCase(Locale.ROOT), name.text());

      assertThat(other == null || other.equals(name.text())).as("seed=%s", SEED).isTrue();
      assertThat(encoded.matches("[a-z0-9_-]{1,64}")).as(encoded).isTrue();
      if (!TenantName.isHashed(encoded)) {
        assertThat(TenantName.decode(encoded)).contains(name);
      }
    }
  }

  /** Short names of few characters meet often, if they can; long ones are hashed. */
  private static String randomName(Random random) {
    List<String> alphabet =
        List.of("a", "A", "_", "h", "5", "f", "-", ".", "/", "é", "É", "😀", "\u0301");
    int length = 1 + random.nextInt(random.nextInt(10) == 0 ? 60 : 6);
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < length; i++) {
      String next =
          random.nextInt(3) > 0
              ? alphabet.get(random.nextInt(alphabet.size()))
              : Character.toString(0x20 + random.nextInt(0x5f));
      name.append(next);
    }
    while (name.toString().getBytes(StandardCharsets.UTF_8).length > 200) {
      name.delete(0, name.offsetByCodePoints(0, 1));
    }
    return name.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "_",
        "_4",
        "_zz",
        "_6",
        "A",
        "a.b",
        "a b",
        "_61",
        "_5F",
        "_ff",
        "_00",
        "é",
        "š",
        "con",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      })
  void decode_notAnEncodingOfOurs_isEmpty(String text) {
    assertThat(TenantName.decode(text)).isEmpty();
  }
}
