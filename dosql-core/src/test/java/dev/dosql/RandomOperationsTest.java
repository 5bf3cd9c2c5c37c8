package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.ConcurrentOperations.Instances;
import dev.dosql.testing.Callers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random operations against an oracle. {@code -Ddosql.seed=…} runs one seed again, {@code
 * -Ddosql.seeds=N} as many as that, however long it takes.
 */
class RandomOperationsTest {
  private static final long SECONDS = 12;
  private static final int STEPS = 400;
  private static final int THREADS = 8;

  @TempDir Path dir;

  @Test
  void randomOperations_onSeveralTenants_agreeWithTheOracle() throws Exception {
    Path migrations = Files.createDirectories(dir.resolve("migrations"));
    Files.writeString(migrations.resolve("001_schema.sql"), Oracle.SCHEMA);
    Long given = Long.getLong("dosql.seed");
    if (given != null) {
      run(given, migrations);
      return;
    }
    long first = System.nanoTime();
    int seeds = Integer.getInteger("dosql.seeds", 0);
    long deadline = System.nanoTime() + SECONDS * 1_000_000_000L;
    for (int i = 0; i < seeds || seeds == 0 && System.nanoTime() < deadline; i++) {
      run(first + i, migrations);
    }
  }

  private void run(long seed, Path migrations) throws Exception {
    RandomOperations operations =
        new RandomOperations(seed, dir.resolve("data" + seed), migrations);
    int step = 0;
    try (operations) {
      for (; step < STEPS; step++) {
        operations.step();
      }
      operations.finish();
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          "-Ddosql.seed=" + seed + ", step " + step + ": " + e + "\n  " + operations.story(), e);
    }
  }

  @Test
  void concurrentOperations_onSeveralTenants_leaveWhatWasAcknowledgedOnce() throws Exception {
    Path migrations = Files.createDirectories(dir.resolve("migrations"));
    Files.writeString(migrations.resolve("001_schema.sql"), ConcurrentOperations.SCHEMA);
    long seed = Long.getLong("dosql.seed", System.nanoTime());
    try (Instances instances = new Instances(dir.resolve("data"), migrations)) {
      AtomicInteger working = new AtomicInteger(THREADS);
      List<ConcurrentOperations> threads =
          Callers.together(
              THREADS + 1,
              number -> {
                ConcurrentOperations mine = new ConcurrentOperations(instances, seed, number);
                if (number == THREADS) {
                  reopenWhile(instances, working);
                  return mine;
                }
                try {
                  for (int step = 0; step < STEPS; step++) {
                    mine.step();
                  }
                } finally {
                  working.decrementAndGet();
                }
                return mine;
              });
      instances.reopen();
      for (String name : ConcurrentOperations.NAMES) {
        check(instances.current().db(name), threads);
      }
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("-Ddosql.seed=" + seed + ": " + e, e);
    }
  }

  private static void reopenWhile(Instances instances, AtomicInteger working) throws Exception {
    while (working.get() > 0) {
      Thread.sleep(300);
      instances.reopen();
    }
  }

  private static void check(DB db, List<ConcurrentOperations> threads) {
    List<Long> acknowledged = new ArrayList<>();
    long counted = 0;
    for (ConcurrentOperations thread : threads) {
      acknowledged.addAll(thread.acknowledged(db.name()));
      counted += thread.counted(db.name());
    }
    assertThat(acknowledged).isNotEmpty();
    assertThat(db.query(Long.class, "SELECT id FROM w"))
        .containsExactlyInAnyOrderElementsOf(acknowledged);
    assertThat(db.query(Long.class, "SELECT id FROM twin"))
        .containsExactlyInAnyOrderElementsOf(acknowledged);
    assertThat(db.queryOne(Long.class, "SELECT coalesce(sum(n), 0) FROM counter"))
        .hasValue(counted);
    assertThat(db.queryOne(String.class, "PRAGMA integrity_check")).hasValue("ok");
  }
}
