package dev.dosql.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.LimitExceededException;
import dev.dosql.Limits;
import dev.dosql.web.RateLimiter.Decision;
import dev.dosql.web.RateLimiter.Request;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RateLimiterTest {
  private static final RateLimit TEN = new RateLimit(10, Duration.ofSeconds(10));

  private final Ticks clock = new Ticks();
  private final DB db = DB.memory();
  private final RateLimiter limiter = RateLimiter.on(db, clock);

  @AfterEach
  void close() {
    db.close();
  }

  private long rows() {
    return db.queryOne(Long.class, "SELECT count(*) FROM rate_limits").orElseThrow();
  }

  private long allowed(int times, String key, RateLimit limit) {
    return IntStream.range(0, times).filter(i -> limiter.acquire(key, limit).allowed()).count();
  }

  @Test
  void requests_upToTheLimit_areAllowed_andTellWhatIsLeft() {
    for (int left = 9; left >= 0; left--) {
      assertThat(limiter.acquire("a", TEN))
          .isEqualTo(new Decision(true, 10, left, Duration.ofSeconds(10), Duration.ZERO));
    }
    Decision refused = limiter.acquire("a", TEN);
    assertThat(refused.allowed()).isFalse();
    assertThat(refused.remaining()).isZero();
    assertThat(limiter.acquire("b", TEN).allowed()).isTrue();
  }

  /** Defect 38: any number of parallel requests get exactly what is allowed. */
  @Test
  void parallelBurst_getsExactlyWhatIsAllowed() {
    RateLimit fifty = new RateLimit(50, Duration.ofMinutes(1));
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      List<CompletableFuture<Long>> counts =
          IntStream.range(0, 16)
              .mapToObj(i -> CompletableFuture.supplyAsync(() -> allowed(20, "a", fifty), threads))
              .toList();
      assertThat(counts.stream().mapToLong(CompletableFuture::join).sum()).isEqualTo(50);
    } finally {
      threads.shutdown();
    }
  }

  /** Defect 41: what is refused counts, so that whoever goes on stays out. */
  @Test
  void refusedRequests_count() {
    allowed(100, "a", TEN);
    clock.pass(Duration.ofSeconds(10));
    assertThat(allowed(1, "a", TEN)).isZero();
  }

  @Test
  void burstAtTheSeam_isNotTwiceTheLimit() {
    clock.pass(Duration.ofMillis(9_999));
    assertThat(allowed(10, "a", TEN)).isEqualTo(10);
    clock.pass(Duration.ofMillis(2));
    assertThat(allowed(10, "a", TEN)).isZero();
  }

  @Test
  void slidingWindow_neverAllowsMoreThanItsShare() {
    long total = 0;
    for (int i = 0; i < 200; i++) {
      total += allowed(3, "a", TEN);
      clock.pass(Duration.ofSeconds(1));
    }
    assertThat(total).isLessThanOrEqualTo(210);
  }

  /** Whoever waits as long as Retry-After says, and no longer, gets in. */
  @Test
  void retryAfter_isHonest() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      RateLimit limit =
          new RateLimit(1 + random.nextInt(20), Duration.ofMillis(1_000 + random.nextInt(9_000)));
      String key = "key" + random.nextInt(5);
      Decision decision = limiter.acquire(key, limit);
      for (int j = random.nextInt(30); j > 0; j--) {
        clock.pass(Duration.ofMillis(random.nextInt(300)));
        decision = limiter.acquire(key, limit);
      }
      if (!decision.allowed()) {
        clock.pass(decision.retryAfter());
        assertThat(limiter.acquire(key, limit).allowed()).as("seed=%s %s", seed, limit).isTrue();
      }
    }
  }

  @Test
  void headers_areInSeconds_andRetryAfterOnlyOnARefusal() {
    Decision allowed = limiter.acquire("a", TEN);
    assertThat(allowed.headers())
        .containsEntry("RateLimit-Limit", "10")
        .containsEntry("RateLimit-Remaining", "9")
        .containsEntry("RateLimit-Reset", "10")
        .containsEntry("X-RateLimit-Limit", "10")
        .doesNotContainKey("Retry-After");
    allowed(20, "a", TEN);
    Problem problem = limiter.acquire("a", TEN).problem();
    assertThat(problem.status()).isEqualTo(429);
    assertThat(Integer.parseInt(problem.headers().get("Retry-After"))).isBetween(10, 20);
    assertThat(problem.headers()).containsEntry("RateLimit-Remaining", "0");
  }

  @Test
  void severalLimits_areCountedTogether_theTightestBinds() {
    RateLimit five = new RateLimit(5, Duration.ofSeconds(10));
    List<Request> both = List.of(new Request("tenant", TEN), new Request("user", five));
    List<Decision> decisions = limiter.acquire(both);
    assertThat(decisions).extracting(Decision::remaining).containsExactly(9, 4);
    assertThat(Decision.tightest(decisions)).isEqualTo(decisions.get(1));
    for (int i = 0; i < 5; i++) {
      decisions = limiter.acquire(both);
    }
    assertThat(decisions).extracting(Decision::allowed).containsExactly(true, false);
    assertThat(Decision.tightest(decisions).allowed()).isFalse();
  }

  @Test
  void clockThatGoesBack_openNoNewWindow() {
    allowed(10, "a", TEN);
    clock.pass(Duration.ofSeconds(-10));
    assertThat(allowed(5, "a", TEN)).isZero();
  }

  @Test
  void clockThatWasAhead_andComesBack_keepsNobodyOut() {
    clock.pass(Duration.ofDays(365));
    allowed(11, "a", TEN);
    clock.pass(Duration.ofDays(-365));
    assertThat(allowed(11, "a", TEN)).isEqualTo(10);
    clock.pass(Duration.ofSeconds(20));
    assertThat(limiter.purge()).isEqualTo(1);
  }

  @Test
  void clockThatWasAhead_leavesNoRowsForThatLong() {
    clock.pass(Duration.ofDays(365));
    limiter.acquire("a", TEN);
    clock.pass(Duration.ofDays(-365));
    limiter.acquire("b", TEN);
    assertThat(rows()).isEqualTo(1);
  }

  /** Defect 40: the table does not grow for ever. */
  @Test
  void keys_whoseWindowsAreOver_arePurged() {
    for (int i = 0; i < 100; i++) {
      limiter.acquire("key" + i, TEN);
    }
    assertThat(limiter.purge()).isZero();
    clock.pass(Duration.ofSeconds(20));
    assertThat(limiter.purge()).isEqualTo(100);
    assertThat(rows()).isZero();
  }

  @Test
  void purging_happensByItself_onceAMinute() {
    for (int i = 0; i < 100; i++) {
      limiter.acquire("key" + i, TEN);
    }
    clock.pass(Duration.ofSeconds(61));
    limiter.acquire("another", TEN);
    assertThat(rows()).isEqualTo(1);
  }

  /** Each request brings a row at most, or 16, and takes 1,000 away while there are so many. */
  @Test
  void purging_goesOnWithTheNextRequests_untilNothingIsLeft() {
    endedRows(25_000);
    clock.pass(Duration.ofSeconds(61));
    for (int i = 0; i < 26; i++) {
      limiter.acquire("another", TEN);
    }
    assertThat(rows()).isEqualTo(1);
  }

  @Test
  void purge_deletesAllThatHasEnded() {
    endedRows(25_000);
    limiter.acquire("another", TEN);
    assertThat(limiter.purge()).isEqualTo(25_000);
    assertThat(rows()).isEqualTo(1);
  }

  private void endedRows(int count) {
    db.run(
        "INSERT INTO rate_limits WITH RECURSIVE n (i) AS"
            + " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            + " SELECT randomblob(32), 1, 1, 0, 10, 1 FROM n",
        count);
  }

  @Test
  void database_thatIsFull_isPurgedBeforeARequestFails() {
    Limits small = Limits.builder().databaseBytesMax(262_144).build();
    try (DB full = DB.memory(DBOptions.builder().limits(small).build())) {
      RateLimiter filled = RateLimiter.on(full, clock);
      assertThatExceptionOfType(LimitExceededException.class)
          .isThrownBy(() -> IntStream.range(0, 20_000).forEach(i -> filled.acquire("k" + i, TEN)));
      assertThatExceptionOfType(LimitExceededException.class)
          .isThrownBy(() -> IntStream.range(0, 200).forEach(i -> filled.acquire("l" + i, TEN)));

      clock.pass(Duration.ofSeconds(20)); // All have ended, and it is not a minute.

      for (int i = 0; i < 200; i++) {
        assertThat(filled.acquire("m" + i, TEN).allowed()).isTrue();
      }
    }
  }

  @Test
  void keys_areKeptAsHashes_ofWhateverLength() {
    limiter.acquire("ada@acme.example".repeat(10_000), TEN);
    assertThat(db.queryOne(byte[].class, "SELECT key FROM rate_limits").orElseThrow()).hasSize(32);
  }

  @Test
  void counts_outliveARestart(@TempDir Path directory) {
    RateLimit hour = new RateLimit(3, Duration.ofHours(24));
    try (RateLimiter first = RateLimiter.open(directory)) {
      for (int i = 0; i < 3; i++) {
        assertThat(first.acquire("a", hour).allowed()).isTrue();
      }
    }
    try (RateLimiter second = RateLimiter.open(directory)) {
      assertThat(second.acquire("a", hour).allowed()).isFalse();
    }
  }

  @Test
  void limits_outOfRange_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RateLimit(0, Duration.ofSeconds(1)))
        .withMessageContaining("requests");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RateLimit(1, Duration.ofMillis(1)))
        .withMessageContaining("window");
    assertThatIllegalArgumentException().isThrownBy(() -> limiter.acquire(List.of()));
  }
}
