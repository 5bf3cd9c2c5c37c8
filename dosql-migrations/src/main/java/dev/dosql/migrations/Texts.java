package dev.dosql.migrations;

/** Texts for messages. */
final class Texts {
  private static final int BRIEF_LENGTH_MAX = 120;

  private Texts() {}

  /** A statement on one line and not too long. */
  static String brief(String statement) {
    String oneLine = statement.strip().replaceAll("\\s+", " ");
    return oneLine.length() <= BRIEF_LENGTH_MAX
        ? oneLine
        : oneLine.substring(0, BRIEF_LENGTH_MAX) + "…";
  }
}
