package dev.dosql.examples.api;

import dev.dosql.DB;
import dev.dosql.Queries;
import dev.dosql.Reads;
import dev.dosql.web.ETags;
import dev.dosql.web.WebException;
import java.util.List;
import java.util.Optional;

/**
 * The SQL of the products. The version counts the changes of what an admin sets. The stock moves by
 * orders and deliveries, by as many as they are of, so none of them overwrites another, and an
 * admin who changes a price does not start again with each order.
 */
final class Products {
  private static final String COLUMNS =
      "id, sku, name, price_cents, stock, version, created_at, updated_at";

  private Products() {}

  static List<Product> page(Reads db, long before, int limit) {
    return db.query(
        Product.class,
        "SELECT " + COLUMNS + " FROM products WHERE id < ? ORDER BY id DESC LIMIT ?",
        before,
        limit);
  }

  static Optional<Product> find(Reads db, long id) {
    return db.queryOne(Product.class, "SELECT " + COLUMNS + " FROM products WHERE id = ?", id);
  }

  static Product add(Queries db, NewProduct product) {
    return db.queryOne(
            Product.class,
            "INSERT INTO products (sku, name, price_cents, stock)"
                + " VALUES (:sku, :name, :priceCents, :stock) RETURNING "
                + COLUMNS,
            product)
        .orElseThrow();
  }

  // region products-change
  /** Changes a product in one statement; asks why only if there was nothing to change. */
  static Product change(DB db, long id, ProductChanges changes, long version) {
    return db.transaction(
        tx ->
            tx.queryOne(
                    Product.class,
                    "UPDATE products SET name = ?, price_cents = ?, version = version + 1,"
                        + " updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
                        + " WHERE id = ? AND version = ? RETURNING "
                        + COLUMNS,
                    changes.name(),
                    changes.priceCents(),
                    id,
                    version)
                .orElseThrow(() -> notChanged(tx, id)));
  }

  private static WebException notChanged(Reads tx, long id) {
    return find(tx, id).isPresent() ? ETags.mismatch() : WebException.notFound("no such product");
  }

  // endregion

  /** Deletes a product that is still what the caller read, but not one that was ordered. */
  static void delete(DB db, long id, long version) {
    db.useTransaction(
        tx -> {
          Product stored = find(tx, id).orElseThrow(() -> WebException.notFound("no such product"));
          if (stored.version() != version) {
            throw ETags.mismatch();
          }
          Deletions.delete(tx, "DELETE FROM products WHERE id = ?", id);
        });
  }

  /** Adds to the stock of a product. */
  static Product deliver(Queries db, long id, long quantity) {
    return db.queryOne(
            Product.class,
            "UPDATE products SET stock = stock + ? WHERE id = ? RETURNING " + COLUMNS,
            quantity,
            id)
        .orElseThrow(() -> WebException.notFound("no such product"));
  }
}
