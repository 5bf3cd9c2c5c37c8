package dev.dosql.examples.api;

import static io.javalin.apibuilder.ApiBuilder.get;
import static io.javalin.apibuilder.ApiBuilder.head;
import static io.javalin.apibuilder.ApiBuilder.path;

import dev.dosql.web.Access;
import dev.dosql.web.Accounts;
import io.javalin.http.Context;
import java.util.Map;

/** Every route of the service. One that says nothing else is for those who are signed in. */
final class Routes {
  private final AccountRoutes accounts;
  private final UserRoutes users;

  Routes(Accounts accounts) {
    this.accounts = new AccountRoutes(accounts);
    this.users = new UserRoutes(accounts);
  }

  // region routes
  void add() {
    get("/health", Routes::health, Access.NO_TENANT);
    head("/health", Routes::health, Access.NO_TENANT); // what a GET allows, a HEAD does not
    path("/api/v1", this::version1);
    path("/api/v2", Routes::version2);
  }

  private void version1() {
    accounts.add(); // signup, login, logout, …
    path("users", users::add);
    path("posts", PostRoutes::add);
    path("comments", CommentRoutes::add);
    path("products", ProductRoutes::add);
    path("orders", OrderRoutes::add);
    path("events", EventRoutes::add);
    path("bulk", BulkRoutes::add);
    get("admin/stats", Routes::stats, Access.role("admin"));
  }

  /** What broke with version 1: users without email addresses, and posts that are articles. */
  private static void version2() {
    path("users", PublicUserRoutes::add);
    path("articles", ArticleRoutes::add);
  }

  // endregion

  // region health
  /** Says that the service answers; opens no tenant, so that whoever asks costs nothing. */
  private static void health(Context ctx) {
    ctx.json(Map.of("status", "healthy"));
  }

  private static void stats(Context ctx) {
    ctx.json(Requests.db(ctx).read(Stats::of));
  }
  // endregion
}
