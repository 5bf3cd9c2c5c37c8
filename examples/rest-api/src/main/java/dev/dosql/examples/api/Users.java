package dev.dosql.examples.api;

import dev.dosql.DB;
import dev.dosql.Params;
import dev.dosql.Queries;
import dev.dosql.Reads;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The SQL of the users. */
final class Users {
  private static final String COLUMNS = "id, name, email, bio, version, created_at, updated_at";

  private Users() {}

  // region users-page
  /** Users from the newest on, those whose id is less than one; the id never changes. */
  static List<User> page(Reads db, @Nullable String search, long before, int limit) {
    return db.query(
        User.class,
        "SELECT "
            + COLUMNS
            + " FROM users"
            + " WHERE id < :before"
            + " AND (:like IS NULL OR name LIKE :like ESCAPE '\\' OR email LIKE :like ESCAPE '\\')"
            + " ORDER BY id DESC LIMIT :limit",
        Params.of("before", before)
            .and("like", search == null ? null : Likes.containing(search))
            .and("limit", limit));
  }

  // endregion

  static long count(Reads db, @Nullable String search) {
    return db.queryOne(
            Long.class,
            "SELECT count(*) FROM users"
                + " WHERE :like IS NULL OR name LIKE :like ESCAPE '\\' OR email LIKE :like ESCAPE '\\'",
            Params.of("like", search == null ? null : Likes.containing(search)))
        .orElseThrow();
  }

  static Optional<User> find(Reads db, long id) {
    return db.queryOne(User.class, "SELECT " + COLUMNS + " FROM users WHERE id = ?", id);
  }

  // region users-add
  /** Stores a user and returns it as it is stored, in one statement. */
  static User add(Queries db, NewUser user) {
    return db.queryOne(
            User.class,
            "INSERT INTO users (name, email, bio) VALUES (:name, :email, :bio) RETURNING "
                + COLUMNS,
            user)
        .orElseThrow();
  }

  // endregion

  // region users-change
  /**
   * Changes a user that is still what the caller read.
   *
   * @param version the version that was read, or empty for any
   */
  static User change(DB db, long id, UserChanges changes, Optional<Long> version) {
    return db.transaction(
        tx -> {
          User stored = find(tx, id).orElseThrow(() -> new MissingException("user", id));
          Versions.check(stored.version(), version);
          return change(tx, stored, changes);
        });
  }

  private static User change(Queries tx, User stored, UserChanges changes) {
    return tx.queryOne(
            User.class,
            "UPDATE users SET name = :name, email = :email, bio = :bio, version = version + 1,"
                + " updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
                + " WHERE id = :id RETURNING "
                + COLUMNS,
            Params.of("id", stored.id())
                .and("name", changes.name() == null ? stored.name() : changes.name())
                .and("email", changes.email() == null ? stored.email() : changes.email())
                .and("bio", changes.bio() == null ? stored.bio() : changes.bio().orElse(null)))
        .orElseThrow();
  }

  // endregion

  /** Deletes a user with what is theirs, but not one who has ordered: the orders stay. */
  static void delete(DB db, long id, Optional<Long> version) {
    db.useTransaction(
        tx -> {
          User stored = find(tx, id).orElseThrow(() -> new MissingException("user", id));
          Versions.check(stored.version(), version);
          tx.run("DELETE FROM users WHERE id = ?", id);
        });
  }
}
