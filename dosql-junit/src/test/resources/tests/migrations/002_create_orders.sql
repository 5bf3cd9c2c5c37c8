CREATE TABLE orders (
  id      INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users (id),
  cents   INTEGER NOT NULL CONSTRAINT cents_not_negative CHECK (cents >= 0)
) STRICT;

CREATE INDEX orders_by_user ON orders (user_id);
