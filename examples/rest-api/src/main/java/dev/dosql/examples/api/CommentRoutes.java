package dev.dosql.examples.api;

import static io.javalin.apibuilder.ApiBuilder.delete;
import static io.javalin.apibuilder.ApiBuilder.get;
import static io.javalin.apibuilder.ApiBuilder.post;

import dev.dosql.DB;
import dev.dosql.web.PageRequest;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.List;

/** {@code /comments}, of the post that {@code ?post=} says. */
final class CommentRoutes {
  private CommentRoutes() {}

  static void add() {
    get(CommentRoutes::list);
    post(CommentRoutes::create);
    delete("{id}", CommentRoutes::remove);
  }

  private static void list(Context ctx) {
    DB db = Requests.db(ctx);
    long post = Requests.number(ctx, "post");
    Posts.get(db, Requests.user(ctx), post); // who cannot see it sees no comments either
    PageRequest page = Requests.page(ctx);
    List<Comment> comments = Comments.page(db, post, Keys.after(page, "comments"), page.fetch());
    Responses.page(ctx, page, "comments", comments, Comment::id);
  }

  private static void create(Context ctx) {
    NewComment comment = Requests.body(ctx, NewComment.class);
    ctx.status(HttpStatus.CREATED)
        .json(Comments.add(Requests.db(ctx), Requests.user(ctx), comment));
  }

  private static void remove(Context ctx) {
    Comments.delete(Requests.db(ctx), Requests.user(ctx), Requests.id(ctx));
    ctx.status(HttpStatus.NO_CONTENT);
  }
}
