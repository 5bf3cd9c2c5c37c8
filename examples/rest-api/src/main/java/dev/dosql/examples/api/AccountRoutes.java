package dev.dosql.examples.api;

import static io.javalin.apibuilder.ApiBuilder.get;
import static io.javalin.apibuilder.ApiBuilder.post;

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
import java.util.Set;

/** Sign-up, login and logout. A session is one of its tenant's and is worth nothing elsewhere. */
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
    get("me", this::me);
  }

  // endregion

  /** The body of a sign-up. */
  record SignUp(
      @NotBlank @Size(max = 100) String name,
      @NotNull @Email @Size(max = 254) String email,
      @NotNull @Size(max = 200) String password) {}

  /** The body of a login. */
  record Login(@NotNull @Size(max = 254) String email, @NotNull @Size(max = 200) String password) {}

  /** A session as it is sent: the only time that its token is seen. */
  record Opened(String token, Instant expiresAt) {
    static Opened of(Session session) {
      return new Opened(session.token(), session.expiresAt());
    }
  }

  private void signUp(Context ctx) {
    SignUp body = Requests.body(ctx, SignUp.class);
    User user = signUp(accounts, Requests.db(ctx), body, Set.of("user"));
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

  private void me(Context ctx) {
    User user = Users.get(Requests.db(ctx), Requests.user(ctx));
    Responses.one(ctx, user, user.version());
  }

  private static String token(Context ctx) {
    return DoSQLPlugin.bearer(ctx).orElseThrow(() -> WebException.unauthorized("needs a session"));
  }
}
