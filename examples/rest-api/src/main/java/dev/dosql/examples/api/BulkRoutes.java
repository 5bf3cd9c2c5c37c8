package dev.dosql.examples.api;

import static io.javalin.apibuilder.ApiBuilder.post;

import dev.dosql.web.Access;
import io.javalin.http.Context;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;

/** {@code /bulk/users}: many users at once, for an admin. */
final class BulkRoutes {
  private BulkRoutes() {}

  static void add() {
    post("users", BulkRoutes::users, Access.role("admin"));
  }

  /** The body; its users are held against their rules one by one. */
  record NewUsers(@NotNull @Size(min = 1, max = BulkUsers.MAX) List<@NotNull NewUser> users) {}

  private static void users(Context ctx) {
    NewUsers body = Requests.body(ctx, NewUsers.class);
    ctx.json(BulkUsers.add(Requests.db(ctx), body.users(), Validation::valid));
  }
}
