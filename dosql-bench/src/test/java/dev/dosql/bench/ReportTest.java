package dev.dosql.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Every benchmark runs; what it measures in a moment means nothing and is not looked at. */
class ReportTest {
  @Test
  void everyBenchmark_runForAMoment_hasALine() throws Exception {
    String results = Report.run(Settings.smoke());

    assertThat(results)
        .contains("| point query", "| scan", "| durable INSERT", "| 8 readers", "| open a known")
        .contains(
            "16 threads, shipped meanwhile", "| INSERT that the bucket", "| restore of a tenant")
        .contains(
            "| first query of a tenant", "tenants that nobody uses, in 0 seconds | 0 | 0 | yes")
        .contains("| new tenant", "| the same while", "| RSS per open tenant", "| calls a second")
        .doesNotContain("NaN");
  }
}
