package dev.dosql.storage.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.storage.ltx.LtxMerge.Source;
import dev.dosql.storage.ltx.Samples.Content;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LtxMergeTest {

  @TempDir Path scratch;

  private final AtomicInteger open = new AtomicInteger();
  private int openMost;

  @Test
  void files_fromTheFirst_becomeTheImageAfterTheLast() throws Exception {
    History history = new History(Samples.random(), 512);
    for (int txid = 1; txid <= 40; txid++) {
      history.commit();
      Content merged = merge(history.files(1, txid));
      assertThat(merged.isSame(new Content(merged.summary(), history.image(txid)))).isTrue();
      assertThat(merged.summary().header())
          .isEqualTo(
              new LtxHeader(
                  512, history.image(txid).lastKey(), 1, txid, History.time(txid), 0, 0, 0, 0, 0));
    }
  }

  @Test
  void files_mergedInAnyGroups_areTheSame() throws Exception {
    Random random = Samples.random();
    History history = new History(random, 1024);
    for (int txid = 1; txid <= 60; txid++) {
      history.commit();
    }
    byte[] atOnce = mergeBytes(history.files(1, 60));
    for (int round = 0; round < 20; round++) {
      List<byte[]> groups = new ArrayList<>();
      for (int min = 1; min <= 60; ) {
        int max = Math.min(60, min + random.nextInt(20));
        groups.add(mergeBytes(history.files(min, max)));
        min = max + 1;
      }
      assertThat(mergeBytes(groups)).isEqualTo(atOnce);
    }
  }

  @Test
  void files_moreThanAreOpenAtOnce_areMergedInRounds() throws Exception {
    History history = new History(Samples.random(), 512);
    for (int txid = 1; txid <= 700; txid++) {
      history.commit();
    }
    Content merged = merge(history.files(1, 700));
    assertThat(merged.isSame(new Content(merged.summary(), history.image(700)))).isTrue();
    assertThat(openMost).isEqualTo(LtxMerge.FAN_IN);
    assertThat(open).hasValue(0);
    assertThat(scratch).isEmptyDirectory();
  }

  @Test
  void oneFile_mergedAlone_keepsItsPagesAndForgetsItsWal() throws Exception {
    byte[] file = Samples.example("block-segment.ltx");
    Content merged = merge(List.of(file));
    assertThat(merged.isSame(new Content(merged.summary(), Samples.read(file).pages()))).isTrue();
    assertThat(merged.summary().header())
        .isEqualTo(new LtxHeader(512, 4, 4, 4, 1_763_823_601_456L, 0, 0, 0, 0, 0));
  }

  @Test
  void filesOfTheOlderEncoding_becomeOnesOfTheNewer() throws Exception {
    byte[] merged =
        mergeBytes(
            List.of(Samples.example("legacy-snapshot.ltx"), Samples.example("block-segment.ltx")));
    Content content = Samples.read(merged);
    assertThat(content.pages().keySet()).containsExactly(1L, 2L, 3L, 4L);
    content
        .pages()
        .forEach((pgno, page) -> assertThat(page).isEqualTo(Samples.examplePage(pgno.intValue())));
    assertThat(merged[105]).isEqualTo((byte) Ltx.BLOCK);
  }

  @Test
  void files_withAHole_areRefused() throws Exception {
    History history = new History(Samples.random(), 512);
    for (int txid = 1; txid <= 5; txid++) {
      history.commit();
    }
    List<byte[]> files = new ArrayList<>(history.files(1, 5));
    files.remove(2);
    assertThatThrownBy(() -> merge(files))
        .isInstanceOf(LtxFormatException.class)
        .hasMessage("LTX file refused: minTxid=4, needed one more than 2 (file=file3, offset=16)");
    assertThat(open).hasValue(0);
  }

  @Test
  void file_thatIsDamagedBeyondWhatIsUsed_isRefused() throws Exception {
    byte[] snapshot = Samples.example("block-snapshot.ltx");
    byte[] newer = Samples.example("block-segment.ltx");
    snapshot[snapshot.length - 1]++;
    assertThatThrownBy(() -> merge(List.of(snapshot, newer)))
        .isInstanceOf(LtxFormatException.class)
        .hasMessageContaining("file=file1");
  }

  @Test
  void noFiles_areRefused() {
    assertThatThrownBy(() -> merge(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  private Content merge(List<byte[]> files) throws IOException {
    return Samples.read(mergeBytes(files));
  }

  private byte[] mergeBytes(List<byte[]> files) throws IOException {
    List<Source> sources = new ArrayList<>();
    for (byte[] file : files) {
      sources.add(new Counted("file" + (sources.size() + 1), file));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LtxSummary summary = LtxMerge.merge(sources, scratch, out);
    assertThat(summary).isEqualTo(Samples.read(out.toByteArray()).summary());
    return out.toByteArray();
  }

  private final class Counted implements Source {

    private final String name;
    private final byte[] bytes;

    Counted(String name, byte[] bytes) {
      this.name = name;
      this.bytes = bytes;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public InputStream open() {
      openMost = Math.max(openMost, open.incrementAndGet());
      return new FilterInputStream(new ByteArrayInputStream(bytes)) {
        @Override
        public void close() throws IOException {
          open.decrementAndGet();
          super.close();
        }
      };
    }
  }
}
