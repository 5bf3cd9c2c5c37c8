package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that die while they ship: killed with {@code SIGKILL} at random moments, or by
 * themselves at named ones; and some of them lose their disk. The bucket survives. After each:
 *
 * <ul>
 *   <li>what the bucket has is a state that was: whole commits, in their order, without a gap; all
 *       that was acknowledged in {@code BUCKET};
 *   <li>the directory has all that was acknowledged, and the bucket has the same a moment later.
 * </ul>
 *
 * <p>{@code -Ddosql.ship.kills=…} kills so often in all.
 */
@Timeout(600)
class ShippingKillTest {
  private static final int KILLS = Integer.getInteger("dosql.ship.kills", 50);

  /** How often a whole image may be shipped because a log alone did not tell: not a habit. */
  private static final int IMAGES_MAX = KILLS / 10;

  /** One process in so many loses its disk. */
  private static final int DISK_LOSSES = 6;

  /** Lines of a process that are waited for at the most before it is killed. */
  private static final int LINES_MAX = 400;

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Pattern DONE = Pattern.compile("done (\\S+) (\\d+) (\\d+)");
  private static final Pattern EVENT = Pattern.compile("event (\\w+) .*");

  /** Moments while commits are shipped. */
  private static final List<String> SHIPPING_POINTS =
      List.of(
          "capture.renamed",
          "capture.position.forced",
          "capture.position.renamed",
          "capture.mark.forced",
          "capture.mark.renamed",
          "capture.forgotten",
          "capture.copied",
          "capture.wal.forced",
          "capture.done",
          "capture.shipped.deleted",
          "capture.written",
          "capture.forced",
          "replica.put",
          "replica.head");

  /** Moments while a tenant is brought back to an empty disk. */
  private static final List<String> RESTORING_POINTS =
      List.of(
          "replica.claimed",
          "replica.fenced",
          "replica.restored",
          "replica.placed",
          "capture.position.renamed",
          "capture.mark.renamed",
          "handshake.named");

  private static final String INSERT = "INSERT INTO log(thread, seq, size) VALUES(?, ?, 0)";

  private static final String ROWS =
      "SELECT id || ' ' || thread || ' ' || seq || ' ' || size || ' ' || ifnull("
          + "(SELECT group_concat(x, ',') FROM member WHERE log_id = log.id), '')"
          + " FROM log ORDER BY id";

  @TempDir Path parent;
  private Path data;
  private Path bucket;
  private Path migrations;
  private long seed;
  private Random random;
  private final List<StorageEvent> events = new CopyOnWriteArrayList<>();

  /** What must be there, of the tenants that were seen. */
  private final Map<String, Oracle> oracles = new HashMap<>();

  private final Map<String, Integer> heard = new HashMap<>();
  private int atPoints;
  private int behind;

  @BeforeEach
  void prepare() throws IOException {
    data = parent.resolve("data");
    bucket = parent.resolve("bucket");
    migrations = Files.createDirectory(parent.resolve("migrations"));
    Files.writeString(migrations.resolve("001_start.sql"), ShippingVictim.SCHEMA);
    seed = Long.getLong("dosql.seed", System.nanoTime());
    random = new Random(seed);
    System.out.println("ShippingKillTest: -Ddosql.seed=" + seed);
  }

  /** What one tenant must have. */
  private static final class Oracle {
    /** Its rows when it was looked at last. */
    private List<String> rows = List.of();

    /** What was acknowledged since: a thread, and the number of its commit. */
    private final Set<String> acknowledged = new HashSet<>();

    /** Looks whether all that must be there is there. */
    private void check(List<String> seen) {
      assertThat(seen.size()).isGreaterThanOrEqualTo(rows.size());
      assertThat(seen.subList(0, rows.size())).isEqualTo(rows);
      Set<String> missing = new TreeSet<>(acknowledged);
      seen.forEach(row -> missing.remove(row.split(" ")[1] + " " + row.split(" ")[2]));
      assertThat(missing).as("acknowledged and gone").isEmpty();
    }
  }

  @Test
  void processesKilled_local_loseNothingHere_andTheBucketIsAPrefix() throws Exception {
    killAll(Durability.LOCAL);
  }

  @Test
  void processesKilled_bucket_loseNothingOnAnyDisk() throws Exception {
    killAll(Durability.BUCKET);
  }

