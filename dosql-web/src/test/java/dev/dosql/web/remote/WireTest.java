package dev.dosql.web.remote;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.MappingException;
import dev.dosql.ParameterException;
import dev.dosql.web.WebException;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireTest {
  private static Object parse(String json) {
    return Wire.parse(json.getBytes(UTF_8));
  }

  private static String text(Object value) {
    return new String(Wire.write(value), UTF_8);
  }

  @Test
  void exactValues_areWrittenAsTheDocumentSays() {
    assertThat(text(Wire.exact(1L))).isEqualTo("1");
    assertThat(text(Wire.exact((1L << 53) - 1))).isEqualTo("9007199254740991");
    assertThat(text(Wire.exact(1L << 53))).isEqualTo("{\"i\":\"9007199254740992\"}");
    assertThat(text(Wire.exact(Long.MIN_VALUE))).isEqualTo("{\"i\":\"-9223372036854775808\"}");
    assertThat(text(Wire.exact(1.0))).isEqualTo("1.0");
    assertThat(text(Wire.exact(-0.0))).isEqualTo("-0.0");
    assertThat(text(Wire.exact(Double.POSITIVE_INFINITY))).isEqualTo("{\"r\":\"Infinity\"}");
    assertThat(text(Wire.exact(Double.NEGATIVE_INFINITY))).isEqualTo("{\"r\":\"-Infinity\"}");
    assertThat(text(Wire.exact(new byte[] {0, (byte) 0xff, 1}))).isEqualTo("{\"b\":\"AP8B\"}");
    assertThat(text(Wire.exact(new BigDecimal("1.10")))).isEqualTo("{\"d\":\"1.10\"}");
    assertThat(text(Wire.exact("a\u0000\"é"))).isEqualTo("\"a\\u0000\\\"é\"");
    assertThat(text(Wire.exact(null))).isEqualTo("null");
  }

  @Test
  void exactValues_comeBack() {
    List<Object> values =
        Arrays.asList(
            0L,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            0.1,
            -0.0,
            1e22,
            Double.MIN_VALUE,
            Double.MAX_VALUE,
            Double.NEGATIVE_INFINITY,
            "",
            "\u0000\ud83d\ude00",
            new BigDecimal("1E-7"),
            null);
    for (Object value : values) {
      assertThat(Wire.fromExact(Wire.parse(Wire.write(Wire.exact(value))))).isEqualTo(value);
    }
    byte[] blob = {0, 1, 2, (byte) 255};
    assertThat(Wire.fromExact(Wire.parse(Wire.write(Wire.exact(blob))))).isEqualTo(blob);
  }

  @Test
  void plainValues_areRefusedRatherThanRounded() {
    long largest = (1L << 53) - 1;
    assertThat(Wire.plain(largest)).isEqualTo(largest);
    assertThat(Wire.plain(-largest)).isEqualTo(-largest);
    assertThat(Wire.plain(0.5)).isEqualTo(0.5);
    for (Object unfit :
        List.of(largest + 1, -largest - 1, Double.POSITIVE_INFINITY, new byte[] {1})) {
      assertThatExceptionOfType(MappingException.class).isThrownBy(() -> Wire.plain(unfit));
    }
    assertThat(Wire.fromPlain(largest)).isEqualTo(largest);
    for (Object unfit : List.of(largest + 1, -largest - 1, Map.of("i", "1"))) {
      assertThatExceptionOfType(ParameterException.class).isThrownBy(() -> Wire.fromPlain(unfit));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"x\":\"1\"}",
        "{\"i\":1}",
        "{\"i\":\"1\",\"b\":\"\"}",
        "{\"i\":\"9223372036854775808\"}",
        "{\"i\":\"x\"}",
        "{\"i\":\"\"}",
        "{\"r\":\"NaN\"}",
        "{\"r\":\"1.0\"}",
        "{\"b\":\"*\"}",
        "{\"d\":\"x\"}",
        "{\"d\":null}",
        "[1]"
      })
  void exactValues_thatAreNone_areRefused(String json) {
    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> Wire.fromExact(parse(json)));
  }

  @Test
  void decimals_areShort() {
    String digits = "9".repeat(1_001);
    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> Wire.fromExact(Map.of("d", digits)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[1",
        "{\"a\":1,\"a\":2}",
        "{} {}",
        "{}x",
        "nul",
        "NaN",
        "Infinity",
        "'a'",
        "[1,]",
        "{a:1}",
        "// x\n1",
        "01",
        "\"\u0001\"",
        "\"\\x\""
      })
  void whatIsNotJson_isABadRequest(String json) {
    assertThatExceptionOfType(WebException.class).isThrownBy(() -> parse(json));
  }

  @Test
  void numbersThatAreTooLarge_areRefused() {
    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> parse("9223372036854775808"));
    assertThatExceptionOfType(ParameterException.class).isThrownBy(() -> parse("1e400"));
    assertThatExceptionOfType(WebException.class).isThrownBy(() -> parse("9".repeat(10_000)));
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> parse("1." + "9".repeat(10_000)));
    assertThat(parse("9223372036854775807")).isEqualTo(Long.MAX_VALUE);
    assertThat(parse("1e5")).isEqualTo(100_000.0);
  }

  @Test
  void depth_isBounded() {
    assertThat(parse("[".repeat(16) + "]".repeat(16))).isInstanceOf(List.class);
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> parse("[".repeat(17) + "]".repeat(17)));
    assertThatExceptionOfType(WebException.class).isThrownBy(() -> parse("[".repeat(1_000_000)));
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> parse("{\"a\":".repeat(100_000)));
  }

  @Test
  void bytesThatAreNoUtf8_areABadRequest() {
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> Wire.parse(new byte[] {'"', (byte) 0xff, '"'}));
  }
}
