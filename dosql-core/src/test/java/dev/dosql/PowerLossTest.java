package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.testing.Callers;
import dev.dosql.testing.ForcedFiles;
import dev.dosql.testing.ForcedFiles.Forcing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Power cuts, simulated: after any force, what was forced is on the disk, and of what was written
 * later any sector may be or not. Whatever was acknowledged by then must be there. The files are
 * opened by plain SQLite, as {@code synchronous=NORMAL} has left them.
 */
@Timeout(300)
class PowerLossTest {
  private static final int THREADS = 16;
  private static final int COMMITS = 12;
  private static final int SECTOR = 512;
  private static final int CUTS = 3;

  private static final String BROKEN =
      "SELECT count(*) FROM groups WHERE size <>"
          + " (SELECT count(*) FROM members WHERE grp = groups.id)";

  @TempDir Path parent;
  private Path data;
  private Path migrations;
  private final long seed = Long.getLong("dosql.seed", System.nanoTime());
  private final Random random = new Random(seed);

  /** A commit that was acknowledged, and the last state that was forced by then. */
  private record Ack(long id, int state) {}

  /** What a run of many writers left behind: its answers, and the log as it was at the end. */
  private record Recording(ForcedFiles files, List<Ack> acks, byte[] log) {}

  @BeforeEach
  void prepare() throws IOException {
    System.out.println("PowerLossTest: -Ddosql.seed=" + seed);
    data = Files.createDirectory(parent.resolve("data"));
    migrations = Files.createDirectory(parent.resolve("migrations"));
    Files.writeString(migrations.resolve("001_start.sql"), Victim.SCHEMA);
  }

  private DBOptions options(ForcedFiles files) {
    return DBOptions.builder().directory(files.path()).migrations(migrations.toString()).build();
  }

  /** Sixteen threads that commit to one tenant; its log is not moved into the file meanwhile. */
  private Recording record(Forcing forcing) throws Exception {
    ForcedFiles files = new ForcedFiles(data.toRealPath(), forcing);
    List<Ack> acks = Collections.synchronizedList(new ArrayList<>());
    try (DoSQL tenants = DoSQL.open(options(files))) {
      DB acme = tenants.db("acme");
      Callers.together(
          THREADS,
          number -> {
            for (int i = 0; i < COMMITS; i++) {
              long id = number * 1_000L + i * 10;
              commit(acme, i, id);
              acks.add(new Ack(id, files.state()));
            }
            return null;
          });
      return new Recording(files, acks, Files.readAllBytes(data.resolve("acme.db-wal")));
    }
  }

  private static void commit(DB db, int number, long id) {
    switch (number % 3) {
      case 0 -> db.run("INSERT INTO groups(id, size) VALUES(?, 0)", id);
      case 1 ->
          db.useTransaction(
              tx -> {
                tx.run("INSERT INTO groups(id, size) VALUES(?, 3)", id);
                for (int i = 0; i < 3; i++) {
                  tx.run("INSERT INTO members VALUES(?, ?, ?)", id + i, id, "x".repeat(i * 3_000));
                }
              });
      default ->
          db.batch(
              "INSERT INTO groups(id, size) VALUES(?, 0)",
              IntStream.range(0, 5).mapToObj(i -> id + i).toList());
    }
  }

  /** What a power cut right after that state was forced takes of what was acknowledged by then. */
  private Set<Long> lost(Recording recording, int state, int acknowledgedUntil, Path cut)
      throws Exception {
    Set<Long> lost = new TreeSet<>();
    recording.acks.stream()
        .filter(ack -> ack.state <= acknowledgedUntil)
        .forEach(ack -> lost.add(ack.id));
    if (Files.exists(cut.resolve("acme.db"))) {
      lost.removeAll(ids(cut.resolve("acme.db"), state));
    }
    return lost;
  }