  private void killAll(Durability durability) throws Exception {
    long began = System.nanoTime();
    int kills = (KILLS + 1) / 2;
    Death next = plan(0);
    ChildJvm child = start(durability, 0, next);
    try {
      for (int round = 0; round < kills; round++) {
        Death death = next;
        if (death.disk) {
          loseDisk();
        }
        List<String> lines = kill(child, death);
        next = plan(round + 1);
        child = start(durability, round + 1, next);
        try {
          check(durability, round, lines);
        } catch (AssertionError | RuntimeException e) {
          throw new AssertionError("round=" + round + " " + death + " seed=" + seed, e);
        }
      }
    } finally {
      child.close();
    }
    long acknowledged = oracles.values().stream().mapToLong(each -> each.rows.size()).sum();
    System.out.printf(
        "ShippingKillTest: %s, %d kills, %d of them at named moments, %d commits, "
            + "bucket behind %d times, events %s, %.1f s%n",
        durability,
        kills,
        atPoints,
        acknowledged,
        behind,
        heard,
        (System.nanoTime() - began) / 1e9);
    assertThat(acknowledged).as("what the kills could lose").isGreaterThan(kills);
    assertThat(atPoints).as("deaths at named moments").isGreaterThanOrEqualTo(kills / 8);
    assertThat(heard.getOrDefault("WHOLE_IMAGE", 0)).as("whole images").isLessThan(IMAGES_MAX + 1);
  }

  /** How a process is to die. */
  private record Death(boolean disk, String point, int times, int lines, int millis) {}

  private Death plan(int round) {
    boolean disk = round % DISK_LOSSES == DISK_LOSSES - 1;
    List<String> points = disk ? RESTORING_POINTS : SHIPPING_POINTS;
    boolean atPoint = random.nextInt(5) < 3;
    return new Death(
        disk,
        atPoint ? points.get(random.nextInt(points.size())) : "none",
        1 + random.nextInt(random.nextBoolean() ? 2 : 20),
        random.nextInt(LINES_MAX),
        random.nextInt(30));
  }

  private ChildJvm start(Durability durability, int round, Death death) throws IOException {
    return ShippingVictim.start(
        data, migrations, bucket, durability, round, death.point, death.times);
  }

  /** Lets it work until it has died at its moment, or kills it after a while. */
  private List<String> kill(ChildJvm child, Death death) throws Exception {
    try (child) {
      List<String> lines = new ArrayList<>(List.of(child.line(), child.ask("go")));
      boolean alive = true;
      while (alive && lines.size() < death.lines) {
        alive = child.next().map(lines::add).orElse(false);
      }
      if (alive) {
        Thread.sleep(death.millis);
        child.kill();
        lines.addAll(child.rest());
      } else {
        atPoints++;
      }
      assertThat(lines).as("seed=%s", seed).noneMatch(line -> line.contains("Exception"));
      return lines;
    }
  }

  private void loseDisk() throws IOException {
    if (Files.exists(data)) {
      deleteTree(data);
    }
    restored(oracles.keySet(), "after the loss of the disk")
        .forEach((tenant, rows) -> oracle(tenant).rows = rows);
  }

