package dev.dosql.examples.api;

import static io.javalin.apibuilder.ApiBuilder.get;
import static io.javalin.apibuilder.ApiBuilder.post;

import dev.dosql.web.Access;
import dev.dosql.web.PageRequest;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.List;

/** {@code /events}: emitted by an admin, read by every user from an id on. */
final class EventRoutes {
  private EventRoutes() {}

  static void add() {
    get(EventRoutes::list);
    post(EventRoutes::emit, Access.role("admin"));
  }

  private static void list(Context ctx) {
    PageRequest page = Requests.page(ctx);
    List<Event> fetched = Events.after(Requests.db(ctx), Keys.after(page, "events"), page.fetch());
    Responses.page(ctx, page, "events", fetched, Event::id);
  }

  private static void emit(Context ctx) {
    NewEvent event = Requests.body(ctx, NewEvent.class);
    ctx.status(HttpStatus.CREATED).json(Events.emit(Requests.db(ctx), event));
  }
}
