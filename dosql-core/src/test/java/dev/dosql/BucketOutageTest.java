package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.MemoryObjectStore;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.S3ObjectStore;
import dev.dosql.storage.testing.S3TestServer;
import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.Dump;
import dev.dosql.testing.TroubledStore;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sixteen threads write while the bucket is down, slow, or in a storm of errors: what is on the
 * disk stays within a bound that is measured all the time, nothing is lost, and all of it arrives.
 * For ten seconds each; for a minute with {@code -Psoak}.
 */
@Timeout(600)
class BucketOutageTest {
  private static final Duration OUTAGE =
      Duration.ofSeconds(Boolean.getBoolean("dosql.soak") ? 60 : 10);
  private static final Duration SOON = Duration.ofSeconds(120);
  private static final int WRITERS = 16;
  private static final long MIB = 1 << 20;

  /** What may wait for the bucket. */
  private static final long QUEUE = 4 * MIB;

  /**
   * How long the log becomes: it is begun anew at 16 MiB if nobody reads the old one, at 64 MiB in
   * any case, and is looked at every 64 commits, of which none here writes 128 KiB.
   */
  private static final long LOG_MAX = 64 * MIB + 64 * MIB / 8;

  /** What is made of one log at the most: one segment more than may wait. */
  private static final long SEGMENT_MAX = LOG_MAX;

  @TempDir Path parent;

  private final TroubledStore store = new TroubledStore(MemoryObjectStore.create());
  private final List<StorageEvent> events = new CopyOnWriteArrayList<>();
  private final AtomicLong nextId = new AtomicLong();
  private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
  private final Set<Long> doubtful = ConcurrentHashMap.newKeySet();
  private final Set<Long> refused = ConcurrentHashMap.newKeySet();
  private final Queue<Bookmark> doubts = new ConcurrentLinkedQueue<>();
  private long logMax;
  private long replicaMax;
  private volatile boolean measuring = true;

  private DBOptions.Builder options(ObjectStore cold, Shipping.Builder shipping) {
    return DBOptions.builder()
        .directory(parent.resolve("data"))
        .cold(cold)
        .shipping(shipping.shipInterval(Duration.ofMillis(100)).shipBytes(256 * 1_024).build())
        .writeLockTimeout(Duration.ofMillis(500))
        .storageListener(events::add);
  }

  private static Shipping.Builder shipping() {
    return Shipping.builder().queueBytesMax(QUEUE).putsPerSecondMax(1_000);
  }

  private Set<StorageEvent.Kind> kinds() {
    Set<StorageEvent.Kind> kinds = new TreeSet<>();
    events.forEach(event -> kinds.add(event.kind()));
    return kinds;
  }

  /** Commits until it is time, and notes what becomes of each. */
  private void write(DB acme, Duration time) throws Exception {
    long deadline = System.nanoTime() + time.toNanos();
    Callers.together(
        WRITERS,
        number -> {
          while (System.nanoTime() < deadline) {
            writeOne(acme);
          }
          return number;
        });
  }

  private void writeOne(DB acme) {
    long id = nextId.incrementAndGet();
    try {
      acme.run("INSERT INTO t(id, v) VALUES(?, hex(randomblob(200)))", id);
      acknowledged.add(id);
    } catch (CommitInDoubtException e) {
      doubtful.add(id);
      doubts.add(e.bookmark().orElseThrow(() -> new AssertionError("no bookmark", e)));
    } catch (WriteLockTimeoutException e) {
      refused.add(id);
    }
  }

