package dev.dosql.examples.quickstart;

import dev.dosql.DB;
import dev.dosql.DoSQL;
import io.javalin.config.RoutesConfig;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.http.NotFoundResponse;

/** {@code GET /todos} and {@code POST /todos}, each in the database of its subdomain. */
final class TodoRoutes {
  private final DoSQL tenants;
  private final Subdomains subdomains;

  TodoRoutes(DoSQL tenants, Subdomains subdomains) {
    this.tenants = tenants;
    this.subdomains = subdomains;
  }

  void addTo(RoutesConfig routes) {
    routes.get("/todos", this::list);
    routes.post("/todos", this::add);
  }

  private void list(Context ctx) {
    long before = before(ctx.queryParam("before"));
    DB db = tenants.find(tenant(ctx)).orElseThrow(() -> new NotFoundResponse("no such tenant"));
    ctx.json(Todos.newest(db, before));
  }

  /**
   * Makes the tenant if this is its first todo; a real service makes tenants where they sign up.
   */
  private void add(Context ctx) {
    String tenant = tenant(ctx);
    String title = NewTodo.parse(ctx.bodyAsBytes()).title();
    ctx.status(HttpStatus.CREATED).json(Todos.add(tenants.db(tenant), title));
  }

  private String tenant(Context ctx) {
    String host = ctx.host();
    return subdomains
        .tenant(host == null ? "" : host)
        .orElseThrow(() -> new NotFoundResponse("no tenant in the host name"));
  }

  private static long before(String parameter) {
    try {
      return parameter == null ? Long.MAX_VALUE : Long.parseLong(parameter);
    } catch (NumberFormatException e) {
      throw new BadRequestResponse("before must be the id of a todo");
    }
  }
}
