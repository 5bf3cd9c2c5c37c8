package dev.dosql.examples.api;

import dev.dosql.Reads;

/** How much there is. */
public record Stats(long users, long posts, long orders, long events) {
  static Stats of(Reads db) {
    return db.queryOne(
            Stats.class,
            "SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM posts) AS posts,"
                + " (SELECT count(*) FROM orders) AS orders,"
                + " (SELECT count(*) FROM events) AS events")
        .orElseThrow();
  }
}
