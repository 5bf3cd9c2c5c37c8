package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.testing.Disk;
import dev.dosql.testing.ForcedFiles;
import dev.dosql.testing.ForcedFiles.Forcing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Power cuts at every moment of what is done to tenants as a whole, as {@link Disk} simulates them:
 * what was forced is there, and of all else anything. What was answered is there then; what was
 * asked for and not answered is done or not, and nothing is in between. The library itself opens
 * what is left, and goes on with it.
 */
@Timeout(300)
class PowerCutTest {
  private static final String SHORT = "acme";
  private static final String HASHED = "é".repeat(60);
  private static final List<String> NAMES = List.of(SHORT, "globex", HASHED);
  private static final int CUTS = 4;
  private static final String IDS = "SELECT coalesce(group_concat(id), '') FROM groups";

  @TempDir Path parent;
  private Path migrations;
  private Path root;
  private final long seed = Long.getLong("dosql.seed", System.nanoTime());
  private final Random random = new Random(seed);

  /** What the answers said: each tenant and each exported file with its rows. */
  private final List<Map<String, String>> states = new ArrayList<>();

  private Disk disk;
  private ForcedFiles files;

  @BeforeEach
  void prepare() throws IOException {
    System.out.println("PowerCutTest: -Ddosql.seed=" + seed);
    migrations = Files.createDirectory(parent.resolve("migrations"));
    Files.writeString(migrations.resolve("001_start.sql"), Victim.SCHEMA);
    root = Files.createDirectory(parent.resolve("disk")).toRealPath();
    Files.createDirectory(root.resolve("data"));
    Files.createDirectory(root.resolve("out"));
  }

  private DBOptions options(Path data) {
    return DBOptions.builder().directory(data).migrations(migrations.toString()).build();
  }

  /** From here on everything is noted; what is there now is on the disk. */
  private DoSQL watched(Forcing forcing, String... there) throws IOException {
    files = new ForcedFiles(root, forcing);
    disk = files.watch();
    states.clear();
    states.add(state(there));
    return DoSQL.open(options(files.path().resolve("data")));
  }

  private static Map<String, String> state(String... there) {
    Map<String, String> state = new TreeMap<>();
    for (String each : there) {
      String[] words = each.split(":", -1);
      state.put(words[0], words[1]);
    }
    return state;
  }

  /** Does something, and says what must be there from its answer on. */
  private void step(Runnable work, String... there) throws IOException {
    states.add(state(there));
    work.run();
    disk.answer();
  }

  /** A tenant that was there before, with one row. */
  private void made(String... names) {
    try (DoSQL tenants = DoSQL.open(options(root.resolve("data")))) {
      for (String name : names) {
        tenants.create(name).run("INSERT INTO groups(id, size) VALUES(1, 0)");
      }
      tenants.create("any");
      tenants.delete("any"); // But there is a template.
    }
  }

  // ---- cuts

  private void assertEveryCut() throws IOException {
    Set<String> wrong = wrongCuts(disk.moments());
    assertThat(wrong).as("%s wrong cuts", wrong.size()).isEmpty();
  }

  /** Descriptions of the cuts after which something is there that must not be, or is not. */
  private Set<String> wrongCuts(List<Disk.Moment> moments) throws IOException {
    Set<String> wrong = new TreeSet<>();
    Set<List<Object>> tried = new HashSet<>();
    for (Disk.Moment moment : moments) {
      List<Map<String, ByteBuffer>> cuts = new ArrayList<>(moment.oneByOne());
      cuts.add(moment.least());
      cuts.add(moment.most());
      for (int i = 0; i < CUTS; i++) {
        cuts.add(moment.some(random));
      }
      for (Map<String, ByteBuffer> cut : cuts) {
        if (tried.add(List.of(moment.answers(), cut))) {
          check(moment.answers(), cut, wrong);
        }
      }
    }
    assertThat(tried).as("cuts").hasSizeGreaterThan(10);
    return wrong;
  }

  private void check(int answers, Map<String, ByteBuffer> cut, Set<String> wrong)
      throws IOException {
    Path left = Files.createTempDirectory(parent, "cut");
    Disk.write(cut, left);
    Map<String, String> found = found(left);
    Map<String, String> before = states.get(answers);
    Map<String, String> after = states.get(Math.min(answers + 1, states.size() - 1));
    if (!found.equals(before) && !found.equals(after)) {
      wrong.add(
          "after %s answers, seed=%s: seen %s, needed %s or %s; left by the cut: %s"
              .formatted(answers, seed, found, before, after, cut.keySet()));
    }
  }

