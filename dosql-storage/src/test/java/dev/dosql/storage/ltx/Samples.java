package dev.dosql.storage.ltx;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Pages and files for the tests of this package. */
final class Samples {

  private Samples() {}

  /** A source of chance whose seed is printed; {@code -Ddosql.test.seed=…} gives one. */
  static Random random() {
    long seed = Long.getLong("dosql.test.seed", System.nanoTime());
    System.out.println("seed=" + seed);
    return new Random(seed);
  }

  /** A page of one of the kinds that databases have: full, half empty, empty, repeating, noise. */
  static byte[] page(int size, Random random) {
    byte[] page = new byte[size];
    int filled = random.nextInt(4) == 0 ? size : random.nextInt(size + 1);
    int kind = random.nextInt(5);
    int distance = 1 + random.nextInt(64);
    for (int i = 0; i < filled; i++) {
      boolean fresh = i < distance || kind == 0 || kind == 1 && random.nextInt(6) == 0;
      if (kind != 4) {
        page[i] = fresh ? (byte) random.nextInt(kind == 2 ? 4 : 256) : page[i - distance];
      }
    }
    return page;
  }

  static LtxHeader header(int pageSize, long commit, long minTxid, long maxTxid) {
    return new LtxHeader(pageSize, commit, minTxid, maxTxid, 1_763_823_600_123L, 0, 0, 0, 0, 0);
  }

  /** The pages of a file: all up to {@code commit} if it is a snapshot, else some. */
  static SortedMap<Long, byte[]> pages(LtxHeader header, Random random) {
    SortedMap<Long, byte[]> pages = new TreeMap<>();
    for (long pgno = 1; pgno <= header.commit(); pgno++) {
      boolean there = header.isSnapshot() || random.nextInt(3) == 0;
      if (there && pgno != LtxFiles.lockPage(header.pageSize())) {
        pages.put(pgno, page(header.pageSize(), random));
      }
    }
    return pages;
  }

  static byte[] write(LtxHeader header, SortedMap<Long, byte[]> pages) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LtxWriter writer = new LtxWriter(out, header);
    for (Map.Entry<Long, byte[]> page : pages.entrySet()) {
      writer.page(page.getKey(), page.getValue(), 0);
    }
    writer.finish();
    return out.toByteArray();
  }

  static LtxReader reader(byte[] file) throws IOException {
    return new LtxReader(new ByteArrayInputStream(file), "sample.ltx");
  }

  /** Everything that a file says; or {@link LtxFormatException}. */
  record Content(LtxSummary summary, SortedMap<Long, byte[]> pages) {

    boolean isSame(Content other) {
      return summary.equals(other.summary)
          && pages.keySet().equals(other.pages.keySet())
          && pages.keySet().stream()
              .allMatch(pgno -> Arrays.equals(pages.get(pgno), other.pages.get(pgno)));
    }
  }

  static Content read(byte[] file) throws IOException {
    return read(new ByteArrayInputStream(file));
  }

  static Content read(InputStream file) throws IOException {
    LtxReader reader = new LtxReader(file, "sample.ltx");
    byte[] page = new byte[reader.header().pageSize()];
    SortedMap<Long, byte[]> pages = new TreeMap<>();
    for (long pgno; (pgno = reader.next(page)) != 0; ) {
      pages.put(pgno, page.clone());
    }
    return new Content(reader.summary(), pages);
  }

  /** A file that the reference encoder wrote; {@code examples.go} says how. */
  static byte[] example(String name) throws IOException {
    try (InputStream in = Samples.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("no such example: " + name);
      }
      return in.readAllBytes();
    }
  }

  /** The pages of {@code examples.go}. */
  static byte[] examplePage(int pgno) {
    byte[] page = new byte[512];
    int noise = pgno;
    for (int i = 0; i < page.length && pgno != 3; i++) {
      noise = noise * 1664525 + 1013904223;
      page[i] = (byte) (pgno == 1 ? i / 8 : noise >>> 24);
    }
    return page;
  }
}
