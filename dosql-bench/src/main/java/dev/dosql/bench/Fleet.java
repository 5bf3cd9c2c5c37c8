package dev.dosql.bench;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.TenantInfo;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Future;

/**
 * Many tenants, of which few are open. What it measures of memory it measures in a JVM that has
 * done nothing else, with a heap of fixed size that is in memory from the start.
 */
final class Fleet {
  private static final String MIGRATIONS = "classpath:migrations";
  private static final String INSERT = "INSERT INTO users (name, email) VALUES (?, ?)";
  private static final String BY_KEY = "SELECT name FROM users WHERE id = ?";
  private static final String COUNT = "SELECT count(*) FROM users";
  private static final String NEWEST = "SELECT id, name FROM users ORDER BY id DESC LIMIT 10";
  private static final String VISITED = "UPDATE users SET updated_at = ? WHERE id = ?";

  private static final int THREADS = 16;
  private static final int READS_PER_WRITE = 9;
  private static final int KIB = 1_024;

  private final Path directory;
  private final Settings settings;

  Fleet(Path directory, Settings settings) {
    this.directory = directory;
    this.settings = settings;
  }

  /** Runs a part of it in this JVM. */
  public static void main(String... args) throws Exception {
    Fleet fleet = new Fleet(Path.of(args[1]), Settings.full(1));
    Part part = Part.valueOf(args[0]);
    fleet.run(part).forEach((name, value) -> System.out.println(name + "=" + value));
  }

  /** What is measured apart. */
  enum Part {
    MEMORY,
    TRAFFIC
  }

  private Map<String, String> run(Part part) throws Exception {
    return part == Part.MEMORY ? memory() : traffic();
  }

  /** Runs a part, in a JVM of its own if that is wanted. */
  Map<String, String> runApart(Part part) throws Exception {
    return settings.forked() ? fork(part) : run(part);
  }

  private Map<String, String> fork(Part part) throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms512m",
                "-Xmx512m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-classpath",
                System.getProperty("java.class.path"),
                Fleet.class.getName(),
                part.name(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String printed = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (child.waitFor() != 0) {
      throw new IllegalStateException("part of the fleet failed: " + part);
    }
    Map<String, String> values = new LinkedHashMap<>();
    printed.lines().forEach(line -> values.put(line.split("=", 2)[0], line.split("=", 2)[1]));
    return values;
  }

  private DBOptions.Builder options() {
    return DBOptions.builder()
        .directory(directory)
        .migrations(MIGRATIONS)
        .openTenantsMax(settings.fleetOpen());
  }

  private static String name(int tenant) {
    return "tenant-" + tenant;
  }

  /** Makes the tenants, with some rows each. */
  void make() {
    try (DoSQL dosql = DoSQL.open(options().build())) {
      for (int i = 0; i < settings.fleet(); i++) {
        dosql
            .db(name(i))
            .batch(INSERT, List.of(List.of("Ada", "ada@example.com"), List.of("Bob", "b@x.org")));
      }
    }
  }

  private Map<String, String> memory() throws Exception {
    Map<String, String> values = new LinkedHashMap<>();
    warmUp();
    long[] before = rss();
    long heapBefore = usedHeap();
    try (DoSQL dosql = DoSQL.open(options().build())) {
      int open = settings.fleetOpen();
      for (int i = 0; i < open; i++) {
        use(dosql.db(name(i)));
      }
      long[] after = rss();
      long heap = (usedHeap() - heapBefore) / open;
      long anonymous = (after[0] - before[0]) / open;
      long files = (after[1] - before[1]) / open;
      values.put("RSS per open tenant, KiB", String.valueOf(anonymous + files + heap / KIB));
      values.put("of it anonymous memory, KiB", String.valueOf(anonymous));
      values.put("of it mapped files, KiB", String.valueOf(files));
      values.put("of it Java heap, KiB", String.valueOf(heap / KIB));
    }
    values.put("heap per closed tenant with a handle, bytes", String.valueOf(heapPerClosed()));
    return values;
  }

  /** A few statements: one that writes, three that read. */
  private static void use(DB db) {
    db.run(VISITED, "2026-01-01", 1);
    db.queryOne(String.class, BY_KEY, 1);
    db.queryOne(Long.class, COUNT);
    db.query(NEWEST);
  }