  /** What the library finds; whoever is not there must be able to begin anew, and be empty. */
  private Map<String, String> found(Path left) throws IOException {
    Map<String, String> found = new TreeMap<>();
    DBOptions options =
        options(left.resolve("data")).toBuilder().durability(Durability.PROCESS).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      tenants.tenants().toList().forEach(tenant -> found.put(tenant.name(), rows(tenants, tenant)));
      for (String name : NAMES) {
        String anew = found.containsKey(name) ? "" : anew(tenants, name);
        if (!anew.isEmpty()) {
          found.put(name, "not there, and made anew " + anew);
        }
      }
    }
    try (Stream<Path> out = Files.list(left.resolve("out"))) {
      for (Path each : (Iterable<Path>) out::iterator) {
        String name = each.getFileName().toString();
        if (!name.startsWith(".dosql-export-")) {
          found.put(name, plainRows(each));
        }
      }
    }
    return found;
  }

  private static String rows(DoSQL tenants, TenantInfo tenant) {
    try {
      boolean suspended = tenant.state() == TenantInfo.State.SUSPENDED;
      if (suspended) {
        tenants.resume(tenant.name());
      }
      DB db = tenants.db(tenant.name());
      List<String> problems = db.integrityCheck();
      String rows =
          problems.isEmpty() ? db.queryOne(String.class, IDS).orElseThrow() : "" + problems;
      return suspended ? "suspended " + rows : rows;
    } catch (DoSQLException e) {
      return e.toString();
    }
  }

  private static String anew(DoSQL tenants, String name) {
    try {
      return tenants.create(name).queryOne(String.class, IDS).orElseThrow();
    } catch (DoSQLException e) {
      return e.toString();
    }
  }

  private static String plainRows(Path file) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      String problems = first(statement, "PRAGMA integrity_check");
      return problems.equals("ok") ? first(statement, IDS) : problems;
    } catch (SQLException e) {
      return e.toString();
    }
  }

  private static String first(Statement statement, String sql) throws SQLException {
    try (ResultSet rows = statement.executeQuery(sql)) {
      return rows.getString(1);
    }
  }

  private static void insert(DoSQL tenants, String name, int id) {
    tenants.db(name).run("INSERT INTO groups(id, size) VALUES(?, 0)", id);
  }

  // ---- what is cut

  @Test
  void tenant_createdSuspendedDeleted_powerIsCutAnywhere_isAsBeforeOrAfter() throws Exception {
    made();
    for (String name : List.of(SHORT, HASHED)) {
      try (DoSQL tenants = watched(Forcing.REAL)) {
        step(() -> tenants.create(name), name + ":");
        step(() -> insert(tenants, name, 1), name + ":1");
        step(() -> tenants.suspend(name), name + ":suspended 1");
        step(() -> tenants.resume(name), name + ":1");
        step(() -> insert(tenants, name, 2), name + ":1,2");
        step(() -> tenants.suspend(name), name + ":suspended 1,2");
        step(() -> tenants.delete(name));
        step(() -> tenants.create(name), name + ":");
        step(() -> insert(tenants, name, 3), name + ":3");
        step(() -> tenants.delete(name));
      }
      assertEveryCut();
    }
  }

  @Test
  void directory_openedForTheFirstTime_powerIsCutAnywhere_canBeOpened() throws Exception {
    try (DoSQL tenants = watched(Forcing.REAL)) {
      step(() -> tenants.create(HASHED), HASHED + ":");
      step(() -> insert(tenants, HASHED, 1), HASHED + ":1");
    }
    assertEveryCut();
  }

  @Test
  void tenantWithALogThatACrashLeft_deletedAndMadeAnew_powerIsCutAnywhere_neverHasOldRows()
      throws Exception {
    made(SHORT);
    Path kept = Files.createDirectory(parent.resolve("kept"));
    try (DoSQL tenants = DoSQL.open(options(root.resolve("data")))) {
      insert(tenants, SHORT, 2);
      Files.copy(root.resolve("data/acme.db"), kept.resolve("acme.db"));
      Files.copy(root.resolve("data/acme.db-wal"), kept.resolve("acme.db-wal"));
    }
    Files.delete(root.resolve("data/acme.db"));
    Files.copy(kept.resolve("acme.db"), root.resolve("data/acme.db"));
    Files.copy(kept.resolve("acme.db-wal"), root.resolve("data/acme.db-wal"));
    try (DoSQL tenants = watched(Forcing.REAL, "acme:1,2")) {
      step(() -> tenants.delete(SHORT));
      step(() -> tenants.create(SHORT), "acme:");
      step(() -> insert(tenants, SHORT, 3), "acme:3");
    }
    assertEveryCut();
  }

  /** A process killed before it forces leaves names to the next that no power cut need leave. */
  @Test
  void tenantHalfDeletedByAProcessThatWasKilled_madeAnew_powerIsCutAnywhere_isNotTheOldOne()
      throws Exception {
    made(SHORT);
    try (DoSQL tenants = DoSQL.open(options(root.resolve("data")))) {
      tenants.suspend(SHORT);
    }
    files = new ForcedFiles(root, Forcing.REAL);
    disk = files.watch();
    states.add(state("acme:suspended 1"));
    states.add(state("acme:"));
    Path data = files.path().resolve("data");
    Files.delete(data.resolve("acme.db")); // As delete does, and then it is killed.
    Files.delete(data.resolve("acme.suspended"));
    try (DoSQL tenants = DoSQL.open(options(data))) {
      states.set(0, state());
      int opened = disk.moments().size();
      tenants.create(SHORT);
      disk.answer();
      assertThat(wrongCuts(disk.moments().subList(opened, disk.moments().size()))).isEmpty();
    }
  }

  @Test
  void tenant_renamed_powerIsCutAnywhere_hasOneNameAndAllItsRows() throws Exception {
    made(SHORT);
    try (DoSQL tenants = watched(Forcing.REAL, "acme:1")) {
      step(() -> insert(tenants, SHORT, 2), "acme:1,2");
      step(() -> tenants.rename(SHORT, HASHED), HASHED + ":1,2");
      step(() -> insert(tenants, HASHED, 3), HASHED + ":1,2,3");
      step(() -> tenants.suspend(HASHED), HASHED + ":suspended 1,2,3");
      step(() -> tenants.rename(HASHED, "globex"), "globex:suspended 1,2,3");
      step(() -> tenants.create(HASHED), "globex:suspended 1,2,3", HASHED + ":");
      step(() -> tenants.delete(HASHED), "globex:suspended 1,2,3");
      step(() -> tenants.rename("globex", SHORT), "acme:suspended 1,2,3");
      step(() -> tenants.create("globex"), "acme:suspended 1,2,3", "globex:");
    }
    assertEveryCut();
  }

  @Test
  void file_importedAndExported_powerIsCutAnywhere_isWholeOrNotThere() throws Exception {
    made(SHORT);
    Path source = parent.resolve("source.sqlite");
    try (DoSQL tenants = DoSQL.open(options(root.resolve("data")))) {
      tenants.db(SHORT).exportTo(source);
    }
    try (DoSQL tenants = watched(Forcing.REAL, "acme:1")) {
      Path out = files.path().resolve("out");
      step(() -> tenants.importFile(HASHED, source), "acme:1", HASHED + ":1");
      step(() -> insert(tenants, HASHED, 2), "acme:1", HASHED + ":1,2");
      step(
          () -> tenants.db(HASHED).exportTo(out.resolve("one.sqlite")),
          "acme:1",
          HASHED + ":1,2",
          "one.sqlite:1,2");
      step(() -> tenants.delete(SHORT), HASHED + ":1,2", "one.sqlite:1,2");
      step(() -> tenants.importFile(SHORT, source), "acme:1", HASHED + ":1,2", "one.sqlite:1,2");
      step(
          () -> tenants.db(SHORT).exportTo(out.resolve("two.sqlite")),
          "acme:1",
          HASHED + ":1,2",
          "one.sqlite:1,2",
          "two.sqlite:1");
    }
    assertEveryCut();
  }

  @Test
  void tenant_vacuumed_powerIsCutAnywhere_hasAllItsRows() throws Exception {
    made(SHORT);
    try (DoSQL tenants = watched(Forcing.REAL, "acme:1")) {
      DB acme = tenants.db(SHORT);
      String fill =
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
              + " INSERT INTO members SELECT i, 1, printf('%2000d', i) FROM n";
      step(() -> acme.run(fill), "acme:1");
      step(() -> acme.run("DELETE FROM members WHERE id % 3 <> 0"), "acme:1");
      step(acme::vacuum, "acme:1");
      step(() -> insert(tenants, SHORT, 2), "acme:1,2");
      step(() -> acme.run("DELETE FROM members"), "acme:1,2");
      step(acme::vacuum, "acme:1,2");
      step(() -> insert(tenants, SHORT, 3), "acme:1,2,3");
      step(() -> tenants.rename(SHORT, "globex"), "globex:1,2,3");
    }
    assertEveryCut();
  }

  /** The tests above see what they are there for. */
  @Test
  void disksThatDoNotForce_areNoticed() throws Exception {
    made();
    for (Forcing forcing : List.of(Forcing.NOTHING, Forcing.FILES_ONLY)) {
      try (DoSQL tenants = watched(forcing)) {
        step(() -> tenants.create(SHORT), "acme:");
        step(() -> insert(tenants, SHORT, 1), "acme:1");
        step(() -> tenants.rename(SHORT, "globex"), "globex:1");
        step(() -> tenants.suspend("globex"), "globex:suspended 1");
        step(() -> tenants.delete("globex"));
      }
      Set<String> wrong = wrongCuts(disk.moments());
      for (int answers = 1; answers <= 5; answers++) {
        String step = "after " + answers + " answers";
        assertThat(wrong).as("%s", forcing).anyMatch(each -> each.startsWith(step));
      }
    }
  }
}
