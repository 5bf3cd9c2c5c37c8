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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes killed with {@code SIGKILL} at random moments. What one was told is done must be there
 * afterwards, and nothing may be half there: as plain SQLite finds it, and as this library does,
 * whichever comes first. {@code -Ddosql.crash.rounds=…} kills that often.
 */
@Timeout(600)
class KillTest {
  private static final int COMMIT_ROUNDS = Integer.getInteger("dosql.crash.rounds", 50);

  /** Kills of each of the other kinds. */
  private static final int ROUNDS = Math.max(6, COMMIT_ROUNDS / 8);

  /** How much longer to try than one must, to meet a process in the middle of it often enough. */
  private static final int ATTEMPTS = 4;

  /** Milliseconds at the most from the beginning of what a kill is meant for until it comes. */
  private static final int[] DELAYS = {1, 2, 5, 30, 250};

  /** Lines of a process that are waited for at the most, so that it has done some work. */
  private static final int WORK_LINES = 24;

  /** What a process says when it was told that something is done. */
  private static final Pattern ANSWER = Pattern.compile("(done|made|deleted|renamed|exported) .*");

  /** Tenants that are migrated. */
  private static final int TENANTS = 20;

  private static final String HALF =
      "SELECT count(*) FROM (SELECT size, (SELECT count(*) FROM members WHERE grp = groups.id) AS n"
          + " FROM groups) WHERE CASE WHEN size >= 0 THEN n <> size ELSE n NOT IN (0, -size) END";

  private static final String UNFINISHED =
      "SELECT id FROM groups WHERE size < 0"
          + " AND NOT EXISTS (SELECT 1 FROM members WHERE grp = groups.id)";

  /** What is to be made ready before a process begins. */
  @FunctionalInterface
  private interface Preparation {
    void run() throws Exception;
  }

  @TempDir Path parent;
  private Path data;
  private Path migrations;
  private long seed;
  private Random random;

  @BeforeEach
  void prepare() throws IOException {
    data = parent.resolve("data");
    migrations = Files.createDirectory(parent.resolve("migrations"));
    Files.writeString(migrations.resolve("001_start.sql"), Victim.SCHEMA);
    seed = Long.getLong("dosql.seed", System.nanoTime());
    random = new Random(seed);
    System.out.println("KillTest: -Ddosql.seed=" + seed);
  }

  private DBOptions options() {
    return DBOptions.builder().directory(data).migrations(migrations.toString()).build();
  }

  /** What a process said before it was killed, and whether that met it in the middle. */
  private record Death(List<String> lines, boolean inside) {}

  /** What must hold after a process was killed. */
  @FunctionalInterface
  private interface Check {
    void after(int round, List<String> lines) throws Exception;
  }

  /** Does it as often as it says; see the other. */
  private void kill(Victim victim, int rounds, Check check) throws Exception {
    kill(victim, rounds, () -> {}, check);
  }

  /**
   * Starts processes and kills each, until enough of them were in the middle of what the kills are
   * meant for. The next one's JVM starts while what the last has left is looked at.
   */
  private void kill(Victim victim, int rounds, Preparation before, Check check) throws Exception {
    int inside = 0;
    int round = 0;
    long answers = 0;
    ChildJvm child = victim.start(data, migrations, 0);
    try {
      while (round < rounds || (inside < rounds / 2 || answers == 0) && round < ATTEMPTS * rounds) {
        before.run();
        Death death = kill(child);
        inside += death.inside ? 1 : 0;
        answers += death.lines.stream().filter(line -> ANSWER.matcher(line).matches()).count();
        child = victim.start(data, migrations, round + 1);
        try {
          check.after(round, death.lines);
        } catch (AssertionError | RuntimeException e) {
          throw new AssertionError(victim + " killed, round=" + round + ", seed=" + seed, e);
        }
        round++;
      }
    } finally {
      child.close();
    }
    String what = "%s: killed inside %d of %d, after %d answers, seed=%d";
    System.out.println("KillTest: " + what.formatted(victim, inside, round, answers, seed));
    assertThat(inside)
        .as("kills in the middle of it, rounds=%s, seed=%s", round, seed)
        .isGreaterThanOrEqualTo(rounds / 2);
    assertThat(answers).as("what the kills could lose, seed=%s", seed).isPositive();
  }

