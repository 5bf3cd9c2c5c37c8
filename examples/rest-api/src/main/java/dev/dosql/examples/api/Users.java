package dev.dosql.examples.api;

import dev.dosql.DB;
import dev.dosql.Params;
import dev.dosql.Queries;
import dev.dosql.Reads;
import dev.dosql.web.Accounts;
import dev.dosql.web.ETags;
import dev.dosql.web.Like;
import dev.dosql.web.WebException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The SQL of the users. */
final class Users {
  private static final String COLUMNS = "id, name, email, bio, version, created_at, updated_at";
  private static final String FOUND =
      "(:like IS NULL OR name LIKE :like ESCAPE '\\' OR email LIKE :like ESCAPE '\\')";

  private Users() {}

  // region users-page
  /** Users from the newest on, those whose id is less than one; an id never changes. */
  static List<User> page(Reads db, @Nullable String search, long before, int limit) {
    return db.query(
        User.class,
        "SELECT "
            + COLUMNS
            + " FROM users WHERE id < :before AND "
            + FOUND // name LIKE :like ESCAPE '\' OR …
            + " ORDER BY id DESC LIMIT :limit",
        Params.of("before", before).and("like", pattern(search)).and("limit", limit));
  }

  private static @Nullable String pattern(@Nullable String search) {
    return search == null ? null : Like.contains(search); // % and _ stand for themselves
  }

  // endregion

  static long count(Reads db, @Nullable String search) {
    return db.queryOne(
            Long.class,
            "SELECT count(*) FROM users WHERE " + FOUND,
            Params.of("like", pattern(search)))
        .orElseThrow();
  }

  // region users-find
  static Optional<User> find(Reads db, long id) {
    return db.queryOne(User.class, "SELECT " + COLUMNS + " FROM users WHERE id = ?", id);
  }

  static User get(Reads db, long id) {
    return find(db, id).orElseThrow(() -> WebException.notFound("no such user"));
  }

  // endregion

  /** The user who signs in with an account. */
  static Optional<Long> ofAccount(Reads db, long account) {
    return db.queryOne(Long.class, "SELECT id FROM users WHERE account_id = ?", account);
  }

  /** The account of a user. */
  static long accountOf(Reads db, long id) {
    Long account =
        db.queryOne("SELECT account_id FROM users WHERE id = ?", id)
            .orElseThrow(() -> WebException.notFound("no such user"))
            .get("account_id", Long.class);
    if (account == null) {
      throw new WebException(409, "no_account", "the user cannot sign in");
    }
    return account;
  }

  private static Optional<Long> account(Reads db, long id) {
    return db.queryOne(
        Long.class, "SELECT account_id FROM users WHERE id = ? AND account_id IS NOT NULL", id);
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

  /** Stores a user who signs in with an account. */
  static User add(Queries db, String name, String email, long account) {
    return db.queryOne(
            User.class,
            "INSERT INTO users (name, email, account_id) VALUES (?, ?, ?) RETURNING " + COLUMNS,
            name,
            email,
            account)
        .orElseThrow();
  }

  // region users-change
  /** Changes a user that is still what the caller read, and with the address the login. */
  static User change(DB db, Accounts accounts, long id, UserChanges changes, long version) {
    return db.transaction(
        tx -> {
          User changed = changed(tx, ofVersion(tx, id, version), changes);
          if (changes.email() != null) {
            account(tx, id).ifPresent(each -> accounts.changeLogin(tx, each, changed.email()));
          }
          return changed;
        });
  }

  /** A transaction has the writer from its start, so nobody changes the row in between. */
  private static User ofVersion(Reads tx, long id, long version) {
    User stored = get(tx, id);
    if (stored.version() != version) {
      throw ETags.mismatch();
    }
    return stored;
  }

  private static User changed(Queries tx, User stored, UserChanges changes) {
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

  /** Deletes a user with account and posts, but not one who has ordered: the orders stay. */
  static void delete(DB db, long id, long version) {
    db.useTransaction(
        tx -> {
          ofVersion(tx, id, version);
          Optional<Long> account = account(tx, id);
          Deletions.delete(tx, "DELETE FROM users WHERE id = ?", id);
          if (account.isPresent()) {
            tx.run("DELETE FROM auth_accounts WHERE id = ?", account);
          }
        });
  }
}
