package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readers of which there are fewer than callers. */
@Timeout(120)
class ReadersTest {
  private static final int CALLERS = 8;

  /** Far more than turns take, and far less than a caller may wait. */
  private static final Duration TURN_MAX = Duration.ofSeconds(5);

  @TempDir Path directory;

  private DB open(int readersMax) {
    return DB.open(
        "acme",
        DBOptions.builder()
            .directory(directory)
            .readersMax(readersMax)
            .writeLockTimeout(TURN_MAX.multipliedBy(2))
            .build());
  }

  /** Reads by callers side by side; how long the slowest of them took. */
  private static Duration slowest(DB db, int readsEach) throws Exception {
    return Collections.max(
        Callers.together(
            CALLERS,
            number -> {
              long slowest = 0;
              for (int i = 0; i < readsEach; i++) {
                long began = System.nanoTime();
                assertThat(db.queryOne(Integer.class, "SELECT ?", i)).contains(i);
                slowest = Math.max(slowest, System.nanoTime() - began);
              }
              return Duration.ofNanos(slowest);
            }));
  }

  @Test
  void reads_ofMoreCallersThanReaders_neverMissTheReaderThatCameBack() throws Exception {
    for (int readersMax = 1; readersMax <= 3; readersMax++) {
      try (DB db = open(readersMax)) {
        assertThat(slowest(db, 5_000)).as("readersMax=%d", readersMax).isLessThan(TURN_MAX);
      }
    }
  }

  /** It takes the reader again long before one who is woken could run. */
  @Test
  void reads_besideACallerThatNeverPauses_getTheirTurn() throws Exception {
    String slow = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 20000)";
    try (DB db = open(1)) {
      AtomicBoolean ended = new AtomicBoolean();
      Caller other =
          Callers.startPlatform(
              () -> {
                while (!ended.get()) {
                  db.queryOne(Integer.class, slow + " SELECT count(*) FROM n");
                }
              });
      long began = System.nanoTime();
      try {
        for (int i = 0; i < 50; i++) {
          assertThat(db.queryOne(Integer.class, "SELECT ?", i)).contains(i);
        }
      } finally {
        ended.set(true);
        other.join();
      }
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(TURN_MAX);
    }
  }
}
