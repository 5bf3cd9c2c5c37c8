package dev.dosql.examples.api;

import dev.dosql.Reads;
import dev.dosql.Row;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The SQL of the articles, which are the posts. */
final class Articles {
  private static final String SELECT =
      "SELECT p.id, p.title, p.content, p.published, p.created_at, u.id AS author_id,"
          + " u.name AS author_name FROM posts p JOIN users u ON u.id = p.user_id"
          + " WHERE (p.published = 1 OR p.user_id = :reader)";

  private Articles() {}

  static List<Article> page(Reads db, long reader, long before, int limit) {
    return db.query(
        Articles::of,
        SELECT + " AND p.id < :before ORDER BY p.id DESC LIMIT :limit",
        Map.of("reader", reader, "before", before, "limit", limit));
  }

  static Optional<Article> find(Reads db, long reader, long id) {
    return db.queryOne(
        Articles::of, SELECT + " AND p.id = :id", Map.of("reader", reader, "id", id));
  }

  private static Article of(Row row) {
    return new Article(
        row.getLong("id"),
        row.getString("title"),
        row.getString("content"),
        new Article.Author(row.getLong("author_id"), row.getString("author_name")),
        row.getBoolean("published") ? Article.State.PUBLISHED : Article.State.DRAFT,
        row.get("created_at", Instant.class));
  }
}
