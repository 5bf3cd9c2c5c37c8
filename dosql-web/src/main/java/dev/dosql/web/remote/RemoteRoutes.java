package dev.dosql.web.remote;

import dev.dosql.web.Access;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.InputStream;
import java.util.Objects;

/** Adds a {@link RemoteServer} to a server on Javalin 7. Nothing adds it by itself. */
public final class RemoteRoutes {
  private RemoteRoutes() {}

  /**
   * Adds the endpoint under {@code prefix/{tenant}}. It should be a server of its own, on an address
   * that only services reach. With {@link dev.dosql.web.DoSQLPlugin} its bounds on bodies apply too;
   * the secret is checked here, not there.
   *
   * @param routes the routes of a server that is being made
   * @param prefix the path before the tenant's name, such as {@code /dosql}; may be empty
   * @param server the endpoint, which stays the caller's to close
   */
  public static void addTo(RoutesConfig routes, String prefix, RemoteServer server) {
    Objects.requireNonNull(server, "server");
    for (String path : RemoteServer.PATHS) {
      routes.post(prefix + "/{tenant}" + path, ctx -> answer(ctx, path, server), Access.NO_TENANT);
    }
  }

  private static void answer(Context ctx, String path, RemoteServer server) throws Exception {
    try (InputStream body = ctx.bodyInputStream()) {
      RemoteServer.Answer answer =
          server.handle(
              new RemoteServer.Request(
                  ctx.pathParam("tenant"),
                  path,
                  ctx.header("Authorization"),
                  ctx.header("Accept"),
                  body));
      answer.headers().forEach(ctx::header);
      ctx.status(answer.status()).contentType(answer.contentType()).result(answer.body());
    }
  }
}
