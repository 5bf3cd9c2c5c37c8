package dev.dosql.examples.api;

import java.time.Instant;
import java.util.List;

/** An order as it is sent. */
record Order(
    long id, long userId, long totalCents, Status status, Instant createdAt, List<Item> items) {
  /** What became of it; the names are those in the database. */
  enum Status {
    pending,
    cancelled
  }

  /**
   * A line of it.
   *
   * @param priceCents the price of one when it was ordered
   */
  public record Item(long productId, long quantity, long priceCents) {}
}
