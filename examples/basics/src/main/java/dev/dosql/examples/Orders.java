package dev.dosql.examples;

import dev.dosql.DB;
import dev.dosql.Once;

/** An order that is placed once, however often its request comes. */
public final class Orders {
  private Orders() {}

  /** Places an order twice, as a client does that did not get the first answer. */
  public static void main(String[] args) {
    try (DB db = DB.memory()) {
      db.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL) STRICT");

      System.out.println(place(db, "request-7", "lamp"));
      System.out.println(place(db, "request-7", "lamp"));
      System.out.println(db.query("SELECT id FROM orders").size() + " order");
    }
  }

  // tag::once[]
  /** The number of the order, and whether it had been placed before: {@code replayed()}. */
  static Once<Long> place(DB db, String requestId, String item) {
    return db.once(
        requestId,
        Long.class,
        tx -> tx.run("INSERT INTO orders (item) VALUES (?)", item).lastInsertRowid());
  }
  // end::once[]
}
