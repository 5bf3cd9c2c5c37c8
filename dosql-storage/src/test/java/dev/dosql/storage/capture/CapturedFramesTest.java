package dev.dosql.storage.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.storage.ltx.LtxHeader;
import dev.dosql.storage.ltx.LtxReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Logs that were made by hand, of which SQLite makes some only once in a blue moon. */
class CapturedFramesTest {

  private static final Position PLACED = Position.start("0123456789abcdef").next(1);
  private static final long SALTS = 0x0102030405060708L;
  private static final int PAGE = 512;
  private static final int FRAME = PAGE + 24;

  @TempDir Path directory;

  private Path database;
  private Path wal;

  @BeforeEach
  void placeFourPages() throws IOException {
    database = Files.write(directory.resolve("a.db"), new byte[4 * PAGE]);
    wal = directory.resolve("a.db-wal");
    try (LocalLog log = open()) {
      log.place(PLACED, PAGE);
    }
  }

  private LocalLog open() throws IOException {
    return LocalLog.open(directory.resolve("log"), database);
  }

  private static Optional<Segment> capture(LocalLog log) throws IOException {
    return log.capture(copy -> assertThat(copy).as("no image").isNull(), 5);
  }

  private static WalBuilder log() {
    return new WalBuilder(PAGE, SALTS, ByteOrder.LITTLE_ENDIAN);
  }

  /** The first byte of each page in a segment. */
  private static Map<Long, Integer> pages(Segment segment) throws IOException {
    Map<Long, Integer> pages = new TreeMap<>();
    try (InputStream in = new FileInputStream(segment.file().toFile())) {
      LtxReader reader = new LtxReader(in, "segment");
      byte[] page = new byte[reader.header().pageSize()];
      for (long pgno = reader.next(page); pgno != 0; pgno = reader.next(page)) {
        pages.put(pgno, (int) page[0]);
      }
    }
    return pages;
  }

  private static LtxHeader header(Segment segment) throws IOException {
    try (InputStream in = new FileInputStream(segment.file().toFile())) {
      return new LtxReader(in, "segment").header();
    }
  }

  @Test
  void capture_pageCommittedTwice_hasTheNewest() throws Exception {
    log().frame(2, 4, 1).frame(3, 0, 2).frame(2, 4, 3).write(wal);
    try (LocalLog log = open()) {
      Segment segment = capture(log).orElseThrow();
      assertThat(pages(segment)).isEqualTo(Map.of(2L, 3, 3L, 2));
      assertThat(segment.txid()).isEqualTo(2);
      assertThat(header(segment))
          .isEqualTo(new LtxHeader(PAGE, 4, 2, 2, 5, 32, 3 * FRAME, 0x01020304, 0x05060708, 0));
      assertThat(log.isBehind()).isFalse();
    }
  }

  @Test
  void capture_framesAfterTheLastCommit_areLeft() throws Exception {
    WalBuilder frames = log().frame(2, 4, 1).frame(2, 0, 2).frame(3, 0, 2);
    frames.write(wal);
    try (LocalLog log = open()) {
      assertThat(pages(capture(log).orElseThrow())).isEqualTo(Map.of(2L, 1));
      assertThat(log.isBehind()).isFalse();
      assertThat(capture(log)).isEmpty();
      frames.frame(4, 4, 3).write(wal);
      assertThat(log.isBehind()).isTrue();
      Segment segment = capture(log).orElseThrow();
      assertThat(pages(segment)).isEqualTo(Map.of(2L, 2, 3L, 2, 4L, 3));
      assertThat(header(segment).walOffset()).isEqualTo(32 + FRAME);
    }
  }

  @Test
  void capture_openTransaction_hasNothing() throws Exception {
    log().frame(2, 0, 1).frame(3, 0, 2).write(wal);
    try (LocalLog log = open()) {
      assertThat(log.isBehind()).isFalse();
      assertThat(capture(log)).isEmpty();
    }
  }

