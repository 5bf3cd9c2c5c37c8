-- Money is a whole number of cents.
CREATE TABLE products (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  sku         TEXT    NOT NULL UNIQUE CONSTRAINT sku_length CHECK (length(sku) BETWEEN 1 AND 40),
  name        TEXT    NOT NULL CONSTRAINT product_name_length CHECK (length(name) BETWEEN 1 AND 100),
  price_cents INTEGER NOT NULL CONSTRAINT price_range CHECK (price_cents BETWEEN 0 AND 100000000),
  stock       INTEGER NOT NULL CONSTRAINT stock_range CHECK (stock BETWEEN 0 AND 1000000000),
  version     INTEGER NOT NULL DEFAULT 1,
  created_at  TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at  TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
