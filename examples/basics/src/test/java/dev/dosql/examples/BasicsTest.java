package dev.dosql.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the examples as a reader does: each main in a process of its own, in an empty directory. */
class BasicsTest {
  @TempDir Path directory;

  @Test
  void embedded_runTwice_keepsItsNotes() throws Exception {
    assertThat(run(Embedded.class))
        .containsExactly("wrote note 1", "Note[id=1, body=buy milk]", "refused: body_is_not_empty");
    assertThat(run(Embedded.class))
        .containsExactly(
            "wrote note 2",
            "Note[id=1, body=buy milk]",
            "Note[id=2, body=buy milk]",
            "refused: body_is_not_empty");
  }

  @Test
  void twoTenants_runTwice_areApart() throws Exception {
    for (int i = 0; i < 2; i++) {
      assertThat(run(TwoTenants.class))
          .containsExactly("[ada@acme.example]", "[]", "[acme, globex]", "no tenant acne");
    }
  }

  @Test
  void transactions_areAllOrNothing() throws Exception {
    assertThat(run(Transactions.class))
        .containsExactly(
            "ada has 7500 left",
            "undone: not enough money in the account of bob",
            "ada 7500",
            "bob 2500",
            "only the inner one undone: not enough money in the account of bob",
            "ada 7500",
            "bob 2600");
  }

  @Test
  void orders_askedForTwice_arePlacedOnce() throws Exception {
    assertThat(run(Orders.class))
        .containsExactly(
            "Once[value=1, replayed=false]", "Once[value=1, replayed=true]", "1 order");
  }

  @Test
  void payments_areInTheBucket_andInAFileFromThere() throws Exception {
    assertThat(run(Payments.class)).containsExactly("4200", "in the bucket");
    assertThat(directory.resolve(".do/bucket")).isDirectory();
    try (DoSQL other =
        DoSQL.open(DBOptions.builder().directory(directory.resolve("other")).build())) {
      other.importFile("acme", directory.resolve("acme-restored.db"));
      assertThat(other.db("acme").query(Long.class, "SELECT cents FROM payments ORDER BY id"))
          .containsExactly(2500L, 1700L);
    }
  }

  /** What a main prints, logs included. */
  private List<String> run(Class<?> example) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                example.getName())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    try {
      List<String> lines = process.inputReader().lines().toList();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as("exit of %s: %s", example, lines).isZero();
      return lines;
    } finally {
      process.destroyForcibly();
    }
  }
}
