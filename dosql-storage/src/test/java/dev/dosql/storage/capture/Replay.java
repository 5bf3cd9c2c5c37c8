package dev.dosql.storage.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.ltx.LtxFiles;
import dev.dosql.storage.ltx.LtxReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;

/** Applies segments to a file, as simply as can be, and compares it with the database. */
final class Replay implements AutoCloseable {

  private final Path file;
  private final RandomAccessFile out;
  private Position position;
  private long pages;

  Replay(Path file, Position start) throws IOException {
    this.file = file;
    this.out = new RandomAccessFile(file.toFile(), "rw");
    this.position = start;
  }

  Position position() {
    return position;
  }

  void apply(List<Segment> segments) throws IOException {
    for (Segment segment : segments) {
      apply(segment);
    }
  }

  void apply(Segment segment) throws IOException {
    try (InputStream in = new FileInputStream(segment.file().toFile())) {
      LtxReader reader = new LtxReader(in, segment.file().toString());
      int pageSize = reader.header().pageSize();
      assertThat(reader.header().minTxid()).isEqualTo(segment.txid());
      assertThat(reader.header().timestampMillis()).isEqualTo(segment.timestampMillis());
      byte[] page = new byte[pageSize];
      long commit = reader.header().commit();
      long grown = pages;
      for (long pgno = reader.next(page); pgno != 0; pgno = reader.next(page)) {
        assertThat(pgno).isBetween(1L, commit).isNotEqualTo(LtxFiles.lockPage(pageSize));
        if (pgno > pages) {
          grown++;
        }
        out.seek((pgno - 1) * pageSize);
        out.write(page);
      }
      out.setLength(commit * pageSize);
      assertGrowth(pageSize, commit, grown);
      pages = commit;
      assertThat(reader.summary().checksum()).isEqualTo(segment.checksum());
      assertThat(reader.summary().length()).isEqualTo(segment.length());
      position = position.next(segment.checksum());
      assertThat(position.txid()).isEqualTo(segment.txid());
      assertThat(position.chain()).isEqualTo(segment.chain());
    }
  }

  /** Each page by which the database grew has to be there, but for the one that never is. */
  private void assertGrowth(int pageSize, long commit, long grown) {
    long lockPage = LtxFiles.lockPage(pageSize);
    boolean passedLock = pages < lockPage && commit >= lockPage;
    assertThat(grown).isEqualTo(Math.max(pages, commit) - (passedLock ? 1 : 0));
  }

  /** Compares the file with a database that nobody has open and that has no log. */
  void assertSameAs(Path database) throws IOException, SQLException {
    assertThat(database.resolveSibling(database.getFileName() + "-wal")).doesNotExist();
    assertThat(Files.mismatch(file, database)).as("first byte that differs").isEqualTo(-1);
    try (LiveDatabase restored = open()) {
      assertThat(restored.texts("PRAGMA integrity_check")).containsExactly("ok");
    }
  }

  private LiveDatabase open() throws SQLException {
    return LiveDatabase.open(file, 4096);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
