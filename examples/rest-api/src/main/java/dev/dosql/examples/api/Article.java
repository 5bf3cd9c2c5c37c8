package dev.dosql.examples.api;

import java.time.Instant;

/** A post as version 2 of the API sends it: with its author, and a state in place of a flag. */
record Article(
    long id, String headline, String body, Author author, State state, Instant createdAt) {
  /** Who wrote it. */
  record Author(long id, String name) {}

  /** Who sees it. */
  enum State {
    DRAFT,
    PUBLISHED
  }
}
