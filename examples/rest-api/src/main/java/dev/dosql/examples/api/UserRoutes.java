package dev.dosql.examples.api;

import static io.javalin.apibuilder.ApiBuilder.delete;
import static io.javalin.apibuilder.ApiBuilder.get;
import static io.javalin.apibuilder.ApiBuilder.patch;
import static io.javalin.apibuilder.ApiBuilder.post;

import dev.dosql.DB;
import dev.dosql.Reads;
import dev.dosql.web.Access;
import dev.dosql.web.Accounts;
import dev.dosql.web.Page;
import dev.dosql.web.PageRequest;
import dev.dosql.web.WebException;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code /users}: read by every user, changed by oneself or an admin. */
final class UserRoutes {
  private final Accounts accounts;

  UserRoutes(Accounts accounts) {
    this.accounts = accounts;
  }

  // region user-routes
  void add() {
    get(UserRoutes::list);
    post(UserRoutes::create, Access.role("admin"));
    get("{id}", UserRoutes::show);
    patch("{id}", this::change);
    delete("{id}", UserRoutes::remove);
  }

  // endregion

  // region user-list
  /** A page, and how many there are on all of them. */
  record Counted(List<User> items, @Nullable String next, long total) {}

  /** Page and total are of one snapshot. */
  private static void list(Context ctx) {
    PageRequest request = Requests.page(ctx);
    String search = search(ctx);
    ctx.json(Requests.db(ctx).read(snapshot -> page(snapshot, search, request)));
  }

  private static Counted page(Reads snapshot, @Nullable String search, PageRequest request) {
    List<User> fetched =
        Users.page(snapshot, search, Keys.before(request, "users"), request.fetch());
    Page<User> page = Page.of(request, fetched, "users", user -> List.of(user.id()));
    return new Counted(page.items(), page.next(), Users.count(snapshot, search));
  }

  // endregion

  private static @Nullable String search(Context ctx) {
    String search = ctx.queryParam("search");
    return search == null || search.isBlank() ? null : search;
  }

  // region user-create
  private static void create(Context ctx) {
    NewUser user = Requests.body(ctx, NewUser.class);
    User stored = Users.add(Requests.db(ctx), user);
    Responses.one(ctx.status(HttpStatus.CREATED), stored, stored.version());
  }

  // endregion

  private static void show(Context ctx) {
    long id = Requests.id(ctx);
    User user = Users.get(Requests.db(ctx), id);
    Responses.one(ctx, user, user.version());
  }

  // region user-change
  private void change(Context ctx) {
    long id = own(ctx);
    UserChanges changes = Bodies.userChanges(ctx.bodyAsBytes());
    User user = Users.change(Requests.db(ctx), accounts, id, changes, Requests.version(ctx));
    Responses.one(ctx, user, user.version());
  }

  // endregion

  private static void remove(Context ctx) {
    DB db = Requests.db(ctx);
    Users.delete(db, own(ctx), Requests.version(ctx));
    ctx.status(HttpStatus.NO_CONTENT);
  }

  private static long own(Context ctx) {
    long id = Requests.id(ctx);
    if (id != Requests.user(ctx) && !Requests.isAdmin(ctx)) {
      throw WebException.forbidden("the user is somebody else");
    }
    return id;
  }
}
