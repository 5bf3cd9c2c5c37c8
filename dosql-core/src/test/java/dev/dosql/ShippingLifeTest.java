package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.storage.MemoryObjectStore;
import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.TroubledStore;
import dev.dosql.testing.Waits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shipping through the life of a tenant: closed, evicted and opened while the bucket is away. */
@Timeout(180)
class ShippingLifeTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String TABLE = "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)";
  private static final String INSERT = "INSERT INTO t(v) VALUES (?)";

  @TempDir Path parent;

  private final TroubledStore store = new TroubledStore(MemoryObjectStore.create());
  private final List<StorageEvent> events = new CopyOnWriteArrayList<>();

  private DBOptions.Builder options(Shipping.Builder shipping) {
    return DBOptions.builder()
        .directory(parent.resolve("data"))
        .cold(store)
        .shipping(shipping.shipInterval(Duration.ofMillis(50)).build())
        .storageListener(events::add);
  }

  private List<StorageEvent.Kind> kinds() {
    return events.stream().map(StorageEvent::kind).toList();
  }

  private static void closeTenant(DoSQL tenants, String name) {
    tenants.suspend(name);
    tenants.resume(name);
  }

  private int rowsInBucket(DoSQL tenants) {
    Path file = parent.resolve("restored-" + System.nanoTime() + ".db");
    tenants.restoreTo("acme", file);
    DBOptions other =
        DBOptions.builder().directory(parent.resolve("other-" + System.nanoTime())).build();
    try (DoSQL others = DoSQL.open(other)) {
      others.importFile("acme", file);
      return others.db("acme").queryOne(Integer.class, "SELECT count(*) FROM t").orElseThrow();
    }
  }

  @Test
  void givenUpAndClosed_isShippedWithoutBeingUsed_whenTheBucketAnswers() throws Exception {
    DBOptions options = options(Shipping.builder().queueBytesMax(65_536)).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      acme.awaitDurable(acme.bookmark(), SOON);
      store.down(true);
      for (int i = 0; i < 20; i++) {
        acme.run("INSERT INTO t(v) VALUES (hex(randomblob(20000)))");
        acme.bookmark();
      }
      Waits.until("given up", () -> kinds().contains(StorageEvent.Kind.DEGRADED));
      closeTenant(tenants, "acme");
      assertThat(tenants.shipping().tenants()).as("is not forgotten").hasSize(1);
      store.down(false);
      Waits.until("in the bucket", () -> rowsInBucket(tenants) == 20);
    }
  }

  @Test
  void inDoubtAndReopened_isNotTakenForConfirmed() throws Exception {
    DBOptions options =
        options(Shipping.builder().bucketTimeout(Duration.ofMillis(800)))
            .durability(Durability.BUCKET)
            .build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      store.down(true);
      assertThatExceptionOfType(CommitInDoubtException.class)
          .isThrownBy(() -> acme.once("key", Long.class, tx -> tx.run(INSERT, "x").changes()));
      closeTenant(tenants, "acme");
      assertThatExceptionOfType(CommitInDoubtException.class)
          .isThrownBy(() -> acme.once("key", Long.class, tx -> tx.run(INSERT, "x").changes()));
      store.down(false);
      Waits.until("confirmed", () -> isReplayed(acme));
      assertThat(rowsInBucket(tenants)).isEqualTo(1);
    }
  }

  private static boolean isReplayed(DB db) {
    try {
      return db.once("key", Long.class, tx -> tx.run(INSERT, "x").changes()).replayed();
    } catch (CommitInDoubtException e) {
      return false; // It may be a second until the bucket is asked again.
    }
  }

  @Test
  void snapshot_thatTakesLong_holdsUpNobody() throws Exception {
    store.slow("/0009/", Duration.ofSeconds(4));
    DBOptions options =
        options(Shipping.builder().bucketTimeout(Duration.ofSeconds(2)))
            .durability(Durability.BUCKET)
            .build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      for (int i = 0; i < 20; i++) {
        acme.run("INSERT INTO t(v) VALUES (hex(randomblob(20000)))");
      }
      Waits.until("a snapshot is being put", () -> store.isSlowNow());
      long began = System.nanoTime();
      acme.run(INSERT, "meanwhile");
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(2));
    }
  }

  @Test
  void snapshot_thatFails_failsNoCommitAndIsNotTriedAtOnce() throws Exception {
    store.failing("/0009/");
    DBOptions options = options(Shipping.builder()).durability(Durability.BUCKET).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      for (int i = 0; i < 40; i++) {
        acme.run("INSERT INTO t(v) VALUES (hex(randomblob(20000)))");
      }
      Waits.until("told", () -> kinds().contains(StorageEvent.Kind.SHIPPING_FAILED));
      assertThat(store.failures()).as("tries of one snapshot").isLessThan(10);
      assertThat(rowsInBucket(tenants)).isEqualTo(40);
    }
  }

  @Test
  void close_whileSomebodyAwaits_endsTheWait() throws Exception {
    DoSQL tenants = DoSQL.open(options(Shipping.builder()).build());
    DB acme = tenants.db("acme");
    acme.exec(TABLE);
    store.down(true);
    Bookmark bookmark = acme.bookmark();
    Caller waiter =
        Callers.start(
            () ->
                assertThatExceptionOfType(DoSQLException.class)
                    .isThrownBy(() -> acme.awaitDurable(bookmark, Duration.ofMinutes(2))));
    Waits.untilParked(waiter);
    long began = System.nanoTime();
    tenants.close();
    waiter.join();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(60));
  }

  @Test
  void close_whileARequestHangs_keepsTheDirectoryLocked() throws Exception {
    DBOptions options = options(Shipping.builder()).build();
    DoSQL tenants = DoSQL.open(options);
    tenants.db("acme").exec(TABLE);
    tenants.db("acme").awaitDurable(tenants.db("acme").bookmark(), SOON);
    store.latency(Duration.ofSeconds(25));
    tenants.db("acme").run(INSERT, "hangs");
    Waits.until("hangs", () -> store.isSlowNow());
    tenants.close();
    assertThatExceptionOfType(DatabaseLockedException.class).isThrownBy(() -> DoSQL.open(options));
    store.latency(Duration.ZERO);
    Waits.until(
        "is given back",
        () -> {
          try {
            DoSQL.open(options).close();
            return true;
          } catch (DatabaseLockedException e) {
            return false;
          }
        });
  }

  @Test
  void listener_thatTakesLong_holdsNoWriter() throws Exception {
    DBOptions options =
        options(Shipping.builder().queueBytesMax(65_536))
            .storageListener(
                event -> {
                  events.add(event);
                  try {
                    Thread.sleep(3_000);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                })
            .build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      acme.awaitDurable(acme.bookmark(), SOON);
      store.down(true);
      long longest = 0;
      for (int i = 0; i < 30; i++) {
        long began = System.nanoTime();
        acme.run("INSERT INTO t(v) VALUES (hex(randomblob(20000)))");
        acme.bookmark();
        longest = Math.max(longest, System.nanoTime() - began);
      }
      Waits.until("given up", () -> kinds().contains(StorageEvent.Kind.DEGRADED));
      assertThat(Duration.ofNanos(longest)).isLessThan(Duration.ofMillis(2_500));
      store.down(false);
    }
  }
}
