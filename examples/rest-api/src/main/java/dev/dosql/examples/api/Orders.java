package dev.dosql.examples.api;

import dev.dosql.DB;
import dev.dosql.Queries;
import dev.dosql.Reads;
import dev.dosql.Row;
import dev.dosql.Transaction;
import dev.dosql.web.WebException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The SQL of the orders. What is in stock and what is ordered always come to the same sum: both
 * change in one transaction, and a CHECK keeps the stock from falling below zero.
 */
final class Orders {
  private static final String COLUMNS = "id, user_id, total_cents, status, created_at";

  private Orders() {}

  // region orders-place
  /** Takes the items from the stock, at the prices of now, and stores the order. */
  static Receipt place(Transaction tx, long user, NewOrder order) {
    long id =
        tx.run("INSERT INTO orders (user_id, total_cents) VALUES (?, 0)", user).lastInsertRowid();
    long total = 0;
    for (Map.Entry<Long, Long> item : quantities(order).entrySet()) {
      total += take(tx, id, item.getKey(), item.getValue());
    }
    tx.run("UPDATE orders SET total_cents = ? WHERE id = ?", total, id);
    return new Receipt(id, total);
  }

  private static long take(Queries tx, long order, long product, long quantity) {
    long price =
        tx.queryOne(
                Long.class,
                "UPDATE products SET stock = stock - :n"
                    + " WHERE id = :id AND stock >= :n RETURNING price_cents",
                Map.of("id", product, "n", quantity))
            .orElseThrow(() -> outOfStock(product));
    tx.run(
        "INSERT INTO order_items (order_id, product_id, quantity, price_cents) VALUES (?, ?, ?, ?)",
        order,
        product,
        quantity,
        price);
    return Math.multiplyExact(price, quantity);
  }

  private static WebException outOfStock(long product) {
    return new WebException(409, "out_of_stock", "not enough in stock (product=" + product + ")");
  }

  // endregion

  /** How many of each product; one that is named twice is ordered once, with the sum. */
  private static Map<Long, Long> quantities(NewOrder order) {
    Map<Long, Long> quantities = new TreeMap<>();
    order.items().forEach(i -> quantities.merge(i.productId(), i.quantity(), Math::addExact));
    return quantities;
  }

  static List<Order> page(DB db, long user, long before, int limit) {
    return db.read(
        snapshot ->
            snapshot
                .query(
                    "SELECT "
                        + COLUMNS
                        + " FROM orders WHERE user_id = ? AND id < ? ORDER BY id DESC LIMIT ?",
                    user,
                    before,
                    limit)
                .stream()
                .map(row -> of(snapshot, row))
                .toList());
  }

  static Optional<Order> find(DB db, long user, long id) {
    return db.read(snapshot -> inSnapshot(snapshot, user, id));
  }

  private static Optional<Order> inSnapshot(Reads snapshot, long user, long id) {
    return snapshot
        .queryOne("SELECT " + COLUMNS + " FROM orders WHERE id = ? AND user_id = ?", id, user)
        .map(row -> of(snapshot, row));
  }

  // region orders-cancel
  /** Cancels an order that is pending and puts its items back; says how it stands then. */
  static Order cancel(DB db, long user, long id) {
    return db.transaction(
        tx -> {
          long cancelled =
              tx.run(
                      "UPDATE orders SET status = 'cancelled'"
                          + " WHERE id = ? AND user_id = ? AND status = 'pending'",
                      id,
                      user)
                  .changes();
          if (cancelled == 1) {
            tx.run(
                "UPDATE products SET stock = stock + i.quantity"
                    + " FROM order_items i WHERE i.order_id = ? AND i.product_id = products.id",
                id);
          }
          return inSnapshot(tx, user, id).orElseThrow(() -> WebException.notFound("no such order"));
        });
  }

  // endregion

  private static Order of(Reads db, Row row) {
    long id = row.getLong("id");
    return new Order(
        id,
        row.getLong("user_id"),
        row.getLong("total_cents"),
        row.get("status", Order.Status.class),
        row.get("created_at", Instant.class),
        db.query(
            Order.Item.class,
            "SELECT product_id, quantity, price_cents FROM order_items"
                + " WHERE order_id = ? ORDER BY product_id",
            id));
  }
}
