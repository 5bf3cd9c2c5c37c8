package dev.dosql.storage.ltx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Lz4Test {

  @Test
  void block_ofKnownBytes_decompressesToTheirText() {
    // Three literals; 9 bytes from 3 before; 5 literals.
    byte[] block = HexFormat.of().parseHex("35" + "616263" + "0300" + "50" + "68656c6c6f");
    assertThat(decompress(block, 17)).isEqualTo("abcabcabcabchello".getBytes());
  }

  @Test
  void block_thatIsWrong_isNotDecompressed() {
    for (String block :
        new String[] {
          "", // nothing
          "30" + "6162", // too few literals
          "35" + "616263" + "0300", // ends with a match
          "35" + "616263" + "03", // half a distance
          "35" + "616263" + "0000" + "50" + "68656c6c6f", // distance 0
          "35" + "616263" + "0400" + "50" + "68656c6c6f", // before the beginning
          "36" + "616263" + "0300" + "50" + "68656c6c6f", // one byte too many
          "34" + "616263" + "0300" + "50" + "68656c6c6f", // one too few
          "3f" + "616263" + "0300" + "ffffffff" + "50" + "68656c6c6f", // far too many
          "f0" + "ffffffffffff", // literals without end
        }) {
      byte[] bytes = HexFormat.of().parseHex(block);
      assertThat(Lz4.decompress(bytes, 0, bytes.length, new byte[17], 0, 17))
          .as(block)
          .isNotNegative();
    }
  }

  @Test
  void pages_ofEveryKindAndSize_comeBackAndKeepTheBound() {
    Random random = Samples.random();
    Lz4 lz4 = new Lz4();
    for (int round = 0; round < 3_000; round++) {
      byte[] page =
          Samples.page(1 + random.nextInt(random.nextInt(20) == 0 ? 65_536 : 2_000), random);
      byte[] block = new byte[5 + Lz4.bound(page.length)];
      int end = lz4.compress(page, 0, page.length, block, 5);
      assertThat(decompress(Arrays.copyOfRange(block, 5, end), page.length)).isEqualTo(page);
    }
  }

  @Test
  void pages_withinAnArray_areCompressedWithoutWhatIsAround() {
    Random random = Samples.random();
    byte[] page = Samples.page(512, random);
    byte[] around = new byte[3 * 512];
    for (int i = 0; i < 3; i++) {
      System.arraycopy(page, 0, around, i * 512, 512);
    }
    byte[] block = new byte[Lz4.bound(512)];
    Lz4 lz4 = new Lz4();
    for (int start : new int[] {512, 1024, 0, 512}) {
      int end = lz4.compress(around, start, 512, block, 0);
      assertThat(decompress(Arrays.copyOf(block, end), 512)).isEqualTo(page);
    }
  }

  @Test
  void compressor_whoseTableIsUsedUp_startsAnew() {
    Random random = Samples.random();
    Lz4 lz4 = new Lz4();
    byte[] page = Samples.page(65_536, random);
    byte[] block = new byte[Lz4.bound(page.length)];
    lz4.forgetAfter(3 * page.length);
    for (int i = 0; i < 8; i++) {
      int end = lz4.compress(page, 0, page.length, block, 0);
      assertThat(decompress(Arrays.copyOf(block, end), page.length)).isEqualTo(page);
    }
  }

  @Test
  void noise_isNeverReadOrWrittenOutsideOfItsPlace() {
    Random random = Samples.random();
    for (int round = 0; round < 20_000; round++) {
      byte[] block = new byte[random.nextInt(200)];
      random.nextBytes(block);
      byte[] out = new byte[16 + 512 + 16];
      Lz4.decompress(block, 0, block.length, out, 16, 512);
      assertThat(Arrays.copyOf(out, 16)).containsOnly(0);
      assertThat(Arrays.copyOfRange(out, 528, 544)).containsOnly(0);
    }
  }

  /** Decompresses between bytes that must stay as they are. */
  private static byte[] decompress(byte[] block, int length) {
    byte[] out = new byte[length + 14];
    Arrays.fill(out, (byte) 0x55);
    assertThat(Lz4.decompress(block, 0, block.length, out, 7, length)).isEqualTo(-1);
    assertThat(Arrays.copyOf(out, 7)).containsOnly(0x55);
    assertThat(Arrays.copyOfRange(out, 7 + length, out.length)).containsOnly(0x55);
    return Arrays.copyOfRange(out, 7, 7 + length);
  }
}
