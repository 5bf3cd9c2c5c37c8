package dev.dosql.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RandomScriptTest {
  private static final List<String> PIECES =
      List.of(
          "'", "\"", "`", "[", "]", "--", "/*", "*/", ";", "\n", "\r", " ", "(", ")", "x'", "BEGIN",
          "END", "CREATE", "TEMP", "TRIGGER", "CASE", "PRAGMA", "EXPLAIN", "DEFAULT", "random",
          "now", ".", "=", "1e5", "0x", "$a", "é", "\uD83D", "\u0001", "\uFEFF", "ALTER");

  @Test
  void parse_randomText_loadsOrFailsInAKnownWay() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int run = 0; run < 20_000; run++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(30); i >= 0; i--) {
        text.append(
            random.nextInt(5) == 0
                ? String.valueOf((char) random.nextInt(0x180))
                : PIECES.get(random.nextInt(PIECES.size())));
        text.append(random.nextBoolean() ? " " : "");
      }
      try {
        check(text.toString());
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed=%d text=%s".formatted(seed, text), e);
      }
    }
  }

  /** A file of the text loads, or fails in a known way. */
  private static void check(String text) {
    try {
      byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
      Migration migration = Migration.parse(new FileName("001_a.sql", null, "a"), bytes);
      Sameness.of(List.of(migration));
    } catch (MigrationFailure e) {
      assertThat(e.kind()).isEqualTo(MigrationFailure.Kind.UNPARSABLE);
    }
  }
}
