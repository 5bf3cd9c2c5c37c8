package dev.dosql.storage.ltx;

import dev.dosql.storage.testing.SampleDatabases;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * How fast files are written and read, in MB of pages for each second of one core: a program for
 * people, not a test. Its argument is a database file; without one it makes one of some 60 MB.
 */
final class LtxSpeed {

  private static final int ROUNDS = 15;
  private static final int WARM_UP = 5;

  private LtxSpeed() {}

  public static void main(String[] args) throws Exception {
    byte[] database = Files.readAllBytes(args.length > 0 ? Path.of(args[0]) : sample());
    int pageSize = (database[16] & 0xff) << 8 | database[17] & 0xff;
    int size = pageSize == 1 ? LtxFiles.PAGE_SIZE_MAX : pageSize;
    byte[] file = encode(database, size);
    System.out.printf(
        "pages=%d pageSize=%d ratio=%.3f%n",
        database.length / size, size, (double) file.length / database.length);
    measure("encode", database.length, () -> encode(database, size).length);
    measure("decode+verify", database.length, () -> decode(file));
    measure("apply", database.length, () -> apply(file));
    measure("merge", database.length, () -> merge(file));
    measure("crc", database.length, () -> crc(database));
    byte[][] blocks = blocks(database, size);
    measure("lz4 decompress", database.length, () -> decompress(blocks, size));
    measure("lz4 compress", database.length, () -> compress(database, size));
  }

  private static Path sample() throws Exception {
    Path file = Files.createTempDirectory("ltx-speed").resolve("sample.db");
    SampleDatabases.create(file, 4096, 200_000, 1);
    return file;
  }

  private static void measure(String what, long bytes, Callable<?> work) throws Exception {
    double[] rates = new double[ROUNDS];
    for (int i = -WARM_UP; i < ROUNDS; i++) {
      long start = cpuNanos();
      work.call();
      double rate = bytes * 1e3 / (cpuNanos() - start);
      if (i >= 0) {
        rates[i] = rate;
      }
    }
    Arrays.sort(rates);
    System.out.printf(
        "%-16s median %6.0f MB/s, best %6.0f, worst %6.0f%n",
        what, rates[ROUNDS / 2], rates[ROUNDS - 1], rates[0]);
  }

  /** Time that others take on a busy machine does not count. */
  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static byte[] encode(byte[] database, int pageSize) throws IOException {
    int pages = database.length / pageSize;
    ByteArrayOutputStream out = new ByteArrayOutputStream(database.length + pages * 32 + 1024);
    LtxWriter writer = new LtxWriter(out, new LtxHeader(pageSize, pages, 1, 1, 0, 0, 0, 0, 0, 0));
    for (int i = 0; i < pages; i++) {
      writer.page(i + 1, database, i * pageSize);
    }
    writer.finish();
    return out.toByteArray();
  }

  private static long decode(byte[] file) throws IOException {
    LtxReader reader = reader(file);
    byte[] page = new byte[reader.header().pageSize()];
    long pages = 0;
    while (reader.next(page) != 0) {
      pages++;
    }
    return pages;
  }

  private static long apply(byte[] file) throws IOException {
    Path target = Files.createTempFile("ltx-speed", ".db");
    try (RandomAccessFile database = new RandomAccessFile(target.toFile(), "rw")) {
      return DatabaseImage.empty(database).apply(reader(file)).pages();
    } finally {
      Files.delete(target);
    }
  }

  private static LtxReader reader(byte[] file) throws IOException {
    return new LtxReader(new ByteArrayInputStream(file), "speed");
  }

  private static long merge(byte[] file) throws IOException {
    LtxMerge.Source source =
        new LtxMerge.Source() {
          @Override
          public String name() {
            return "speed";
          }

          @Override
          public InputStream open() {
            return new ByteArrayInputStream(file);
          }
        };
    Path scratch = Path.of(System.getProperty("java.io.tmpdir"));
    return LtxMerge.merge(List.of(source), scratch, OutputStream.nullOutputStream()).pages();
  }

  private static long crc(byte[] database) {
    Crc64 crc = new Crc64();
    crc.update(database, 0, database.length);
    return crc.getValue();
  }

  private static byte[][] blocks(byte[] database, int pageSize) {
    Lz4 lz4 = new Lz4();
    byte[] block = new byte[Lz4.bound(pageSize)];
    byte[][] blocks = new byte[database.length / pageSize][];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = Arrays.copyOf(block, lz4.compress(database, i * pageSize, pageSize, block, 0));
    }
    return blocks;
  }

  private static long compress(byte[] database, int pageSize) {
    Lz4 lz4 = new Lz4();
    byte[] block = new byte[Lz4.bound(pageSize)];
    long length = 0;
    for (int i = 0; i < database.length; i += pageSize) {
      length += lz4.compress(database, i, pageSize, block, 0);
    }
    return length;
  }

  private static int decompress(byte[][] blocks, int pageSize) {
    byte[] page = new byte[pageSize];
    int wrong = 0;
    for (byte[] block : blocks) {
      wrong += Lz4.decompress(block, 0, block.length, page, 0, pageSize);
    }
    return wrong;
  }
}
