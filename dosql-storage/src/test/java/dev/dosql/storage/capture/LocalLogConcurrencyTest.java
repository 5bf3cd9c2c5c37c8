package dev.dosql.storage.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalLogConcurrencyTest {

  private static final String LINEAGE = "0123456789abcdef";
  private static final int COMMITS = 3_000;
  private static final int COMMITS_PER_CHECKPOINT = 150;

  @TempDir Path directory;

  private volatile Counted counted;

  @Test
  void captureAhead_besideAWriterThatCheckpoints_findsWholeCommitsOnly() throws Exception {
    Path database = directory.resolve("live.db");
    ExecutorService threads = Executors.newFixedThreadPool(3);
    AtomicBoolean ended = new AtomicBoolean();
    try (LiveDatabase live = LiveDatabase.open(database, 1024);
        LocalLog log = LocalLog.open(directory.resolve("log"), database);
        Replay replay = new Replay(directory.resolve("replay.db"), Position.start(LINEAGE))) {
      live.run("PRAGMA cache_size = 20");
      live.run("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
      log.begin(LINEAGE);
      log.capture(live::copyTo, 1);
      Callable<Integer> ahead =
          () -> {
            int captured = 0;
            while (!ended.get()) {
              long before = log.position().orElseThrow().txid();
              log.captureAhead(1); // It cannot tell while the log is being begun anew.
              captured += log.position().orElseThrow().txid() > before ? 1 : 0;
            }
            return captured;
          };
      Callable<Integer> looking =
          () -> {
            int looks = 0;
            while (!ended.get()) {
              log.isBehind();
              looks++;
            }
            return looks;
          };
      Callable<Integer> reading =
          () -> {
            int steps = 0;
            while (!ended.get()) {
              Counted last = counted;
              log.readAhead(last.epoch(), last.frames());
              steps++;
            }
            return steps;
          };
      count(live, log);
      List<Future<Integer>> others =
          List.of(threads.submit(ahead), threads.submit(looking), threads.submit(reading));
      write(live, log);
      ended.set(true);
      assertThat(others.get(0).get()).isGreaterThan(10);
      assertThat(others.get(1).get()).isPositive();
      assertThat(others.get(2).get()).isPositive();
      live.checkpoint(log, "PASSIVE");
      live.end();
      assertThat(log.pending().stream().skip(1)).allMatch(s -> s.imageReason() == null);
      replay.apply(log.pending());
      replay.assertSameAs(database);
    } finally {
      ended.set(true);
      threads.shutdown();
    }
  }

  /** What the writer tells those who read ahead; it commits nothing meanwhile. */
  private void count(LiveDatabase live, LocalLog log) throws Exception {
    counted = new Counted(log.epoch(), live.checkpoint("NOOP").get(1));
  }

  private record Counted(long epoch, long frames) {}

  private void write(LiveDatabase live, LocalLog log) throws Exception {
    for (int i = 1; i <= COMMITS; i++) {
      if (i % 20 == 0) {
        live.run("BEGIN IMMEDIATE");
        live.run("UPDATE t SET b = randomblob(700) WHERE a % 3 = 0 AND a < 200");
        live.run(i % 40 == 0 ? "ROLLBACK" : "COMMIT");
      }
      live.run("INSERT INTO t VALUES(" + i + ", randomblob(" + i % 3_000 + "))");
      if (i % 10 == 0) {
        count(live, log);
      }
      if (i % COMMITS_PER_CHECKPOINT == 0) {
        live.checkpoint(log, i % 900 == 0 ? "TRUNCATE" : "PASSIVE");
      }
    }
  }
}