  @Test
  void capture_pagesBeyondTheSize_areLeftOut() throws Exception {
    log().frame(7, 7, 1).frame(5, 0, 1).frame(6, 0, 1).frame(1, 3, 2).write(wal);
    try (LocalLog log = open()) {
      Segment segment = capture(log).orElseThrow();
      assertThat(pages(segment)).isEqualTo(Map.of(1L, 2));
      assertThat(header(segment).commit()).isEqualTo(3);
    }
  }

  @Test
  void capture_grownWithoutFrames_hasZeroPages() throws Exception {
    WalBuilder frames = log().frame(6, 8, 1);
    frames.write(wal);
    try (LocalLog log = open()) {
      assertThat(pages(capture(log).orElseThrow())).isEqualTo(Map.of(5L, 0, 6L, 1, 7L, 0, 8L, 0));
    }
    frames.frame(1, 9, 2).write(wal);
    try (LocalLog log = open()) {
      assertThat(pages(capture(log).orElseThrow())).isEqualTo(Map.of(1L, 2, 9L, 0));
    }
  }

  @Test
  void capture_growthPastTheLockPage_leavesItOut() throws Exception {
    int lock = 0x4000_0000 / 65_536 + 1;
    try (RandomAccessFile sparse = new RandomAccessFile(database.toFile(), "rw")) {
      sparse.setLength((lock - 2L) * 65_536);
    }
    try (LocalLog log = open()) {
      log.place(PLACED, 65_536);
      new WalBuilder(65_536, SALTS, ByteOrder.LITTLE_ENDIAN)
          .frame(lock + 1, lock + 2, 7)
          .write(wal);
      Segment segment = capture(log).orElseThrow();
      assertThat(pages(segment)).isEqualTo(Map.of(lock - 1L, 0, lock + 1L, 7, lock + 2L, 0));
    }
  }

  @Test
  void capture_bigEndianChecksums_areKnown() throws Exception {
    new WalBuilder(PAGE, SALTS, ByteOrder.BIG_ENDIAN).frame(2, 4, 1).frame(3, 4, 2).write(wal);
    try (LocalLog log = open()) {
      assertThat(pages(capture(log).orElseThrow())).isEqualTo(Map.of(2L, 1, 3L, 2));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 1024, 4096, 65_536})
  void capture_moreFramesThanAreReadAtOnce_findsAll(int pageSize) throws Exception {
    try (LocalLog log = open()) {
      log.place(PLACED, pageSize);
      WalBuilder frames = new WalBuilder(pageSize, SALTS, ByteOrder.LITTLE_ENDIAN);
      int many = 3 * (256 * 1024 / (24 + pageSize)) + 1;
      for (int i = 1; i <= many; i++) {
        frames.frame(i, i == many ? many : 0, i % 100);
      }
      frames.write(wal);
      assertThat(pages(capture(log).orElseThrow())).hasSize(many).containsEntry(2L, 2);
    }
  }

  /** Whatever bit is wrong, what comes after it does not count, as for SQLite. */
  @Test
  void capture_bitFlippedInAFrame_endsBeforeIt() throws Exception {
    byte[] whole = log().frame(2, 4, 1).frame(3, 4, 2).frame(4, 4, 3).bytes();
    int second = 32 + FRAME;
    int[] wheres = {0, 3, 7, 8, 15, 16, 23, 24, 24 + PAGE / 2, FRAME - 1};
    for (int where : wheres) {
      byte[] damaged = whole.clone();
      damaged[second + where] ^= 1 << where % 8;
      Files.write(wal, damaged);
      assertThat(WalPages.committed(wal))
          .as("byte %d", where)
          .isEqualTo(BitSet.valueOf(new long[] {4}));
    }
  }

  @Test
  void capture_bitFlippedInTheHeader_findsNoLog() throws Exception {
    byte[] whole = log().frame(2, 4, 1).bytes();
    for (int where = 0; where < 32; where++) {
      byte[] damaged = whole.clone();
      damaged[where] ^= 1 << where % 8;
      Files.write(wal, damaged);
      assertThat(WalPages.committed(wal).isEmpty()).as("byte %d", where).isTrue();
    }
  }

