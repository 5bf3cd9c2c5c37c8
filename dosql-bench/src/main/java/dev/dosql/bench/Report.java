package dev.dosql.bench;

import dev.dosql.bench.Line.Goal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Measures everything and writes it down. */
public final class Report {
  private static final String HEAD =
      """
      # Results

      Each line is one run of both sides, in turn, round after round on one machine: the ratio is the median of the
      rounds, with the least and the greatest behind it. What is compared, and how, is in [README.md](README.md).

      """;

  private static final String FILE = "RESULTS.md";
  private static final int ROUNDS = 5;
  private static final String OPEN_KNOWN = "open a known tenant and read one row";
  private static final String SCAN = "scan of 100,000 rows into records";
  private static final String MANY_WRITERS = "durable INSERT of a row, 16 threads";
  private static final String NEW_TENANT = "new tenant with four migrations, durable";
  private static final String READS_AMONG_WRITES = "8 readers while 8 writers write, p99";

  private static final String SHIPPED_WRITES = MANY_WRITERS + ", shipped meanwhile";
  private static final String RESTORE = "restore of a tenant of %d MB from a directory";
  private static final String HYDRATE =
      "first query of a tenant of 100 KB that only the bucket has";
  private static final String BUCKET_COMMITS =
      "INSERT that the bucket has confirmed, each answer 30 ms away, 64 threads";

  private static final String RECORDED = "the same while a flight recording runs, events ";
  private static final String NOTHING = "the library with no recording";

  /** Printed for what is not reached. */
  private static final Map<String, String> REASONS =
      Map.of(
          SHIPPED_WRITES,
          "what is captured is read, forced and put by threads that share the two cores and the disk"
              + " with those who write",
          HYDRATE,
          "most of it is forcing the new file, where it stands and its name, which takes as long as"
              + " the disk needs at that moment",
          SCAN,
          "a row takes eleven native calls, each of which locks in the driver (perf)",
          MANY_WRITERS,
          "a force takes as long for eight commits, which is what it serves on average (the events"
              + " dev.dosql.Force), as for one; what is left is waking sixteen threads on two cores,"
              + " and the seven system calls (perf stat) with which SQLite locks the log for a commit",
          NEW_TENANT,
          "most of it is forcing the new file and its name, which takes as long as the disk needs at"
              + " that moment",
          OPEN_KNOWN,
          "most of the time goes into the driver's own opening of a connection and into SQLite's"
              + " reading of the schema, on both sides",
          READS_AMONG_WRITES,
          "about one read in a hundred gives its core to a writer for the time of a commit; that it"
              + " reads pages again behind one takes 2 µs");

  private final Settings settings;
  private final List<Line> lines = new ArrayList<>();

  private Report(Settings settings) {
    this.settings = settings;
  }

  /**
   * Writes the results.
   *
   * @param args the file, {@value #FILE} without one, and the number of rounds, {@value #ROUNDS}
   *     without one
   */
  public static void main(String... args) throws Exception {
    Path file = Path.of(args.length > 0 ? args[0] : FILE);
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : ROUNDS;
    Files.writeString(file, run(Settings.full(rounds)));
  }

  /** Measures everything; the text of the results. */
  static String run(Settings settings) throws Exception {
    return new Report(settings).run();
  }

  private String run() throws Exception {
    step("point queries");
    pointQueries();
    step("scans");
    scans();
    step("durable writes");
    oneWriter();
    manyWriters();
    step("reads among writes");
    readsAmongWrites();
    step("openings");
    openings();
    step("shipping");
    shippedWrites();
    bucketCommits();
    step("restores");
    restores();
    hydrations();
    step("idle tenants");
    String bucket = bucket();
    step("fleet");
    String fleet = fleet();
    return HEAD + machine() + table() + bucket + fleet;
  }

  private static void step(String name) {
    System.out.println("measuring " + name);
  }

