-- A user or a product stays while there is an order of it. RESTRICT refuses at once, and without it
-- a transaction could put things right until the end of its statement.
CREATE TABLE orders (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id     INTEGER NOT NULL REFERENCES users (id),
  total_cents INTEGER NOT NULL CHECK (total_cents >= 0),
  status      TEXT    NOT NULL DEFAULT 'pending'
                      CONSTRAINT status_known CHECK (status IN ('pending', 'cancelled')),
  created_at  TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE INDEX orders_by_user ON orders (user_id, id);

-- The price is that of the moment of the order.
CREATE TABLE order_items (
  order_id    INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  product_id  INTEGER NOT NULL REFERENCES products (id) ON DELETE RESTRICT,
  quantity    INTEGER NOT NULL CONSTRAINT quantity_range CHECK (quantity BETWEEN 1 AND 1000),
  price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
  PRIMARY KEY (order_id, product_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_items_by_product ON order_items (product_id);
