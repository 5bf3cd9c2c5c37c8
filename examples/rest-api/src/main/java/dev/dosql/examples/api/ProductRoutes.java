package dev.dosql.examples.api;

import static io.javalin.apibuilder.ApiBuilder.delete;
import static io.javalin.apibuilder.ApiBuilder.get;
import static io.javalin.apibuilder.ApiBuilder.post;
import static io.javalin.apibuilder.ApiBuilder.put;

import dev.dosql.web.Access;
import dev.dosql.web.ETags;
import dev.dosql.web.PageRequest;
import dev.dosql.web.WebException;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.List;

/** {@code /products}: read by every user, changed by an admin. */
final class ProductRoutes {
  private ProductRoutes() {}

  static void add() {
    get(ProductRoutes::list);
    post(ProductRoutes::create, Access.role("admin"));
    get("{id}", ProductRoutes::show);
    put("{id}", ProductRoutes::change, Access.role("admin"));
    delete("{id}", ProductRoutes::remove, Access.role("admin"));
    post("{id}/deliveries", ProductRoutes::deliver, Access.role("admin"));
  }

  private static void list(Context ctx) {
    PageRequest page = Requests.page(ctx);
    List<Product> fetched =
        Products.page(Requests.db(ctx), Keys.before(page, "products"), page.fetch());
    Responses.page(ctx, page, "products", fetched, Product::id);
  }

  private static void create(Context ctx) {
    NewProduct product = Requests.body(ctx, NewProduct.class);
    one(ctx.status(HttpStatus.CREATED), Products.add(Requests.db(ctx), product));
  }

  private static void show(Context ctx) {
    long id = Requests.id(ctx);
    one(
        ctx,
        Products.find(Requests.db(ctx), id)
            .orElseThrow(() -> WebException.notFound("no such product")));
  }

  private static void change(Context ctx) {
    ProductChanges changes = Requests.body(ctx, ProductChanges.class);
    one(ctx, Products.change(Requests.db(ctx), Requests.id(ctx), changes, version(ctx)));
  }

  private static void deliver(Context ctx) {
    Delivery delivery = Requests.body(ctx, Delivery.class);
    one(ctx, Products.deliver(Requests.db(ctx), Requests.id(ctx), delivery.quantity()));
  }

  private static void remove(Context ctx) {
    Products.delete(Requests.db(ctx), Requests.id(ctx), version(ctx));
    ctx.status(HttpStatus.NO_CONTENT);
  }

  // region product-one
  /** The tag is one of all that is sent: nobody has the stock of before confirmed by a 304. */
  private static void one(Context ctx, Product product) {
    Responses.one(ctx, product, "\"" + product.version() + "-" + product.stock() + "\"");
  }

  /** A change is refused for another version, and not for another stock, which it leaves alone. */
  private static long version(Context ctx) {
    String seen = ctx.header("If-Match");
    return ETags.requireVersion(seen == null ? null : seen.replaceFirst("-[0-9]+\"$", "\""));
  }

  // endregion
}