  private void pointQueries() throws Exception {
    Map<String, Figures> figures =
        benchmarks()
            .run(
                PointQueryBenchmark.class,
                "dosql",
                "dosqlUnrecorded",
                "dosqlRecorded",
                "handWritten",
                "jdbi",
                "springJdbcClient",
                "h2");
    String work = "point query by key, 5 columns, into a record";
    Figures own = of(figures, "dosql");
    add(work, "hand-written, reused statement", of(figures, "handWritten"), own, Goal.atMost(0.8));
    add(work, "Jdbi over HikariCP", of(figures, "jdbi"), own, Goal.faster(2.5));
    add(work, "JdbcClient over HikariCP", of(figures, "springJdbcClient"), own, Goal.faster(2.5));
    add(work, "H2, hand-written, reused statement", of(figures, "h2"), own, Goal.shown());
    add(RECORDED + "not wanted", NOTHING, own, of(figures, "dosqlUnrecorded"), Goal.atMost(1.05));
    add(RECORDED + "of each", NOTHING, own, of(figures, "dosqlRecorded"), Goal.shown());
  }

  private MicroBenchmarks benchmarks() {
    return new MicroBenchmarks(settings);
  }

  private void scans() throws Exception {
    Map<String, Figures> figures =
        benchmarks().run(ScanBenchmark.class, "dosql", "handWritten", "h2");
    String work = SCAN;
    Figures own = of(figures, "dosql");
    add(work, "hand-written loop", of(figures, "handWritten"), own, Goal.atMost(0.85));
    add(work, "H2, hand-written loop", of(figures, "h2"), own, Goal.shown());
  }

  private void oneWriter() throws Exception {
    try (DurableWrites writes = new DurableWrites(settings, 1)) {
      Map<String, Figures> figures = writes.run();
      String work = "durable INSERT of a row, 1 thread";
      Figures own = of(figures, "dosql");
      add(work, "autocommit, synchronous=FULL", of(figures, "sqlite"), own, Goal.atMost(1.1));
      addH2(work, figures, own);
    }
  }

  private void manyWriters() throws Exception {
    try (DurableWrites writes = new DurableWrites(settings, 16)) {
      Map<String, Figures> figures = writes.run();
      String work = MANY_WRITERS;
      String peer = "16 connections, busy_timeout, synchronous=FULL";
      Figures own = of(figures, "dosql");
      Figures transactions = of(figures, "dosqlTransaction");
      add(work, peer, of(figures, "sqlite"), own, Goal.faster(6));
      add(work + ", in `transaction`", peer, of(figures, "sqlite"), transactions, Goal.faster(3));
      addH2(work, figures, own);
    }
  }

  private void addH2(String work, Map<String, Figures> figures, Figures own) {
    add(work, "H2, not durable (its defaults)", of(figures, "h2"), own, Goal.shown());
    add(work, "H2, CHECKPOINT SYNC after each", of(figures, "h2Forced"), own, Goal.shown());
  }

  private void readsAmongWrites() throws Exception {
    try (ReadsAmongWrites reads = new ReadsAmongWrites(settings)) {
      Map<String, Figures> figures = reads.run();
      add(
          READS_AMONG_WRITES,
          "the readers alone",
          of(figures, "alone"),
          of(figures, "amongWrites"),
          Goal.atMost(2));
      add(
          READS_AMONG_WRITES + ", a query every millisecond",
          "the readers alone",
          of(figures, "pacedAlone"),
          of(figures, "pacedAmongWrites"),
          Goal.shown());
      add(
          READS_AMONG_WRITES,
          "16 connections of JDBC, busy_timeout, the same",
          of(figures, "jdbcAmongWrites"),
          of(figures, "amongWrites"),
          Goal.shown());
      add(
          "durable UPDATE of a row, 8 threads, while 8 readers read without a pause",
          "16 connections of JDBC, busy_timeout, the same",
          of(figures, "jdbcWritesAmongReads"),
          of(figures, "writesAmongReads"),
          Goal.shown());
    }
  }

  private void openings() throws Exception {
    try (Openings openings = new Openings(settings)) {
      Map<String, Figures> figures = openings.run();
      add(
          OPEN_KNOWN,
          "JDBC, same PRAGMAs",
          of(figures, "jdbcKnown"),
          of(figures, "dosqlKnown"),
          Goal.atMost(1.5));
      add(
          NEW_TENANT,
          "Flyway on a new file",
          of(figures, "flywayNew"),
          of(figures, "dosqlNew"),
          Goal.faster(8));
    }
  }

