package dev.dosql.examples.api;

import dev.dosql.Queries;
import dev.dosql.Reads;
import dev.dosql.web.WebException;
import java.util.List;
import java.util.Map;

/** The SQL of the comments. They are seen by whoever sees their post. */
final class Comments {
  private static final String COLUMNS = "id, post_id, user_id, body, created_at";

  private Comments() {}

  /** Comments of a post, the oldest first, those after an id. */
  static List<Comment> page(Reads db, long post, long after, int limit) {
    return db.query(
        Comment.class,
        "SELECT " + COLUMNS + " FROM comments WHERE post_id = ? AND id > ? ORDER BY id LIMIT ?",
        post,
        after,
        limit);
  }

  /** Comments on a post that the author of the comment can see. */
  static Comment add(Queries db, long author, NewComment comment) {
    return db.queryOne(
            Comment.class,
            "INSERT INTO comments (post_id, user_id, body)"
                + " SELECT id, :author, :body FROM posts"
                + " WHERE id = :post AND (published = 1 OR user_id = :author) RETURNING "
                + COLUMNS,
            Map.of("author", author, "body", comment.body(), "post", comment.postId()))
        .orElseThrow(() -> WebException.notFound("no such post"));
  }

  /** Deletes a comment of its author's, or one under a post of theirs. */
  static void delete(Queries db, long user, long id) {
    long changes =
        db.run(
                "DELETE FROM comments WHERE id = :id AND (user_id = :user"
                    + " OR post_id IN (SELECT id FROM posts WHERE user_id = :user))",
                Map.of("id", id, "user", user))
            .changes();
    if (changes == 0) {
      throw WebException.notFound("no such comment");
    }
  }
}
