package dev.dosql.storage.ship;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.MemoryObjectStore;
import dev.dosql.storage.capture.LocalLog;
import dev.dosql.storage.capture.Segment;
import dev.dosql.storage.internal.FailPoints;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What happens while something is captured beside those who commit. */
@Timeout(60)
class CapturesTest {
  private static final long QUEUE_BYTES_MAX = 100_000;

  @TempDir Path directory;

  private final Confirmations confirmations = new Confirmations();
  private final AtomicLong commits = new AtomicLong();
  private Shipper shipper;
  private Connection connection;
  private LocalLog log;
  private Captures captures;

  /** Done once, after the commits were counted. */
  private volatile @Nullable Runnable counted;

  @BeforeEach
  void open() throws Exception {
    Path database = directory.resolve("live.db");
    connection = DriverManager.getConnection("jdbc:sqlite:" + database);
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA wal_autocheckpoint = 0");
    log = LocalLog.open(directory.resolve("log"), database);
    shipper =
        new Shipper(
            MemoryObjectStore.create(),
            directory,
            "node",
            new ShipSettings(
                Duration.ofDays(1), 4096, 100, QUEUE_BYTES_MAX, Duration.ofDays(1), true),
            new Silence(),
            InstantSource.system());
    captures = new Captures("acme", shipper, log, confirmations);
    captures.opened(new Live());
    commit("CREATE TABLE t(a, b)");
    captures.capture();
  }

  @AfterEach
  void close() throws SQLException {
    FailPoints.onReached(null);
    shipper.end();
    log.close();
    connection.close();
  }