  private void shippedWrites() throws Exception {
    try (ShippedWrites writes = new ShippedWrites(settings)) {
      Map<String, Figures> figures = writes.run();
      Figures alone = of(figures, "alone");
      String peer = "the same without a bucket";
      add(SHIPPED_WRITES, peer, alone, of(figures, "toMemory"), Goal.rate(0.9));
      add(
          SHIPPED_WRITES + ", to a directory of the same disk",
          peer,
          alone,
          of(figures, "toDirectory"),
          Goal.rateShown());
      add(
          SHIPPED_WRITES + ", until the bucket has all",
          peer,
          alone,
          of(figures, "toMemoryToTheEnd"),
          Goal.rateShown());
    }
  }

  private void bucketCommits() throws Exception {
    try (BucketCommits commits = new BucketCommits(settings)) {
      Map<String, Figures> figures = commits.run();
      add(BUCKET_COMMITS, "1 thread", of(figures, "one"), of(figures, "many"), Goal.perSecond(500));
    }
  }

  private void restores() throws Exception {
    try (Restores restores = new Restores(settings)) {
      Map<String, Figures> figures = restores.run();
      add(
          RESTORE.formatted(restores.bytes() / 1_000_000),
          "a copy of its file, forced",
          of(figures, "copy"),
          of(figures, "restore"),
          Goal.rate(0.5));
    }
  }

  private void hydrations() throws Exception {
    try (Hydrations hydrations = new Hydrations(settings)) {
      Map<String, Figures> figures = hydrations.run();
      add(
          HYDRATE,
          "its %d requests, one after the other".formatted(hydrations.requestsEach()),
          of(figures, "requests"),
          of(figures, "hydrate"),
          Goal.beyond(15));
    }
  }

  private String bucket() throws IOException {
    long requests = new IdleTenants(settings).requests();
    String line =
        String.format(
            "| requests of %,d open tenants that nobody uses, in %d seconds | %d | 0 | %s |",
            settings.idle(),
            settings.idleTime().toSeconds(),
            requests,
            requests == 0 ? "yes" : "**no**");
    System.out.println(line);
    return """

        ## A bucket

        | what | figure | asked | reached |
        |---|---|---|---|
        """
        + line
        + "\n";
  }

  private static Figures of(Map<String, Figures> figures, String name) {
    Figures found = figures.get(name);
    if (found == null) {
      throw new IllegalArgumentException(name);
    }
    return found;
  }

  private void add(String work, String peer, Figures theirs, Figures own, Goal goal) {
    Line line = new Line(work, peer, theirs, own, goal);
    System.out.println(line.markdown());
    lines.add(line);
  }

  private String machine() throws IOException {
    StringBuilder text = new StringBuilder();
    try (Folder folder = new Folder()) {
      Machine.describe(folder.path()).forEach(line -> text.append("* ").append(line).append('\n'));
    }
    text.append("* rounds: ").append(settings.rounds());
    text.append(", of what a second of the disk decides ").append(settings.timedRounds());
    text.append(", of what is shipped meanwhile ").append(settings.closeRounds());
    text.append('\n');
    return text.append("* command: `mvn -q -pl dosql-bench -am test-compile exec:exec`\n\n")
        .toString();
  }

  private String table() {
    StringBuilder text = new StringBuilder();
    text.append("| work | peer | peer | DoSQL | ratio | asked | reached |\n");
    text.append("|---|---|---|---|---|---|---|\n");
    lines.forEach(line -> text.append(line.markdown()).append('\n'));
    lines.stream().filter(line -> !line.isReached()).forEach(line -> text.append(reason(line)));
    return text.toString();
  }

  private static String reason(Line line) {
    String reason = REASONS.getOrDefault(line.work(), "not known yet");
    return "\nNot reached: " + line.work() + ", against " + line.peer() + ": " + reason + ".\n";
  }

  private String fleet() throws Exception {
    StringBuilder text = new StringBuilder("\n## A fleet\n\n");
    text.append(
        String.format(
            "%,d tenants, %,d open at most, 16 threads, one call in ten writes durably.%n%n",
            settings.fleet(), settings.fleetOpen()));
    text.append("| what | figure |\n|---|---|\n");
    try (Folder folder = new Folder()) {
      Fleet fleet = new Fleet(folder.path(), settings);
      fleet.make();
      for (Fleet.Part part : Fleet.Part.values()) {
        fleet
            .runApart(part)
            .forEach(
                (what, figure) -> {
                  System.out.println(what + ": " + figure);
                  text.append("| " + what + " | " + figure + " |\n");
                });
      }
    }
    return text.toString();
  }
}
