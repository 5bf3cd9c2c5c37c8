package dev.dosql.storage.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.dosql.storage.ltx.Samples.Content;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that are no longer what was written. A change is either noticed, or it is one within a
 * compressed block that makes no difference to the page: the format has no checksum over those.
 */
class LtxDamageTest {

  private static final String[] EXAMPLES = {
    "block-snapshot.ltx", "block-segment.ltx", "legacy-snapshot.ltx", "legacy-segment.ltx"
  };

  @Test
  void bit_ofASmallFile_isNeverFlippedUnnoticed() throws Exception {
    int harmless = 0;
    for (String example : EXAMPLES) {
      byte[] file = Samples.example(example);
      Content content = Samples.read(file);
      for (int bit = 0; bit < 8 * file.length; bit++) {
        harmless += check(file, bit, content);
      }
    }
    System.out.println("flips that make no difference to any page: " + harmless);
  }

  /** Where nothing is compressed, each flip is noticed without exception. */
  @ParameterizedTest
  @ValueSource(strings = {"block-noise.ltx", "legacy-noise.ltx"})
  void bit_ofAFileOfNoise_isAlwaysNoticed(String example) throws Exception {
    byte[] file = Samples.example(example);
    Content content = Samples.read(file);
    for (int bit = 0; bit < 8 * file.length; bit++) {
      assertThat(check(file, bit, content)).as("bit %d of %s", bit, example).isZero();
    }
  }

  @Test
  void bit_ofALargeFile_isNeverFlippedUnnoticed() throws Exception {
    Random random = Samples.random();
    LtxHeader header = Samples.header(4096, 300, 1, 9);
    byte[] file = Samples.write(header, Samples.pages(header, random));
    Content content = Samples.read(file);
    for (int round = 0; round < 500; round++) {
      check(file, random.nextInt(8 * file.length), content);
    }
  }

  @Test
  void bytes_ofALargeFile_areNeverOverwrittenUnnoticed() throws Exception {
    Random random = Samples.random();
    LtxHeader header = Samples.header(1024, 200, 2, 9);
    byte[] file = Samples.write(header, Samples.pages(header, random));
    Content content = Samples.read(file);
    for (int round = 0; round < 500; round++) {
      byte[] damaged = file.clone();
      int start = random.nextInt(file.length);
      int end = start + 1 + random.nextInt(Math.min(100, file.length - start));
      for (int i = start; i < end; i++) {
        damaged[i] = (byte) random.nextInt(256);
      }
      check(damaged, content, "bytes %d to %d".formatted(start, end));
    }
  }

  /** Flips a bit; returns 1 if it makes no difference, 0 if it was noticed. */
  private static int check(byte[] file, int bit, Content content) throws IOException {
    byte[] damaged = file.clone();
    damaged[bit / 8] ^= (byte) (1 << bit % 8);
    return check(damaged, content, "bit " + bit);
  }

  private static int check(byte[] damaged, Content content, String what) throws IOException {
    try {
      if (Samples.read(damaged).isSame(content)) {
        return 1;
      }
    } catch (LtxFormatException e) {
      assertThat(e.file()).isEqualTo("sample.ltx");
      assertThat(e.offset()).isBetween(0L, (long) damaged.length);
      assertThat(e).hasMessageContaining(e.seen()).hasMessageContaining(e.needed());
      return 0;
    }
    return fail("read as something else than was written: " + what);
  }

  @Test
  void file_cutAtAnyLength_isRefused() throws Exception {
    for (String example : EXAMPLES) {
      byte[] file = Samples.example(example);
      for (int length = 0; length < file.length; length++) {
        byte[] cut = Arrays.copyOf(file, length);
        assertThatThrownBy(() -> Samples.read(cut))
            .as("%s, length %d", example, length)
            .isInstanceOfSatisfying(
                LtxFormatException.class, e -> assertThat(e.offset()).isEqualTo(cut.length))
            .hasMessageContaining("the end of the file");
      }
    }
  }

  @Test
  void largeFile_cutAtRandomLengths_isRefused() throws Exception {
    Random random = Samples.random();
    LtxHeader header = Samples.header(65_536, 20, 1, 9);
    byte[] file = Samples.write(header, Samples.pages(header, random));
    for (int round = 0; round < 200; round++) {
      byte[] cut = Arrays.copyOf(file, random.nextInt(file.length));
      assertThatThrownBy(() -> Samples.read(cut)).isInstanceOf(LtxFormatException.class);
    }
  }

  @Test
  void bytes_afterTheEnd_areRefused() throws Exception {
    byte[] file = Samples.example("block-snapshot.ltx");
    byte[] longer = Arrays.copyOf(file, file.length + 1);
    assertThatThrownBy(() -> Samples.read(longer))
        .isInstanceOf(LtxFormatException.class)
        .hasMessage(
            "LTX file refused: more bytes, needed the end of the file (file=sample.ltx, offset=%d)",
            file.length);
  }

