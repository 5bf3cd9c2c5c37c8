package dev.dosql.examples.api;

import dev.dosql.web.ETags;
import dev.dosql.web.Page;
import dev.dosql.web.PageRequest;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.List;
import java.util.function.ToLongFunction;

/** Answers, in JSON. */
final class Responses {
  private Responses() {}

  // region responses-one
  /** One row with the ETag of its version, or 304 if the caller has it. */
  static void one(Context ctx, Object row, long version) {
    one(ctx, row, ETags.of(version));
  }

  static void one(Context ctx, Object row, String etag) {
    ctx.header("ETag", etag);
    if (isRead(ctx) && ETags.matches(ctx.header("If-None-Match"), etag)) {
      ctx.status(HttpStatus.NOT_MODIFIED);
    } else {
      ctx.json(row);
    }
  }

  // endregion

  private static boolean isRead(Context ctx) {
    return ctx.req().getMethod().equals("GET");
  }

  /** A page in an order that only the id makes. */
  static <T> void page(
      Context ctx, PageRequest page, String order, List<T> fetched, ToLongFunction<T> id) {
    ctx.json(Page.of(page, fetched, order, row -> List.of(id.applyAsLong(row))));
  }
}