  private static long size(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return 0; // It was shipped.
    }
  }

  private void measure() throws IOException, InterruptedException {
    while (measuring) {
      logMax = Math.max(logMax, size(parent.resolve("data/acme.db-wal")));
      long sum = 0;
      Path replica = parent.resolve("data/.dosql/replicas/acme");
      if (Files.exists(replica)) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(replica)) {
          for (Path file : files) {
            sum += size(file);
          }
        }
      }
      replicaMax = Math.max(replicaMax, sum);
      Thread.sleep(5);
    }
  }

  /** What happens to the bucket, and to the tenant meanwhile. */
  @FunctionalInterface
  private interface Trouble {
    void on(DB acme) throws Exception;
  }

  /** Writes before, during and after the trouble; then all must be in the bucket. */
  private void live(DBOptions options, Trouble trouble) throws Exception {
    Caller meter = Callers.startPlatform(this::measure);
    Path live = parent.resolve("live.db");
    Path restored = parent.resolve("restored.db");
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      acme.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
      acme.awaitDurable(acme.bookmark(), SOON);
      trouble.on(acme);
      long began = System.nanoTime();
      acme.awaitDurable(bookmark(acme), SOON);
      System.out.printf(
          "BucketOutageTest: caught up in %.2f s%n", (System.nanoTime() - began) / 1e9);
      write(acme, Duration.ofMillis(500));
      acme.awaitDurable(bookmark(acme), SOON);
      tenants.restoreTo("acme", restored);
      acme.exportTo(live);
    } finally {
      measuring = false;
      meter.join();
    }
    // An image as well, once the bucket answers again, and the copy that it is made of.
    long allowed = options.shipping().queueBytesMax() + SEGMENT_MAX + 2 * Files.size(live);
    assertAll(live, allowed);
    assertThat(Dump.difference(restored, live)).isEqualTo(Dump.SAME);
    assertThat(logMax).as("bytes of the log").isLessThanOrEqualTo(LOG_MAX);
    assertThat(replicaMax).as("bytes of the replica").isLessThanOrEqualTo(allowed);
    assertThat(kinds()).doesNotContain(StorageEvent.Kind.FENCED, StorageEvent.Kind.DIVERGED);
  }

  /** Also a bookmark waits where writes do, and there is none while a tenant is degraded. */
  private static Bookmark bookmark(DB acme) throws InterruptedException {
    List<Bookmark> taken = new ArrayList<>();
    Waits.until(
        "writes need not wait",
        SOON,
        () -> {
          try {
            return taken.add(acme.bookmark());
          } catch (WriteLockTimeoutException e) {
            return false;
          } catch (StorageException e) {
            assertThat(e).hasMessageContaining("given up");
            return false;
          }
        });
    return taken.get(0);
  }

  private void assertAll(Path live, long allowed) throws Exception {
    System.out.printf(
        "BucketOutageTest: %d acknowledged, %d in doubt, %d refused; log %d KiB of %d, replica"
            + " %d KiB of %d at most; events %s%n",
        acknowledged.size(),
        doubtful.size(),
        refused.size(),
        logMax / 1_024,
        LOG_MAX / 1_024,
        replicaMax / 1_024,
        allowed / 1_024,
        kinds());
    Set<Long> there = new TreeSet<>();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + live);
        Statement statement = connection.createStatement()) {
      Dump.texts(statement, "SELECT id FROM t").forEach(id -> there.add(Long.valueOf(id)));
    }
    Set<Long> wanted = new TreeSet<>(acknowledged);
    wanted.addAll(doubtful); // In doubt for others; here they are, and were not undone.
    assertThat(there).isEqualTo(wanted);
    assertThat(LongStream.rangeClosed(1, nextId.get()).filter(id -> !there.contains(id)).boxed())
        .as("refused, and nothing else")
        .containsExactlyInAnyOrderElementsOf(refused);
  }

  private Trouble down() {
    return acme -> {
      store.down(true);
      write(acme, OUTAGE);
      store.down(false);
    };
  }

  @Test
  void down_degrading_writesGoOn_theDiskIsBounded_andAllArrives() throws Exception {
    live(options(store, shipping()).build(), down());
    assertThat(kinds()).contains(StorageEvent.Kind.DEGRADED);
    assertThat(doubtful).isEmpty();
    assertThat(refused).isEmpty();
  }

  @Test
  void down_blockingWrites_theDiskIsBounded_andNothingRefusedWasDone() throws Exception {
    live(options(store, shipping().whenFull(Shipping.WhenFull.BLOCK_WRITES)).build(), down());
    assertThat(kinds()).doesNotContain(StorageEvent.Kind.DEGRADED);
    assertThat(refused).isNotEmpty();
    assertThat(doubtful).isEmpty();
  }

  @Test
  void down_inBucketDurability_commitsAreInDoubt_andTheirBookmarksArrive() throws Exception {
    Shipping.Builder shipping = shipping().queueBytesMax(256 * MIB);
    DBOptions options =
        options(store, shipping.bucketTimeout(Duration.ofMillis(300)))
            .durability(Durability.BUCKET)
            .build();
    live(
        options,
        acme -> {
          store.down(true);
          write(acme, OUTAGE);
          store.down(false);
          assertThat(doubtful).isNotEmpty();
          for (Bookmark doubt : doubts) {
            acme.awaitDurable(doubt, SOON);
          }
        });
    assertThat(kinds())
        .contains(StorageEvent.Kind.SHIPPING_FAILED, StorageEvent.Kind.SHIPPING_RECOVERED);
  }

  /** The bound of the log while it is shipped, to a bucket that is slower than the writers. */
  @Test
  void slow_theLogIsBounded_andAllArrives() throws Exception {
    store.latency(Duration.ofMillis(200));
    live(options(store, shipping().queueBytesMax(256 * MIB)).build(), acme -> write(acme, OUTAGE));
    assertThat(kinds()).isEmpty();
  }

  @Test
  void storm_ofErrorsDelaysAndResets_overS3_losesNothing() throws Exception {
    try (S3TestServer server = S3TestServer.start();
        ObjectStore cold =
            S3ObjectStore.builder(S3TestServer.BUCKET)
                .prefix("tenants")
                .endpoint(server.endpoint())
                .region("us-east-1")
                .credentials(S3TestServer.ACCESS_KEY, S3TestServer.SECRET_KEY)
                .build()) {
      DBOptions options =
          options(cold, shipping().queueBytesMax(256 * MIB).bucketTimeout(Duration.ofSeconds(2)))
              .durability(Durability.BUCKET)
              .build();
      live(
          options,
          acme -> {
            List<S3TestServer.Injection> storm = storm(server);
            write(acme, OUTAGE);
            server.clearFaults();
            System.out.println(
                "BucketOutageTest: faults " + storm.stream().map(each -> each.hits()).toList());
            assertThat(storm).allMatch(each -> each.hits() > 0);
            for (Bookmark doubt : doubts) {
              acme.awaitDurable(doubt, SOON);
            }
          });
    }
  }

  /** Half of all requests meet something. */
  private static List<S3TestServer.Injection> storm(S3TestServer server) {
    List<S3TestServer.Injection> storm = new ArrayList<>();
    for (S3TestServer.Fault fault :
        List.of(
            S3TestServer.Fault.answer(500, "InternalError"),
            S3TestServer.Fault.answer(503, "SlowDown"),
            S3TestServer.Fault.answer(429, "TooManyRequests"),
            S3TestServer.Fault.answerAfterCommit(500, "InternalError"),
            S3TestServer.Fault.resetBeforeCommit(),
            S3TestServer.Fault.resetAfterCommit(),
            S3TestServer.Fault.delayedAnswer(Duration.ofMillis(200)),
            S3TestServer.Fault.delay(Duration.ofMillis(200)))) {
      storm.add(
          server.inject(
              fault, Integer.MAX_VALUE, request -> ThreadLocalRandom.current().nextInt(12) == 0));
    }
    return storm;
  }
}
