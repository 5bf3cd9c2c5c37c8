package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.testing.Callers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class EvictionTest {
  private static final int THREADS = 64;
  private static final int TENANTS = 1_000;
  private static final int CALLS_EACH = 150;
  private static final long SEED = 7;

  @TempDir Path parent;

  private DBOptions.Builder options() {
    return DBOptions.builder().directory(parent.resolve("data"));
  }

  private static long open(DoSQL tenants) {
    return tenants.tenants().filter(each -> each.state() == TenantInfo.State.OPEN).count();
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  @Test
  void tenants1000_usedBy64ThreadsWhileEvictionRuns_neverMixLoseOrLeak() throws Exception {
    Files.createDirectories(parent.resolve("migrations"));
    Files.writeString(
        parent.resolve("migrations/001_start.sql"),
        "CREATE TABLE who(name TEXT PRIMARY KEY, count INTEGER NOT NULL);");
    DBOptions options =
        options()
            .migrations(parent.resolve("migrations").toString())
            .openTenantsMax(40)
            .idleTimeout(Duration.ofMillis(20))
            .build();
    Map<String, AtomicInteger> acknowledged = new ConcurrentHashMap<>();
    try (DoSQL tenants = DoSQL.open(options)) {
      Callers.together(
          THREADS,
          number -> {
            Random random = new Random(SEED + number);
            for (int i = 0; i < CALLS_EACH; i++) {
              // Some are met often, so that they are opened while they are closed.
              int which = random.nextInt(3) == 0 ? random.nextInt(20) : random.nextInt(TENANTS);
              use(tenants, "tenant-" + which, random.nextInt(4), acknowledged);
            }
            return number;
          });
      await("openTenantsMax", () -> open(tenants) <= 40);
      for (int i = 0; i < TENANTS; i++) {
        use(tenants, "tenant-" + i, 0, acknowledged);
      }
    }
    assertNothingIsLeft();
    assertCounted(options, acknowledged);
  }

  private static void use(
      DoSQL tenants, String name, int kind, Map<String, AtomicInteger> acknowledged) {
    DB db = tenants.db(name);
    switch (kind) {
      case 0 ->
          db.run("INSERT INTO who VALUES(?, 1) ON CONFLICT DO UPDATE SET count = count + 1", name);
      case 1 ->
          db.useTransaction(
              tx -> {
                tx.run("INSERT INTO who VALUES(?, 0) ON CONFLICT DO NOTHING", name);
                tx.run("UPDATE who SET count = count + 1");
              });
      case 2 -> {
        assertThat(db.query(String.class, "SELECT name FROM who")).isSubsetOf(name);
        return;
      }
      default -> {
        try (RowStream<String> rows = db.stream(String.class, "SELECT name FROM who")) {
          rows.forEachRemaining(each -> assertThat(each).isEqualTo(name));
        }
        return;
      }
    }
    acknowledged.computeIfAbsent(name, any -> new AtomicInteger()).incrementAndGet();
  }

  private void assertNothingIsLeft() throws Exception {
    try (Stream<Path> files = Files.list(parent.resolve("data"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .filteredOn(name -> !name.endsWith(".db"))
          .containsExactly(".dosql");
    }
    assertThat(descriptorsInto(parent.toRealPath())).isEmpty();
    await(
        "threads",
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("dosql-")));
  }

  /** Where there is no such directory, as on other systems than Linux, nothing can be said. */
  private static List<String> descriptorsInto(Path directory) throws IOException {
    Path all = Path.of("/proc/self/fd");
    if (!Files.isDirectory(all)) {
      return List.of();
    }
    List<String> found = new ArrayList<>();
    try (Stream<Path> descriptors = Files.list(all)) {
      for (Path each : descriptors.toList()) {
        try {
          String target = Files.readSymbolicLink(each).toString();
          if (target.startsWith(directory.toString())) {
            found.add(target);
          }
        } catch (IOException e) {
          // Closed meanwhile.
        }
      }
    }
    return found;
  }

  private static void assertCounted(DBOptions options, Map<String, AtomicInteger> acknowledged) {
    try (DoSQL tenants = DoSQL.open(options)) {
      assertThat(tenants.tenants()).hasSize(TENANTS);
      acknowledged.forEach(
          (name, count) -> {
            Row row = tenants.db(name).queryOne("SELECT name, count FROM who").orElseThrow();
            assertThat(row.getString("name")).isEqualTo(name);
            assertThat(row.getInt("count")).as(name).isEqualTo(count.get());
          });
    }
  }

  @Test
  void handle_keptOverEviction_worksAsBefore() throws Exception {
    try (DoSQL tenants = DoSQL.open(options().idleTimeout(Duration.ofMillis(10)).build())) {
      DB acme = tenants.db("acme");
      acme.exec("CREATE TABLE t(x)");
      PreparedSql count = acme.prepare("SELECT count(*) FROM t");
      for (int i = 1; i <= 5; i++) {
        acme.run("INSERT INTO t VALUES(?)", i);
        await("eviction", () -> open(tenants) == 0);
        assertThat(Files.exists(parent.resolve("data/acme.db-wal"))).isFalse();
        assertThat(acme.query(Integer.class, "SELECT count(*) FROM t")).containsExactly(i);
        await("eviction", () -> open(tenants) == 0);
        assertThat(count.get().orElseThrow().getInt(0)).isEqualTo(i);
      }
    }
  }

  @Test
  void tenant_unusedForIdleTimeout_isClosedAndUsableAgain() throws Exception {
    Path log = parent.resolve("data/acme.db-wal");
    try (DoSQL tenants = DoSQL.open(options().idleTimeout(Duration.ofSeconds(2)).build())) {
      DB acme = tenants.db("acme");
      acme.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
      assertThat(state(tenants, "acme")).isEqualTo(TenantInfo.State.OPEN);
      assertThat(log).exists();
      long used = System.nanoTime();
      acme.run("INSERT INTO t VALUES(2)");
      await("idle", () -> state(tenants, "acme") == TenantInfo.State.CLOSED);
      assertThat(System.nanoTime() - used).isGreaterThanOrEqualTo(TimeUnit.SECONDS.toNanos(2));
      assertThat(log).doesNotExist();
      assertThat(acme.query(Integer.class, "SELECT x FROM t")).containsExactly(1, 2);
      acme.run("INSERT INTO t VALUES(3)");
      assertThat(state(tenants, "acme")).isEqualTo(TenantInfo.State.OPEN);
    }
  }

  @Test
  void evicted_isTheOneUsedLeastRecently() {
    try (DoSQL tenants = DoSQL.open(options().openTenantsMax(2).build())) {
      tenants.db("a").query("SELECT 1");
      tenants.db("b").query("SELECT 1");
      tenants.db("a").query("SELECT 1");
      tenants.db("c").query("SELECT 1");

      assertThat(tenants.tenants().filter(each -> each.state() == TenantInfo.State.OPEN))
          .extracting(TenantInfo::name)
          .containsExactlyInAnyOrder("a", "c");
    }
  }

  @Test
  void tenant_withAStreamOrTransactionInProgress_isNotEvicted() throws Exception {
    DBOptions options = options().openTenantsMax(1).idleTimeout(Duration.ofMillis(10)).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      acme.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1), (2), (3)");
      try (RowStream<Integer> rows = acme.stream(Integer.class, "SELECT x FROM t")) {
        assertThat(rows.next()).isEqualTo(1);
        tenants.db("other").query("SELECT 1");
        Thread.sleep(60);
        assertThat(rows.next()).isEqualTo(2);
        assertThat(state(tenants, "acme")).isEqualTo(TenantInfo.State.OPEN);
      }
      acme.useTransaction(
          tx -> {
            tx.run("INSERT INTO t VALUES(4)");
            Callers.together(1, number -> tenants.db("other").query("SELECT 1"));
            Thread.sleep(60);
            tx.run("INSERT INTO t VALUES(5)");
          });
      assertThat(acme.query(Integer.class, "SELECT x FROM t")).hasSize(5);
      await("eviction", () -> open(tenants) == 0);
    }
  }

  private static TenantInfo.State state(DoSQL tenants, String name) {
    return tenants
        .tenants()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow()
        .state();
  }

  @Test
  void openTenantsMax_moreInUseAtOnce_isKeptAgainAsSoonAsTheyAreDone() throws Exception {
    try (DoSQL tenants = DoSQL.open(options().openTenantsMax(3).build())) {
      CountDownLatch inside = new CountDownLatch(10);
      Callers.together(
          10,
          number ->
              tenants
                  .db("tenant-" + number)
                  .transaction(
                      tx -> {
                        inside.countDown();
                        assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
                        return tx.query("SELECT 1");
                      }));
      assertThat(open(tenants)).isLessThanOrEqualTo(3);
    }
  }

  @Test
  void openTenantsMax_threadsOpenAtOnce_doesNotEvictMoreThanNeeded() throws Exception {
    try (DoSQL tenants = DoSQL.open(options().openTenantsMax(20).build())) {
      Callers.together(
          8,
          number -> {
            for (int i = 0; i < 20; i++) {
              tenants.db("tenant-" + (number * 20 + i)).query("SELECT 1");
            }
            return number;
          });
      assertThat(open(tenants)).isEqualTo(20);
    }
  }
}
