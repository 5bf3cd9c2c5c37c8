package dev.dosql.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DB;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a fresh tenant costs a test: from one test to the next, its end and JUnit's part included.
 */
@Timeout(120)
class FreshTenantCostTest {
  private static final int TESTS = 200;

  /** Ten times what it is on a machine with nothing else to do. */
  private static final double MEDIAN_MILLIS_MAX = 10;

  private static final List<Long> starts = new ArrayList<>();

  @TempDir Path output;

  @Test
  void freshTenant_costsAboutAMillisecond() {
    starts.clear();
    Runs.run(Many.class, output).testEvents().assertStatistics(all -> all.succeeded(TESTS));

    double median = medianMillis(gaps());
    System.out.printf("a test with a fresh tenant: median %.2f ms%n", median);
    assertThat(median).isLessThan(MEDIAN_MILLIS_MAX);
  }

  @DoSqlTest(migrations = "classpath:tests/migrations")
  static class Many {
    @RepeatedTest(TESTS)
    void repeated(DB db) {
      starts.add(System.nanoTime());
      assertThat(db.name()).isNotEmpty();
    }
  }

  private static List<Long> gaps() {
    List<Long> gaps = new ArrayList<>();
    for (int i = 1; i < starts.size(); i++) {
      gaps.add(starts.get(i) - starts.get(i - 1));
    }
    return gaps;
  }

  private static double medianMillis(List<Long> nanos) {
    Collections.sort(nanos);
    return nanos.get(nanos.size() / 2) / 1e6;
  }
}
