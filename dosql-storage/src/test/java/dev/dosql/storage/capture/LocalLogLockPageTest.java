package dev.dosql.storage.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.ltx.LtxFiles;
import dev.dosql.storage.ltx.LtxReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Databases that grow past 1 GiB, where SQLite leaves out one page. */
class LocalLogLockPageTest {

  private static final Position PLACED = Position.start("0123456789abcdef").next(1);

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(ints = {4096, 65_536})
  void capture_growthPastTheLockPage_leavesItOut(int pageSize) throws Exception {
    Path database = directory.resolve("live.db");
    long lockPage = LtxFiles.lockPage(pageSize);
    makeSparse(database, pageSize, lockPage - 3);
    try (LiveDatabase live = LiveDatabase.open(database, pageSize);
        LocalLog log = LocalLog.open(directory.resolve("log"), database)) {
      assertThat(live.number("PRAGMA page_count")).isEqualTo(lockPage - 3);
      live.checkpoint("TRUNCATE");
      log.place(PLACED, pageSize);
      live.run("INSERT INTO t VALUES(randomblob(" + 6 * pageSize + "))");
      assertThat(live.number("PRAGMA page_count")).isGreaterThan(lockPage);
      Segment segment = log.capture(live::copyTo, 1).orElseThrow();
      assertThat(segment.image()).isFalse();
      live.checkpoint(log, "PASSIVE");
      live.end();
      assertThat(compare(segment, database)).isBetween(7L, 20L);
    }
  }

  /** A database that is large by its header and its free pages, which need not be on the disk. */
  private static void makeSparse(Path database, int pageSize, long pages) throws Exception {
    try (LiveDatabase live = LiveDatabase.open(database, pageSize)) {
      live.run("CREATE TABLE t(a)");
    }
    try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "rw")) {
      file.setLength(pages * pageSize);
      file.seek(28);
      file.writeInt((int) pages);
    }
  }

  /** Compares the pages of a segment with those of the file; returns how many there are. */
  private static long compare(Segment segment, Path database) throws IOException {
    try (InputStream in = new FileInputStream(segment.file().toFile());
        RandomAccessFile file = new RandomAccessFile(database.toFile(), "r")) {
      LtxReader reader = new LtxReader(in, "segment");
      int pageSize = reader.header().pageSize();
      assertThat(reader.header().commit()).isEqualTo(file.length() / pageSize);
      byte[] page = new byte[pageSize];
      byte[] needed = new byte[pageSize];
      for (long pgno = reader.next(page); pgno != 0; pgno = reader.next(page)) {
        assertThat(pgno).isNotEqualTo(LtxFiles.lockPage(pageSize));
        file.seek((pgno - 1) * pageSize);
        file.readFully(needed);
        assertThat(page).as("page %d", pgno).isEqualTo(needed);
      }
      return reader.summary().pages();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {65_536})
  void capture_imagePastTheLockPage_leavesItOut(int pageSize) throws Exception {
    Path database = directory.resolve("live.db");
    long pages = LtxFiles.lockPage(pageSize) + 5;
    makeSparse(database, pageSize, pages);
    try (LiveDatabase live = LiveDatabase.open(database, pageSize);
        LocalLog log = LocalLog.open(directory.resolve("log"), database)) {
      log.begin("0123456789abcdef");
      live.run("INSERT INTO t VALUES(randomblob(" + 3 * pageSize + "))");
      Segment image = log.capture(live::copyTo, 1).orElseThrow();
      assertThat(image.image()).isTrue();
      live.checkpoint(log, "PASSIVE");
      live.end();
      assertThat(compare(image, database)).isEqualTo(live.file.toFile().length() / pageSize - 1);
    }
  }
}