  private Set<Long> ids(Path file, int state) throws SQLException {
    Set<Long> ids = new HashSet<>();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      String what = "state=" + state + ", seed=" + seed;
      assertThat(first(statement, "PRAGMA integrity_check")).as(what).isEqualTo("ok");
      assertThat(first(statement, BROKEN)).as("half there, %s", what).isEqualTo("0");
      try (ResultSet rows = statement.executeQuery("SELECT id FROM groups")) {
        while (rows.next()) {
          ids.add(rows.getLong(1));
        }
      }
    }
    return ids;
  }

  private static String first(Statement statement, String sql) throws SQLException {
    try (ResultSet rows = statement.executeQuery(sql)) {
      return rows.getString(1);
    }
  }

  private Path cut(Recording recording, int state) throws IOException {
    Path cut = Files.createTempDirectory(parent, "cut");
    recording.files.state(state).writeTo(cut);
    return cut;
  }

  /** A log as it may be that is forced so far: some later sectors are on the disk, some are not. */
  private byte[] torn(byte[] forced, byte[] later) {
    int length = forced.length + random.nextInt(Math.max(1, later.length - forced.length + 1));
    byte[] torn = Arrays.copyOf(forced, length);
    int mode = random.nextInt(3); // All of it, a few sectors, or about half of them.
    for (int at = 0; at < Math.min(length, later.length); at += SECTOR) {
      int end = Math.min(at + SECTOR, Math.min(length, later.length));
      if (mode == 0 || random.nextInt(mode == 1 ? 20 : 2) == 0) {
        System.arraycopy(later, at, torn, at, end - at);
      }
    }
    return torn;
  }

  @Test
  void acknowledgedInLocal_powerIsCutAfterAnyForce_isThereAndNothingIsHalf() throws Exception {
    Recording recording = record(Forcing.REAL);
    TreeSet<Integer> states = new TreeSet<>();
    recording.acks.forEach(ack -> states.add(ack.state));
    assertThat(recording.acks).hasSize(THREADS * COMMITS);
    assertThat(states).as("forces that somebody was answered behind").hasSizeGreaterThan(5);
    for (int state : states) {
      byte[] forced = recording.files.state(state).bytes("acme.db-wal");
      assertThat(lost(recording, state, state, cut(recording, state)))
          .as("nothing later on the disk, state=%s, seed=%s", state, seed)
          .isEmpty();
      for (int i = 0; i < CUTS; i++) {
        Path cut = cut(recording, state);
        Files.write(cut.resolve("acme.db-wal"), torn(forced, recording.log));
        assertThat(lost(recording, state, state, cut))
            .as("some of what is later, state=%s, seed=%s", state, seed)
            .isEmpty();
      }
    }
  }

  /** The test above sees what it is there for. */
  @Test
  void forcesThatAreLeftOutOrComeTooLate_areNoticed() throws Exception {
    Recording recording = record(Forcing.REAL);
    int late = 0;
    for (int state = 1; state <= recording.files.state(); state++) {
      // As if everybody had been answered one force too early.
      late += lost(recording, state - 1, state, cut(recording, state - 1)).isEmpty() ? 0 : 1;
    }
    assertThat(late).as("states in which an early answer is noticed").isGreaterThan(5);
    for (Forcing forcing : new Forcing[] {Forcing.NOTHING, Forcing.FILES_ONLY}) {
      data = Files.createDirectory(parent.resolve("data-" + forcing));
      Recording lying = record(forcing);
      int state = lying.files.state();
      assertThat(lost(lying, state, state, cut(lying, state))).as("%s", forcing).isNotEmpty();
    }
  }

  @Test
  void tenant_createdSuspendedResumedDeleted_powerIsCutBehindTheAnswer_isAsTheAnswerSaid()
      throws Exception {
    ForcedFiles files = new ForcedFiles(data.toRealPath(), Forcing.REAL);
    String hashed = "é".repeat(60);
    try (DoSQL tenants = DoSQL.open(options(files))) {
      for (String name : List.of("acme", hashed)) {
        tenants.create(name);
        assertThat(afterCut(files, name)).isEqualTo("CLOSED 0");
        tenants.db(name).run("INSERT INTO groups(id, size) VALUES(1, 0)");
        assertThat(afterCut(files, name)).isEqualTo("CLOSED 1");
        tenants.suspend(name);
        assertThat(afterCut(files, name)).isEqualTo("SUSPENDED");
        tenants.resume(name);
        tenants.delete(name);
        assertThat(afterCut(files, name)).isEqualTo("gone");
        tenants.create(name);
        assertThat(afterCut(files, name)).as("no old rows").isEqualTo("CLOSED 0");
      }
    }
  }

  /** What the library finds of a tenant after a cut: its state, and how many groups it has. */
  private String afterCut(ForcedFiles files, String name) throws IOException {
    Path cut = Files.createTempDirectory(parent, "cut");
    files.state(files.state()).writeTo(cut);
    DBOptions options = DBOptions.builder().directory(cut).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      TenantInfo found =
          tenants.tenants().filter(tenant -> tenant.name().equals(name)).findAny().orElse(null);
      if (found == null) {
        return "gone";
      }
      return found.state() == TenantInfo.State.SUSPENDED
          ? "SUSPENDED"
          : found.state()
              + " "
              + tenants.db(name).query(Long.class, "SELECT count(*) FROM groups").get(0);
    }
  }

  @Test
  void existingTenant_migratedInLocal_isForcedBeforeItIsUsed() throws Exception {
    DBOptions plain = DBOptions.builder().directory(data).migrations(migrations.toString()).build();
    try (DoSQL tenants = DoSQL.open(plain)) {
      tenants.create("acme").run("INSERT INTO groups(id, size) VALUES(1, 0)");
    }
    Files.writeString(
        migrations.resolve("002_more.sql"), "ALTER TABLE groups ADD COLUMN more DEFAULT 7;");
    ForcedFiles files = new ForcedFiles(data.toRealPath(), Forcing.REAL);
    try (DoSQL tenants = DoSQL.open(options(files))) {
      assertThat(tenants.db("acme").query(Long.class, "SELECT more FROM groups"))
          .containsExactly(7L);
      Path cut = Files.createTempDirectory(parent, "cut");
      files.state(files.state()).writeTo(cut);
      try (Connection connection =
              DriverManager.getConnection("jdbc:sqlite:" + cut.resolve("acme.db"));
          Statement statement = connection.createStatement()) {
        assertThat(first(statement, "SELECT more FROM groups")).isEqualTo("7");
        assertThat(first(statement, "PRAGMA integrity_check")).isEqualTo("ok");
        assertThat(first(statement, "SELECT count(*) FROM _dosql_migrations WHERE success"))
            .isEqualTo("2");
      }
    }
  }

  /** What a crash left in the log is seen from then on, so it must survive a power cut as well. */
  @Test
  void logThatACrashLeft_isForcedBeforeItIsRead() throws Exception {
    Path killed = Files.createDirectory(parent.resolve("killed"));
    DBOptions process = DBOptions.builder().directory(data).durability(Durability.PROCESS).build();
    try (DoSQL tenants = DoSQL.open(process)) {
      tenants.db("acme").exec(Victim.SCHEMA + "INSERT INTO groups(id, size) VALUES(1, 0);");
      Files.copy(data.resolve("acme.db"), killed.resolve("acme.db"));
      Files.copy(data.resolve("acme.db-wal"), parent.resolve("log"));
    }
    ForcedFiles files = new ForcedFiles(killed.toRealPath(), Forcing.REAL);
    Files.copy(parent.resolve("log"), killed.resolve("acme.db-wal")); // Written, and not forced.
    DBOptions local = DBOptions.builder().directory(files.path()).build();
    try (DoSQL tenants = DoSQL.open(local)) {
      assertThat(tenants.db("acme").query(Long.class, "SELECT id FROM groups")).containsExactly(1L);
      assertThat(afterCut(files, "acme")).isEqualTo("CLOSED 1");
    }
  }
}
