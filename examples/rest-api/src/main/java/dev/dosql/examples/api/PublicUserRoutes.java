package dev.dosql.examples.api;

import static io.javalin.apibuilder.ApiBuilder.get;

import dev.dosql.web.PageRequest;
import io.javalin.http.Context;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code /users} of version 2, which shows nobody's email address to others. */
final class PublicUserRoutes {
  private PublicUserRoutes() {}

  /** A user as version 2 sends it. */
  record PublicUser(long id, String name, @Nullable String bio, Instant joinedAt) {
    static PublicUser of(User user) {
      return new PublicUser(user.id(), user.name(), user.bio(), user.createdAt());
    }
  }

  static void add() {
    get(PublicUserRoutes::list);
    get("{id}", PublicUserRoutes::show);
  }

  private static void list(Context ctx) {
    PageRequest page = Requests.page(ctx);
    List<PublicUser> fetched =
        Users.page(Requests.db(ctx), null, Keys.before(page, "users"), page.fetch()).stream()
            .map(PublicUser::of)
            .toList();
    Responses.page(ctx, page, "users", fetched, PublicUser::id);
  }

  private static void show(Context ctx) {
    ctx.json(PublicUser.of(Users.get(Requests.db(ctx), Requests.id(ctx))));
  }
}
