package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.DirectoryObjectStore;
import dev.dosql.storage.ObjectStore;
import dev.dosql.testing.Callers;
import dev.dosql.testing.Dump;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is restored is what is live, at random moments of a random history: row by row, and byte by
 * byte where the file is closed. {@code -Ddosql.seed=…} repeats one, {@code -Ddosql.steps=…} makes
 * it longer.
 */
@Timeout(600)
class RestoredEqualsLiveTest {
  private static final int STEPS = Integer.getInteger("dosql.steps", 120);
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int TABLES_MAX = 5;

  @TempDir Path parent;

  private final List<StorageEvent> events = new CopyOnWriteArrayList<>();
  private final Map<Step, Integer> done = new EnumMap<>(Step.class);
  private SplittableRandom random;
  private ObjectStore bucket;
  private DoSQL tenants;
  private int tables;
  private int restores;
  private int sameBytes;

  /** What can happen; each as often as it is named. */
  private enum Step {
    INSERT(20),
    BLOBS(6),
    UPDATE(10),
    DELETE(6),
    BIG_TRANSACTION(2),
    ROLLED_BACK(3),
    TABLE(3),
    DROP(1),
    COLUMN(2),
    INDEX(2),
    VACUUM(2),
    EVICT(4),
    RESTART(4),
    LET_SHIP(4),
    RESTORE(14);

    private final int weight;

    Step(int weight) {
      this.weight = weight;
    }

    static Step any(SplittableRandom random) {
      int left = random.nextInt(List.of(values()).stream().mapToInt(step -> step.weight).sum());
      for (Step step : values()) {
        left -= step.weight;
        if (left < 0) {
          return step;
        }
      }
      throw new AssertionError();
    }
  }

  private DBOptions options() {
    return DBOptions.builder()
        .directory(parent.resolve("data"))
        .openTenantsMax(1)
        .cold(bucket)
        .shipping(Shipping.builder().shipInterval(Duration.ofMillis(10)).shipBytes(65_536).build())
        .storageListener(events::add)
        .build();
  }

