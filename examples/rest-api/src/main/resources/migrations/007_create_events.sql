CREATE TABLE events (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  type       TEXT    NOT NULL CONSTRAINT type_form CHECK (type GLOB '[a-z]*' AND length(type) <= 60),
  data       TEXT    NOT NULL CONSTRAINT data_json CHECK (json_valid(data) AND length(data) <= 10000),
  created_at TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
