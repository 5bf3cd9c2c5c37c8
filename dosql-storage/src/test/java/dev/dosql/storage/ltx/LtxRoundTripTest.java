package dev.dosql.storage.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.storage.ltx.Samples.Content;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LtxRoundTripTest {

  static IntStream pageSizes() {
    return IntStream.iterate(512, size -> size <= 65_536, size -> 2 * size);
  }

  // ---- files that others wrote

  @ParameterizedTest
  @ValueSource(strings = {"block", "legacy"})
  void snapshot_byTheReferenceEncoder_isRead(String encoding) throws Exception {
    byte[] file = Samples.example(encoding + "-snapshot.ltx");
    Content content = Samples.read(file);
    assertThat(content.summary().header())
        .isEqualTo(new LtxHeader(512, 5, 1, 3, 1_763_823_600_123L, 0, 0, 0, 0, 0));
    assertThat(content.summary().length()).isEqualTo(file.length);
    assertThat(content.summary().pages()).isEqualTo(5);
    assertExamplePages(content, 1, 2, 3, 4, 5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"block", "legacy"})
  void segment_byTheReferenceEncoder_isRead(String encoding) throws Exception {
    Content content = Samples.read(Samples.example(encoding + "-segment.ltx"));
    assertThat(content.summary().header())
        .isEqualTo(
            new LtxHeader(
                512,
                4,
                4,
                4,
                1_763_823_601_456L,
                32,
                1608,
                0xfedcba98,
                0x01234567,
                0x8000000000000007L));
    assertExamplePages(content, 2, 3);
  }

  private static void assertExamplePages(Content content, long... pgnos) {
    assertThat(content.pages().keySet())
        .containsExactly(LongStream.of(pgnos).boxed().toArray(Long[]::new));
    content
        .pages()
        .forEach((pgno, page) -> assertThat(page).isEqualTo(Samples.examplePage(pgno.intValue())));
  }

  /** Pages of noise can be compressed in one way only. */
  @Test
  void file_ofPagesOfNoise_isToTheByteThatOfTheReferenceEncoder() throws Exception {
    SortedMap<Long, byte[]> pages = new TreeMap<>();
    for (long pgno : new long[] {2, 4, 7}) {
      pages.put(pgno, Samples.examplePage((int) pgno));
    }
    LtxHeader header = new LtxHeader(512, 7, 9, 12, 1_763_823_602_789L, 0, 0, 0, 0, 0);
    assertThat(Samples.write(header, pages)).isEqualTo(Samples.example("block-noise.ltx"));
  }

  // ---- files of ours

  @ParameterizedTest
  @MethodSource("pageSizes")
  void pages_ofEverySize_comeBack(int pageSize) throws Exception {
    Random random = Samples.random();
    for (int round = 0; round < 10; round++) {
      long min = 1 + random.nextInt(2);
      LtxHeader header =
          new LtxHeader(
              pageSize,
              1 + random.nextInt(100),
              min,
              min + random.nextInt(5),
              random.nextLong(),
              1 + random.nextInt(1000),
              random.nextInt(1000),
              random.nextInt(),
              random.nextInt(),
              random.nextLong());
      SortedMap<Long, byte[]> pages = Samples.pages(header, random);
      byte[] file = Samples.write(header, pages);
      Content content = Samples.read(new Dripping(file, random));
      assertThat(content.isSame(new Content(content.summary(), pages))).isTrue();
      assertThat(content.summary().header()).isEqualTo(header);
      assertThat(content.summary().length()).isEqualTo(file.length);
    }
  }

  /** Gives a few bytes at each read, as a network does. */
  private static final class Dripping extends ByteArrayInputStream {

    private final Random random;

    Dripping(byte[] bytes, Random random) {
      super(bytes);
      this.random = random;
    }

    @Override
    public synchronized int read(byte[] bytes, int offset, int length) {
      return super.read(bytes, offset, Math.min(length, 1 + random.nextInt(5_000)));
    }
  }

  @Test
  void summary_ofTheWriter_isThatOfTheReader() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LtxWriter writer = new LtxWriter(out, Samples.header(512, 1, 1, 1));
    writer.page(1, new byte[1000], 400);
    LtxSummary written = writer.finish();
    assertThat(Samples.read(out.toByteArray()).summary()).isEqualTo(written);
    assertThat(written.checksum()).isNegative();
    assertThat(written.length()).isEqualTo(out.size());
  }

  @Test
  void file_withoutPages_isRead() throws Exception {
    LtxHeader fence = new LtxHeader(4096, 9, 5, 5, 0, 0, 0, 0, 0, 2);
    byte[] file = Samples.write(fence, new TreeMap<>());
    assertThat(file).hasSize(100 + 6 + 1 + 8 + 16);
    assertThat(Samples.read(file).summary().pages()).isZero();
  }

  @Test
  void page_afterTheEnd_isNone() throws Exception {
    LtxReader reader = Samples.reader(Samples.example("block-segment.ltx"));
    byte[] page = new byte[512];
    assertThatThrownBy(reader::summary).isInstanceOf(IllegalStateException.class);
    assertThat(reader.next(page)).isEqualTo(2);
    assertThat(reader.next(page)).isEqualTo(3);
    assertThat(reader.next(page)).isZero();
    assertThat(reader.next(page)).isZero();
    assertThat(reader.summary().pages()).isEqualTo(2);
  }

  @Test
  void page_intoTheMiddleOfAnArray_leavesTheRestAlone() throws Exception {
    LtxReader reader = Samples.reader(Samples.example("legacy-segment.ltx"));
    byte[] page = new byte[512 + 20];
    Arrays.fill(page, (byte) 9);
    reader.next(page, 10);
    assertThat(Arrays.copyOfRange(page, 10, 522)).isEqualTo(Samples.examplePage(2));
    assertThat(Arrays.copyOf(page, 10)).containsOnly(9);
    assertThat(Arrays.copyOfRange(page, 522, 532)).containsOnly(9);
    assertThatThrownBy(() -> reader.next(page, 21)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void stream_thatFails_failsTheReader() throws Exception {
    InputStream begin = new ByteArrayInputStream(Samples.example("block-snapshot.ltx"), 0, 1_000);
    InputStream failing =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("gone");
          }
        };
    assertThatThrownBy(() -> Samples.read(new SequenceInputStream(begin, failing)))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(LtxFormatException.class)
        .hasMessage("gone");
  }

  // ---- what a writer refuses

  @Test
  void pages_thatAFileMayNotHold_areRefused() {
    refused(Samples.header(512, 9, 2, 2), "1 or more", 0);
    refused(Samples.header(512, 9, 2, 2), "1 or more", -1);
    refused(Samples.header(512, 9, 2, 2), "more than pgno=3", 3, 3);
    refused(Samples.header(512, 9, 2, 2), "more than pgno=3", 3, 2);
    refused(Samples.header(512, 9, 2, 2), "commit=9 at most", 10);
    refused(Samples.header(512, 9, 1, 2), "pgno=1 before it, which is new too", 2);
    refused(Samples.header(512, 9, 1, 2), "pgno=2 before it, which is new too", 1, 3);
    refused(Samples.header(65_536, 20_000, 2, 2), "another page than the lock page", 16_385);
  }

  private static void refused(LtxHeader header, String needed, long... pgnos) {
    LtxWriter writer = new LtxWriter(new ByteArrayOutputStream(), header);
    byte[] page = new byte[header.pageSize()];
    assertThatThrownBy(
            () -> {
              for (long pgno : pgnos) {
                writer.page(pgno, page, 0);
              }
            })
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pgno=" + pgnos[pgnos.length - 1])
        .hasMessageContaining(needed);
  }

  @Test
  void page_thatWasRefused_leavesTheWriterAsItWas() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LtxWriter writer = new LtxWriter(out, Samples.header(512, 9, 2, 2));
    writer.page(3, Samples.examplePage(2), 0);
    assertThatThrownBy(() -> writer.page(3, Samples.examplePage(4), 0))
        .isInstanceOf(IllegalArgumentException.class);
    writer.finish();
    assertThat(Samples.read(out.toByteArray()).pages()).hasSize(1);
    assertThatThrownBy(() -> writer.page(4, Samples.examplePage(4), 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void snapshot_withoutItsLastPages_cannotBeFinished() throws Exception {
    LtxWriter writer = new LtxWriter(new ByteArrayOutputStream(), Samples.header(512, 3, 1, 4));
    writer.page(1, new byte[512], 0);
    assertThatThrownBy(writer::finish)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no page after pgno=1, needed all from 2 to commit=3");
  }

  // ---- the page at 1 GiB

  @Test
  void lockPage_inAWholeImage_isSkipped() {
    PageOrder order = new PageOrder(Samples.header(65_536, 16_387, 1, 1));
    for (long pgno = 1; pgno <= 16_384; pgno++) {
      assertThat(order.refusal(pgno)).isNull();
      order.accept(pgno);
    }
    assertThat(order.refusal(16_385)).isEqualTo("another page than the lock page");
    assertThat(order.missing()).contains("16386");
    assertThat(order.refusal(16_387)).contains("pgno=16386");
    assertThat(order.refusal(16_386)).isNull();
    order.accept(16_386);
    order.accept(16_387);
    assertThat(order.missing()).isNull();
  }

  @Test
  void lockPage_asTheLastPage_isNotMissing() {
    PageOrder order = new PageOrder(Samples.header(65_536, 16_385, 1, 1));
    for (long pgno = 1; pgno <= 16_384; pgno++) {
      order.accept(pgno);
    }
    assertThat(order.missing()).isNull();
  }

  // ---- what goes on where another file ended

  @Test
  void file_thatGrowsTheDatabase_holdsEveryNewPage() throws Exception {
    LtxHeader before = Samples.header(512, 3, 1, 4);
    follow(before, Samples.header(512, 5, 5, 6), 2, 4, 5);
    follow(before, Samples.header(512, 2, 5, 5));
    assertThatThrownBy(() -> follow(before, Samples.header(512, 5, 5, 6), 2, 5))
        .isInstanceOf(LtxFormatException.class)
        .hasMessageContaining("pgno=5, needed pgno=4 before it");
    assertThatThrownBy(() -> follow(before, Samples.header(512, 5, 5, 6), 4))
        .isInstanceOf(LtxFormatException.class)
        .hasMessageContaining("no page after pgno=4, needed all from 5 to commit=5");
    assertThatThrownBy(() -> follow(before, Samples.header(512, 3, 6, 6)))
        .isInstanceOf(LtxFormatException.class)
        .hasMessageContaining("minTxid=6, needed one more than 4");
    assertThatThrownBy(() -> follow(before, Samples.header(1024, 3, 5, 5)))
        .isInstanceOf(LtxFormatException.class)
        .hasMessageContaining("pageSize=1024, needed pageSize=512");
  }

  private static void follow(LtxHeader before, LtxHeader header, long... pgnos) throws IOException {
    SortedMap<Long, byte[]> pages = new TreeMap<>();
    for (long pgno : pgnos) {
      pages.put(pgno, new byte[header.pageSize()]);
    }
    LtxReader reader = Samples.reader(Samples.write(header, pages));
    reader.follows(before);
    byte[] page = new byte[header.pageSize()];
    long last;
    do {
      last = reader.next(page);
    } while (last != 0);
  }
}