  @Test
  void capture_truncatedAnywhere_findsWholeCommitsOnly() throws Exception {
    byte[] whole = log().frame(2, 4, 1).frame(3, 0, 2).frame(4, 4, 3).bytes();
    for (int length = 0; length <= whole.length; length += 4) {
      Files.write(wal, Arrays.copyOf(whole, length));
      int found = WalPages.committed(wal).cardinality();
      assertThat(found).isEqualTo(length == whole.length ? 3 : length >= 32 + FRAME ? 1 : 0);
    }
  }

  @Test
  void capture_framesOfAnotherGenerationBehind_areLeft() throws Exception {
    byte[] old =
        new WalBuilder(PAGE, 99, ByteOrder.LITTLE_ENDIAN).frame(2, 4, 9).frame(3, 4, 9).bytes();
    byte[] anew = log().frame(4, 4, 1).bytes();
    System.arraycopy(anew, 0, old, 0, anew.length);
    Files.write(wal, old);
    try (LocalLog log = open()) {
      assertThat(pages(capture(log).orElseThrow())).isEqualTo(Map.of(4L, 1));
    }
  }

  @Test
  void capture_otherPageSize_isRefused() throws Exception {
    new WalBuilder(1024, SALTS, ByteOrder.LITTLE_ENDIAN).frame(2, 4, 1).write(wal);
    try (LocalLog log = open()) {
      assertThatThrownBy(() -> capture(log))
          .isInstanceOf(PageSizeException.class)
          .hasMessageContaining("1024 in the -wal, needed 512");
    }
  }

  /** A commit can fail after its last frame was written, and the next one takes its place. */
  @Test
  void capture_capturedCommitOverwritten_needsAnImage() throws Exception {
    log().frame(2, 4, 1).frame(3, 4, 2).write(wal);
    try (LocalLog log = open()) {
      assertThat(capture(log)).isPresent();
      log().frame(2, 4, 1).frame(4, 4, 3).frame(4, 4, 4).write(wal);
      assertThat(log.isBehind()).isTrue();
      assertThat(log.captureAhead(6)).isFalse();
    }
    try (LocalLog log = open()) {
      assertThat(log.isBehind()).isTrue();
      assertThat(log.captureAhead(6)).isFalse();
    }
  }

  @Test
  void capture_logEndsBeforeWhatWasCaptured_isRefused() throws Exception {
    byte[] whole = log().frame(2, 4, 1).frame(3, 4, 2).bytes();
    Files.write(wal, whole);
    try (LocalLog log = open()) {
      assertThat(capture(log)).isPresent();
    }
    Files.write(wal, Arrays.copyOf(whole, whole.length - FRAME));
    try (LocalLog log = open()) {
      assertThatThrownBy(() -> capture(log))
          .isInstanceOf(DatabaseBehindException.class)
          .hasMessageContaining("ends at 568, needed 1104");
      log.resume(log.position().orElseThrow(), "accepted");
      assertThat(log.isBehind()).isTrue();
    }
  }

  @Test
  void checkpointed_logTornInItsHeader_goesOnByTheMark() throws Exception {
    byte[] whole = log().frame(2, 4, 1).bytes();
    Files.write(wal, whole);
    try (LocalLog log = open()) {
      assertThat(capture(log)).isPresent();
      log.checkpointed(1, 1);
      ByteBuffer.wrap(whole).putInt(20, 77);
      Files.write(wal, whole);
      assertThat(log.isBehind()).isFalse();
      assertThat(capture(log)).isEmpty();
      new WalBuilder(PAGE, 1234, ByteOrder.LITTLE_ENDIAN).frame(1, 4, 5).write(wal);
      assertThat(pages(capture(log).orElseThrow())).isEqualTo(Map.of(1L, 5));
    }
  }

