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
        .contains("| new tenant", "| the same while", "| RSS per open tenant", "| calls a second")
        .doesNotContain("NaN");
  }
}
