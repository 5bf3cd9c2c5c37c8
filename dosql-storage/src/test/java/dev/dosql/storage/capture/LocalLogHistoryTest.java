package dev.dosql.storage.capture;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random histories, each with its seed in what is printed when it fails. */
class LocalLogHistoryTest {

  /** One seed, to repeat what failed. */
  private static final Long SEED = Long.getLong("dosql.test.seed");

  private static final int HISTORIES = Integer.getInteger("dosql.test.histories", 2);
  private static final int STEPS = 120;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(ints = {512, 1024, 2048, 4096, 8192, 16384, 32768, 65536})
  void history_random_replayedEqualsTheDatabase(int pageSize) throws Exception {
    long first = SEED == null ? System.nanoTime() : SEED;
    for (int i = 0; i < (SEED == null ? HISTORIES : 1); i++) {
      run(pageSize, first + i);
    }
  }

  private void run(int pageSize, long seed) throws Exception {
    History history = new History(Files.createTempDirectory(directory, "history"), pageSize, seed);
    try {
      for (int step = 0; step < STEPS; step++) {
        history.step();
      }
      history.close();
    } catch (Exception | AssertionError e) {
      throw new AssertionError(
          "history failed (seed=%d, pageSize=%d): %s".formatted(seed, pageSize, history.done()), e);
    }
  }
}
