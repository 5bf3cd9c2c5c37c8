package dev.dosql.storage.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Crc64Test {

  @Test
  void value_ofTheCheckString_isTheOneOfTheCatalogue() {
    byte[] bytes = "123456789".getBytes(StandardCharsets.US_ASCII);
    Crc64 crc = new Crc64();
    crc.update(bytes, 0, bytes.length);
    assertThat(crc.getValue()).isEqualTo(0xb90956c775a41001L);
  }

  @Test
  void value_ofNothing_isZero() {
    assertThat(new Crc64().getValue()).isZero();
  }

  @Test
  void value_ofRandomPartsOfRandomBytes_isThatOfBitByBit() {
    Random random = Samples.random();
    byte[] bytes = new byte[2_000];
    random.nextBytes(bytes);
    for (int round = 0; round < 500; round++) {
      int start = random.nextInt(bytes.length);
      int middle = start + random.nextInt(bytes.length - start);
      int end = middle + random.nextInt(bytes.length - middle);
      Crc64 crc = new Crc64();
      crc.update(bytes, start, middle - start);
      crc.update(bytes, middle, end - middle);
      assertThat(crc.getValue()).isEqualTo(bitByBit(bytes, start, end));
    }
  }

  @Test
  void reset_afterBytes_startsAnew() {
    Crc64 crc = new Crc64();
    crc.update(7);
    crc.reset();
    assertThat(crc.getValue()).isZero();
  }

  @Test
  void update_outsideTheArray_isRefused() {
    assertThatThrownBy(() -> new Crc64().update(new byte[10], 5, 6))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  private static long bitByBit(byte[] bytes, int start, int end) {
    long register = -1;
    for (int i = start; i < end; i++) {
      register ^= bytes[i] & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        register = register >>> 1 ^ ((register & 1) == 0 ? 0 : 0xd800000000000000L);
      }
    }
    return ~register;
  }
}
