package dev.dosql.storage.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.storage.internal.FailPoints;
import dev.dosql.storage.ltx.LtxReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of a log that are not what was written, and writes that fail. */
class LocalLogDamageTest {

  private static final String LINEAGE = "0123456789abcdef";
  private static final String INSERT = "INSERT INTO t VALUES(randomblob(300))";

  @TempDir Path directory;

  private Path database;
  private Path logDirectory;
  private LiveDatabase live;
  private LocalLog log;
  private final List<Segment> made = new ArrayList<>();

  @BeforeEach
  void makeFourSegments() throws Exception {
    database = directory.resolve("live.db");
    logDirectory = directory.resolve("log");
    live = LiveDatabase.open(database, 512);
    live.run("CREATE TABLE t(a)");
    log = LocalLog.open(logDirectory, database);
    log.begin(LINEAGE);
    for (int i = 0; i < 4; i++) {
      live.run(INSERT);
      made.add(log.capture(live::copyTo, i).orElseThrow());
    }
    log.close();
  }

  @AfterEach
  void end() throws Exception {
    FailPoints.onReached(null);
    live.close();
    log.close();
  }

  private void reopen() throws IOException {
    log = LocalLog.open(logDirectory, database);
  }

  private List<Path> files(String ending) throws IOException {
    try (Stream<Path> files = Files.list(logDirectory)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    }
  }

  /** Goes on from what is there, and compares the whole with the database. */
  private void endsEqual() throws IOException, SQLException {
    live.run(INSERT);
    log.capture(live::copyTo, 9).orElseThrow();
    try (Replay replay = new Replay(directory.resolve("replay.db"), Position.start(LINEAGE))) {
      replay.apply(log.pending());
      live.checkpoint(log, "PASSIVE");
      live.end();
      replay.assertSameAs(database);
    }
  }

  @Test
  void open_nothingWrong_hasAllSegments() throws Exception {
    reopen();
    assertThat(log.damage()).isEmpty();
    assertThat(log.pending()).isEqualTo(withoutReasons());
    assertThat(log.pendingBytes()).isEqualTo(made.stream().mapToLong(Segment::length).sum());
    assertThat(log.isBehind()).isFalse();
    endsEqual();
  }

  private List<Segment> withoutReasons() {
    return made.stream()
        .map(
            s ->
                new Segment(
                    s.txid(),
                    s.checksum(),
                    s.chain(),
                    s.file(),
                    s.length(),
                    s.timestampMillis(),
                    s.image()))
        .toList();
  }

  /**
   * Every byte of a segment, with one of its bits flipped. The checksum is over the pages, so a
   * compressed page that still means the same is none of it, and does no harm.
   */
  @Test
  void open_bitFlippedAnywhere_isNoticedAndCapturedAnew() throws Exception {
    Path file = made.get(2).file();
    byte[] whole = Files.readAllBytes(file);
    List<String> pages = pages(file);
    int harmless = 0;
    for (int i = 0; i < whole.length; i += isPageData(i, whole.length) ? 5 : 1) {
      byte[] flipped = whole.clone();
      flipped[i] ^= (byte) (1 << i % 8);
      Files.write(file, flipped);
      reopen();
      if (log.damage().isEmpty()) {
        assertThat(pages(file)).as("byte %d", i).isEqualTo(pages);
        harmless++;
        log.close();
        continue;
      }
      assertThat(log.damage()).as("byte %d", i).isPresent();
      assertThat(log.pending()).as("byte %d", i).hasSize(2);
      assertThat(files(".bad")).hasSize(2);
      log.close();
      Files.write(file, whole);
      Path last = made.get(3).file();
      Files.move(last.resolveSibling(last.getFileName() + ".bad"), last);
      Files.delete(file.resolveSibling(file.getFileName() + ".bad"));
    }
    assertThat(harmless).isLessThan(whole.length / 20);
    Files.write(file, whole);
    reopen();
    assertThat(log.damage()).isEmpty();
  }

  private static boolean isPageData(int at, int length) {
    return at > 120 && at < length - 60;
  }

  private static List<String> pages(Path file) throws IOException {
    List<String> pages = new ArrayList<>();
    try (InputStream in = new FileInputStream(file.toFile())) {
      LtxReader reader = new LtxReader(in, "segment");
      byte[] page = new byte[reader.header().pageSize()];
      for (long pgno = reader.next(page); pgno != 0; pgno = reader.next(page)) {
        pages.add(pgno + " " + HexFormat.of().formatHex(page));
      }
      pages.add(reader.header().toString());
    }
    return pages;
  }

