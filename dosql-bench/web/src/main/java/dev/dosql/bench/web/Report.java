package dev.dosql.bench.web;

import dev.dosql.bench.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Measures every contestant with every kind of work, in turn, round after round, and writes it
 * down. While one is measured the others are held.
 */
final class Report {
  private static final String HEAD =
      """
      # Results

      Each line is one run: the contestants took turns, round after round, and while one of them was asked the others
      were held. A figure is the median of the rounds, with the least and the greatest behind it. wrk shares the
      processors with the service that it asks. What is compared, and how, is in [README.md](README.md).

      """;

  private static final int WARM_UP = 2;
  private static final Duration SETTLE = Duration.ofMillis(100);

  private final Path peers;
  private final Wrk wrk;
  private final int rounds;
  private final int seconds;
  private final List<Service> services = new ArrayList<>();
  private final Map<Contestant, long[]> posted = new EnumMap<>(Contestant.class);
  private final Results results = new Results();

  private Report(Path peers, Wrk wrk, int rounds, int seconds) {
    this.peers = peers;
    this.wrk = wrk;
    this.rounds = rounds;
    this.seconds = seconds;
  }

  /**
   * Writes the results.
   *
   * @param args the file; where the peers are; the script of wrk; how many rounds; the seconds of a
   *     turn
   */
  public static void main(String... args) throws Exception {
    Report report =
        new Report(
            Path.of(args[1]).toAbsolutePath(),
            new Wrk(Path.of(args[2]).toAbsolutePath()),
            Integer.parseInt(args[3]),
            Integer.parseInt(args[4]));
    Files.writeString(Path.of(args[0]), report.run());
  }

  private String run() throws Exception {
    Path data =
        Files.createTempDirectory(Files.createDirectories(Path.of("target", "data")), "run-");
    String machine = machine(data);
    String disk;
    try (Forces forces = new Forces(data.resolve("forces"))) {
      for (Contestant contestant : Contestant.values()) {
        start(contestant, data.toAbsolutePath());
      }
      for (int round = -WARM_UP; round < rounds; round++) {
        round(round);
        forces.round(Duration.ofSeconds(seconds), round >= 0);
      }
      disk = forces.markdown();
    } finally {
      services.forEach(Service::close);
    }
    String text = HEAD + machine + results.markdown() + disk + "\n" + stored();
    delete(data); // what a run that failed has left is kept
    return text;
  }

  private static void delete(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> found = Files.walk(folder)) {
      all = found.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.delete(each);
    }
  }

  private void start(Contestant contestant, Path data) throws Exception {
    System.out.println("starting " + contestant);
    Service service = Service.start(contestant, peers, data);
    services.add(service);
    posted.put(contestant, new long[] {Rows.prepare(service.url(), Rows.TENANTS), 0});
    service.hold();
  }

  /** Each second round goes backwards, so that nobody always comes after the same other. */
  private void round(int round) throws Exception {
    List<Service> order = new ArrayList<>(services);
    if (round % 2 != 0) {
      Collections.reverse(order);
    }
    for (Work work : Work.values()) {
      for (Service service : order) {
        turn(round, work, service);
      }
    }
  }

  private void turn(int round, Work work, Service service) throws Exception {
    service.resume();
    Duration before = service.processorTime();
    Wrk.Result result = wrk.run(service.url(), work, seconds, round == -WARM_UP);
    double processor = service.processorTime().minus(before).toMillis() / 1e3;
    Thread.sleep(SETTLE.toMillis()); // what was on its way when wrk ended
    service.hold();
    if (work.writes()) {
      count(service.contestant(), result.requests());
    }
    if (round >= 0) {
      results.of(work, service.contestant()).add(result, processor);
    }
    System.out.printf(
        "round %d, %s, %s: %,.0f/s, p50 %.2f ms, p99 %.2f ms%n",
        round,
        work.title(),
        service.contestant().title(),
        result.perSecond(),
        result.p50() / 1e3,
        result.p99() / 1e3);
  }

  private void count(Contestant contestant, long acknowledged) {
    long[] counts = posted.getOrDefault(contestant, new long[2]);
    counts[0] += acknowledged;
    counts[1] += Wrk.CONNECTIONS;
  }

  /** What was found on the disk, after the services were killed. */
  private String stored() throws Exception {
    StringBuilder text = new StringBuilder("## What is on the disk\n\n");
    text.append(
        """
        Rows in the files after every service was killed. A turn of wrk ends while up to %d requests are on their way,
        whose rows may be there or not.

        | service | acknowledged | on their way, at most | found |
        |---|---|---|---|
        """
            .formatted(Wrk.CONNECTIONS));
    for (Service service : services) {
      text.append(stored(service));
    }
    return text.toString();
  }

  private String stored(Service service) throws Exception {
    long[] counts = posted.getOrDefault(service.contestant(), new long[2]);
    long found = Rows.stored(service.folder());
    if (found < counts[0] || found > counts[0] + counts[1]) {
      throw new IllegalStateException(
          "rows that should not be, or are not: contestant=%s acknowledged=%d unknown=%d found=%d"
              .formatted(service.contestant(), counts[0], counts[1], found));
    }
    String line =
        String.format(
            "| %s | %,d | %,d | %,d |%n",
            service.contestant().title(), counts[0], counts[1], found);
    System.out.print(line);
    return line;
  }

  private String machine(Path data) throws IOException {
    StringBuilder text = new StringBuilder();
    Machine.describe(data).forEach(line -> text.append("* ").append(line).append('\n'));
    text.append("* peers: ").append(versions()).append('\n');
    text.append("* rounds: ").append(rounds);
    text.append(", turns of ").append(seconds).append(" seconds\n");
    return text.append("* command: `dosql-bench/web/run.sh`\n\n").toString();
  }

  /** The pinned versions, as they stand in {@code package.json}. */
  private String versions() throws IOException {
    String json = Files.readString(peers.resolve("package.json"));
    return json.substring(json.lastIndexOf('{') + 1, json.indexOf('}'))
        .replace("\"", "")
        .replace(":", "")
        .strip()
        .replaceAll("\\s*\n\\s*", " ");
  }
}
