package dev.dosql.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DB;
import dev.dosql.DoSQL;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a fresh tenant costs: from one test to the next, its end and JUnit's part included. */
@Timeout(240)
class FreshTenantCostTest {
  private static final int SHARING_TESTS = 100;
  private static final int ALONE_TESTS = 20;
  private static final int ROUNDS = 5;

  /** Ten times what it is; of the thread's own time, since others may keep the machine busy. */
  private static final double MILLIS_MAX = 10;

  private static final List<Moment> starts = new ArrayList<>();

  @TempDir Path output;

  /** When a test began, by the clock and by the time that its thread has worked. */
  private record Moment(long nanos, long worked) {
    static Moment now() {
      return new Moment(
          System.nanoTime(), ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
    }
  }

  @Test
  void freshTenant_costsAboutAMillisecond_andAFractionOfMigrating() {
    double worked = Double.MAX_VALUE;
    double shared = Double.MAX_VALUE;
    double alone = Double.MAX_VALUE;
    double none = Double.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) { // The first are slow, the code being new.
      run(Sharing.class, SHARING_TESTS);
      worked = Math.min(worked, medianMillis(Moment::worked));
      shared = Math.min(shared, medianMillis(Moment::nanos));
      run(None.class, SHARING_TESTS);
      none = Math.min(none, medianMillis(Moment::nanos));
      run(Alone.class, ALONE_TESTS);
      alone = Math.min(alone, medianMillis(Moment::nanos));
    }

    System.out.printf(
        "from test to test: %.2f ms, %.2f ms of work; without a tenant %.2f ms, with migrations in"
            + " each %.2f ms%n",
        shared, worked, none, alone);
    assertThat(worked).isLessThan(MILLIS_MAX);
    assertThat(shared).isLessThan(alone / 2);
  }

  private void run(Class<?> sample, int tests) {
    starts.clear();
    Runs.run(sample, output).testEvents().assertStatistics(all -> all.succeeded(tests));
  }

  private static double medianMillis(ToLongFunction<Moment> clock) {
    List<Long> gaps = new ArrayList<>();
    for (int i = 1; i < starts.size(); i++) {
      gaps.add(clock.applyAsLong(starts.get(i)) - clock.applyAsLong(starts.get(i - 1)));
    }
    gaps.sort(null);
    return gaps.get(gaps.size() / 2) / 1e6;
  }

  @DoSqlTest(migrations = "classpath:tests/migrations")
  static class Sharing {
    @RepeatedTest(SHARING_TESTS)
    void repeated(DB db) {
      starts.add(Moment.now());
      assertThat(db.name()).isNotEmpty();
    }
  }

  @DoSqlTest(migrations = "classpath:tests/migrations")
  static class Alone {
    @RepeatedTest(ALONE_TESTS)
    void repeated(DB db, DoSQL dosql) {
      starts.add(Moment.now());
      assertThat(dosql.find(db.name())).isPresent();
    }
  }

  static class None {
    @RepeatedTest(SHARING_TESTS)
    void repeated(RepetitionInfo info) {
      starts.add(Moment.now());
      assertThat(info.getTotalRepetitions()).isEqualTo(SHARING_TESTS);
    }
  }
}