  @Test
  void noise_isRefused() {
    Random random = Samples.random();
    for (int round = 0; round < 1_000; round++) {
      byte[] noise = new byte[random.nextInt(2_000)];
      random.nextBytes(noise);
      assertThatThrownBy(() -> Samples.read(noise)).isInstanceOf(LtxFormatException.class);
    }
  }

  // ---- files that were made wrong

  @Test
  void header_withFlagsOfOthers_isRefused() throws Exception {
    refused(4, 0, "flags=0x0, needed 0x2", "a file with checksums of the database");
    refused(4, 6, "flags=0x6, needed 0x2", "unknown flags");
    refused(8, 1000, "pageSize=1000", "page size");
    refused(8, -1, "pageSize=-1", "page size");
    refused(12, 0, "commit=0", "commit");
    refused(12, -1, "commit=4294967295", "commit");
    refused(16, -1, "minTxid=-", "txid");
    refused(40, 1, "checksum of the database before it", "checksum");
    refused(96, 1, "reserved=0x1", "reserved");
  }

  private static void refused(int offset, int value, String seen, String what) throws IOException {
    byte[] file = with(Samples.example("block-noise.ltx"), offset, value);
    assertThatThrownBy(() -> Samples.read(file))
        .as(what)
        .isInstanceOf(LtxFormatException.class)
        .hasMessageContaining(seen);
  }

  @Test
  void lengths_thatCannotBe_areRefusedBeforeAnyMemoryIsTaken() throws Exception {
    refused(106, Integer.MAX_VALUE, "block of 2147483647, needed 1 to 530", "block length");
    refused(106, -1, "block of 4294967295", "block length");
    refused(106, 0, "block of 0", "block length");
    byte[] legacy = Samples.example("legacy-noise.ltx");
    ByteBuffer.wrap(legacy).putInt(113, 0xffffffff);
    assertThatThrownBy(() -> Samples.read(legacy))
        .isInstanceOf(LtxFormatException.class)
        .hasMessageContaining("length of a stored block=0x7fffffff, needed 0x200");
    ByteBuffer.wrap(legacy).putInt(113, 0xffffff7f);
    assertThatThrownBy(() -> Samples.read(legacy))
        .isInstanceOf(LtxFormatException.class)
        .hasMessageContaining("block of 2147483647, needed 1 to 512");
  }

  @Test
  void pages_thatAFileMayNotHold_areRefused() throws Exception {
    refused(100, 8, "pgno=8, needed commit=7 at most", "beyond the commit");
    refused(100, 5, "pgno=4, needed more than pgno=5", "out of order");
    refused(100, 0, "flags=1 without a page, needed 0", "no number");
    refused(104, 0x0002_0000, "page flags=2, needed 1, or 0 as of old", "unknown encoding");
  }

  @Test
  void snapshot_withoutAllPages_isRefused() throws Exception {
    byte[] file = Samples.write(Samples.header(512, 3, 2, 2), new TreeMap<>());
    ByteBuffer.wrap(file).putLong(16, 1);
    assertThatThrownBy(() -> Samples.read(file))
        .isInstanceOf(LtxFormatException.class)
        .hasMessageContaining("no page after pgno=0, needed all from 1 to commit=3");
  }

  @Test
  void lockPage_inAFile_isRefused() throws Exception {
    LtxHeader header = Samples.header(65_536, 17_000, 2, 2);
    TreeMap<Long, byte[]> pages = new TreeMap<>();
    pages.put(16_384L, new byte[65_536]);
    byte[] file = Samples.write(header, pages);
    ByteBuffer.wrap(file).putInt(100, 16_385);
    assertThatThrownBy(() -> Samples.read(file))
        .isInstanceOf(LtxFormatException.class)
        .hasMessageContaining("pgno=16385, needed another page than the lock page");
  }

  @Test
  void index_thatSaysSomethingElse_isRefusedThoughTheChecksumIsRight() throws Exception {
    byte[] file = Samples.example("block-noise.ltx");
    int index = 100 + 3 * 525 + 6;
    for (int i = index; i < file.length - 16; i++) {
      byte[] wrong = withChecksum(file, i, (byte) (file[i] + 1));
      int at = i;
      assertThatThrownBy(() -> Samples.read(wrong))
          .isInstanceOfSatisfying(
              LtxFormatException.class, e -> assertThat(e.offset()).isEqualTo(at))
          .hasMessageContaining("by the pages before it");
    }
  }

  private static byte[] with(byte[] file, int offset, int value) {
    byte[] wrong = file.clone();
    ByteBuffer.wrap(wrong).putInt(offset, value);
    return wrong;
  }

  /** Of the file with three frames of noise. */
  private static byte[] withChecksum(byte[] noise, int offset, byte value) {
    byte[] file = noise.clone();
    file[offset] = value;
    Crc64 crc = new Crc64();
    crc.update(file, 0, 100);
    for (int i = 0, frame = 100; i < 3; i++, frame += 525) {
      crc.update(file, frame, 10);
      crc.update(file, frame + 13, 512);
    }
    int end = 100 + 3 * 525;
    crc.update(file, end, file.length - 8 - end);
    ByteBuffer.wrap(file).putLong(file.length - 8, crc.getValue() | 1L << 63);
    return file;
  }
}
