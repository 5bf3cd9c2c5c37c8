CREATE TABLE posts (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  title      TEXT    NOT NULL CONSTRAINT title_length CHECK (length(title) BETWEEN 1 AND 200),
  content    TEXT    NOT NULL CONSTRAINT content_length CHECK (length(content) BETWEEN 1 AND 20000),
  published  INTEGER NOT NULL DEFAULT 0 CHECK (published IN (0, 1)),
  version    INTEGER NOT NULL DEFAULT 1,
  created_at TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE INDEX posts_by_user ON posts (user_id);

-- The words of the posts; it holds an index only and reads the text from posts.
CREATE VIRTUAL TABLE posts_words USING fts5 (title, content, content = 'posts', content_rowid = 'id');

CREATE TRIGGER posts_words_insert AFTER INSERT ON posts BEGIN
  INSERT INTO posts_words (rowid, title, content) VALUES (new.id, new.title, new.content);
END;

CREATE TRIGGER posts_words_delete AFTER DELETE ON posts BEGIN
  INSERT INTO posts_words (posts_words, rowid, title, content)
  VALUES ('delete', old.id, old.title, old.content);
END;

CREATE TRIGGER posts_words_update AFTER UPDATE OF title, content ON posts BEGIN
  INSERT INTO posts_words (posts_words, rowid, title, content)
  VALUES ('delete', old.id, old.title, old.content);
  INSERT INTO posts_words (rowid, title, content) VALUES (new.id, new.title, new.content);
END;