  private void run(String sql) {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  /** As the writer does it: first it is counted, then it is told. */
  private void commit(String sql) {
    run(sql);
    commits.incrementAndGet();
    captures.becameDue();
  }

  private static void at(String point, Runnable action) {
    AtomicReference<@Nullable Runnable> once = new AtomicReference<>(action);
    FailPoints.onReached(
        name -> {
          Runnable first = name.equals(point) ? once.getAndSet(null) : null;
          if (first != null) {
            first.run();
          }
        });
  }

  private String lineage() {
    return log.position().orElseThrow().lineage();
  }

  @Test
  void captureAhead_nothingElseIsCommitted_leavesNothing() throws IOException {
    commit("INSERT INTO t VALUES (1, randomblob(100))");
    assertThat(captures.captureAhead()).isTrue();
    assertThat(captures.isDue()).isFalse();
    assertThat(confirmations.txidOf(commits.get())).hasValue(2);
    assertThat(log.isBehind()).isFalse();
  }

  @Test
  void captureAhead_commitInTheSegmentsTime_staysDueAndIsNotTakenForCaptured() throws IOException {
    commit("INSERT INTO t VALUES (1, randomblob(100))");
    at("capture.wal.forced", () -> commit("INSERT INTO t VALUES (2, randomblob(100))"));
    assertThat(captures.captureAhead()).isTrue();
    assertThat(captures.isDue()).isTrue();
    assertThat(confirmations.txidOf(commits.get() - 1)).hasValue(2);
    assertThat(confirmations.txidOf(commits.get())).isEmpty();
    assertThat(captures.captureAhead()).isTrue();
    assertThat(captures.isDue()).isFalse();
    assertThat(confirmations.txidOf(commits.get())).hasValue(3);
  }

  @Test
  void captureAhead_imageNeeded_leavesItToTheWriter() throws IOException {
    commit("INSERT INTO t VALUES (1, randomblob(100))");
    log.resume(log.position().orElseThrow(), "test");
    assertThat(captures.captureAhead()).isFalse();
    assertThat(captures.isDue()).isTrue();
    captures.capture();
    assertThat(captures.isDue()).isFalse();
    assertThat(log.pending()).last().extracting(Segment::image).isEqualTo(true);
  }

  private static final int PAGE_BYTES = 4_096;

  /** As the writer does it, which has the log's length from SQLite. */
  private void look() {
    long frames = directory.resolve("live.db-wal").toFile().length() / (PAGE_BYTES + 24);
    captures.looked(frames * PAGE_BYTES);
    captures.readAhead(frames);
  }

  private static Semaphore readings() {
    Semaphore readings = new Semaphore(0);
    FailPoints.onReached(
        name -> {
          if (name.equals("capture.read.ahead")) {
            readings.release();
          }
        });
    return readings;
  }

  @Test
  void readAhead_whereMuchIsLeft_readsItBesideTheWriter_once() throws Exception {
    Semaphore readings = readings();
    commit("INSERT INTO t VALUES (1, randomblob(900000))");
    look();
    commit("INSERT INTO t VALUES (2, randomblob(900000))");
    look();
    look();
    assertThat(readings.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    assertThat(readings.tryAcquire(200, TimeUnit.MILLISECONDS)).as("little is left").isFalse();
    commit("INSERT INTO t VALUES (3, randomblob(1500000))");
    look();
    assertThat(readings.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    captures.capture();
    assertThat(log.isBehind()).isFalse();
  }

  /** It would be read until the bucket answers, which may be long. */
  @Test
  void readAhead_nothingIsToBeCaptured_readsNothing() throws Exception {
    commit("INSERT INTO t VALUES (1, randomblob(" + 2 * QUEUE_BYTES_MAX + "))");
    assertThat(captures.captureAhead()).isTrue();
    commit("INSERT INTO t VALUES (2, 2)");
    captures.capture();
    assertThat(captures.isSuspended()).isTrue();
    Semaphore readings = readings();
    commit("INSERT INTO t VALUES (3, randomblob(2000000))");
    look();
    assertThat(readings.tryAcquire(200, TimeUnit.MILLISECONDS)).isFalse();
  }

  /** It is in the segment then, but nobody knows; and no other segment follows. */
  @Test
  void positionOf_commitBetweenTheCountAndTheFrames_isASegmentThatThereIs() throws IOException {
    TenantShipping shipping = shipper.attach("other", "other", directory.resolve("live.db"));
    shipping.opened(new Live());
    shipping.mark();
    commit("INSERT INTO t VALUES (1, 1)");
    shipping.committed();
    counted =
        () -> {
          commit("INSERT INTO t VALUES (2, 2)");
          shipping.committed();
        };
    assertThat(shipping.awaitConfirmed(commits.get(), Duration.ofSeconds(20))).isTrue();
    assertThat(counted).as("it was committed meanwhile").isNull();
    long txid = shipping.positionOf(commits.get()).orElseThrow().txid();
    assertThat(txid).isEqualTo(shipping.mark().txid()).isEqualTo(2);
  }

  /** A checkpoint captures first, and that is where what waits is given up. */
  @Test
  void capture_besideCaptureAhead_waitsForIt_soThatNoOtherHistoryIsTakenForCaptured()
      throws Exception {
    String before = lineage();
    commit("INSERT INTO t VALUES (1, randomblob(" + 2 * QUEUE_BYTES_MAX + "))");
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Thread checkpoint =
        new Thread(
            () -> {
              try {
                captures.capture();
              } catch (IOException | RuntimeException e) {
                failure.set(e);
              }
            });
    at("ship.captured.ahead", () -> startAndAwait(checkpoint));
    assertThat(captures.captureAhead()).isTrue();
    checkpoint.join();
    assertThat(failure.get()).isNull();
    assertThat(lineage()).as("what waited was too much").isNotEqualTo(before);
    assertThat(captures.isSuspended()).isTrue();
    assertThat(captures.isDue()).as("nothing of the new history is captured").isTrue();
    assertThat(confirmations.commit()).as("nothing was put").isZero();
  }

  /** Until it waits, or has ended. */
  private static void startAndAwait(Thread thread) {
    thread.start();
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TERMINATED) {
      Thread.onSpinWait();
    }
  }

  private final class Live implements Source {
    @Override
    public void whileStill(StillWork work) throws IOException {
      work.run();
    }

    @Override
    public boolean whileOpen(OpenWork work) throws IOException {
      return work.run();
    }

    @Override
    public long executed() {
      long count = commits.get();
      Runnable first = counted;
      counted = null;
      if (first != null) {
        first.run();
      }
      return count;
    }

    @Override
    public void copyTo(Path file) {
      run("PRAGMA user_version = 0");
      run("backup to '" + file + "'");
    }

    @Override
    public Snapshot snapshot() {
      throw new AssertionError("not asked for");
    }
  }

  private static final class Silence implements ShipListener {
    @Override
    public void failed(String tenant, IOException cause) {}

    @Override
    public void recovered(String tenant) {}

    @Override
    public void imageTaken(String tenant, String reason) {}

    @Override
    public void degraded(String tenant, String detail) {}

    @Override
    public void fenced(String tenant, IOException cause) {}

    @Override
    public void uncaptured(String tenant) {}
  }
}
