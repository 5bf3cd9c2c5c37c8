package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.internal.session.TenantDB;
import dev.dosql.internal.tenant.Instance;
import dev.dosql.internal.tenant.TenantName;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How long keys are kept, by a clock that the test sets. */
@Timeout(60)
class OnceExpiryTest {
  private static final Duration RETENTION = Duration.ofHours(24);
  private static final Duration MOMENT = Duration.ofMillis(1);

  @TempDir Path directory;
  private Instance instance;
  private DB db;
  private volatile Instant now = Instant.parse("2026-11-22T12:00:00Z");
  private int runs;

  @BeforeEach
  void open() {
    open(RETENTION);
  }

  private void open(Duration retention) {
    DBOptions options =
        DBOptions.builder()
            .directory(directory)
            .durability(Durability.PROCESS)
            .onceRetention(retention)
            .build();
    instance = Instance.open(options, "test", () -> now);
    db = new TenantDB(instance, new TenantName("acme"), () -> {});
  }

  @AfterEach
  void close() {
    instance.close();
  }

  /** Whether the work ran for this call. */
  private boolean runs(String key) {
    Once<Integer> once = db.once(key, Integer.class, tx -> ++runs);
    return !once.replayed();
  }

  private long kept() {
    return db.queryOne(Long.class, "SELECT count(*) FROM _dosql_once").orElseThrow();
  }

  @Test
  void key_isKeptForTheRetentionAndGoneAtOnce() {
    assertThat(runs("a")).isTrue();
    now = now.plus(RETENTION).minus(MOMENT);
    assertThat(runs("a")).isFalse();
    now = now.plus(MOMENT);
    assertThat(runs("a")).isTrue();
    assertThat(runs("a")).isFalse();
    now = now.plus(RETENTION).minus(MOMENT);
    assertThat(runs("a")).isFalse();
    assertThat(kept()).isEqualTo(1);
  }

  @Test
  void key_thatHasEnded_isFreeForAnotherTypeAndFingerprint() {
    db.once("a", "one", Integer.class, tx -> 1);
    now = now.plus(RETENTION);

    assertThat(db.once("a", "two", String.class, tx -> "x")).isEqualTo(new Once<>("x", false));
    assertThat(db.once("a", "two", String.class, tx -> "y")).isEqualTo(new Once<>("x", true));
  }

  @Test
  void keysThatHaveEnded_goInPortionsWithThoseThatCome() {
    for (int i = 0; i < 100; i++) {
      assertThat(runs("old" + i)).isTrue();
    }
    now = now.plus(RETENTION);
    assertThat(kept()).isEqualTo(100);
    assertThat(runs("new 1")).isTrue();
    assertThat(kept()).isEqualTo(100 - 32 + 1);
    assertThat(runs("new 2")).isTrue();
    assertThat(runs("old99")).isTrue();
    assertThat(runs("new 3")).isTrue();
    assertThat(kept()).isEqualTo(4);
    assertThat(runs("new 1")).isFalse();
  }

  @Test
  void keysThatHaveEnded_stayWhereWorkFails() {
    runs("old");
    now = now.plus(RETENTION);
    try {
      db.once(
          "new",
          Integer.class,
          tx -> {
            throw new IllegalStateException();
          });
    } catch (IllegalStateException e) {
      assertThat(kept()).isEqualTo(1);
    }
    assertThat(runs("old")).isTrue();
  }

  @Test
  void retention_ofAnotherOpening_countsForKeysOfBefore() {
    runs("a");
    now = now.plus(Duration.ofHours(2));
    instance.close();
    open(Duration.ofHours(1));
    assertThat(runs("a")).isTrue();
  }

