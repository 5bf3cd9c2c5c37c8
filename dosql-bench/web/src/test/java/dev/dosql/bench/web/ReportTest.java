package dev.dosql.bench.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** That the parts of a run work, without what must be installed for one; nothing is measured. */
class ReportTest {
  private static final String OUTPUT =
      """
      Running 4s test @ http://127.0.0.1:8080
      result requests=9000 micros=4500000 p50=700 p99=2100 refused=0 wrong=0 lost=0
      """;

  @TempDir Path data;

  @ParameterizedTest
  @EnumSource(names = {"DOSQL", "JDBC"})
  void service_answersAsExpected_isHeldAndKilled_andHasItsRows(Contestant contestant)
      throws Exception {
    long posted;
    Path folder;
    try (Service service = Service.start(contestant, Path.of("none"), data)) {
      service.hold();
      service.resume();
      posted = Rows.prepare(service.url(), 3);
      folder = service.folder();
    }

    assertThat(posted).isEqualTo(Rows.OF_THE_FIRST + 2 * Rows.OF_EACH);
    assertThat(Rows.stored(folder)).isEqualTo(posted);
  }

  @Test
  void rows_ofTwoTenantsInOneFile_areRefused() throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + data.resolve("a.db"));
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE todos (title TEXT)");
      statement.execute("INSERT INTO todos VALUES ('todo of t1'), ('todo of t2')");
    }

    assertThatIllegalStateException().isThrownBy(() -> Rows.stored(data));
  }

  @Test
  void output_ofWrk_isRead() {
    assertThat(Wrk.parse(OUTPUT)).isEqualTo(new Wrk.Result(9_000, 4.5, 700, 2_100));
    assertThat(Wrk.parse(OUTPUT).perSecond()).isEqualTo(2_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"refused", "wrong", "lost"})
  void output_ofWrk_withAnAnswerThatIsNotRight_isAFailure(String what) {
    String output = OUTPUT.replace(what + "=0", what + "=1");

    assertThatIllegalStateException()
        .isThrownBy(() -> Wrk.parse(output))
        .withMessageContaining(output);
  }

  @Test
  void results_sayWhatIsReached() {
    Results results = new Results();
    for (Work work : Work.values()) {
      for (Contestant contestant : Contestant.values()) {
        long requests = contestant == Contestant.DOSQL ? 2_500 : 1_000;
        results.of(work, contestant).add(new Wrk.Result(requests, 1, 500, 1_000), 0.5);
      }
    }

    assertThat(results.markdown())
        .contains(
            "\nNot reached: POST one row, durable, against Bun, Hono, bun:sqlite: not known yet.\n")
        .doesNotContain("Not reached: GET one row, against JDBC")
        .contains(
            "| GET one row | JDBC by hand, Javalin | 1,000 | 2,500 | 2.50 (2.50 to 2.50)"
                + " | at least 0.85x its rate | yes |")
        .contains(
            "| POST one row, durable | Bun, Hono, bun:sqlite | 1,000 | 2,500 | 2.50 (2.50 to 2.50)"
                + " | at least 3.0x its rate | **no** |")
        .contains("| GET one row | DoSQL, Javalin | 2,500 (2,500 to 2,500) | 0.50 | 1.00 | 200 |");
  }
}
