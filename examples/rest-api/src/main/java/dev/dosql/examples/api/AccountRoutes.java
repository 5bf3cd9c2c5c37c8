package dev.dosql.examples.api;

import static io.javalin.apibuilder.ApiBuilder.delete;
import static io.javalin.apibuilder.ApiBuilder.get;
import static io.javalin.apibuilder.ApiBuilder.post;
import static io.javalin.apibuilder.ApiBuilder.put;

import dev.dosql.DB;
import dev.dosql.web.Access;
import dev.dosql.web.Account;
import dev.dosql.web.Accounts;
import dev.dosql.web.DoSQLPlugin;
import dev.dosql.web.Session;
import dev.dosql.web.WebException;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import jakarta.validation.constraints.Email;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Accounts, their sessions and their roles. A session is one of its tenant's and is worth nothing
 * elsewhere.
 */
final class AccountRoutes {
  private final Accounts accounts;

  AccountRoutes(Accounts accounts) {
    this.accounts = accounts;
  }

  // region account-routes
  void add() {
    post("signup", this::signUp, Access.ANYONE);
    post("login", this::login, Access.ANYONE);
    post("logout", this::logout);
    post("session/rotate", this::rotate);
    delete("sessions", this::endSessions);
    put("password", this::changePassword);
    get("me", this::me);
    put("users/{id}/roles", this::setRoles, Access.role("admin"));
    delete("users/{id}/sessions", this::endSessionsOf, Access.role("admin"));
  }

  // endregion

  /** What a user may do; the names are those in the database. */
  enum Role {
    user,
    admin
  }

  /** The body of a sign-up. */
  record SignUp(
      @NotBlank @Size(max = 100) String name,
      @NotNull @Email @Size(max = 254) String email,
      @NotNull @Size(max = 200) String password) {}

  /** The body of a login. */
  record Login(@NotNull @Size(max = 254) String email, @NotNull @Size(max = 200) String password) {}

  /** The body of a change of one's password. */
  record NewPassword(
      @NotNull @Size(max = 200) String oldPassword, @NotNull @Size(max = 200) String newPassword) {}

  /** The body of a change of somebody's roles. */
  record Roles(@NotNull EnumSet<Role> roles) {
    Set<String> names() {
      return roles.stream().map(Role::name).collect(Collectors.toSet());
    }
  }

  /** A session as it is sent: the only time that its token is seen. */
  record Opened(String token, Instant expiresAt) {
    static Opened of(Session session) {
      return new Opened(session.token(), session.expiresAt());
    }
  }

  private void signUp(Context ctx) {
    SignUp body = Requests.body(ctx, SignUp.class);
    User user = signUp(accounts, Requests.db(ctx), body, Set.of(Role.user.name()));
    Responses.one(ctx.status(HttpStatus.CREATED), user, user.version());
  }

  // region sign-up
  /** Account and user together, or neither. */
  static User signUp(Accounts accounts, DB db, SignUp body, Set<String> roles) {
    String hash = accounts.hash(body.password()); // takes long: not in a transaction
    return db.transaction(
        tx -> {
          Account account = accounts.signUpHashed(tx, body.email(), hash, roles);
          return Users.add(tx, body.name(), body.email(), account.id());
        });
  }

  // endregion

  private void login(Context ctx) {
    Login body = Requests.body(ctx, Login.class);
    ctx.json(Opened.of(accounts.login(Requests.db(ctx), body.email(), body.password())));
  }

  private void logout(Context ctx) {
    accounts.logout(Requests.db(ctx), token(ctx));
    ctx.status(HttpStatus.NO_CONTENT);
  }

  private void rotate(Context ctx) {
    ctx.json(Opened.of(accounts.rotate(Requests.db(ctx), token(ctx))));
  }

  // region change-password
  /** Whoever knew the old password is signed out with it, on every device. */
  private void changePassword(Context ctx) {
    NewPassword body = Requests.body(ctx, NewPassword.class);
    long account = DoSQLPlugin.requireIdentity(ctx).accountId();
    accounts.changePassword(Requests.db(ctx), account, body.oldPassword(), body.newPassword());
    ctx.status(HttpStatus.NO_CONTENT);
  }

  // endregion

  private void endSessions(Context ctx) {
    accounts.revokeAll(Requests.db(ctx), DoSQLPlugin.requireIdentity(ctx).accountId());
    ctx.status(HttpStatus.NO_CONTENT);
  }

  private void endSessionsOf(Context ctx) {
    DB db = Requests.db(ctx);
    accounts.revokeAll(db, Users.accountOf(db, Requests.id(ctx)));
    ctx.status(HttpStatus.NO_CONTENT);
  }

  /** Counts from the user's next request on, in the sessions that there are. */
  private void setRoles(Context ctx) {
    long id = Requests.id(ctx);
    Roles body = Requests.body(ctx, Roles.class);
    Requests.db(ctx)
        .useTransaction(tx -> accounts.setRoles(tx, Users.accountOf(tx, id), body.names()));
    ctx.status(HttpStatus.NO_CONTENT);
  }

  private void me(Context ctx) {
    User user = Users.get(Requests.db(ctx), Requests.user(ctx));
    Responses.one(ctx, user, user.version());
  }

  private static String token(Context ctx) {
    return DoSQLPlugin.bearer(ctx).orElseThrow(() -> WebException.unauthorized("needs a session"));
  }
}
