package dev.dosql.examples.api;

import static io.javalin.apibuilder.ApiBuilder.get;

import dev.dosql.web.PageRequest;
import dev.dosql.web.WebException;
import io.javalin.http.Context;
import java.util.List;

/** {@code /articles} of version 2: the posts under another name and in another shape. */
final class ArticleRoutes {
  private ArticleRoutes() {}

  static void add() {
    get(ArticleRoutes::list);
    get("{id}", ArticleRoutes::show);
  }

  private static void list(Context ctx) {
    PageRequest page = Requests.page(ctx);
    List<Article> fetched =
        Articles.page(
            Requests.db(ctx), Requests.user(ctx), Keys.before(page, "articles"), page.fetch());
    Responses.page(ctx, page, "articles", fetched, Article::id);
  }

  private static void show(Context ctx) {
    long id = Requests.id(ctx);
    ctx.json(
        Articles.find(Requests.db(ctx), Requests.user(ctx), id)
            .orElseThrow(() -> WebException.notFound("no such article")));
  }
}
