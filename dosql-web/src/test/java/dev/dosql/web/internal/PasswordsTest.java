package dev.dosql.web.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.web.WebException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PasswordsTest {
  private static final String PASSWORD = "correct horse";

  /** Twenty for each core, of which one has it and four wait; all of them would take a second. */
  private static final int CALLERS = 20 * Runtime.getRuntime().availableProcessors();

  private final Passwords passwords = new Passwords();
  private final AtomicInteger matched = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();

  @Test
  void burst_ofMoreThanMayWait_isRefused_andTheRestIsServed() throws Exception {
    String hash = passwords.hashNew(PASSWORD);
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(CALLERS);
    try {
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        calls.add(threads.submit(() -> match(hash, start)));
      }
      start.countDown();
      for (Future<?> call : calls) {
        call.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(refused).hasPositiveValue();
    assertThat(matched.get() + refused.get()).isEqualTo(CALLERS);
    assertThat(matched.get()).isGreaterThanOrEqualTo(CALLERS / 4);
    assertThat(passwords.matches(PASSWORD, hash)).isTrue();
  }

  private Void match(String hash, CountDownLatch start) throws InterruptedException {
    start.await();
    try {
      assertThat(passwords.matches(PASSWORD, hash)).isTrue();
      matched.incrementAndGet();
    } catch (WebException e) {
      assertThat(e.problem().status()).isEqualTo(503);
      assertThat(e.problem().headers()).containsKey("Retry-After");
      refused.incrementAndGet();
    }
    return null;
  }
}
