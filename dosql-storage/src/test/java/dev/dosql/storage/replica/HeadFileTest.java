package dev.dosql.storage.replica;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.capture.Position;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HeadFileTest {

  private static Head head(String tenant) {
    Position last = new Position("00112233445566aa", 0x1234, "0123456789abcdef");
    return new Head(
        tenant,
        "00112233445566aa",
        List.of(
            new Position("ffeeddccbbaa9988", 7, "aaaaaaaaaaaaaaaa"),
            Position.start("0000000000000001")),
        "node \"1\"",
        "cafecafecafecafe",
        3,
        false,
        true,
        last,
        List.of(
            new Snapshot(last, 123_456, 0x8000_0000_0000_0001L),
            new Snapshot(new Position("00112233445566aa", 12, "bbbbbbbbbbbbbbbb"), 5, -1)),
        1,
        null,
        Instant.parse("2026-11-25T23:00:00.123Z"),
        "etag");
  }

  private static Head decode(byte[] bytes) throws IOException {
    return HeadFile.decode("t/head.json", bytes, "etag");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "acme",
        "",
        "\"\\/\b\f\n\r\t\u0000\u001f\u007f",
        "日本語 😀 \u2028\u2029",
        "\ud800 half a pair \udc00",
        "\",\n  \"epoch\": 9",
        "\uFEFF\uFFFE"
      })
  void tenant_ofAnyCharacters_isReadBack(String tenant) throws IOException {
    assertThat(decode(HeadFile.encode(head(tenant)))).isEqualTo(head(tenant));
  }

  @Test
  void tenant_ofRandomCharacters_isReadBack() throws IOException {
    Random random = new Random(1);
    for (int round = 0; round < 2000; round++) {
      char[] name = new char[random.nextInt(20)];
      for (int i = 0; i < name.length; i++) {
        name[i] = (char) random.nextInt(random.nextBoolean() ? 0x10000 : 0x100);
      }
      Head head = head(new String(name));
      assertThat(decode(HeadFile.encode(head))).isEqualTo(head);
    }
  }

  @Test
  void encode_looksAsDocumented() {
    assertThat(new String(HeadFile.encode(head("acme")), UTF_8))
        .startsWith(
            "{\n  \"format\": 1,\n  \"tenant\": \"acme\",\n  \"lineage\": \"00112233445566aa\",\n")
        .contains("  \"last\": {\"lineage\": \"00112233445566aa\", \"txid\": \"0000000000001234\",")
        .contains("\"checksum\": \"8000000000000001\"}")
        .contains("  \"deleted\": null,\n")
        .endsWith("\"\n}\n");
  }

  @Test
  void everyBit_flipped_isRefused() {
    byte[] bytes = HeadFile.encode(head("acme"));
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] damaged = bytes.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      assertThatThrownBy(() -> decode(damaged))
          .as("bit %d", bit)
          .isInstanceOf(BadObjectException.class)
          .hasMessageContaining("t/head.json");
    }
  }

  @Test
  void everyLength_butTheWhole_isRefused() {
    byte[] bytes = HeadFile.encode(head("acme"));
    for (int length = 0; length < bytes.length; length++) {
      byte[] damaged = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> decode(damaged)).isInstanceOf(BadObjectException.class);
    }
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    longer[bytes.length] = ' ';
    assertThatThrownBy(() -> decode(longer)).isInstanceOf(BadObjectException.class);
  }

  @Test
  void randomBytes_areRefused() {
    Random random = new Random(2);
    byte[] bytes = HeadFile.encode(head("acme"));
    for (int round = 0; round < 20_000; round++) {
      byte[] damaged = bytes.clone();
      for (int i = random.nextInt(5); i >= 0; i--) {
        damaged[random.nextInt(damaged.length)] =
            (byte) "{}[]\":,\\u0ntf-".charAt(random.nextInt(14));
      }
      if (!Arrays.equals(damaged, bytes)) {
        assertThatThrownBy(() -> decode(damaged)).isInstanceOf(BadObjectException.class);
      }
    }
  }

  @Test
  void laterFormat_isNamed() {
    byte[] bytes =
        new String(HeadFile.encode(head("acme")), UTF_8)
            .replace("\"format\": 1", "\"format\": 2")
            .getBytes(UTF_8);

    assertThatThrownBy(() -> decode(bytes))
        .isInstanceOf(BadObjectException.class)
        .hasMessageContaining("format=2, needed format=1 or a later version");
  }

  @Test
  void deepNesting_isRefused() {
    assertThatThrownBy(() -> decode("[".repeat(1_000_000).getBytes(UTF_8)))
        .isInstanceOf(BadObjectException.class)
        .hasMessageContaining("nesting");
  }
}
