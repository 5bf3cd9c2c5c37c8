CREATE TABLE users (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER UNIQUE REFERENCES auth_accounts (id), -- NULL: has no login
  name       TEXT    NOT NULL CONSTRAINT name_length CHECK (length(name) BETWEEN 1 AND 100),
  email      TEXT    NOT NULL COLLATE NOCASE UNIQUE
                     CONSTRAINT email_length CHECK (length(email) BETWEEN 3 AND 254),
  bio        TEXT    CONSTRAINT bio_length CHECK (length(bio) <= 500),
  version    INTEGER NOT NULL DEFAULT 1,
  created_at TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
