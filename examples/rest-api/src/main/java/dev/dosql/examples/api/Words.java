package dev.dosql.examples.api;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Text of a user as a query of FTS5. */
final class Words {
  private Words() {}

  // region words
  /** All of the words, the last as the beginning of one; no operator of FTS5 is left in it. */
  static String all(String text) {
    return Arrays.stream(text.strip().split("\\s+"))
            .map(word -> '"' + word.replace("\"", "\"\"") + '"')
            .collect(Collectors.joining(" "))
        + "*";
  }
  // endregion
}
