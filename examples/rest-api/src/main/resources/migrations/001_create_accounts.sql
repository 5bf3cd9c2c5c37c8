-- Accounts and their sessions, in the database of the tenant that they belong to.
-- Times are milliseconds since 1970 in UTC.

CREATE TABLE auth_accounts (
  id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never that of another account, also after it is gone
  login      TEXT    NOT NULL UNIQUE CHECK (length(login) BETWEEN 1 AND 254),
  password   TEXT    NOT NULL CHECK (password LIKE '$argon2id$%'),
  roles      TEXT    NOT NULL DEFAULT '', -- words with one blank between them
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE auth_sessions (
  token_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32), -- SHA-256
  account_id INTEGER NOT NULL REFERENCES auth_accounts (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL CHECK (expires_at > created_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX auth_sessions_by_account ON auth_sessions (account_id, created_at);
CREATE INDEX auth_sessions_by_expiry ON auth_sessions (expires_at);