  /** Loads classes and compiles them, with few tenants at a time, so that little stays behind. */
  private void warmUp() {
    try (DoSQL dosql = DoSQL.open(options().openTenantsMax(4).build())) {
      for (int i = 0; i < 3 * settings.fleetOpen(); i++) {
        use(dosql.db(name(i % settings.fleet())));
      }
    }
  }

  private long heapPerClosed() throws InterruptedException {
    int count = settings.fleet();
    try (DoSQL dosql = DoSQL.open(options().idleTimeout(Duration.ofMillis(100)).build())) {
      use(dosql.db(name(0)));
      long before = usedHeap();
      List<DB> handles = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        handles.add(dosql.db(name(i)));
        use(handles.get(i));
      }
      awaitClosed(dosql);
      long after = usedHeap();
      handles.get(0).name(); // They are alive until here.
      return (after - before) / handles.size();
    }
  }

  private static void awaitClosed(DoSQL dosql) throws InterruptedException {
    for (int i = 0; i < 1_000; i++) {
      if (dosql.tenants().noneMatch(tenant -> tenant.state() == TenantInfo.State.OPEN)) {
        return;
      }
      Thread.sleep(100);
    }
    throw new IllegalStateException("tenants stay open");
  }

  private static long usedHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** Resident memory in KiB, anonymous and of files; zeros where there is no /proc. */
  private static long[] rss() throws IOException {
    long[] kib = new long[2];
    Path status = Path.of("/proc/self/status");
    if (Files.exists(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("RssAnon:")) {
          kib[0] = Long.parseLong(line.replaceAll("\\D", ""));
        } else if (line.startsWith("RssFile:") || line.startsWith("RssShmem:")) {
          kib[1] += Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
    }
    return kib;
  }

  private Map<String, String> traffic() throws Exception {
    Map<String, String> values = new LinkedHashMap<>();
    Zipf zipf = new Zipf(settings.fleet());
    try (DoSQL dosql = DoSQL.open(options().build())) {
      visit(dosql, zipf, Duration.ofNanos(settings.fleetTime().toNanos() / 4));
      int threads = threads();
      long began = System.nanoTime();
      long[] latencies = visit(dosql, zipf, settings.fleetTime());
      double seconds = (System.nanoTime() - began) / 1e9;
      long open = dosql.tenants().filter(each -> each.state() == TenantInfo.State.OPEN).count();
      values.put("calls a second", String.valueOf(Math.round(latencies.length / seconds)));
      values.put("p50, µs", String.valueOf(latencies[latencies.length / 2] / 1_000));
      values.put("p99, µs", String.valueOf(latencies[(int) (latencies.length * 0.99)] / 1_000));
      values.put("open at the end", String.valueOf(open));
      values.put("threads before and after", threads + " and " + threads());
    }
    return values;
  }

  private static int threads() {
    return ManagementFactory.getThreadMXBean().getThreadCount();
  }

  /** The latencies of all calls, sorted. */
  private static long[] visit(DoSQL dosql, Zipf zipf, Duration time) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    List<long[]> all = new ArrayList<>();
    for (Future<long[]> each :
        Load.start(THREADS, thread -> visits(dosql, zipf, new SplittableRandom(thread), end))) {
      all.add(Load.result(each));
    }
    return all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
  }

  private static long[] visits(DoSQL dosql, Zipf zipf, SplittableRandom random, long end) {
    long[] latencies = new long[1 << 16];
    int count = 0;
    while (System.nanoTime() < end) {
      long began = System.nanoTime();
      DB db = dosql.db(name(zipf.next(random)));
      if (random.nextInt(READS_PER_WRITE + 1) == 0) {
        db.run(VISITED, "2026-01-02", 1);
      } else {
        db.queryOne(String.class, BY_KEY, 1).orElseThrow();
      }
      if (count == latencies.length) {
        latencies = Arrays.copyOf(latencies, count * 2);
      }
      latencies[count++] = System.nanoTime() - began;
    }
    return Arrays.copyOf(latencies, count);
  }

  /** Numbers from 0, the second half as likely as the first, the third a third as likely. */
  private static final class Zipf {
    private final double[] sums;

    Zipf(int count) {
      sums = new double[count];
      double sum = 0;
      for (int i = 0; i < count; i++) {
        sum += 1.0 / (i + 1);
        sums[i] = sum;
      }
    }

    int next(SplittableRandom random) {
      int found = Arrays.binarySearch(sums, random.nextDouble(sums[sums.length - 1]));
      return Math.min(found < 0 ? -found - 1 : found, sums.length - 1);
    }
  }
}
