package dev.dosql.web;

import dev.dosql.DB;
import dev.dosql.Queries;
import dev.dosql.Reads;
import dev.dosql.Row;
import dev.dosql.Transaction;
import dev.dosql.web.internal.Passwords;
import dev.dosql.web.internal.SessionTokens;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Users of a tenant, their passwords and their sessions.
 *
 * <p>All of it is in the tenant's own database, so that a session is of one tenant and means
 * nothing in another, and goes where the tenant goes: into its exports, its bucket, and away with
 * it. The tables are {@link #schema}, which belongs into the migrations of the application.
 *
 * <p>A password is kept as its Argon2id hash, a session as the SHA-256 of its token. A session ends
 * at a point in time, when it is rotated, revoked or its account is deleted; and whatever is not
 * clearly good is not accepted: a time that is no integer, or is further away than sessions last.
 * To log in takes as long for a name that is not there as for a wrong password.
 *
 * <p>Safe for use by many threads.
 */
public final class Accounts {
  private static final String SCHEMA = "accounts.sql";
  private static final int LOGIN_CHARS_MAX = 254;
  private static final Pattern ROLE = Pattern.compile("[A-Za-z0-9_.:-]{1,64}");

  /** What clocks may go back by without ending the sessions that just began. */
  private static final long SKEW_MILLIS = 300_000;

  private static final String ACCOUNT = "id, login, roles, created_at";

  private final Clock clock;
  private final long lifetimeMillis;
  private final int sessionsMax;
  private final Passwords passwords = new Passwords();
  private final SessionTokens tokens = new SessionTokens();

  private Accounts(Builder from) {
    this.clock = from.clock;
    this.lifetimeMillis = from.sessionLifetime.toMillis();
    this.sessionsMax = from.sessionsMax;
  }

  /**
   * The defaults, to be changed.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The tables, as a migration: the resource {@code /dev/dosql/web/accounts.sql}, to be copied into
   * a file of the application's migrations.
   *
   * @return SQL
   */
  public static String schema() {
    try (InputStream in = Accounts.class.getResourceAsStream(SCHEMA)) {
      return new String(Objects.requireNonNull(in, SCHEMA).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Makes the tables where there are no migrations. Does nothing if they are there.
   *
   * @param db the tenant
   */
  public static void install(Queries db) {
    db.useTransaction(
        tx -> {
          if (tx.query("SELECT 1 FROM sqlite_schema WHERE name = 'auth_accounts'").isEmpty()) {
            tx.exec(schema());
          }
        });
  }

  /**
   * The hash of a new password, for {@link #signUpHashed}.
   *
   * @param password the password
   * @return a text in the PHC format
   * @throws WebException 422 if it has less than 8 characters or more than 1,024 bytes; 503 if too
   *     many are being hashed
   */
  public String hash(String password) {
    return passwords.hashNew(password);
  }

  /**
   * Makes an account. Hashing takes tens of milliseconds, in which a transaction would keep other
   * writers waiting: inside one, use {@link #signUpHashed}.
   *
   * @param db the tenant
   * @param login the name to log in with, such as an email address
   * @param password the password
   * @param roles what the user may do
   * @return the account
   * @throws WebException 422 if the login is blank, longer than 254 characters or has control
   *     characters, or the password is too short or too long
   * @throws dev.dosql.UniqueViolationException if the login is taken
   * @throws IllegalArgumentException if a role is not a word of letters, digits and {@code _.:-}
   */
  public Account signUp(Queries db, String login, String password, Set<String> roles) {
    String checked = checkedLogin(login);
    return signUpHashed(db, checked, hash(password), roles);
  }

  /**
   * Makes an account whose password is hashed, such as in a transaction that makes more than that.
   *
   * @param db the tenant, or a transaction of it
   * @param login the name to log in with
   * @param hash what {@link #hash} returned
   * @param roles what the user may do
   * @return the account
   * @throws WebException 422 if the login cannot be one
   * @throws dev.dosql.UniqueViolationException if the login is taken
   */
  public Account signUpHashed(Queries db, String login, String hash, Set<String> roles) {
    return db.queryOne(
            Accounts::account,
            "INSERT INTO auth_accounts (login, password, roles, created_at) VALUES (?, ?, ?, ?)"
                + " RETURNING "
                + ACCOUNT,
            checkedLogin(login),
            hash,
            text(roles),
            clock.millis())
        .orElseThrow();
  }

  private static String checkedLogin(String login) {
    if (!canBeLogin(login)) {
      throw WebException.unprocessable(
          "login must have 1 to " + LOGIN_CHARS_MAX + " characters, and no control characters");
    }
    return key(login);
  }

  private static boolean canBeLogin(String login) {
    if (login.length() > LOGIN_CHARS_MAX) {
      return false;
    }
    String key = key(login);
    return !key.isEmpty()
        && key.length() <= LOGIN_CHARS_MAX
        && key.codePoints().noneMatch(Accounts::isNoText);
  }

  private static boolean isNoText(int codePoint) {
    return Character.isISOControl(codePoint) || Character.getType(codePoint) == Character.SURROGATE;
  }

  private static String text(Set<String> roles) {
    for (String role : roles) {
      if (!ROLE.matcher(role).matches()) {
        throw new IllegalArgumentException("role must match " + ROLE + ": " + role);
      }
    }
    return String.join(" ", new TreeSet<>(roles));
  }

  private static Set<String> roles(String text) {
    return Arrays.stream(text.split(" "))
        .filter(role -> !role.isEmpty())
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Account account(Row row) {
    return new Account(
        row.getLong("id"),
        text(row, "login"),
        roles(text(row, "roles")),
        Instant.ofEpochMilli(row.getLong("created_at")));
  }

  private static String text(Row row, String column) {
    return Objects.requireNonNull(row.getString(column), column);
  }

  /**
   * The account of a login.
   *
   * @param db the tenant
   * @param login the name to log in with, in upper or lower case
   * @return the account, or empty
   */
  public Optional<Account> find(Reads db, String login) {
    if (!canBeLogin(login)) {
      return Optional.empty();
    }
    return db.queryOne(
        Accounts::account, "SELECT " + ACCOUNT + " FROM auth_accounts WHERE login = ?", key(login));
  }

  private static String key(String login) {
    return login.strip().toLowerCase(Locale.ROOT);
  }

  /**
   * Begins a session. The oldest of an account end when it has more than {@link
   * Builder#sessionsMax}.
   *
   * @param db the tenant
   * @param login the name
   * @param password the password
   * @return the session, with the token that the client gets
   * @throws WebException 401 if there is no such account or the password is another, with the same
   *     text and after the same time; 503 if too many passwords are being hashed
   */
  public Session login(DB db, String login, String password) {
    Optional<Credentials> found = canBeLogin(login) ? credentials(db, login) : Optional.empty();
    if (found.isEmpty()) {
      passwords.matchNobody(password);
      throw refusedLogin();
    }
    Credentials credentials = found.get();
    if (!passwords.matches(password, credentials.password())) {
      throw refusedLogin();
    }
    return db.transaction(tx -> begin(tx, credentials));
  }

  private record Credentials(Account account, String password) {}

  private static Optional<Credentials> credentials(Reads db, String login) {
    return db.queryOne(
        row -> new Credentials(account(row), text(row, "password")),
        "SELECT " + ACCOUNT + ", password FROM auth_accounts WHERE login = ?",
        key(login));
  }

  private static WebException refusedLogin() {
    return WebException.unauthorized("login or password is wrong");
  }

  /** Only if the password is still what it was while it was compared, which takes a while. */
  private Session begin(Transaction tx, Credentials credentials) {
    long id = credentials.account().id();
    boolean same =
        tx.queryOne(
                "SELECT 1 FROM auth_accounts WHERE id = ? AND password = ?",
                id,
                credentials.password())
            .isPresent();
    if (!same) {
      throw refusedLogin();
    }
    return begin(tx, credentials.account());
  }

  /**
   * The new one stays, whatever the times of the others: a clock that was ahead leaves some that
   * look newer. Those that end later than one can are not accepted, so they take nobody's place.
   */
  private Session begin(Transaction tx, Account account) {
    String token = tokens.next();
    long now = clock.millis();
    long end = now + lifetimeMillis;
    tx.run(
        "INSERT INTO auth_sessions (token_hash, account_id, created_at, expires_at)"
            + " VALUES (?, ?, ?, ?)",
        SessionTokens.hash(token),
        account.id(),
        now,
        end);
    tx.run(
        "DELETE FROM auth_sessions WHERE account_id = ?1 AND token_hash NOT IN"
            + " (SELECT token_hash FROM auth_sessions WHERE account_id = ?1 AND expires_at <= ?4"
            + " ORDER BY token_hash = ?2 DESC, created_at DESC LIMIT ?3)",
        account.id(),
        SessionTokens.hash(token),
        sessionsMax,
        latest(now));
    return new Session(token, account, Instant.ofEpochMilli(end));
  }

  /**
   * Who sends a token.
   *
   * @param db the tenant that the request is of
   * @param token what was sent
   * @return the user of that tenant, or empty if it is no token of a session there that lasts
   */
  public Optional<Identity> authenticate(DB db, String token) {
    if (!SessionTokens.isOne(token)) {
      return Optional.empty();
    }
    long now = clock.millis();
    return db.queryOne(
        row -> identity(db.name(), row),
        "SELECT a.id, a.roles FROM auth_sessions s JOIN auth_accounts a ON a.id = s.account_id"
            + " WHERE s.token_hash = ? AND typeof(s.expires_at) = 'integer'"
            + " AND s.expires_at > ? AND s.expires_at <= ?",
        SessionTokens.hash(token),
        now,
        latest(now));
  }

  private long latest(long now) {
    return now + lifetimeMillis + SKEW_MILLIS;
  }

  private static Identity identity(String tenant, Row row) {
    String subject = Long.toString(row.getLong("id"));
    return new Identity(Identity.Kind.USER, tenant, subject, roles(text(row, "roles")));
  }

  /**
   * Replaces a session by a new one that lasts from now on; the old one ends.
   *
   * @param db the tenant
   * @param token the old session's token
   * @return the new session
   * @throws WebException 401 if the old one does not last; of two that rotate it at once, one wins
   */
  public Session rotate(DB db, String token) {
    if (!SessionTokens.isOne(token)) {
      throw refusedSession();
    }
    return db.transaction(tx -> begin(tx, ended(tx, token)));
  }

  private Account ended(Transaction tx, String token) {
    long now = clock.millis();
    long id =
        tx.queryOne(
                Long.class,
                "DELETE FROM auth_sessions WHERE token_hash = ? AND typeof(expires_at) = 'integer'"
                    + " AND expires_at > ? AND expires_at <= ? RETURNING account_id",
                SessionTokens.hash(token),
                now,
                latest(now))
            .orElseThrow(Accounts::refusedSession);
    return tx.queryOne(
            Accounts::account, "SELECT " + ACCOUNT + " FROM auth_accounts WHERE id = ?", id)
        .orElseThrow(Accounts::refusedSession);
  }

  private static WebException refusedSession() {
    return WebException.unauthorized("no session, or one that has ended");
  }

  /**
   * Ends a session.
   *
   * @param db the tenant
   * @param token its token
   * @return whether there was one
   */
  public boolean logout(DB db, String token) {
    return SessionTokens.isOne(token)
        && db.run("DELETE FROM auth_sessions WHERE token_hash = ?", SessionTokens.hash(token))
                .changes()
            > 0;
  }

  /**
   * Ends all sessions of an account.
   *
   * @param db the tenant, or a transaction of it
   * @param accountId the account
   * @return how many there were
   */
  public long revokeAll(Queries db, long accountId) {
    return db.run("DELETE FROM auth_sessions WHERE account_id = ?", accountId).changes();
  }

  /**
   * Deletes the sessions that have ended. They are not accepted anyway; this gives back their room.
   * Worth a call an hour or a day.
   *
   * @param db the tenant
   * @return how many there were
   */
  public long sweep(DB db) {
    long now = clock.millis();
    return db.run(
            "DELETE FROM auth_sessions WHERE typeof(expires_at) <> 'integer'"
                + " OR expires_at <= ? OR expires_at > ?",
            now,
            latest(now))
        .changes();
  }

  /**
   * Changes a password and ends all sessions of the account.
   *
   * @param db the tenant
   * @param accountId the account
   * @param oldPassword the password as it was
   * @param newPassword the new one
   * @throws WebException 401 if the old one is wrong, or there is no such account; 422 if the new
   *     one is too short or too long
   */
  public void changePassword(DB db, long accountId, String oldPassword, String newPassword) {
    String kept =
        db.queryOne(String.class, "SELECT password FROM auth_accounts WHERE id = ?", accountId)
            .orElseThrow(Accounts::refusedLogin);
    if (!passwords.matches(oldPassword, kept)) {
      throw refusedLogin();
    }
    String hash = hash(newPassword);
    db.useTransaction(tx -> replacePassword(tx, accountId, kept, hash));
  }

  private void replacePassword(Transaction tx, long accountId, String kept, String hash) {
    long changes =
        tx.run(
                "UPDATE auth_accounts SET password = ? WHERE id = ? AND password = ?",
                hash,
                accountId,
                kept)
            .changes();
    if (changes == 0) {
      throw refusedLogin();
    }
    revokeAll(tx, accountId);
  }

  /**
   * Changes what a user may do, from the next request on.
   *
   * @param db the tenant, or a transaction of it
   * @param accountId the account
   * @param roles all that the user may do
   * @throws WebException 404 if there is no such account
   * @throws IllegalArgumentException if a role is not a word of letters, digits and {@code _.:-}
   */
  public void setRoles(Queries db, long accountId, Set<String> roles) {
    long changes =
        db.run("UPDATE auth_accounts SET roles = ? WHERE id = ?", text(roles), accountId).changes();
    if (changes == 0) {
      throw WebException.notFound("no such account");
    }
  }

  /**
   * Changes the name that a user logs in with, such as with their email address. The sessions stay.
   *
   * @param db the tenant, or the transaction that changes the address
   * @param accountId the account
   * @param login the new name
   * @throws WebException 404 if there is no such account; 422 if the login cannot be one, as in
   *     {@link #signUp}
   * @throws dev.dosql.UniqueViolationException if the login is that of another account; nothing is
   *     changed
   */
  public void changeLogin(Queries db, long accountId, String login) {
    long changes =
        db.run("UPDATE auth_accounts SET login = ? WHERE id = ?", checkedLogin(login), accountId)
            .changes();
    if (changes == 0) {
      throw WebException.notFound("no such account");
    }
  }

  /**
   * Collects settings; {@link #build} checks them.
   *
   * <p>Used by one thread at a time.
   */
  public static final class Builder {
    private static final Duration LIFETIME_MIN = Duration.ofSeconds(1);
    private static final Duration LIFETIME_MAX = Duration.ofDays(400);

    private Duration sessionLifetime = Duration.ofHours(12);
    private int sessionsMax = 20;
    private Clock clock = Clock.systemUTC();

    private Builder() {}

    /**
     * How long a session lasts. Default 12 hours: a day of work. Shortened, it ends at once the
     * sessions that would last longer.
     *
     * @param value a second to 400 days
     * @return this
     */
    public Builder sessionLifetime(Duration value) {
      sessionLifetime = Objects.requireNonNull(value, "sessionLifetime");
      return this;
    }

    /**
     * How many sessions an account may have. Default 20: more than a person's devices.
     *
     * @param value 1 or more
     * @return this
     */
    public Builder sessionsMax(int value) {
      sessionsMax = value;
      return this;
    }

    /**
     * What tells the time. Default the system's clock.
     *
     * @param value the clock
     * @return this
     */
    public Builder clock(Clock value) {
      clock = Objects.requireNonNull(value, "clock");
      return this;
    }

    /**
     * Checks the settings and makes them final.
     *
     * @return the accounts
     * @throws IllegalArgumentException if one is out of range; names it
     */
    public Accounts build() {
      if (sessionLifetime.compareTo(LIFETIME_MIN) < 0
          || sessionLifetime.compareTo(LIFETIME_MAX) > 0) {
        throw new IllegalArgumentException(
            "sessionLifetime must be "
                + LIFETIME_MIN
                + " to "
                + LIFETIME_MAX
                + ": "
                + sessionLifetime);
      }
      if (sessionsMax < 1) {
        throw new IllegalArgumentException("sessionsMax must be 1 or more: " + sessionsMax);
      }
      return new Accounts(this);
    }
  }
}
