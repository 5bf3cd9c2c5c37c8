package dev.dosql.examples.api;

import java.util.Optional;

/** Versions of rows that are changed only by who has read the newest. */
final class Versions {
  private Versions() {}

  /** Refuses a change that was made for another version than the one that is stored. */
  static void check(long stored, Optional<Long> asked) {
    if (asked.isPresent() && asked.get() != stored) {
      throw new VersionMismatchException(stored, asked.get());
    }
  }
}