  /** Kills a process at some moment of its start, or after it was seen in the middle. */
  private Death kill(ChildJvm child) throws Exception {
    try (child) {
      List<String> lines = new ArrayList<>(List.of(child.line(), child.ask("go")));
      boolean early = random.nextInt(6) == 0;
      int more = random.nextInt(WORK_LINES);
      while (!early && !isInside(lines, more) && !lines.contains("end")) {
        lines.add(child.line());
      }
      Thread.sleep(random.nextInt(early ? 400 : DELAYS[random.nextInt(DELAYS.length)]));
      child.kill();
      lines.addAll(child.rest());
      assertThat(lines).as("seed=%s", seed).noneMatch(line -> line.contains("Exception"));
      return new Death(lines, isInside(lines, 0));
    }
  }

  /** Whether a process that has said so much was last seen in the middle. */
  private static boolean isInside(List<String> lines, int least) {
    return lines.size() > least && lines.lastIndexOf("in") > lines.lastIndexOf("out");
  }

  private static List<String> of(String what, List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith(what + " "))
        .map(line -> line.substring(what.length() + 1))
        .toList();
  }

  private static Set<Long> numbers(Statement statement, String sql) throws SQLException {
    Set<Long> numbers = new HashSet<>();
    try (ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        numbers.add(rows.getLong(1));
      }
    }
    return numbers;
  }

  /** What must hold of a tenant's file, by SQLite alone. */
  private void checkFile(Path file, Set<Long> begun, Set<Long> done) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      try (ResultSet rows = statement.executeQuery("PRAGMA integrity_check")) {
        assertThat(rows.getString(1)).as("%s, seed=%s", file, seed).isEqualTo("ok");
      }
      try (ResultSet rows = statement.executeQuery("PRAGMA foreign_key_check")) {
        assertThat(rows.next()).as("foreign keys of %s, seed=%s", file, seed).isFalse();
      }
      assertThat(numbers(statement, HALF)).as("half there, seed=%s", seed).containsExactly(0L);
      Set<Long> there = numbers(statement, "SELECT id FROM groups");
      assertThat(missing(there, begun)).as("acknowledged, seed=%s", seed).isEmpty();
      assertThat(missing(there, done)).as("acknowledged, seed=%s", seed).isEmpty();
      Set<Long> unfinished = numbers(statement, UNFINISHED);
      unfinished.retainAll(done);
      assertThat(unfinished).as("acknowledged, seed=%s", seed).isEmpty();
    }
  }

  private static Set<Long> missing(Set<Long> there, Set<Long> wanted) {
    Set<Long> missing = new HashSet<>(wanted);
    missing.removeAll(there);
    return missing;
  }

  private void assertSwept(Path directory) throws IOException {
    try (Stream<Path> own = Files.list(directory.resolve(".dosql"))) {
      assertThat(own.map(file -> file.getFileName().toString()))
          .as("files in the making, seed=%s", seed)
          .noneMatch(name -> name.startsWith("tmp-"));
    }
  }

  @Test
  void processWhose16ThreadsCommit_killed50Times_losesNothingAndLeavesNothingHalf()
      throws Exception {
    DoSQL.open(options()).close();
    Set<Long> begun = new HashSet<>();
    Set<Long> done = new HashSet<>();
    kill(
        Victim.COMMIT,
        COMMIT_ROUNDS,
        (round, lines) -> {
          of("begun acme", lines).forEach(id -> begun.add(Long.valueOf(id)));
          of("done acme", lines).forEach(id -> done.add(Long.valueOf(id)));
          Path file = data.resolve("acme.db");
          if (round % 2 == 0 && Files.exists(file)) {
            checkFile(file, begun, done);
          }
          try (DoSQL tenants = DoSQL.open(options())) {
            DB acme = tenants.db("acme");
            assertThat(acme.queryOne(Long.class, HALF)).hasValue(0L);
            assertThat(
                    missing(new HashSet<>(acme.query(Long.class, "SELECT id FROM groups")), done))
                .as("acknowledged, round=%s, seed=%s", round, seed)
                .isEmpty();
            assertSwept(data);
          }
          checkFile(file, begun, done);
        });
    assertThat(done).as("the processes did work").hasSizeGreaterThan(COMMIT_ROUNDS);
  }

  @Test
  void processThatOpensForTheFirstTime_killed_leavesWhatCanBeOpened() throws Exception {
    Files.createDirectory(data);
    kill(
        Victim.FIRST_OPEN,
        ROUNDS,
        (round, lines) -> {
          List<Path> directories;
          try (Stream<Path> all = Files.list(data)) {
            String prefix = "r" + round + "-";
            directories =
                all.filter(each -> each.getFileName().toString().startsWith(prefix)).toList();
          }
          for (Path directory : directories) {
            boolean done = of("done", lines).contains(directory.getFileName().toString());
            Set<Long> expected = done ? Set.of(1L) : Set.of();
            try (DoSQL tenants = DoSQL.open(options().toBuilder().directory(directory).build())) {
              DB acme = tenants.db("acme");
              assertThat(acme.query(Long.class, "SELECT id FROM groups")).containsAll(expected);
              assertThat(tenants.create("next").query("SELECT id FROM groups")).isEmpty();
              assertSwept(directory);
            }
            checkFile(directory.resolve("acme.db"), Set.of(), expected);
          }
        });
  }

  @Test
  void processThatMigrates_killed_leavesWholeFilesAndTheNextOpenFinishes() throws Exception {
    killMigrating(
        Victim.MIGRATE,
        (tenants, done) -> {
          for (int i = 0; i < TENANTS; i++) {
            tenants.db("t" + i).query("SELECT 1");
          }
        });
  }

  @Test
  void processThatMigratesAll_killed_leavesWholeFilesAndTheNextRunTakesUpTheRest()
      throws Exception {
    killMigrating(
        Victim.MIGRATE_ALL,
        (tenants, done) -> {
          FleetReport report = tenants.migrateAll(FleetOptions.builder().build());
          assertThat(report.isComplete()).as("seed=%s", seed).isTrue();
          assertThat(report.tenants(FleetReport.Status.CURRENT))
              .as("seed=%s", seed)
              .containsAll(done);
        });
  }

  /** What is done after a kill, with the names that were done before it. */
  @FunctionalInterface
  private interface Finish {
    void run(DoSQL tenants, List<String> done);
  }

  private void killMigrating(Victim victim, Finish finish) throws Exception {
    Path sound = Files.createDirectory(parent.resolve("sound"));
    try (DoSQL tenants = DoSQL.open(options())) {
      for (int i = 0; i < TENANTS; i++) {
        tenants.create("t" + i).run("INSERT INTO groups(id, size) VALUES(?, 0)", i);
      }
    }
    copyFiles(data, sound);
    for (int file = 2; file <= 4; file++) {
      Files.writeString(
          migrations.resolve("00" + file + "_more.sql"),
          "CREATE TABLE m%1$d(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                  .formatted(file)
              + " WHERE i < 500) INSERT INTO m%1$d SELECT i FROM n;".formatted(file)
              + " UPDATE groups SET size = size;"
              + " CREATE INDEX m%1$d_x ON m%1$d(x);".formatted(file));
    }
    kill(
        victim,
        ROUNDS,
        () -> copyFiles(sound, data),
        (round, lines) -> {
          List<String> done = of("done", lines);
          for (int i = 0; i < TENANTS; i++) {
            int version = version(data.resolve("t" + i + ".db"));
            if (done.contains("t" + i)) {
              assertThat(version).as("t%s, seed=%s", i, seed).isEqualTo(4);
            }
          }
          try (DoSQL tenants = DoSQL.open(options())) {
            finish.run(tenants, done);
            for (int i = 0; i < TENANTS; i++) {
              DB db = tenants.db("t" + i);
              assertThat(db.query(Long.class, "SELECT id FROM groups")).containsExactly((long) i);
              assertThat(db.query(Long.class, "SELECT count(*) FROM m4")).containsExactly(500L);
            }
          }
          for (int i = 0; i < TENANTS; i++) {
            assertThat(version(data.resolve("t" + i + ".db"))).isEqualTo(4);
            checkFile(data.resolve("t" + i + ".db"), Set.of(), Set.of((long) i));
          }
        });
  }

  /** Which files have been run; each of them must have been run whole, with its entry. */
  private int version(Path file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      Set<Long> history =
          numbers(
              statement,
              "SELECT CAST(version AS INTEGER) FROM _dosql_migrations WHERE success AND version <> ''");
      int version = history.size();
      for (int each = 2; each <= 4; each++) {
        boolean run = each <= version;
        assertThat(history.contains((long) each)).as("%s, seed=%s", file, seed).isEqualTo(run);
        assertThat(
                numbers(
                    statement, "SELECT count(*) FROM sqlite_schema WHERE tbl_name='m" + each + "'"))
            .as("%s at %s, seed=%s", file, version, seed)
            .containsExactly(run ? 2L : 0L);
        if (run) {
          assertThat(numbers(statement, "SELECT count(*) FROM m" + each)).containsExactly(500L);
        }
      }
      return version;
    }
  }

  private static void copyFiles(Path from, Path to) throws IOException {
    try (Stream<Path> old = Files.list(to)) {
      for (Path each : (Iterable<Path>) old.filter(Files::isRegularFile)::iterator) {
        Files.delete(each);
      }
    }
    try (Stream<Path> files = Files.list(from)) {
      for (Path each : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        Files.copy(each, to.resolve(each.getFileName()));
      }
    }
  }

  @Test
  void processThatMakesTenants_killed_leavesEachWholeOrNotThere() throws Exception {
    Set<String> made = new HashSet<>();
    Set<String> done = new HashSet<>();
    kill(
        Victim.CREATE,
        ROUNDS,
        (round, lines) -> {
          made.addAll(of("made", lines));
          done.addAll(of("done", lines));
          try (DoSQL tenants = DoSQL.open(options())) {
            Set<String> there = new HashSet<>();
            tenants.tenants().forEach(tenant -> there.add(tenant.name()));
            assertThat(there).as("seed=%s", seed).containsAll(made);
            for (String name : there) {
              List<Long> rows = tenants.db(name).query(Long.class, "SELECT id FROM groups");
              assertThat(rows).as("%s, seed=%s", name, seed).isSubsetOf(List.of(1L));
              assertThat(!rows.isEmpty() || !done.contains(name))
                  .as("%s, seed=%s", name, seed)
                  .isTrue();
            }
            assertSwept(data);
          }
        });
    assertThat(done).isNotEmpty();
    checkAllFiles();
  }

  private void checkAllFiles() throws Exception {
    List<Path> files;
    try (Stream<Path> all = Files.list(data)) {
      files = all.filter(file -> file.toString().endsWith(".db")).toList();
    }
    for (Path file : files) {
      checkFile(file, Set.of(), Set.of());
    }
  }

  @Test
  void processThatEvicts_killed_losesNothingAndLeavesNothingHalf() throws Exception {
    Map<String, Set<Long>> done = new HashMap<>();
    kill(
        Victim.EVICT,
        ROUNDS,
        (round, lines) -> {
          for (String line : of("done", lines)) {
            String[] words = line.split(" ");
            done.computeIfAbsent(words[0], any -> new HashSet<>()).add(Long.valueOf(words[1]));
          }
          boolean plainFirst = round % 2 == 0;
          if (plainFirst) {
            checkEvicted(done);
          }
          try (DoSQL tenants = DoSQL.open(options())) {
            done.forEach(
                (name, ids) -> {
                  List<Long> there = tenants.db(name).query(Long.class, "SELECT id FROM groups");
                  assertThat(missing(new HashSet<>(there), ids)).as("seed=%s", seed).isEmpty();
                });
          }
          checkEvicted(done);
        });
    assertThat(done).isNotEmpty();
  }

  private void checkEvicted(Map<String, Set<Long>> done) throws SQLException {
    for (Map.Entry<String, Set<Long>> each : done.entrySet()) {
      checkFile(data.resolve(each.getKey() + ".db"), Set.of(), each.getValue());
    }
  }

  @Test
  void processThatDeletes_killed_leavesEachTenantWholeOrGoneAndNeverWithOldRows() throws Exception {
    kill(
        Victim.DELETE,
        ROUNDS,
        (round, lines) -> {
          Map<String, String> last = new HashMap<>();
          Map<String, Long> written = new HashMap<>();
          for (String line : lines) {
            String[] words = line.split(" ");
            if (words.length > 1 && words[0].matches("written|deleting|deleted")) {
              last.put(words[1], words[0]);
              if (words.length > 2) {
                written.put(words[1], Long.valueOf(words[2]));
              }
            }
          }
          try (DoSQL tenants = DoSQL.open(options())) {
            for (Map.Entry<String, String> each : last.entrySet()) {
              checkDeleted(tenants, each.getKey(), each.getValue(), written.get(each.getKey()));
            }
            checkAllFilesClosed(tenants);
            assertSwept(data);
          }
        });
  }

  private void checkDeleted(DoSQL tenants, String name, String last, long id) {
    String what = name + ", " + last + ", seed=" + seed;
    List<Long> rows =
        tenants.find(name).map(db -> db.query(Long.class, "SELECT id FROM groups")).orElse(null);
    switch (last) {
      case "written" -> assertThat(rows).as(what).isNotNull().containsExactly(id);
      case "deleting" -> assertThat(rows).as(what).isIn(null, List.of(id));
      default -> assertThat(rows).as(what).isIn(null, List.of(), List.of(id + 10));
    }
    if (rows != null) {
      tenants.delete(name);
    }
    assertThat(tenants.create(name).query("SELECT id FROM groups")).as(what).isEmpty();
  }

  private void checkAllFilesClosed(DoSQL tenants) throws Exception {
    List<String> names = tenants.tenants().map(TenantInfo::name).toList();
    names.forEach(tenants::suspend); // Which closes them: SQLite is to see them alone.
    checkAllFiles();
    names.forEach(tenants::delete);
  }

  @Test
  void processThatRenames_killed_leavesEachTenantOneNameAndAllItsRows() throws Exception {
    Map<String, Set<Long>> written = new HashMap<>();
    try (DoSQL tenants = DoSQL.open(options())) {
      for (int i = 0; i < 4; i++) {
        tenants.create("t" + i);
      }
    }
    kill(
        Victim.RENAME,
        ROUNDS,
        (round, lines) -> {
          Map<String, String> last = new HashMap<>();
          for (String line : of("renamed", lines)) {
            last.put(line.split(" ")[0], line.split(" ")[1]);
          }
          for (String line : of("written", lines)) {
            String[] words = line.split(" ");
            written.computeIfAbsent(words[0], any -> new HashSet<>()).add(Long.valueOf(words[1]));
          }
          try (DoSQL tenants = DoSQL.open(options())) {
            for (int i = 0; i < 4; i++) {
              checkRenamed(tenants, "t" + i, written.getOrDefault("t" + i, Set.of()));
            }
            assertThat(tenants.tenants()).as("seed=%s", seed).hasSize(4);
            assertSwept(data);
          }
          checkAllFiles();
        });
  }

  private void checkRenamed(DoSQL tenants, String one, Set<Long> written) {
    String other = Victim.otherName(one);
    boolean isOne = tenants.find(one).isPresent();
    assertThat(tenants.find(other).isPresent()).as("%s, seed=%s", one, seed).isEqualTo(!isOne);
    String name = isOne ? one : other;
    tenants.resume(name);
    List<Long> rows = tenants.db(name).query(Long.class, "SELECT id FROM groups");
    assertThat(missing(new HashSet<>(rows), written)).as("%s, seed=%s", name, seed).isEmpty();
    // Nobody meets what belonged to the other name.
    String free = isOne ? other : one;
    assertThat(tenants.create(free).query("SELECT id FROM groups")).as("%s", free).isEmpty();
    tenants.delete(free);
  }

  @Test
  void processThatImports_killed_leavesEachTenantWholeOrNotThere() throws Exception {
    try (DoSQL tenants = DoSQL.open(options())) {
      DB origin = tenants.create("origin");
      for (long id = 0; id < 3_000; id += 10) {
        origin.run("INSERT INTO groups(id, size) VALUES(?, 0)", id);
      }
      origin.exportTo(parent.resolve(Victim.SOURCE));
      tenants.delete("origin");
    }
    Set<String> made = new HashSet<>();
    kill(
        Victim.IMPORT,
        ROUNDS,
        (round, lines) -> {
          made.addAll(of("made", lines));
          try (DoSQL tenants = DoSQL.open(options())) {
            List<String> there = tenants.tenants().map(TenantInfo::name).toList();
            assertThat(there).as("seed=%s", seed).containsAll(made);
            for (String name : there) {
              assertThat(tenants.db(name).queryOne(Long.class, "SELECT count(*) FROM groups"))
                  .as("%s, seed=%s", name, seed)
                  .hasValue(300L);
            }
            assertSwept(data);
          }
        });
    checkAllFiles();
  }

  @Test
  void processThatExports_killed_leavesEachFileWholeOrNotThere() throws Exception {
    DoSQL.open(options()).close();
    Path out = Files.createDirectory(parent.resolve(Victim.OUT));
    Set<Long> exported = new HashSet<>();
    Set<Long> done = new HashSet<>();
    kill(
        Victim.EXPORT,
        ROUNDS,
        (round, lines) -> {
          of("exported", lines).forEach(id -> exported.add(Long.valueOf(id)));
          of("done acme", lines).forEach(id -> done.add(Long.valueOf(id)));
          for (long id : exported) {
            assertThat(out.resolve(id + ".sqlite")).as("seed=%s", seed).exists();
          }
          if (Files.exists(data.resolve("acme.db"))) {
            checkFile(data.resolve("acme.db"), exported, done);
          }
        });
    try (Stream<Path> files = Files.list(out)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = file.getFileName().toString();
        if (name.endsWith(".sqlite")) {
          // Each was made after that group had been acknowledged.
          checkFile(file, Set.of(Long.valueOf(name.replace(".sqlite", ""))), Set.of());
        } else {
          assertThat(name).as("seed=%s", seed).startsWith(".dosql-export-");
        }
      }
    }
  }

  @Test
  void processThatVacuums_killed_losesNothingAndLeavesNothingHalf() throws Exception {
    DoSQL.open(options()).close();
    Set<Long> done = new HashSet<>();
    kill(
        Victim.VACUUM,
        ROUNDS,
        (round, lines) -> {
          of("done acme", lines).forEach(id -> done.add(Long.valueOf(id)));
          Path file = data.resolve("acme.db");
          if (round % 2 == 0 && Files.exists(file)) {
            checkFile(file, Set.of(), done);
          }
          try (DoSQL tenants = DoSQL.open(options())) {
            DB acme = tenants.db("acme");
            assertThat(
                    missing(new HashSet<>(acme.query(Long.class, "SELECT id FROM groups")), done))
                .as("acknowledged, round=%s, seed=%s", round, seed)
                .isEmpty();
          }
          checkFile(file, Set.of(), done);
        });
    assertThat(done).isNotEmpty();
  }
}