  @Test
  void capture_oldGenerationHadAForeignCommit_needsAnImage() throws Exception {
    WalBuilder old = log().frame(2, 4, 1).frame(3, 4, 1);
    old.write(wal);
    try (LocalLog log = open()) {
      assertThat(capture(log)).isPresent();
      log.checkpointed(2, 2);
      byte[] bytes = old.frame(4, 4, 1).bytes(); // And was moved into the file at once.
      byte[] anew = new WalBuilder(PAGE, SALTS + 1, ByteOrder.LITTLE_ENDIAN).frame(1, 4, 5).bytes();
      System.arraycopy(anew, 0, bytes, 0, anew.length);
      Files.write(wal, bytes);
      assertThat(log.isBehind()).isTrue();
      assertThat(log.captureAhead(6)).isFalse();
    }
  }

  /** SQLite never deletes a log of which the database lacks something, but people do. */
  @ParameterizedTest
  @CsvSource({"2, 2, false", "2, 1, true", "3, 3, true", "1, 1, true", "0, 0, true"})
  void checkpointed_thenLogDeleted_goesOnOnlyIfAllWasMoved(long frames, long moved, boolean image)
      throws Exception {
    log().frame(2, 4, 1).frame(3, 4, 1).write(wal);
    try (LocalLog log = open()) {
      assertThat(capture(log)).isPresent();
      log.checkpointed(frames, moved);
    }
    Files.delete(wal);
    try (LocalLog log = open()) {
      assertThat(log.isBehind()).isEqualTo(image);
    }
  }

  @Test
  void checkpointed_moreWasCommittedMeanwhile_isNotNoted() throws Exception {
    WalBuilder frames = log().frame(2, 4, 1);
    frames.write(wal);
    try (LocalLog log = open()) {
      assertThat(capture(log)).isPresent();
      frames.frame(3, 4, 1).write(wal);
      log.checkpointed(1, 1);
    }
    Files.delete(wal);
    try (LocalLog log = open()) {
      assertThat(log.isBehind()).isTrue();
    }
  }

  /** What was verified once is not read again: a capture before a checkpoint is waited for. */
  @Test
  void readAhead_thenCapture_readsTheRestOnly() throws Exception {
    WalBuilder frames = log().frame(2, 4, 1).frame(2, 4, 3);
    frames.write(wal);
    try (LocalLog log = open()) {
      log.readAhead(log.epoch(), 2);
      byte[] bytes = frames.frame(3, 4, 2).bytes();
      bytes[32 + FRAME - 1] ^= 1; // In the older version of page 2, which nobody needs.
      Files.write(wal, bytes);
      assertThat(pages(capture(log).orElseThrow())).isEqualTo(Map.of(2L, 3, 3L, 2));
      assertThat(log.isBehind()).isFalse();
    }
  }

  @Test
  void readAhead_inSteps_goesOnWhereItWas() throws Exception {
    byte[] bytes = log().frame(2, 4, 1).frame(2, 0, 3).frame(4, 4, 3).frame(3, 4, 2).bytes();
    Files.write(wal, bytes);
    try (LocalLog log = open()) {
      log.readAhead(log.epoch(), 1);
      log.readAhead(log.epoch(), 2); // Ends within a commit, of which nothing is kept.
      bytes[32 + FRAME - 1] ^= 1;
      Files.write(wal, bytes);
      log.readAhead(log.epoch(), 4);
      assertThat(pages(capture(log).orElseThrow())).isEqualTo(Map.of(2L, 3, 3L, 2, 4L, 3));
    }
  }

  /**
   * A commit of two frames failed when they were written, and one of one frame took the place of
   * the first. The second still looks as if it were the end of what was read.
   */
  @Test
  void readAhead_framesThatWereNotCounted_areNotRead() throws Exception {
    byte[] failed = log().frame(2, 4, 1).frame(3, 0, 2).frame(3, 4, 2).bytes();
    Files.write(wal, failed);
    try (LocalLog log = open()) {
      log.readAhead(log.epoch(), 1);
      byte[] next = log().frame(2, 4, 1).frame(4, 4, 3).bytes();
      System.arraycopy(next, 0, failed, 0, next.length);
      Files.write(wal, failed);
      assertThat(pages(capture(log).orElseThrow())).isEqualTo(Map.of(2L, 1, 4L, 3));
    }
  }

