package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.MemoryObjectStore;
import dev.dosql.storage.internal.FailPoints;
import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.ChildJvm;
import dev.dosql.testing.Dump;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Another process, which does not know this library, checkpoints and writes a tenant's file while
 * it is shipped: what is restored is what is live, by way of a whole image where the log alone does
 * not tell.
 */
@Timeout(300)
class ForeignCheckpointTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int STEPS = Integer.getInteger("dosql.foreign.steps", 120);
  private static final String OURS = "INSERT INTO t(v) VALUES('ours' || hex(randomblob(300)))";
  private static final String THEIRS = "INSERT INTO t(v) VALUES('theirs' || hex(randomblob(300)))";
  private static final String MOVE = "PRAGMA wal_checkpoint(TRUNCATE)";

  @TempDir Path parent;

  private final MemoryObjectStore bucket = MemoryObjectStore.create();
  private final List<StorageEvent> events = new CopyOnWriteArrayList<>();
  private int files;

  private DoSQL open() {
    return DoSQL.open(
        DBOptions.builder()
            .directory(parent.resolve("data"))
            .cold(bucket)
            .shipping(
                Shipping.builder()
                    .shipInterval(Duration.ofMillis(5))
                    .putsPerSecondMax(100_000)
                    .build())
            .storageListener(events::add)
            .build());
  }

  private Path file() {
    return parent.resolve("data/acme.db");
  }

  private List<StorageEvent.Kind> kinds() {
    return events.stream().map(StorageEvent::kind).toList();
  }

  private static DB make(DoSQL tenants) {
    DB acme = tenants.db("acme");
    acme.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
    acme.awaitDurable(acme.bookmark(), SOON);
    return acme;
  }

  private void assertRestores(DoSQL tenants, String when) throws Exception {
    DB acme = tenants.db("acme");
    acme.awaitDurable(acme.bookmark(), SOON);
    Path restored = parent.resolve("restored-" + files);
    Path live = parent.resolve("live-" + files++);
    tenants.restoreTo("acme", restored);
    acme.exportTo(live);
    assertThat(Dump.difference(restored, live)).as(when).isEqualTo(Dump.SAME);
    Files.delete(restored);
    Files.delete(live);
  }

  /** Images are whole, and nothing worse is told. */
  private void assertOnlyImages() {
    assertThat(kinds()).containsOnly(StorageEvent.Kind.WHOLE_IMAGE);
  }

  @Test
  void checkpointsAndWrites_byAnother_betweenCaptures_loseNothing() throws Exception {
    long seed = Long.getLong("dosql.seed", System.nanoTime());
    System.out.println("ForeignCheckpointTest: -Ddosql.seed=" + seed);
    SplittableRandom random = new SplittableRandom(seed);
    List<String> done = new ArrayList<>();
    try (DoSQL tenants = open()) {
      DB acme = make(tenants);
      try (ChildJvm foreign = Child.sqlite(file())) {
        for (int i = 0; i < STEPS; i++) {
          String what =
              switch (random.nextInt(6)) {
                case 0, 1 -> ours(acme);
                case 2 -> "theirs=" + foreign.ask(THEIRS);
                case 3 -> "moved=" + foreign.ask(MOVE);
                case 4 -> captured(acme);
                default -> restored(tenants, "seed=" + seed + " " + done);
              };
          done.add(what);
        }
      }
      assertRestores(tenants, "seed=" + seed + " " + done);
    }
    System.out.println("ForeignCheckpointTest: images=" + events.size());
    assertThat(kinds()).as(events.toString()).isSubsetOf(StorageEvent.Kind.WHOLE_IMAGE);
  }

  /** The snapshot's read has begun by then, and what it is said to hold is not captured yet. */
  @Test
  void commitByAnother_whileASnapshotIsBegun_isInWhatIsRestoredFromIt() throws Exception {
    try (DoSQL tenants = open();
        ChildJvm foreign = foreignOf(tenants)) {
      AtomicInteger begun = new AtomicInteger();
      FailPoints.onReached(
          point -> {
            if (point.equals("ship.snapshot.begun") && begun.incrementAndGet() <= 2) {
              commitBy(foreign);
            }
          });
      for (int i = 0; i < 300 && snapshots() == 0; i++) {
        ours(tenants.db("acme"));
        tenants.db("acme").awaitDurable(tenants.db("acme").bookmark(), SOON);
      }
      Waits.until("a snapshot is in the bucket", () -> snapshots() > 0);
      assertRestores(tenants, "from a snapshot");
      assertThat(begun).as("it was begun anew").hasValueGreaterThan(2);
      ours(tenants.db("acme"));
      assertRestores(tenants, "and then by us");
    } finally {
      FailPoints.onReached(null);
    }
    assertThat(kinds()).isEmpty();
  }

  /** Page 1, which a snapshot needs, is in a segment by then, and the newest one lacks it. */
  @Test
  void commitByAnother_onceThePage1OfASnapshotIsCaptured_hasItBegunAnew() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    try (DoSQL tenants = open();
        ChildJvm foreign = foreignOf(tenants)) {
      AtomicInteger captured = new AtomicInteger();
      AtomicInteger between = new AtomicInteger();
      FailPoints.onReached(
          point -> {
            if (point.equals("ship.captured.ahead")) {
              captured.incrementAndGet();
            } else if (point.equals("ship.snapshot.begun") && between.get() == 0) {
              between.addAndGet(capturedSoon(captured) ? 1 : 0);
              commitBy(foreign);
            }
          });
      Caller writer =
          Callers.start(
              () -> {
                while (!stop.get()) {
                  ours(tenants.db("acme"));
                }
              });
      Waits.until(
          "it came between, and a snapshot is in the bucket",
          () -> between.get() > 0 && snapshots() > 0);
      stop.set(true);
      writer.join();
      assertRestores(tenants, "from a snapshot");
    } finally {
      stop.set(true);
      FailPoints.onReached(null);
    }
    assertThat(kinds()).as(events.toString()).isEmpty();
  }

  /** If something was committed since the last capture, a round takes it although all is held. */
  private static boolean capturedSoon(AtomicInteger captured) {
    int before = captured.get();
    long deadline = System.nanoTime() + Duration.ofMillis(100).toNanos();
    while (captured.get() == before && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    return captured.get() != before;
  }

  /** Pages that are there already, so that a copy without them has the length it should have. */
  private static void commitBy(ChildJvm foreign) {
    try {
      foreign.ask("UPDATE t SET v = v || 'theirs' WHERE id = 1");
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private ChildJvm foreignOf(DoSQL tenants) throws Exception {
    make(tenants);
    return Child.sqlite(file());
  }

  private long snapshots() {
    try {
      return bucket.list("", "", 1_000).stream()
          .filter(each -> each.key().contains("/0009/"))
          .count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String ours(DB acme) {
    acme.run(OURS);
    return "ours";
  }

  private static String captured(DB acme) {
    return "captured " + acme.bookmark().txid();
  }

  private String restored(DoSQL tenants, String when) throws Exception {
    assertRestores(tenants, when);
    return "restored";
  }

  @Test
  void checkpoints_byAnother_whileOthersCommitAndAreCaptured_loseNothing() throws Exception {
    try (DoSQL tenants = open()) {
      DB acme = make(tenants);
      AtomicBoolean stop = new AtomicBoolean();
      List<Caller> writers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        writers.add(
            Callers.start(
                () -> {
                  while (!stop.get()) {
                    acme.run(OURS);
                  }
                }));
      }
      int moved = 0;
      try (ChildJvm foreign = Child.sqlite(file())) {
        long deadline = System.nanoTime() + Duration.ofSeconds(3).toNanos();
        while (System.nanoTime() < deadline) {
          moved += foreign.ask(MOVE).startsWith("0") ? 1 : 0;
          foreign.ask(THEIRS);
        }
      } finally {
        stop.set(true);
        for (Caller writer : writers) {
          writer.join();
        }
      }
      assertRestores(tenants, "moved " + moved + " times");
      System.out.printf(
          "ForeignCheckpointTest: moved %d times under load, images=%d%n", moved, events.size());
    }
    assertThat(kinds())
        .doesNotContain(
            StorageEvent.Kind.DIVERGED, StorageEvent.Kind.FENCED, StorageEvent.Kind.DEGRADED);
  }

  @Test
  void closedFile_writtenByAnother_isShippedWhole() throws Exception {
    try (DoSQL tenants = open()) {
      make(tenants).run(OURS);
    }
    try (ChildJvm foreign = Child.sqlite(file())) {
      foreign.ask(THEIRS);
      foreign.ask(MOVE);
    }
    try (DoSQL tenants = open()) {
      assertRestores(tenants, "written while closed");
      tenants.db("acme").run(OURS);
      assertRestores(tenants, "and then by us");
    }
    assertOnlyImages();
  }

  @Test
  void closedFile_leftWithALogByAnother_isShipped() throws Exception {
    try (DoSQL tenants = open()) {
      make(tenants).run(OURS);
    }
    ChildJvm foreign = Child.sqlite(file());
    foreign.ask(THEIRS);
    foreign.kill(); // So that it leaves its log.
    try (DoSQL tenants = open()) {
      assertRestores(tenants, "left with a log");
      tenants.db("acme").run(OURS);
      assertRestores(tenants, "and then by us");
    }
    assertThat(kinds())
        .doesNotContain(StorageEvent.Kind.DIVERGED, StorageEvent.Kind.ROLLED_FORWARD);
  }

  @Test
  void closedFile_onlyOpenedByAnother_isNotShippedAgain() throws Exception {
    try (DoSQL tenants = open()) {
      make(tenants).run(OURS);
    }
    try (ChildJvm foreign = Child.sqlite(file())) {
      foreign.ask("SELECT count(*) FROM t");
    }
    try (DoSQL tenants = open()) {
      tenants.db("acme").run(OURS);
      assertRestores(tenants, "read by another");
    }
    assertThat(events).isEmpty();
  }
}