  /** A clock that is not set yet when the machine starts must not cost the keys of that time. */
  @Test
  void clock_thatWentBackAndIsSetRight_endsNoKeyEarly() {
    Instant right = now;
    assertThat(runs("before")).isTrue();
    now = Instant.EPOCH;
    assertThat(runs("before")).isFalse();
    assertThat(runs("while")).isTrue();
    assertThat(runs("while")).isFalse();
    now = right.plusSeconds(60);
    assertThat(runs("before")).isFalse();
    assertThat(runs("while")).isFalse();
    assertThat(runs("after")).isTrue();
    now = right.plus(RETENTION).plusSeconds(60);
    assertThat(runs("before")).isTrue();
    assertThat(runs("while")).isTrue();
    assertThat(runs("after")).isTrue();
  }

  @Test
  void clock_thatWasYearsAhead_keepsOnlyTheKeysOfThatTimeLonger() {
    Instant right = now;
    assertThat(runs("before")).isTrue();
    now = right.plus(Duration.ofDays(3_650));
    assertThat(runs("while")).isTrue();
    now = right.plusSeconds(60);
    assertThat(runs("after")).isTrue();
    assertThat(runs("after")).isFalse();
    now = right.plus(RETENTION).plusSeconds(59);
    assertThat(runs("after")).isFalse();
    now = right.plus(RETENTION).plusSeconds(60);
    assertThat(runs("after")).isTrue();
    assertThat(runs("while")).isFalse();
    now = right.plus(Duration.ofDays(3_650)).plus(RETENTION);
    assertThat(runs("while")).isTrue();
  }

  /** Such a time can also come from a file that was imported. */
  @Test
  void time_thatIsTheLastOfAll_keepsNoOtherKeyLonger() throws Exception {
    runs("a");
    instance.close();
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("acme.db"));
        Statement statement = connection.createStatement()) {
      statement.execute("UPDATE _dosql_once SET at = " + Long.MAX_VALUE);
    }
    open();
    assertThat(runs("b")).isTrue();
    now = now.plus(RETENTION);
    assertThat(runs("b")).isTrue();
    assertThat(runs("a")).isFalse();
  }

  @Test
  void clock_thatWasDaysBehindOrAhead_keepsKeysLongerByNoMoreThanThat() {
    Instant right = now;
    Duration days = Duration.ofDays(29);
    assertThat(runs("before")).isTrue();
    now = right.minus(days);
    assertThat(runs("while behind")).isTrue();
    now = right.plus(RETENTION).minus(MOMENT);
    assertThat(runs("before")).isFalse();
    assertThat(runs("while behind")).isFalse();
    now = right.plus(RETENTION);
    assertThat(runs("before")).isTrue();
    assertThat(runs("while behind")).isTrue();

    right = now;
    now = right.plus(days);
    assertThat(runs("while ahead")).isTrue();
    now = right;
    assertThat(runs("after")).isTrue();
    now = right.plus(RETENTION).plus(days).minus(MOMENT);
    assertThat(runs("after")).isFalse();
    now = right.plus(RETENTION).plus(days);
    assertThat(runs("after")).isTrue();
  }

  /** What is kept for a year is worth as much when the clock is behind by half a year. */
  @Test
  void clock_behindByLessThanALongRetention_endsNoKeyEarly() {
    instance.close();
    open(Duration.ofDays(365));
    Instant right = now;
    runs("before");
    now = right.minus(Duration.ofDays(180));
    assertThat(runs("while")).isTrue();
    now = right.plus(Duration.ofDays(364));
    assertThat(runs("while")).isFalse();
  }

  /** Or whoever waits for the first call would run the work again. */
  @Test
  void work_thatTakesAsLongAsTheRetention_isKeptFromItsEndOn() {
    Once<Integer> slow =
        db.once(
            "a",
            Integer.class,
            tx -> {
              now = now.plus(RETENTION);
              return ++runs;
            });
    assertThat(slow).isEqualTo(new Once<>(1, false));
    assertThat(runs("a")).isFalse();
    now = now.plus(RETENTION);
    assertThat(runs("a")).isTrue();
  }

  @Test
  void clock_beforeItsEpoch_breaksNothing() {
    now = Instant.parse("1901-01-01T00:00:00Z");
    assertThat(runs("a")).isTrue();
    assertThat(runs("a")).isFalse();
    now = now.plus(RETENTION);
    assertThat(runs("a")).isTrue();
  }
}
