package dev.dosql.storage.testing;

import dev.dosql.storage.ltx.LtxFiles;
import dev.dosql.storage.ltx.LtxHeader;
import dev.dosql.storage.ltx.LtxWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * LTX files of a database file, taken while nobody has it open: whole images, and segments with
 * what has changed since the last look. The files lie as Litestream's replica of type file wants
 * them, {@code <root>/ltx/<level>/<name>}.
 */
public final class LtxOfDatabase {

  private static final int SNAPSHOT_LEVEL = 9;

  private final Path root;
  private final Path database;
  private final List<Path> files = new ArrayList<>();
  private byte[] before = new byte[0];
  private long txid;

  /** Nothing is written yet. */
  public LtxOfDatabase(Path root, Path database) {
    this.root = root;
    this.database = database;
  }

  /** Writes all pages as of the next transaction, as a snapshot: {@code 1-N} at level 9. */
  public Path snapshot() throws IOException {
    return write(SNAPSHOT_LEVEL, 1, ++txid, new byte[0]);
  }

  /** Writes what has changed as the next transaction: {@code N-N} at level 0. */
  public Path segment() throws IOException {
    txid++;
    return write(0, txid, txid, before);
  }

  /** Writes all pages as of the last transaction as a snapshot, beside the segments. */
  public Path snapshotOfTheSame() throws IOException {
    return write(SNAPSHOT_LEVEL, 1, txid, new byte[0]);
  }

  /** All files, in the order of their writing. */
  public List<Path> files() {
    return List.copyOf(files);
  }

  private Path write(int level, long min, long max, byte[] base) throws IOException {
    byte[] now = Files.readAllBytes(database);
    int pageSize = pageSize(now);
    Path file = root.resolve("ltx").resolve("" + level).resolve(LtxFiles.name(min, max));
    Files.createDirectories(file.getParent());
    long time = 1_763_823_600_000L + 1_000 * max;
    LtxHeader header =
        new LtxHeader(pageSize, now.length / pageSize, min, max, time, 32, 0, 1, 2, 0);
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      LtxWriter writer = new LtxWriter(out, header);
      for (int at = 0; at < now.length; at += pageSize) {
        long pgno = at / pageSize + 1;
        if (pgno != LtxFiles.lockPage(pageSize) && isChanged(base, now, at, pageSize)) {
          writer.page(pgno, now, at);
        }
      }
      writer.finish();
    }
    before = now;
    files.add(file);
    return file;
  }

  private static boolean isChanged(byte[] base, byte[] now, int at, int pageSize) {
    return at >= base.length || !Arrays.equals(base, at, at + pageSize, now, at, at + pageSize);
  }

  private static int pageSize(byte[] database) {
    int size = (database[16] & 0xff) << 8 | database[17] & 0xff;
    return size == 1 ? LtxFiles.PAGE_SIZE_MAX : size;
  }
}
