package dev.dosql.examples.api;

import dev.dosql.DB;
import dev.dosql.web.DoSQLPlugin;
import dev.dosql.web.ETags;
import dev.dosql.web.Identity;
import dev.dosql.web.PageRequest;
import dev.dosql.web.WebException;
import io.javalin.http.Context;

/** What a request says, checked. */
final class Requests {
  private static final int PAGE = 20;
  private static final int PAGE_MAX = 100;

  private Requests() {}

  /** The database of the tenant of the request. */
  static DB db(Context ctx) {
    return DoSQLPlugin.db(ctx);
  }

  // region requests-user
  /** The id of the user who is signed in. */
  static long user(Context ctx) {
    Identity identity = DoSQLPlugin.requireIdentity(ctx); // 401 without
    return Users.ofAccount(db(ctx), identity.accountId()) // 403 for a service
        .orElseThrow(() -> WebException.forbidden("the account is no user's"));
  }

  // endregion

  static boolean isAdmin(Context ctx) {
    return DoSQLPlugin.requireIdentity(ctx).hasRole("admin");
  }

  static <T> T body(Context ctx, Class<T> type) {
    return Bodies.parse(ctx.bodyAsBytes(), type);
  }

  static PageRequest page(Context ctx) {
    return DoSQLPlugin.page(ctx, PAGE, PAGE_MAX);
  }

  // region requests-id
  /** The id in the path: digits and nothing else. */
  static long id(Context ctx) {
    return number("id", ctx.pathParam("id"));
  }

  /** A number in the query, which must be there. */
  static long number(Context ctx, String name) {
    String value = ctx.queryParam(name);
    return number(name, value == null ? "" : value);
  }

  private static long number(String name, String value) {
    if (!value.matches("[0-9]{1,18}")) {
      throw Invalid.of(name, "must be a number");
    }
    return Long.parseLong(value);
  }

  // endregion

  /** The version that the caller has read and wants to change; 428 if it says none. */
  static long version(Context ctx) {
    return ETags.requireVersion(ctx.header("If-Match"));
  }
}