  @Test
  void readAhead_framesOfNoCommit_areForgotten() throws Exception {
    log().frame(2, 4, 1).frame(2, 0, 9).write(wal);
    try (LocalLog log = open()) {
      log.readAhead(log.epoch(), 2);
      log().frame(2, 4, 1).frame(4, 4, 3).write(wal);
      assertThat(pages(capture(log).orElseThrow())).isEqualTo(Map.of(2L, 1, 4L, 3));
    }
  }

  @Test
  void readAhead_thenAnImage_isForgotten() throws Exception {
    byte[] copied = new byte[4 * PAGE];
    Arrays.fill(copied, 0, 2 * PAGE, (byte) 1);
    WalBuilder frames = log().frame(1, 4, 1).frame(2, 4, 1);
    frames.write(wal);
    try (LocalLog log = open()) {
      log.readAhead(log.epoch(), 2);
      log.resume(PLACED, "test");
      assertThat(log.capture(copy -> Files.write(copy, copied), 5)).isPresent();
      frames.frame(3, 4, 2).write(wal);
      assertThat(pages(capture(log).orElseThrow())).isEqualTo(Map.of(3L, 2));
    }
  }

  @Test
  void readAhead_thenAnotherLog_isForgotten() throws Exception {
    try (LocalLog log = open()) {
      log().frame(2, 4, 1).frame(3, 4, 2).write(wal);
      log.readAhead(log.epoch(), 2);
      log().frame(2, 4, 1).frame(4, 4, 3).write(wal);
      assertThat(pages(capture(log).orElseThrow())).isEqualTo(Map.of(2L, 1, 4L, 3));
    }
  }

  @Test
  void readAhead_logBegunAnew_isOfTheNewOne() throws Exception {
    log().frame(2, 4, 1).write(wal);
    try (LocalLog log = open()) {
      assertThat(capture(log)).isPresent();
      log.checkpointed(1, 1);
      WalBuilder anew = new WalBuilder(PAGE, SALTS + 1, ByteOrder.LITTLE_ENDIAN).frame(3, 4, 1);
      anew.frame(3, 4, 2).write(wal);
      log.readAhead(log.epoch(), 2);
      byte[] bytes = anew.frame(4, 4, 5).bytes();
      bytes[32 + FRAME - 1] ^= 1;
      Files.write(wal, bytes);
      assertThat(pages(capture(log).orElseThrow())).isEqualTo(Map.of(3L, 2, 4L, 5));
    }
  }

  /** The frames were counted in a log that may have been begun anew since. */
  @Test
  void readAhead_capturedSinceTheCount_doesNothing() throws Exception {
    WalBuilder frames = log().frame(2, 4, 1);
    frames.write(wal);
    try (LocalLog log = open()) {
      assertThat(capture(log)).isPresent();
      long epoch = log.epoch();
      assertThat(capture(log)).as("nothing is left, and it may be moved").isEmpty();
      byte[] bytes = frames.frame(3, 4, 2).frame(3, 4, 3).bytes();
      Files.write(wal, bytes);
      log.readAhead(epoch, 3);
      bytes[32 + 2 * FRAME - 1] ^= 1;
      Files.write(wal, bytes);
      assertThat(capture(log)).as("it ends where the frame is damaged").isEmpty();
    }
  }

  @Test
  void readAhead_imageNeeded_doesNothing() throws Exception {
    log().frame(2, 4, 1).write(wal);
    try (LocalLog log = open()) {
      log.resume(PLACED, "test");
      log.readAhead(log.epoch(), 1);
      assertThat(log.isBehind()).isTrue();
      assertThat(log.captureAhead(6)).isFalse();
    }
  }

  /** It may have been put off until then. */
  @Test
  void readAhead_closed_doesNothing() throws Exception {
    log().frame(2, 4, 1).write(wal);
    LocalLog log = open();
    log.close();
    log.readAhead(log.epoch(), 1);
    assertThat(log.position()).contains(PLACED);
  }
}