  private DB acme() {
    return tenants.db("acme");
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 4_096, 65_536})
  void restored_atRandomMoments_isTheLiveDatabase(int pageSize) throws Exception {
    long seed = Long.getLong("dosql.seed", System.nanoTime());
    System.out.printf(
        "RestoredEqualsLiveTest: -Ddosql.seed=%d -Ddosql.steps=%d, pages of %d%n",
        seed, STEPS, pageSize);
    random = new SplittableRandom(seed);
    bucket = DirectoryObjectStore.open(parent.resolve("bucket"));
    tenants = DoSQL.open(options());
    try {
      tenants.importFile("acme", emptyFile(pageSize));
      step(Step.TABLE);
      for (int i = 0; i < STEPS; i++) {
        Step step = Step.any(random);
        try {
          step(step);
        } catch (RuntimeException | AssertionError e) {
          throw new AssertionError("step " + i + " " + step + ", seed=" + seed + " " + done, e);
        }
      }
      restore(true);
    } finally {
      tenants.close();
    }
    long snapshots =
        bucket.list("", "", 1_000).stream().filter(each -> each.key().contains("/0009/")).count();
    System.out.printf(
        "RestoredEqualsLiveTest: %d restores, %d of them to the byte, %d snapshots, %s%n",
        restores, sameBytes, snapshots, done);
    assertThat(snapshots).as("snapshots, seed=%s", seed).isPositive();
    assertThat(events).as("seed=%s", seed).isEmpty();
  }

  private Path emptyFile(int pageSize) throws SQLException {
    Path file = parent.resolve("empty.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA page_size=" + pageSize);
      statement.execute("CREATE TABLE first(id INTEGER PRIMARY KEY)");
    }
    return file;
  }

  private void step(Step step) throws Exception {
    done.merge(step, 1, Integer::sum);
    String table = "t" + random.nextInt(Math.max(1, tables));
    switch (step) {
      case INSERT ->
          acme().run("INSERT INTO " + table + "(v, b) VALUES(?, NULL)", text(random.nextInt(200)));
      case BLOBS ->
          acme()
              .run(
                  "INSERT INTO " + table + "(v, b) VALUES('blob', ?)",
                  bytes(random.nextInt(60_000)));
      case UPDATE ->
          acme()
              .run(
                  "UPDATE " + table + " SET v = ? WHERE id % 7 = ?",
                  text(random.nextInt(400)),
                  random.nextInt(7));
      case DELETE -> acme().run("DELETE FROM " + table + " WHERE id % 3 = ?", random.nextInt(3));
      case BIG_TRANSACTION -> acme().useTransaction(tx -> fill(tx, table));
      case ROLLED_BACK -> rollBack(table);
      case TABLE -> makeTable();
      case DROP -> acme().exec("DROP TABLE " + table + "; " + create(table));
      case COLUMN -> acme().exec("ALTER TABLE " + table + " ADD COLUMN c" + done.get(step));
      case INDEX -> acme().exec("CREATE INDEX i" + done.get(step) + " ON " + table + "(v)");
      case VACUUM -> acme().vacuum();
      case EVICT -> tenants.db("other").query("SELECT 1");
      case RESTART -> restart();
      case LET_SHIP -> Thread.sleep(random.nextInt(40));
      case RESTORE -> restore(random.nextInt(3) == 0);
    }
  }

  private void fill(Transaction tx, String table) {
    int rows = 200 + random.nextInt(400);
    for (int i = 0; i < rows; i++) {
      tx.run("INSERT INTO " + table + "(v, b) VALUES(?, ?)", text(1_000), bytes(300));
    }
  }

  private void rollBack(String table) {
    try {
      acme()
          .useTransaction(
              tx -> {
                fill(tx, table);
                throw new IllegalStateException("changed its mind");
              });
    } catch (IllegalStateException e) {
      // As it was meant.
    }
  }

  private static String create(String table) {
    return "CREATE TABLE " + table + "(id INTEGER PRIMARY KEY, v TEXT, b BLOB)";
  }

  private void makeTable() {
    if (tables < TABLES_MAX) {
      acme().exec(create("t" + tables));
      tables++;
    }
  }

  private String text(int length) {
    String text = Long.toHexString(random.nextLong());
    return text.repeat(length / text.length() + 1).substring(0, length);
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private void restart() {
    tenants.close();
    tenants = DoSQL.open(options());
  }

  /**
   * Restores, and compares with the rows as they are live; then with the bytes of the file, closed:
   * a snapshot commits page 1 anew, so before that the history may go on by itself.
   */
  private void restore(boolean closed) throws Exception {
    DB acme = acme();
    Bookmark bookmark = acme.bookmark();
    acme.awaitDurable(bookmark, SOON);
    Path restored = parent.resolve("restored-" + restores);
    Path live = parent.resolve("live-" + restores++);
    assertThat(tenants.restoreTo("acme", restored).isAtOrAfter(bookmark)).isTrue();
    acme.exportTo(live);
    assertThat(Dump.difference(restored, live)).isEqualTo(Dump.SAME);
    Files.delete(live);
    Files.delete(restored);
    if (closed) {
      tenants.close();
      assertSameBytes(restored);
      tenants = DoSQL.open(options());
    }
  }

  private void assertSameBytes(Path restored) throws IOException {
    DBOptions elsewhere =
        DBOptions.builder().directory(parent.resolve("elsewhere")).cold(bucket).build();
    try (DoSQL others = DoSQL.open(elsewhere)) {
      others.restoreTo("acme", restored);
    }
    assertThat(parent.resolve("data/acme.db")).hasSameBinaryContentAs(restored);
    Files.delete(restored);
    sameBytes++;
  }

  @Test
  void restored_whileOthersWrite_isAStateThatWas() throws Exception {
    bucket = DirectoryObjectStore.open(parent.resolve("bucket"));
    tenants = DoSQL.open(options());
    acme().exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
    AtomicBoolean stop = new AtomicBoolean();
    List<Long> counts = new ArrayList<>();
    try {
      Callers.together(
          5,
          number -> {
            if (number == 0) {
              try {
                for (int i = 0; i < 12; i++) {
                  counts.add(restoreAmongWrites(i));
                }
              } finally {
                stop.set(true);
              }
            }
            while (!stop.get()) {
              acme()
                  .useTransaction(
                      tx -> {
                        tx.run("INSERT INTO t(v) VALUES (?)", "x".repeat(100 * number));
                        tx.run("INSERT INTO t(v) VALUES ('second')");
                      });
            }
            return number;
          });
    } finally {
      tenants.close();
    }
    System.out.println("RestoredEqualsLiveTest: rows restored among writes " + counts);
    assertThat(events).isEmpty();
  }

  private long restoreAmongWrites(int i) throws Exception {
    Bookmark bookmark = acme().bookmark();
    long rows = acme().queryOne(Long.class, "SELECT count(*) FROM t").orElseThrow();
    Bookmark after = acme().bookmark();
    acme().awaitDurable(bookmark, SOON);
    Path restored = parent.resolve("among-" + i);
    Bookmark at = tenants.restoreTo("acme", restored);
    assertThat(at.isAtOrAfter(bookmark)).isTrue();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + restored);
        Statement statement = connection.createStatement()) {
      assertThat(Dump.texts(statement, "PRAGMA integrity_check")).containsExactly("ok");
      // Two rows of each commit, numbered without a gap: whole commits up to one of them.
      assertThat(Dump.texts(statement, "SELECT count(*) % 2 FROM t")).containsExactly("0");
      assertThat(Dump.texts(statement, "SELECT ifnull(max(id), 0) - count(*) FROM t"))
          .containsExactly("0");
      long there = Long.parseLong(Dump.texts(statement, "SELECT count(*) FROM t").get(0));
      if (at.isAtOrAfter(after)) {
        assertThat(there).isGreaterThanOrEqualTo(rows);
      }
      return there;
    }
  }
}
