package dev.dosql.storage.capture;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Writes a {@code -wal} frame by frame, by SQLite's description of the format. */
final class WalBuilder {

  private final int pageSize;
  private final long salts;
  private final ByteOrder order;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private int sum0;
  private int sum1;

  WalBuilder(int pageSize, long salts, ByteOrder order) {
    this.pageSize = pageSize;
    this.salts = salts;
    this.order = order;
    ByteBuffer header = ByteBuffer.allocate(32);
    header.putInt(order == ByteOrder.BIG_ENDIAN ? 0x377f0683 : 0x377f0682);
    header.putInt(3_007_000).putInt(pageSize).putInt(0).putLong(salts);
    add(header.array(), 0, 24);
    header.putInt(sum0).putInt(sum1);
    out.writeBytes(header.array());
  }

  /** Adds a frame whose page is full of one byte. */
  WalBuilder frame(int pgno, int commit, int content) {
    byte[] page = new byte[pageSize];
    Arrays.fill(page, (byte) content);
    return frame(pgno, commit, page);
  }

  WalBuilder frame(int pgno, int commit, byte[] page) {
    ByteBuffer header = ByteBuffer.allocate(24);
    header.putInt(pgno).putInt(commit).putLong(salts);
    add(header.array(), 0, 8);
    add(page, 0, pageSize);
    header.putInt(sum0).putInt(sum1);
    out.writeBytes(header.array());
    out.writeBytes(page);
    return this;
  }

  private void add(byte[] bytes, int from, int to) {
    ByteBuffer words = ByteBuffer.wrap(bytes).order(order);
    for (int i = from; i < to; i += 8) {
      sum0 += words.getInt(i) + sum1;
      sum1 += words.getInt(i + 4) + sum0;
    }
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  void write(Path file) throws IOException {
    Files.write(file, bytes());
  }
}
