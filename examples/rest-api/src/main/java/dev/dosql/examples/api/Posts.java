package dev.dosql.examples.api;

import dev.dosql.DB;
import dev.dosql.Params;
import dev.dosql.Queries;
import dev.dosql.Reads;
import dev.dosql.web.ETags;
import dev.dosql.web.WebException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The SQL of the posts. A post that is not published is seen by its author only. */
final class Posts {
  private static final String COLUMNS =
      "id, user_id, title, content, published, version, created_at, updated_at";
  private static final String SEEN = "(published = 1 OR user_id = :reader)";

  private Posts() {}

  static List<Post> page(Reads db, long reader, long before, int limit) {
    return db.query(
        Post.class,
        "SELECT "
            + COLUMNS
            + " FROM posts WHERE id < :before AND "
            + SEEN
            + " ORDER BY id DESC LIMIT :limit",
        Params.of("reader", reader).and("before", before).and("limit", limit));
  }

  // region posts-search
  /** Posts with all of the words, the newest first. */
  static List<Post> search(Reads db, String text, long reader, long before, int limit) {
    return db.query(
        Post.class,
        "SELECT "
            + COLUMNS
            + " FROM posts"
            + " WHERE id IN (SELECT rowid FROM posts_words WHERE posts_words MATCH :words)"
            + " AND id < :before AND "
            + SEEN
            + " ORDER BY id DESC LIMIT :limit",
        Params.of("words", Words.all(text))
            .and("reader", reader)
            .and("before", before)
            .and("limit", limit));
  }

  // endregion

  static Optional<Post> find(Reads db, long reader, long id) {
    return db.queryOne(
        Post.class,
        "SELECT " + COLUMNS + " FROM posts WHERE id = :id AND " + SEEN,
        Map.of("id", id, "reader", reader));
  }

  static Post get(Reads db, long reader, long id) {
    return find(db, reader, id).orElseThrow(() -> WebException.notFound("no such post"));
  }

  static Post add(Queries db, long author, NewPost post) {
    return db.queryOne(
            Post.class,
            "INSERT INTO posts (user_id, title, content, published) VALUES (?, ?, ?, ?) RETURNING "
                + COLUMNS,
            author,
            post.title(),
            post.content(),
            post.published())
        .orElseThrow();
  }

  /** Changes a post of its author's that is still what they read. */
  static Post change(DB db, long author, long id, NewPost post, long version) {
    return db.transaction(
        tx -> {
          ownOfVersion(tx, author, id, version);
          return tx.queryOne(
                  Post.class,
                  "UPDATE posts SET title = ?, content = ?, published = ?, version = version + 1,"
                      + " updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
                      + " WHERE id = ? RETURNING "
                      + COLUMNS,
                  post.title(),
                  post.content(),
                  post.published(),
                  id)
              .orElseThrow();
        });
  }

  static void delete(DB db, long author, long id, long version) {
    db.useTransaction(
        tx -> {
          ownOfVersion(tx, author, id, version);
          tx.run("DELETE FROM posts WHERE id = ?", id);
        });
  }

  private static void ownOfVersion(Reads db, long author, long id, long version) {
    Post post = get(db, author, id);
    if (post.userId() != author) {
      throw WebException.forbidden("the post is somebody else's");
    }
    if (post.version() != version) {
      throw ETags.mismatch();
    }
  }
}
