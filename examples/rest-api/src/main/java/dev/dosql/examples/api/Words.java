package dev.dosql.examples.api;

import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Text of a user as a query of FTS5. */
final class Words {
  // region words
  private static final Pattern SPACE = Pattern.compile("[\\s\\x00]+");

  /** All of the words, the last as the beginning of one; no operator of FTS5 is left in it. */
  static String all(String text) {
    return SPACE // A NUL would end the query in the middle of a word.
        .splitAsStream(text)
        .filter(word -> !word.isEmpty())
        .map(word -> word.replace("\"", "\"\""))
        .collect(Collectors.joining("\" \"", "\"", "\"*"));
  }

  // endregion

  private Words() {}
}
