package dev.dosql.bench.web;

import dev.dosql.bench.Figures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What the disk does with no service and no database: as many threads as wrk has connections write
 * what a log gets for a row, to the file of one of the tenants, and force it. No service that
 * forces the log of a tenant for each row can be faster than that.
 */
final class Forces implements AutoCloseable {
  /** Two frames of a log. */
  private static final int BYTES = 2 * (24 + 4_096);

  /** Rows of a file whose bytes are all on the disk, and written over. */
  private static final int ROWS = 8;

  private final Path folder;
  private final List<Tenant> tenants = new ArrayList<>();
  private final Figures appending = new Figures();
  private final Figures over = new Figures();
  private final Figures processors = new Figures();

  Forces(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
    for (int i = 0; i < Rows.TENANTS; i++) {
      tenants.add(new Tenant(folder.resolve("log" + i)));
    }
  }

  /** Measures both ways. */
  void round(Duration each, boolean counts) throws Exception {
    Duration before = ownProcessorTime();
    double grown = perSecond(each, false);
    double rows = grown * each.toNanos() / 1e9;
    double micros = ownProcessorTime().minus(before).toNanos() / 1e3 / rows;
    double written = perSecond(each, true);
    System.out.printf(
        "forces: %,.0f/s appending, %.0f µs of processors each, %,.0f/s over written bytes%n",
        grown, micros, written);
    if (counts) {
      appending.add(grown);
      processors.add(micros);
      over.add(written);
    }
  }

  private static Duration ownProcessorTime() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow();
  }

  private double perSecond(Duration time, boolean overWritten) throws Exception {
    for (Tenant each : tenants) {
      each.begin(overWritten);
    }
    ExecutorService threads = Executors.newFixedThreadPool(Wrk.CONNECTIONS);
    try {
      long began = System.nanoTime();
      long end = began + time.toNanos();
      List<Future<Long>> running = new ArrayList<>();
      for (int i = 0; i < Wrk.CONNECTIONS; i++) {
        running.add(threads.submit(() -> until(end, overWritten)));
      }
      long rows = 0;
      for (Future<Long> each : running) {
        rows += each.get();
      }
      return rows * 1e9 / (System.nanoTime() - began);
    } finally {
      threads.shutdown();
    }
  }

  private long until(long end, boolean overWritten) throws IOException {
    ByteBuffer row = ByteBuffer.allocateDirect(BYTES);
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long rows = 0;
    while (System.nanoTime() - end < 0) {
      tenants.get(random.nextInt(tenants.size())).write(row, overWritten);
      rows++;
    }
    return rows;
  }

  /** What is written down of it. */
  String markdown() {
    return String.format(
        Locale.ROOT,
        """

        What the disk does meanwhile with no service and no database, in the same rounds: %d threads write two pages to the
        log of one of %d tenants and force it, %,.0f times a second (%,.0f to %,.0f) at its end, and %,.0f (%,.0f to %,.0f)
        where its bytes are on the disk already. At its end that takes %.0f µs of the processors.
        """,
        Wrk.CONNECTIONS,
        Rows.TENANTS,
        appending.median(),
        appending.min(),
        appending.max(),
        over.median(),
        over.min(),
        over.max(),
        processors.median());
  }

  @Override
  public void close() throws IOException {
    for (Tenant each : tenants) {
      each.file.close();
      Files.delete(each.path);
    }
    Files.delete(folder);
  }

  private static final class Tenant {
    private final Path path;
    private final FileChannel file;
    private long rows;

    Tenant(Path path) throws IOException {
      this.path = path;
      this.file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    void begin(boolean overWritten) throws IOException {
      file.truncate(0);
      rows = 0;
      if (overWritten) {
        file.write(ByteBuffer.allocate(ROWS * BYTES));
      }
      file.force(true);
    }

    void write(ByteBuffer row, boolean overWritten) throws IOException {
      synchronized (this) {
        row.clear();
        file.write(row, (overWritten ? rows % ROWS : rows) * BYTES);
        rows++;
      }
      file.force(false);
    }
  }
}