  private static void deleteTree(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path each : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(each);
      }
    }
  }

  private void check(Durability durability, int round, List<String> lines) throws Exception {
    note(lines);
    List<String> tenants = tenantsOf(lines);
    Map<String, List<String>> inBucket = restored(tenants, "after the death");
    if (durability == Durability.BUCKET) {
      inBucket.forEach((tenant, rows) -> oracle(tenant).check(rows));
    }
    restart(durability, round, tenants, inBucket);
    events.forEach(event -> heard.merge(event.kind().name(), 1, Integer::sum));
    events.clear();
    assertThat(heard).doesNotContainKeys("DIVERGED", "FENCED", "DEGRADED", "UNREACHABLE");
  }

  private Oracle oracle(String tenant) {
    return oracles.computeIfAbsent(tenant, name -> new Oracle());
  }

  private void note(List<String> lines) {
    for (String line : lines) {
      Matcher done = DONE.matcher(line);
      if (done.matches()) {
        oracle(done.group(1)).acknowledged.add(done.group(2) + " " + done.group(3));
      }
      Matcher event = EVENT.matcher(line);
      if (event.matches()) {
        heard.merge(event.group(1), 1, Integer::sum);
      }
    }
  }

  /** Those that every process writes to, and those that this one has made. */
  private static List<String> tenantsOf(List<String> lines) {
    Set<String> tenants = new TreeSet<>(ShippingVictim.TENANTS);
    for (String line : lines) {
      Matcher done = DONE.matcher(line);
      if (done.matches()) {
        tenants.add(done.group(1));
      }
    }
    return List.copyOf(tenants);
  }

  /** Opens the directory again, as the next process of an application would. */
  private void restart(
      Durability durability, int round, List<String> tenants, Map<String, List<String>> inBucket)
      throws Exception {
    DBOptions options = ShippingVictim.options(data, migrations, bucket, durability, events::add);
    try (DoSQL opened = DoSQL.open(options)) {
      for (String tenant : tenants) {
        DB db = opened.db(tenant);
        assertThat(db.integrityCheck()).as(tenant).isEmpty();
        List<String> rows = db.query(String.class, ROWS);
        Oracle oracle = oracle(tenant);
        oracle.check(rows);
        List<String> there = inBucket.get(tenant);
        assertThat(rows.size()).isGreaterThanOrEqualTo(there.size());
        assertThat(rows.subList(0, there.size())).as("bucket is a prefix").isEqualTo(there);
        behind += rows.size() > there.size() ? 1 : 0;
        oracle.acknowledged.clear();
        db.run(INSERT, (round + 1) * ShippingVictim.THREADS_PER_ROUND - 2, 0);
        oracle.rows = db.query(String.class, ROWS);
        assertThat(oracle.rows).hasSize(rows.size() + 1);
        db.awaitDurable(db.bookmark(), SOON);
      }
    }
    if (round % 3 == 0) {
      restored(tenants, "after awaitDurable")
          .forEach((tenant, rows) -> assertThat(rows).isEqualTo(oracle(tenant).rows));
    }
  }

  /** The rows that somebody finds who has nothing but the bucket. */
  private Map<String, List<String>> restored(Collection<String> tenants, String when)
      throws IOException {
    Path empty = Files.createTempDirectory(parent, "empty");
    DBOptions options =
        DBOptions.builder()
            .directory(empty.resolve("data"))
            .cold(bucket.toUri().toString())
            .build();
    Map<String, List<String>> rows = new HashMap<>();
    try (DoSQL elsewhere = DoSQL.open(options)) {
      for (String tenant : tenants) {
        rows.put(tenant, restored(elsewhere, tenant, empty.resolve(tenant + ".db"), when));
      }
    } finally {
      deleteTree(empty);
    }
    return rows;
  }

  private static List<String> restored(DoSQL elsewhere, String tenant, Path file, String when) {
    try {
      elsewhere.restoreTo(tenant, file);
      return rowsOf(file);
    } catch (TenantNotFoundException e) {
      return List.of(); // Nothing of it was ever put.
    } catch (SQLException | RuntimeException | AssertionError e) {
      throw new AssertionError(tenant + " restored " + when, e);
    }
  }

  /** Looks at a file by SQLite alone. */
  private static List<String> rowsOf(Path file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      assertThat(texts(statement, "PRAGMA integrity_check")).containsExactly("ok");
      assertThat(texts(statement, "PRAGMA foreign_key_check")).isEmpty();
      if (texts(statement, "SELECT 1 FROM sqlite_schema WHERE name = 'log'").isEmpty()) {
        return List.of();
      }
      assertThat(
              texts(
                  statement,
                  "SELECT id FROM log WHERE size <>"
                      + " (SELECT count(*) FROM member WHERE log_id = log.id)"))
          .as("half there")
          .isEmpty();
      assertThat(texts(statement, "SELECT count(*) - ifnull(max(id), 0) FROM log"))
          .as("gaps in the order of commits")
          .containsExactly("0");
      assertThat(
              texts(
                  statement,
                  "SELECT thread FROM log GROUP BY thread HAVING count(*) <> max(seq) + 1"))
          .as("threads with gaps")
          .isEmpty();
      return texts(statement, ROWS);
    }
  }

  private static List<String> texts(Statement statement, String sql) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }
}
