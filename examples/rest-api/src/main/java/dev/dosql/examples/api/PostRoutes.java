package dev.dosql.examples.api;

import static io.javalin.apibuilder.ApiBuilder.delete;
import static io.javalin.apibuilder.ApiBuilder.get;
import static io.javalin.apibuilder.ApiBuilder.post;
import static io.javalin.apibuilder.ApiBuilder.put;

import dev.dosql.DB;
import dev.dosql.web.PageRequest;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.List;

/** {@code /posts}: changed by their authors; {@code ?search=} finds words. */
final class PostRoutes {
  private PostRoutes() {}

  static void add() {
    get(PostRoutes::list);
    post(PostRoutes::create);
    get("{id}", PostRoutes::show);
    put("{id}", PostRoutes::change);
    delete("{id}", PostRoutes::remove);
  }

  private static void list(Context ctx) {
    DB db = Requests.db(ctx);
    long reader = Requests.user(ctx);
    PageRequest page = Requests.page(ctx);
    long before = Keys.before(page, "posts");
    String search = ctx.queryParam("search");
    List<Post> posts =
        search == null || search.isBlank()
            ? Posts.page(db, reader, before, page.fetch())
            : Posts.search(db, search, reader, before, page.fetch());
    Responses.page(ctx, page, "posts", posts, Post::id);
  }

  private static void create(Context ctx) {
    NewPost post = Requests.body(ctx, NewPost.class);
    Post stored = Posts.add(Requests.db(ctx), Requests.user(ctx), post);
    Responses.one(ctx.status(HttpStatus.CREATED), stored, stored.version());
  }

  private static void show(Context ctx) {
    long id = Requests.id(ctx);
    Post post = Posts.get(Requests.db(ctx), Requests.user(ctx), id);
    Responses.one(ctx, post, post.version());
  }

  private static void change(Context ctx) {
    Post post =
        Posts.change(
            Requests.db(ctx),
            Requests.user(ctx),
            Requests.id(ctx),
            Requests.body(ctx, NewPost.class),
            Requests.version(ctx));
    Responses.one(ctx, post, post.version());
  }

  private static void remove(Context ctx) {
    Posts.delete(Requests.db(ctx), Requests.user(ctx), Requests.id(ctx), Requests.version(ctx));
    ctx.status(HttpStatus.NO_CONTENT);
  }
}
