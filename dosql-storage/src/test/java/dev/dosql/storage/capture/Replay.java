package dev.dosql.storage.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.ltx.LtxFiles;
import dev.dosql.storage.ltx.LtxReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.List;

/** Applies segments to a file, as simply as can be, and compares it with the database. */
final class Replay implements AutoCloseable {

  private final Path file;
  private final RandomAccessFile out;
  private Position position;

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
      for (long pgno = reader.next(page); pgno != 0; pgno = reader.next(page)) {
        assertThat(pgno).isBetween(1L, commit).isNotEqualTo(LtxFiles.lockPage(pageSize));
        out.seek((pgno - 1) * pageSize);
        out.write(page);
      }
      out.setLength(commit * pageSize);
      assertThat(reader.summary().checksum()).isEqualTo(segment.checksum());
      assertThat(reader.summary().length()).isEqualTo(segment.length());
      position = position.next(segment.checksum());
      assertThat(position.txid()).isEqualTo(segment.txid());
      assertThat(position.chain()).isEqualTo(segment.chain());
    }
  }

  /**
   * Compares the file with a database that nobody has open and that has no log. Pages that are free
   * may differ if a history shrank and grew again: SQLite leaves there what was there before.
   */
  void assertSameAs(Path database, boolean evenFreePages) throws IOException, SQLException {
    assertThat(database.resolveSibling(database.getFileName() + "-wal")).doesNotExist();
    try (RandomAccessFile live = new RandomAccessFile(database.toFile(), "r")) {
      assertThat(out.length()).isEqualTo(live.length());
      if (live.length() > 0) {
        int pageSize = pageSize(live);
        BitSet free = evenFreePages ? new BitSet() : freeLeaves(live, pageSize);
        compare(live, pageSize, free);
      }
    }
    try (LiveDatabase restored = open()) {
      assertThat(restored.texts("PRAGMA integrity_check")).containsExactly("ok");
    }
  }

  private LiveDatabase open() throws SQLException {
    return LiveDatabase.open(file, 4096);
  }

  private void compare(RandomAccessFile live, int pageSize, BitSet free) throws IOException {
    byte[] needed = new byte[pageSize];
    byte[] seen = new byte[pageSize];
    live.seek(0);
    out.seek(0);
    for (int pgno = 1; pgno <= live.length() / pageSize; pgno++) {
      live.readFully(needed);
      out.readFully(seen);
      if (!free.get(pgno)) {
        assertThat(seen).as("page %d", pgno).isEqualTo(needed);
      }
    }
  }

  private static int pageSize(RandomAccessFile live) throws IOException {
    live.seek(16);
    int size = live.readUnsignedShort();
    return size == 1 ? 65_536 : size;
  }

  private static BitSet freeLeaves(RandomAccessFile live, int pageSize) throws IOException {
    BitSet leaves = new BitSet();
    live.seek(32);
    int trunk = live.readInt();
    byte[] page = new byte[pageSize];
    while (trunk != 0) {
      live.seek((trunk - 1L) * pageSize);
      live.readFully(page);
      ByteBuffer fields = ByteBuffer.wrap(page);
      for (int i = 0; i < fields.getInt(4); i++) {
        leaves.set(fields.getInt(8 + 4 * i));
      }
      trunk = fields.getInt(0);
    }
    return leaves;
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
