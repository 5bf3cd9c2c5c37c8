package dev.dosql.storage.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What other processes do to the files, and what is made of it. */
class LocalLogForeignTest {

  private static final String LINEAGE = "0123456789abcdef";
  private static final String INSERT = "INSERT INTO t VALUES(randomblob(3000))";
  private static final String TRUNCATE = "PRAGMA wal_checkpoint(TRUNCATE)";

  @TempDir Path directory;

  private Path database;
  private LiveDatabase live;
  private LocalLog log;
  private Replay replay;

  @BeforeEach
  void begin() throws Exception {
    database = directory.resolve("live.db");
    live = LiveDatabase.open(database, 4096);
    live.run("CREATE TABLE t(a)");
    live.run(INSERT);
    log = LocalLog.open(directory.resolve("log"), database);
    replay = new Replay(directory.resolve("replay.db"), Position.start(LINEAGE));
    log.begin(LINEAGE);
    replay.apply(log.capture(live::copyTo, 1).orElseThrow());
  }

  @AfterEach
  void end() throws Exception {
    live.close();
    log.close();
    replay.close();
  }

  private void capturesFrames() throws IOException {
    assertThat(log.isBehind()).isTrue();
    Segment segment = log.capture(live::copyTo, 1).orElseThrow();
    assertThat(segment.imageReason()).isNull();
    replay.apply(segment);
  }

  private void capturesImage(String reason) throws IOException {
    assertThat(log.isBehind()).isTrue();
    assertThat(log.captureAhead(1)).isFalse();
    Segment segment = log.capture(live::copyTo, 1).orElseThrow();
    assertThat(segment.imageReason()).contains(reason);
    assertThat(segment.image()).isTrue();
    replay.apply(segment);
  }

  private void capturesNothing() throws IOException {
    assertThat(log.isBehind()).isFalse();
    assertThat(log.capture(live::copyTo, 1)).isEmpty();
  }

  /** Somebody else moves the log once, when the database has been copied for an image. */
  private void movedAfterTheCopy(SqlWork move) throws Exception {
    live.run(TRUNCATE);
    AtomicInteger copies = new AtomicInteger();
    Segment segment =
        log.capture(
                copy -> {
                  live.copyTo(copy);
                  if (copies.incrementAndGet() == 1) {
                    moved(move);
                  }
                },
                1)
            .orElseThrow();
    assertThat(copies).hasValue(2);
    assertThat(segment.image()).isTrue();
    replay.apply(segment);
    endsEqual();
  }