  @Test
  void capture_afterADamagedSegment_takesItsFramesAgain() throws Exception {
    Path file = made.get(2).file();
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 1));
    reopen();
    assertThat(log.damage().orElseThrow()).contains(file.toString());
    assertThat(log.isBehind()).isTrue();
    Segment again = log.capture(live::copyTo, 1).orElseThrow();
    assertThat(again.txid()).isEqualTo(3);
    assertThat(again.imageReason()).isNull();
    endsEqual();
  }

  @Test
  void capture_afterADamagedSegmentWhoseFramesAreGone_isAnImage() throws Exception {
    Files.write(made.get(2).file(), new byte[0]);
    live.checkpoint("TRUNCATE");
    reopen();
    Segment again = log.capture(live::copyTo, 1).orElseThrow();
    assertThat(again.txid()).isEqualTo(3);
    assertThat(again.imageReason()).isNotNull();
    endsEqual();
  }

  @Test
  void open_segmentMissing_doesNotSkipIt() throws Exception {
    Files.delete(made.get(1).file());
    reopen();
    assertThat(log.damage().orElseThrow()).contains("txid=3-3");
    assertThat(log.pending()).hasSize(1);
    assertThat(files(".bad")).hasSize(2);
    endsEqual();
  }

  @Test
  void open_segmentOfAnotherHistory_isRefused() throws Exception {
    Path last = made.get(3).file();
    Files.move(last, last.resolveSibling(last.getFileName().toString().replace('0', '1')));
    reopen();
    assertThat(log.damage()).isPresent();
    assertThat(log.pending()).hasSize(3);
    endsEqual();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 8, 23, 24, 31, 32, 47, 48, 60, 80, 90, 95})
  void open_positionDamaged_hasNoneAndSetsSegmentsAside(int where) throws Exception {
    Path file = logDirectory.resolve("position");
    byte[] bytes = Files.readAllBytes(file);
    bytes[where] ^= 4;
    Files.write(file, bytes);
    reopen();
    assertThat(log.position()).isEmpty();
    assertThat(log.damage().orElseThrow()).contains("position is damaged");
    assertThat(files(".bad")).hasSize(5);
    assertThatThrownBy(() -> log.capture(live::copyTo, 1))
        .isInstanceOf(IllegalStateException.class);
    log.begin(LINEAGE);
    endsEqual();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 8, 24, 32, 48, 60, 84, 92, 100, 103, 107})
  void open_markDamaged_isAsIfThereWereNone(int where) throws Exception {
    reopen();
    live.checkpoint(log, "TRUNCATE");
    log.close();
    Path file = logDirectory.resolve("mark");
    byte[] bytes = Files.readAllBytes(file);
    bytes[where] ^= 4;
    Files.write(file, bytes);
    reopen();
    assertThat(log.damage()).isEmpty();
    assertThat(log.isBehind()).isTrue();
    assertThat(log.capture(live::copyTo, 1).orElseThrow().image()).isTrue();
    endsEqual();
  }

  @Test
  void shipped_some_goAndStayGone() throws Exception {
    reopen();
    log.shipped(2);
    assertThat(log.pending()).extracting(Segment::txid).containsExactly(3L, 4L);
    assertThat(files(".ltx")).hasSize(2);
    Files.writeString(made.get(0).file(), "left behind by a crash");
    log.shipped(1);
    log.close();
    reopen();
    assertThat(log.damage()).isEmpty();
    assertThat(log.shippedTxid()).isEqualTo(2);
    assertThat(log.pending()).extracting(Segment::txid).containsExactly(3L, 4L);
    assertThat(files(".ltx")).hasSize(2);
    log.shipped(4);
    log.close();
    reopen();
    assertThat(log.pending()).isEmpty();
    assertThat(log.position().orElseThrow().chain()).isEqualTo(made.get(3).chain());
    assertThat(log.isBehind()).isFalse();
    assertThatThrownBy(() -> log.shipped(5)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "capture.copied",
        "capture.written",
        "capture.forced",
        "capture.wal.forced",
        "capture.renamed"
      })
  void capture_failsAtAnyStep_canBeTriedAgain(String step) throws Exception {
    reopen();
    if (step.equals("capture.copied")) {
      log.resume(log.position().orElseThrow(), "wanted");
      log.begin(LINEAGE);
    }
    live.run(INSERT);
    failAt(step);
    assertThatThrownBy(() -> log.capture(live::copyTo, 1)).hasMessage(step);
    FailPoints.onReached(null);
    live.run(INSERT);
    Position before = log.position().orElseThrow();
    Segment segment = log.capture(live::copyTo, 1).orElseThrow();
    assertThat(before.next(segment.checksum())).isEqualTo(log.position().orElseThrow());
    log.close();
    reopen();
    assertThat(log.damage()).isEmpty();
    endsEqual();
  }

  private static void failAt(String step) {
    FailPoints.onReached(
        name -> {
          if (name.equals(step)) {
            throw new IllegalStateException(step);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"capture.position.forced", "capture.position.renamed", "capture.shipped.deleted"})
  void shipped_failsAtAnyStep_canBeTriedAgain(String step) throws Exception {
    reopen();
    failAt(step);
    assertThatThrownBy(() -> log.shipped(3)).hasMessage(step);
    FailPoints.onReached(null);
    log.shipped(3);
    assertThat(log.pending()).hasSize(1);
    log.close();
    reopen();
    assertThat(log.damage()).isEmpty();
    assertThat(log.pending()).hasSize(1);
  }

  @Test
  void capture_inAnInterruptedThread_isMadeAndKeepsItsFlag() throws Exception {
    Thread.currentThread().interrupt();
    try {
      reopen();
      live.run(INSERT);
      assertThat(log.capture(live::copyTo, 1)).isPresent();
      live.checkpoint(log, "PASSIVE");
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    endsEqual();
  }

  @Test
  void call_afterClose_isRefused() throws Exception {
    reopen();
    log.close();
    assertThatThrownBy(() -> log.capture(live::copyTo, 1))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> log.isBehind()).isInstanceOf(IllegalStateException.class);
  }
}
