package dev.dosql;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random operations against an oracle. {@code -Ddosql.seed=…} runs one seed again, {@code
 * -Ddosql.seeds=N} as many as that, however long it takes.
 */
class RandomOperationsTest {
  private static final long SECONDS = 12;
  private static final int STEPS = 400;

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
}
