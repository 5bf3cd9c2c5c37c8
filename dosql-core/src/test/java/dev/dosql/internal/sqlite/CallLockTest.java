package dev.dosql.internal.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A connection is closed between calls into SQLite, never under one. */
@Timeout(60)
class CallLockTest {
  private static final int THREADS = 4;
  private static final int ROUNDS = 20_000;

  private final CallLock calls = new CallLock();

  @Test
  void begin_byManyThreads_letsOneInAtATime() throws InterruptedException {
    int[] unguarded = {0};
    Thread[] threads = new Thread[THREADS];
    for (int i = 0; i < THREADS; i++) {
      threads[i] = new Thread(() -> count(unguarded));
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(unguarded[0]).isEqualTo(THREADS * ROUNDS);
  }

  private void count(int[] unguarded) {
    for (int i = 0; i < ROUNDS; i++) {
      calls.begin();
      calls.begin(); // As a function does that SQLite calls.
      calls.end();
      unguarded[0]++;
      calls.end();
    }
  }

  @Test
  void begin_interrupted_waitsAllTheSameAndKeepsTheFlag() throws InterruptedException {
    AtomicInteger step = new AtomicInteger();
    CountDownLatch flagged = new CountDownLatch(1);
    calls.begin();
    Thread other =
        new Thread(
            () -> {
              Thread.currentThread().interrupt();
              flagged.countDown();
              calls.begin();
              step.set(Thread.currentThread().isInterrupted() ? 1 : 2);
              calls.end();
            });
    other.start();
    flagged.await();
    other.join(100);
    assertThat(step).hasValue(0);
    calls.end();
    other.join();

    assertThat(step).hasValue(1);
  }

  @Test
  void close_whileACallRuns_waitsForIt(@TempDir Path directory) throws Exception {
    DriverConnection connection = DriverConnection.open(directory.resolve("a.db"), true, "");
    connection.calls().begin();
    Thread closer =
        new Thread(
            () -> {
              try {
                connection.close();
              } catch (SqliteException e) {
                throw new AssertionError(e);
              }
            });
    closer.start();
    closer.join(100);
    assertThat(connection.isClosed()).isFalse();
    connection.calls().end();
    closer.join();

    assertThat(connection.isClosed()).isTrue();
  }
}
