package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.dosql.storage.MemoryObjectStore;
import dev.dosql.storage.internal.FailPoints;
import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.HeldWriter;
import dev.dosql.testing.TroubledStore;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commits go to the bucket, and answers wait for it as far as they shall. */
@Timeout(120)
class ShippingTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String TABLE = "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)";
  private static final String INSERT = "INSERT INTO t(v) VALUES (?)";

  @TempDir Path parent;

  private final MemoryObjectStore memory = MemoryObjectStore.create();
  private final TroubledStore store = new TroubledStore(memory);
  private final List<StorageEvent> events = new CopyOnWriteArrayList<>();

  private DBOptions.Builder options(String directory) {
    return DBOptions.builder()
        .directory(parent.resolve(directory))
        .cold(store)
        .storageListener(events::add);
  }

  private static Shipping.Builder shipping() {
    return Shipping.builder().shipInterval(Duration.ofMillis(50));
  }

  private List<StorageEvent.Kind> kinds() {
    return events.stream().map(StorageEvent::kind).toList();
  }

  /** What a machine that has nothing but the bucket finds there. */
  private List<String> rowsElsewhere() {
    try (DoSQL tenants = DoSQL.open(options("elsewhere").build())) {
      DB acme = tenants.find("acme").orElseThrow();
      assertThat(acme.integrityCheck()).isEmpty();
      return acme.query(String.class, "SELECT v FROM t ORDER BY id");
    }
  }

  @Test
  void awaitDurable_thenNewDirectory_hasTheRows() {
    try (DoSQL tenants = DoSQL.open(options("one").build())) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      acme.run(INSERT, "first");
      Bookmark bookmark = acme.bookmark();
      acme.awaitDurable(bookmark, SOON);
      acme.run(INSERT, "second");
      Bookmark second = acme.bookmark();
      assertThat(second.isAtOrAfter(bookmark)).isTrue();
      acme.awaitDurable(second, SOON);
      assertThat(tenants.shipping().tenants().get(0).shipped()).contains(second);
      assertThat(acme.bookmark()).as("nothing was committed since").isEqualTo(second);
    }
    assertThat(rowsElsewhere()).containsExactly("first", "second");
  }

  @Test
  void close_shipsWhatIsLeft() {
    try (DoSQL tenants = DoSQL.open(options("one").build())) {
      tenants.db("acme").exec(TABLE);
      tenants.db("acme").run(INSERT, "left");
    }
    assertThat(rowsElsewhere()).containsExactly("left");
  }

  @Test
  void interval_ends_commitsAreShippedByThemselves() throws Exception {
    try (DoSQL tenants = DoSQL.open(options("one").shipping(shipping().build()).build())) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      acme.run(INSERT, "alone");
      Waits.until(
          "shipped",
          () -> {
            ShippingReport report = tenants.shipping();
            return report.lag().isZero() && report.tenants().get(0).shipped().isPresent();
          });
      assertThat(rowsElsewhereByRestore(tenants)).containsExactly("alone");
    }
  }

  @Test
  void transaction_thatHoldsTheWriter_holdsUpNoCommitBeforeIt() throws Exception {
    Shipping patient = Shipping.builder().shipInterval(Duration.ofMillis(500)).build();
    try (DoSQL tenants = DoSQL.open(options("one").shipping(patient).build())) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      acme.awaitDurable(acme.bookmark(), SOON);
      long txid = acme.bookmark().txid();
      acme.run(INSERT, "before");
      try (HeldWriter held = HeldWriter.of(acme)) {
        Waits.until("shipped", () -> shippedTxid(tenants) > txid);
        assertThat(rowsElsewhereByRestore(tenants)).containsExactly("before");
        assertThat(held.failure()).isNull();
      }
    }
  }

  private static long shippedTxid(DoSQL tenants) {
    return tenants.shipping().tenants().get(0).shipped().map(Bookmark::txid).orElse(0L);
  }

  /** The log is checkpointed and begun anew some times; an image would tell of a loss. */
  @Test
  void writtenMuch_throughCheckpoints_isCapturedBesideTheWriterWithoutAnImage() throws Exception {
    writeMuch(shipping().shipBytes(100_000));
  }

  /** Without rounds between, so that it is read beside the writer and captured by checkpoints. */
  @Test
  void writtenMuch_throughCheckpoints_isReadAheadAndCapturedWithoutAnImage() throws Exception {
    AtomicInteger readings = new AtomicInteger();
    FailPoints.onReached(
        point -> {
          if (point.equals("capture.read.ahead")) {
            readings.incrementAndGet();
          }
        });
    try {
      writeMuch(Shipping.builder().shipInterval(Duration.ofHours(1)));
    } finally {
      FailPoints.onReached(null);
    }
    assertThat(readings).hasValueGreaterThan(5);
  }

  private void writeMuch(Shipping.Builder shipping) throws Exception {
    Shipping often = shipping.queueBytesMax(1L << 40).build();
    DBOptions.Builder options = options("one").durability(Durability.PROCESS).shipping(often);
    try (DoSQL tenants = DoSQL.open(options.build())) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      Callers.together(
          4,
          number -> {
            for (int i = 0; i < 2_500; i++) {
              acme.run("INSERT INTO t(v) VALUES (? || hex(randomblob(4000)))", number + "." + i);
            }
            return number;
          });
      acme.awaitDurable(acme.bookmark(), SOON);
      assertThat(rowsElsewhereByRestore(tenants))
          .isEqualTo(acme.query(String.class, "SELECT v FROM t ORDER BY id"))
          .hasSize(10_000);
    }
    assertThat(kinds()).doesNotContain(StorageEvent.Kind.WHOLE_IMAGE);
    assertThat(kinds()).doesNotContain(StorageEvent.Kind.SHIPPING_FAILED);
  }

  private List<String> rowsElsewhereByRestore(DoSQL tenants) {
    Path file = parent.resolve("restored.db");
    tenants.restoreTo("acme", file);
    try (DoSQL other =
        DoSQL.open(DBOptions.builder().directory(parent.resolve("imported")).build())) {
      other.importFile("acme", file);
      return other.db("acme").query(String.class, "SELECT v FROM t ORDER BY id");
    }
  }

  @Test
  void bucket_16threads_shareputsAndAreAllThere() throws Exception {
    store.latency(Duration.ofMillis(10));
    DBOptions options = options("one").durability(Durability.BUCKET).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      long before = store.puts();
      Callers.together(
          16,
          number -> {
            for (int i = 0; i < 10; i++) {
              acme.run(INSERT, number + "." + i);
            }
            return number;
          });
      assertThat(store.puts() - before).as("puts for 160 commits").isLessThan(60);
      assertThat(rowsElsewhereByRestore(tenants)).hasSize(160);
    }
  }

  @Test
  void bucket_down_commitIsInDoubtAndNotUndone_andArrivesLater() throws Exception {
    DBOptions options =
        options("one")
            .durability(Durability.BUCKET)
            .shipping(shipping().bucketTimeout(Duration.ofMillis(300)).build())
            .build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      store.down(true);
      CommitInDoubtException doubt =
          catchThrowableOfType(CommitInDoubtException.class, () -> acme.run(INSERT, "doubtful"));
      Bookmark bookmark = doubt.bookmark().orElseThrow();
      assertThat(acme.query(String.class, "SELECT v FROM t")).containsExactly("doubtful");
      Waits.until("event", () -> kinds().contains(StorageEvent.Kind.SHIPPING_FAILED));
      store.down(false);
      acme.awaitDurable(bookmark, SOON);
      assertThat(rowsElsewhereByRestore(tenants)).containsExactly("doubtful");
    }
    assertThat(kinds())
        .contains(StorageEvent.Kind.SHIPPING_FAILED, StorageEvent.Kind.SHIPPING_RECOVERED);
  }

  @Test
  void local_bucketDown_writesGoOn_andCatchUp() throws Exception {
    DBOptions options = options("one").shipping(shipping().build()).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      acme.awaitDurable(acme.bookmark(), SOON);
      store.down(true);
      for (int i = 0; i < 50; i++) {
        acme.run(INSERT, "row " + i);
      }
      Waits.until("lag is told", () -> !tenants.shipping().lag().isZero());
      Waits.until(
          "error is told", () -> tenants.shipping().tenants().get(0).lastError().isPresent());
      store.down(false);
      acme.awaitDurable(acme.bookmark(), SOON);
    }
    assertThat(rowsElsewhere()).hasSize(50);
  }

  @Test
  void answersLost_eachPut_isFoundToBeOurs() {
    try (DoSQL tenants = DoSQL.open(options("one").durability(Durability.BUCKET).build())) {
      store.answersLost(true);
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      acme.run(INSERT, "once");
    }
    store.answersLost(false);
    assertThat(rowsElsewhere()).containsExactly("once");
  }

  @Test
  void queueFull_blocking_writesWaitAndFailTyped_andGoOnLater() throws Exception {
    DBOptions options =
        options("one")
            .writeLockTimeout(Duration.ofMillis(300))
            .shipping(
                shipping().queueBytesMax(65_536).whenFull(Shipping.WhenFull.BLOCK_WRITES).build())
            .build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      acme.awaitDurable(acme.bookmark(), SOON);
      store.down(true);
      assertThatExceptionOfType(WriteLockTimeoutException.class)
          .isThrownBy(
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  acme.run("INSERT INTO t(v) VALUES (hex(randomblob(20000)))");
                  acme.bookmark();
                }
              })
          .withMessageContaining("bucket");
      long rows = acme.queryOne(Long.class, "SELECT count(*) FROM t").orElseThrow();
      store.down(false);
      Waits.until("room", () -> tenants.shipping().lagBytes() == 0);
      acme.run(INSERT, "later");
      acme.awaitDurable(acme.bookmark(), SOON);
      assertThat(rowsElsewhereByRestore(tenants)).hasSize((int) rows + 1);
    }
  }

  @Test
  void queueFull_degrading_writesGoOn_andTheTenantIsShippedWhole() throws Exception {
    DBOptions options = options("one").shipping(shipping().queueBytesMax(65_536).build()).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      Bookmark before = acme.bookmark();
      acme.awaitDurable(before, SOON);
      store.down(true);
      for (int i = 0; i < 40; i++) {
        acme.run("INSERT INTO t(v) VALUES (hex(randomblob(20000)))");
        if (i % 5 == 0) {
          acme.bookmark();
        }
      }
      Waits.until("event", () -> kinds().contains(StorageEvent.Kind.DEGRADED));
      assertThat(directorySize(parent.resolve("one/.dosql/replicas/acme")))
          .as("what waits on the disk")
          .isLessThan(400_000);
      Bookmark after = acme.bookmark();
      assertThatExceptionOfType(CommitInDoubtException.class)
          .isThrownBy(() -> acme.awaitDurable(after, Duration.ofMillis(100)));
      store.down(false);
      acme.awaitDurable(after, SOON);
      assertThat(after.lineage()).isNotEqualTo(before.lineage());
      assertThat(rowsElsewhereByRestore(tenants)).hasSize(40);
    }
  }

  @Test
  void queueTooOld_degrading_isGivenUpWithTheNextCommit() throws Exception {
    DBOptions options =
        options("one").shipping(shipping().queueAgeMax(Duration.ofMillis(300)).build()).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      acme.awaitDurable(acme.bookmark(), SOON);
      store.down(true);
      acme.run(INSERT, "old");
      acme.bookmark();
      Thread.sleep(500);
      acme.run(INSERT, "new");
      Waits.until(
          "event",
          () -> {
            acme.run(INSERT, "more");
            acme.bookmark();
            return kinds().contains(StorageEvent.Kind.DEGRADED);
          });
      store.down(false);
      Waits.until("answers", () -> kinds().contains(StorageEvent.Kind.SHIPPING_RECOVERED));
    }
    assertThat(rowsElsewhere()).startsWith("old", "new", "more");
  }

  @Test
  void durability_ofOneTenant_isItsOwn() {
    store.latency(Duration.ofMillis(5));
    DBOptions options = options("one").durability("vip", Durability.BUCKET).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      tenants.db("vip").exec(TABLE);
      tenants.db("plain").exec(TABLE);
      long before = store.puts();
      tenants.db("plain").run(INSERT, "local");
      assertThat(store.puts()).as("nobody waits for the bucket").isEqualTo(before);
      tenants.db("vip").run(INSERT, "in the bucket");
      assertThat(store.puts()).isGreaterThan(before);
    }
  }

  @Test
  void report_countsWhatTheStoreCounts_andEstimatesCosts() {
    try (DoSQL tenants = DoSQL.open(options("one").build())) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      acme.awaitDurable(acme.bookmark(), SOON);
      ShippingReport report = tenants.shipping();
      StorageRequests total = report.total();
      assertThat(total.puts() + total.gets() + total.lists() + total.deletes())
          .isEqualTo(store.requests());
      assertThat(total.puts()).isEqualTo(store.puts());
      assertThat(total.bytesPut()).isPositive();
      assertThat(report.tenants()).hasSize(1);
      assertThat(report.tenants().get(0).requests().puts()).isEqualTo(total.puts());
      assertThat(report.lagBytes()).isZero();
      assertThat(report.monthlyCostOnS3()).isGreaterThan(report.monthlyCostOnR2());
    }
  }

  @Test
  void costs_ofOnePutEveryTenSecondsForAMonth_areAsDocumented() {
    StorageRequests month = new StorageRequests(30L * 24 * 360, 0, 0, 0, 0, 0);
    assertThat(month.costOnS3()).isCloseTo(1.296, within(0.001));
    assertThat(month.costOnR2()).isCloseTo(1.166, within(0.001));
  }

  @Test
  void restore_tellsHowFarItIs() {
    try (DoSQL tenants = DoSQL.open(options("one").build())) {
      tenants.db("acme").exec(TABLE);
      tenants.db("acme").run("INSERT INTO t(v) VALUES (hex(randomblob(100000)))");
    }
    List<RestoreProgress> seen = new CopyOnWriteArrayList<>();
    StorageListener listener =
        new StorageListener() {
          @Override
          public void on(StorageEvent event) {}

          @Override
          public void onRestore(RestoreProgress progress) {
            seen.add(progress);
            throw new IllegalStateException("a listener that fails has no effect");
          }
        };
    try (DoSQL tenants = DoSQL.open(options("two").storageListener(listener).build())) {
      assertThat(tenants.db("acme").query("SELECT v FROM t")).hasSize(1);
    }
    assertThat(seen).isNotEmpty();
    RestoreProgress last = seen.get(seen.size() - 1);
    assertThat(last.tenant()).isEqualTo("acme");
    assertThat(last.bytesRead()).isPositive().isEqualTo(last.bytesKnown());
  }

  /** The pauses between tries grow, but not for those who wait. */
  @Test
  void bucket_awayForAWhile_isNoticedSoonByWhoWaits_whenItAnswersAgain() throws Exception {
    try (DoSQL tenants = DoSQL.open(options("one").shipping(shipping().build()).build())) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      acme.awaitDurable(acme.bookmark(), SOON);
      store.down(true);
      acme.run(INSERT, "waits");
      Bookmark bookmark = acme.bookmark();
      Caller waiting = Callers.start(() -> acme.awaitDurable(bookmark, SOON));
      Thread.sleep(7_000);
      store.down(false);
      long began = System.nanoTime();
      waiting.join();
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
    }
  }

  /** Or a large tenant that is written to all the time would never be in the bucket. */
  @Test
  void image_longerThanTheQueue_isShippedWhileOthersWrite() throws Exception {
    Path file = parent.resolve("large.db");
    try (DoSQL others =
        DoSQL.open(DBOptions.builder().directory(parent.resolve("without")).build())) {
      others.db("acme").exec(TABLE);
      others.db("acme").run("INSERT INTO t(v) VALUES (hex(randomblob(1000000)))");
      others.db("acme").exportTo(file);
    }
    store.latency(Duration.ofMillis(100));
    DBOptions options = options("one").shipping(shipping().queueBytesMax(262_144).build()).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      tenants.importFile("acme", file);
      DB acme = tenants.db("acme");
      Bookmark first = acme.bookmark();
      for (int i = 0; i < 50; i++) {
        acme.run(INSERT, "row " + i);
        acme.bookmark(); // Captures.
      }
      acme.awaitDurable(first, SOON);
      acme.awaitDurable(acme.bookmark(), SOON);
    }
    assertThat(kinds()).isEmpty();
    assertThat(rowsElsewhere()).hasSize(51);
  }

  private static long directorySize(Path directory) throws IOException {
    long size = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        size += Files.size(file);
      }
    }
    return size;
  }

  @Test
  void logLongerThanDatabase_isFollowedByASnapshot_andRestoresFromIt() throws Exception {
    try (DoSQL tenants = DoSQL.open(options("one").build())) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      acme.run(INSERT, "kept");
      for (int i = 0; i < 40; i++) {
        acme.run("UPDATE t SET v = hex(randomblob(4000)) WHERE id = 2");
        acme.run("INSERT OR REPLACE INTO t(id, v) VALUES (2, hex(randomblob(4000)))");
        acme.awaitDurable(acme.bookmark(), SOON);
      }
      Waits.until("snapshot", () -> memoryKeys().stream().anyMatch(key -> key.contains("/0009/")));
    }
    assertThat(rowsElsewhere()).hasSize(2).startsWith("kept");
  }

  private List<String> memoryKeys() {
    try {
      return memory.list("", "", 1000).stream().map(each -> each.key()).toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void bookmark_withoutColdStore_isATypedError() {
    try (DoSQL tenants =
        DoSQL.open(DBOptions.builder().directory(parent.resolve("none")).build())) {
      assertThatExceptionOfType(HistoryNotConfiguredException.class)
          .isThrownBy(() -> tenants.db("acme").bookmark());
      assertThatExceptionOfType(HistoryNotConfiguredException.class).isThrownBy(tenants::shipping);
    }
  }

  @Test
  void bucketDurability_withoutColdStore_isRefused() {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> DBOptions.builder().durability(Durability.BUCKET).build())
        .withMessageContaining("cold");
  }
}