  private static void moved(SqlWork move) throws IOException {
    try {
      move.run();
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }

  private interface SqlWork {
    void run() throws IOException, SQLException;
  }

  @Test
  void image_theLogIsEmptiedAfterTheCopy_isMadeAgain() throws Exception {
    movedAfterTheCopy(() -> live.run(TRUNCATE));
  }

  @Test
  void image_theLogIsBegunAnewAfterTheCopy_andHasNoCommitYet_isMadeAgain() throws Exception {
    Path wal = directory.resolve("live.db-wal");
    movedAfterTheCopy(
        () -> {
          byte[] header = Arrays.copyOf(Files.readAllBytes(wal), Wal.HEADER_BYTES);
          live.run(TRUNCATE);
          Files.write(wal, header);
        });
  }

  @Test
  void image_theLogHasOtherCommitsAfterTheCopy_isMadeAgain() throws Exception {
    movedAfterTheCopy(
        () -> {
          live.run(TRUNCATE);
          live.run("UPDATE t SET a = randomblob(3000)");
        });
  }

  private void endsEqual() throws IOException, SQLException {
    live.run(INSERT);
    capturesFrames();
    closes();
    replay.assertSameAs(database);
  }

  private void closes() throws IOException, SQLException {
    live.checkpoint(log, "PASSIVE");
    live.end();
    log.close();
  }

  private void reopens() throws IOException, SQLException {
    live = LiveDatabase.open(database, 4096);
    log = LocalLog.open(directory.resolve("log"), database);
  }

  @Test
  void capture_foreignCommit_isCapturedLikeAnyOther() throws Exception {
    ForeignProcess.runs(database, INSERT);
    live.run(INSERT);
    capturesFrames();
    endsEqual();
  }

  @Test
  void capture_foreignCheckpointOfWhatWasNotCaptured_needsAnImage() throws Exception {
    live.run(INSERT);
    ForeignProcess.runs(database, TRUNCATE);
    capturesImage("the -wal is gone");
    endsEqual();
  }

  @Test
  void capture_foreignCheckpointAndCommit_needsAnImage() throws Exception {
    live.run(INSERT);
    ForeignProcess.runs(database, TRUNCATE);
    live.run(INSERT);
    capturesImage("the -wal was begun anew");
    endsEqual();
  }

  @Test
  void capture_foreignCheckpointInPlace_goesOnUntilTheLogIsBegunAnew() throws Exception {
    live.run(INSERT);
    ForeignProcess.runs(database, "PRAGMA wal_checkpoint(PASSIVE)");
    capturesFrames();
    live.run(INSERT);
    capturesImage("the -wal was begun anew");
    endsEqual();
  }

  @Test
  void capture_foreignTruncateOfWhatWasCheckpointed_goesOn() throws Exception {
    live.checkpoint(log, "PASSIVE");
    ForeignProcess.runs(database, TRUNCATE);
    capturesNothing();
    endsEqual();
  }

  @Test
  void capture_foreignCommitAndTruncateAfterOurCheckpoint_needsAnImage() throws Exception {
    live.checkpoint(log, "TRUNCATE");
    ForeignProcess.runs(database, INSERT, TRUNCATE);
    capturesImage("the -wal is gone");
    endsEqual();
  }

  @Test
  void checkpointed_foreignCommitBeforeTheCheckpoint_isNotNoted() throws Exception {
    live.run(INSERT);
    replay.apply(log.capture(live::copyTo, 1).orElseThrow());
    ForeignProcess.runs(database, INSERT);
    live.checkpointNoted(log);
    capturesFrames();
    live.checkpointNoted(log);
    live.run(INSERT);
    capturesFrames();
    ForeignProcess.runs(database, INSERT);
    live.checkpointNoted(log);
    live.checkpoint("TRUNCATE");
    capturesImage("the -wal is gone");
    endsEqual();
  }

  @Test
  void open_foreignWriteOnTheClosedFile_needsAnImage() throws Exception {
    closes();
    ForeignProcess.runs(database, INSERT);
    reopens();
    capturesImage("the -wal is gone");
    endsEqual();
  }

  @Test
  void open_foreignReadOfTheClosedFile_goesOn() throws Exception {
    closes();
    ForeignProcess.runs(database, "SELECT count(*) FROM t");
    reopens();
    capturesNothing();
    endsEqual();
  }

  @Test
  void open_closedFileTouched_needsAnImage() throws Exception {
    closes();
    Files.setLastModifiedTime(database, FileTime.fromMillis(1_000));
    reopens();
    capturesImage("the -wal is gone");
    endsEqual();
  }

  @Test
  void open_markLost_needsAnImage() throws Exception {
    closes();
    Files.delete(directory.resolve("log/mark"));
    reopens();
    capturesImage("the -wal is gone");
    endsEqual();
  }

  @Test
  void open_closedWithoutTheLogKnowing_needsAnImage() throws Exception {
    live.run(INSERT);
    live.end();
    log.close();
    reopens();
    capturesImage("the -wal is gone");
    endsEqual();
  }

  @Test
  void open_pageSizeChangedMeanwhile_needsALineage() throws Exception {
    closes();
    ForeignProcess.runs(
        database,
        "PRAGMA journal_mode=DELETE",
        "PRAGMA page_size=8192",
        "VACUUM",
        "PRAGMA journal_mode=WAL");
    reopens();
    live.run(INSERT);
    assertThatThrownBy(() -> log.capture(live::copyTo, 1)).isInstanceOf(PageSizeException.class);
    log.begin("fedcba9876543210");
    Segment image = log.capture(live::copyTo, 1).orElseThrow();
    assertThat(image.txid()).isOne();
    assertThat(image.image()).isTrue();
  }

  @Test
  void begin_notesWhereItComesFrom_untilItsFirstSegmentIsShipped() throws Exception {
    Position first = log.position().orElseThrow();
    log.shipped(first);
    live.run(INSERT);
    log.capture(live::copyTo, 1).orElseThrow();
    Position unanswered = log.position().orElseThrow();
    log.begin("fedcba9876543210", log.origin().orElseThrow());
    log.begin("0011223344556677", log.origin().orElseThrow());
    log.close();
    log = LocalLog.open(directory.resolve("log"), database);
    assertThat(log.damage()).isEmpty();
    assertThat(log.parent()).contains(first);
    assertThat(log.origin()).contains(first);
    assertThat(log.origins()).contains(first, unanswered, Position.start("fedcba9876543210"));
    log.capture(live::copyTo, 1).orElseThrow();
    assertThat(log.parent()).contains(first);
    log.shipped(log.position().orElseThrow());
    assertThat(log.parent()).isEmpty();
    assertThat(log.origins()).isEmpty();
    assertThat(log.origin()).isEqualTo(log.position());
  }

  @Test
  void place_afterARestore_goesOnWithoutAnImage() throws Exception {
    closes();
    Path restored = Files.copy(database, directory.resolve("restored.db"));
    log = LocalLog.open(directory.resolve("log2"), restored);
    log.place(replay.position(), 4096);
    log.close();
    database = restored;
    live = LiveDatabase.open(database, 4096);
    log = LocalLog.open(directory.resolve("log2"), database);
    capturesNothing();
    endsEqual();
  }

  @Test
  void place_besideALog_isRefused() throws Exception {
    Position position = log.position().orElseThrow();
    assertThatThrownBy(() -> log.place(position, 4096)).isInstanceOf(IllegalStateException.class);
    assertThat(log.position()).contains(position);
    endsEqual();
  }

  @Test
  void resume_behindSegmentsElsewhere_isAnImageOnTopOfThem() throws Exception {
    Position further = log.position().orElseThrow().next(1).next(2);
    log.resume(further, "shipped, but forgotten here");
    log.close();
    log = LocalLog.open(directory.resolve("log"), database);
    assertThat(log.pending()).isEmpty();
    assertThat(log.shippedTxid()).isEqualTo(3);
    Segment image = log.capture(live::copyTo, 1).orElseThrow();
    assertThat(image.txid()).isEqualTo(4);
    assertThat(image.image()).isTrue();
    assertThat(further.next(image.checksum()).chain()).isEqualTo(image.chain());
  }

  @Test
  void capture_somebodyWritesWhileItIsCopied_failsAndCanBeTriedAgain() throws Exception {
    log.resume(log.position().orElseThrow(), "wanted");
    Image disturbed =
        copy -> {
          live.copyTo(copy);
          try {
            live.run("UPDATE t SET a = randomblob(3000)");
          } catch (SQLException e) {
            throw new IOException(e);
          }
        };
    assertThatThrownBy(() -> log.capture(disturbed, 1)).hasMessageContaining("of the copy is not");
    assertThat(directory.resolve("log/image.tmp")).doesNotExist();
    capturesImage("wanted");
    endsEqual();
  }

  @Test
  void capture_imageWithoutPageOneInTheLog_isRefused() throws Exception {
    live.checkpoint(log, "TRUNCATE");
    live.run("UPDATE t SET a = zeroblob(3000)");
    log.resume(log.position().orElseThrow(), "wanted");
    Image without =
        copy -> {
          try {
            live.run("backup to '" + copy + "'");
          } catch (SQLException e) {
            throw new IOException(e);
          }
        };
    assertThatThrownBy(() -> log.capture(without, 1)).hasMessageContaining("page 1");
    capturesImage("wanted");
    endsEqual();
  }

  /** What {@link Image} is built on. */
  @Test
  void backup_ofADatabase_differsInPageOneOnly() throws Exception {
    live.run("PRAGMA user_version = 77");
    live.run("CREATE TABLE u(a)");
    for (int i = 0; i < 50; i++) {
      live.run(INSERT);
    }
    live.run("DELETE FROM t WHERE rowid % 3 = 0");
    live.run(TRUNCATE);
    live.run("PRAGMA user_version = 77");
    assertThat(WalPages.committed(directory.resolve("live.db-wal")).get(1)).isTrue();
    Path copy = directory.resolve("copy.db");
    live.run("backup to '" + copy + "'");
    live.end();
    byte[] seen = Files.readAllBytes(copy);
    byte[] needed = Files.readAllBytes(database);
    assertThat(seen).hasSameSizeAs(needed);
    int first = Arrays.mismatch(seen, needed);
    assertThat(first).as("the schema cookie").isBetween(24, 99);
    System.arraycopy(needed, 0, seen, 0, 100);
    assertThat(seen).isEqualTo(needed);
  }
}
