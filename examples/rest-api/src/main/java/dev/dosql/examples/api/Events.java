package dev.dosql.examples.api;

import dev.dosql.Queries;
import dev.dosql.Reads;
import dev.dosql.Row;
import java.time.Instant;
import java.util.List;

/**
 * The SQL of the events. One writer commits after the other, so ids come in the order of commits:
 * who has read up to an id misses nothing by going on behind it.
 */
final class Events {
  private static final String COLUMNS = "id, type, data, created_at";

  private Events() {}

  // region events
  /** Events behind an id, the oldest first. */
  static List<Event> after(Reads db, long id, int limit) {
    return db.query(
        Events::of,
        "SELECT " + COLUMNS + " FROM events WHERE id > ? ORDER BY id LIMIT ?",
        id,
        limit);
  }

  static Event emit(Queries db, NewEvent event) {
    return db.queryOne(
            Events::of,
            "INSERT INTO events (type, data) VALUES (?, ?) RETURNING " + COLUMNS,
            event.type(),
            event.data().toString())
        .orElseThrow();
  }

  // endregion

  private static Event of(Row row) {
    return new Event(
        row.getLong("id"),
        row.get("type", String.class),
        Bodies.JSON.readTree(row.get("data", String.class)),
        row.get("created_at", Instant.class));
  }
}
