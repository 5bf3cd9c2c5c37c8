package dev.dosql.examples.api;

import static io.javalin.apibuilder.ApiBuilder.get;
import static io.javalin.apibuilder.ApiBuilder.post;

import dev.dosql.Once;
import dev.dosql.web.DoSQLPlugin;
import dev.dosql.web.PageRequest;
import dev.dosql.web.WebException;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.List;

/** {@code /orders}: each user sees their own. */
final class OrderRoutes {
  private OrderRoutes() {}

  static void add() {
    get(OrderRoutes::list);
    post(OrderRoutes::place);
    get("{id}", OrderRoutes::show);
    post("{id}/cancel", OrderRoutes::cancel);
  }

  // region order-once
  /** Places an order once for its Idempotency-Key, however often and wherever it is sent. */
  private static void place(Context ctx) {
    long user = Requests.user(ctx);
    NewOrder order = Requests.body(ctx, NewOrder.class);
    Once<Receipt> once = DoSQLPlugin.once(ctx, Receipt.class, tx -> Orders.place(tx, user, order));
    ctx.status(HttpStatus.CREATED).json(once.value());
  }

  // endregion

  private static void list(Context ctx) {
    PageRequest page = Requests.page(ctx);
    List<Order> fetched =
        Orders.page(
            Requests.db(ctx), Requests.user(ctx), Keys.before(page, "orders"), page.fetch());
    Responses.page(ctx, page, "orders", fetched, Order::id);
  }

  private static void show(Context ctx) {
    long id = Requests.id(ctx);
    ctx.json(
        Orders.find(Requests.db(ctx), Requests.user(ctx), id)
            .orElseThrow(() -> WebException.notFound("no such order")));
  }

  private static void cancel(Context ctx) {
    ctx.json(Orders.cancel(Requests.db(ctx), Requests.user(ctx), Requests.id(ctx)));
  }
}
