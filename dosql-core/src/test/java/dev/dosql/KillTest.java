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

  private static final String HALF =
      "SELECT count(*) FROM (SELECT size, (SELECT count(*) FROM members WHERE grp = groups.id) AS n"
          + " FROM groups) WHERE CASE WHEN size >= 0 THEN n <> size ELSE n NOT IN (0, -size) END";

  private static final String UNFINISHED =
      "SELECT id FROM groups WHERE size < 0"
          + " AND NOT EXISTS (SELECT 1 FROM members WHERE grp = groups.id)";

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

  /**
   * Starts a process, kills it at some moment of its start or of its work, and returns what it
   * said.
   */
  private List<String> kill(Victim victim, Path directory, long round) throws Exception {
    try (ChildJvm child = victim.start(directory, migrations, round)) {
      List<String> lines = new ArrayList<>(List.of(child.line()));
      boolean early = victim.endsSoon() || random.nextInt(5) == 0;
      if (!early) {
        lines.add(child.line());
      }
      Thread.sleep(random.nextInt(early ? 1_000 : 250));
      child.kill();
      lines.addAll(child.rest());
      assertThat(lines).as("seed=%s", seed).noneMatch(line -> line.contains("Exception"));
      return lines;
    }
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
    for (int round = 0; round < COMMIT_ROUNDS; round++) {
      List<String> lines = kill(Victim.COMMIT, data, round);
      of("begun acme", lines).forEach(id -> begun.add(Long.valueOf(id)));
      of("done acme", lines).forEach(id -> done.add(Long.valueOf(id)));
      Path file = data.resolve("acme.db");
      if (round % 2 == 0 && Files.exists(file)) {
        checkFile(file, begun, done);
      }
      try (DoSQL tenants = DoSQL.open(options())) {
        DB acme = tenants.db("acme");
        assertThat(acme.queryOne(Long.class, HALF)).hasValue(0L);
        assertThat(missing(new HashSet<>(acme.query(Long.class, "SELECT id FROM groups")), done))
            .as("acknowledged, round=%s, seed=%s", round, seed)
            .isEmpty();
        assertSwept(data);
      }
      checkFile(file, begun, done);
    }
    assertThat(done).as("the processes did work").hasSizeGreaterThan(COMMIT_ROUNDS);
  }

  @Test
  void processThatOpensForTheFirstTime_killed_leavesWhatCanBeOpened() throws Exception {
    Files.createDirectory(data);
    for (int round = 0; round < ROUNDS; round++) {
      List<String> lines = kill(Victim.FIRST_OPEN, data, round);
      List<Path> directories;
      try (Stream<Path> all = Files.list(data)) {
        String prefix = "r" + round + "-";
        directories = all.filter(each -> each.getFileName().toString().startsWith(prefix)).toList();
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
    }
  }

  @Test
  void processThatMigrates_killed_leavesWholeFilesAndTheNextOpenFinishes() throws Exception {
    Path sound = Files.createDirectory(parent.resolve("sound"));
    try (DoSQL tenants = DoSQL.open(options())) {
      for (int i = 0; i < 30; i++) {
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
    for (int round = 0; round < ROUNDS; round++) {
      copyFiles(sound, data);
      List<String> lines = kill(Victim.MIGRATE, data, round);
      for (int i = 0; i < 30; i++) {
        int version = version(data.resolve("t" + i + ".db"));
        if (of("done", lines).contains("t" + i)) {
          assertThat(version).as("t%s, seed=%s", i, seed).isEqualTo(4);
        }
      }
      try (DoSQL tenants = DoSQL.open(options())) {
        for (int i = 0; i < 30; i++) {
          DB db = tenants.db("t" + i);
          assertThat(db.query(Long.class, "SELECT id FROM groups")).containsExactly((long) i);
          assertThat(db.query(Long.class, "SELECT count(*) FROM m4")).containsExactly(500L);
        }
      }
      for (int i = 0; i < 30; i++) {
        assertThat(version(data.resolve("t" + i + ".db"))).isEqualTo(4);
        checkFile(data.resolve("t" + i + ".db"), Set.of(), Set.of((long) i));
      }
    }
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
    for (int round = 0; round < ROUNDS; round++) {
      List<String> lines = kill(Victim.CREATE, data, round);
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
    }
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
    for (int round = 0; round < ROUNDS; round++) {
      for (String line : of("done", kill(Victim.EVICT, data, round))) {
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
    }
    assertThat(done).isNotEmpty();
  }

  private void checkEvicted(Map<String, Set<Long>> done) throws SQLException {
    for (Map.Entry<String, Set<Long>> each : done.entrySet()) {
      checkFile(data.resolve(each.getKey() + ".db"), Set.of(), each.getValue());
    }
  }

  @Test
  void processThatDeletes_killed_leavesEachTenantWholeOrGoneAndNeverWithOldRows() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Map<String, String> last = new HashMap<>();
      Map<String, Long> written = new HashMap<>();
      for (String line : kill(Victim.DELETE, data, round)) {
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
    }
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
}
