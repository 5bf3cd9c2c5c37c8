package dev.dosql.web.remote;

import dev.dosql.web.Access;
import dev.dosql.web.WebException;
import dev.dosql.web.internal.javalin.Bodies;
import dev.dosql.web.internal.javalin.Headers;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.jspecify.annotations.Nullable;

/**
 * Adds a {@link RemoteServer} to a server on Javalin 7. Nothing adds it by itself.
 *
 * <p>It should be a server of its own, on an address that only services reach. Where it stands
 * beside a {@link dev.dosql.web.DoSQLPlugin}, that one's bounds on bodies come first, 64 KiB unless
 * set, and its limits of requests count here too; the secret is checked here, not there.
 */
@SuppressWarnings("exports") // Whoever uses it requires io.javalin.
public final class RemoteRoutes {
  private RemoteRoutes() {}

  /**
   * Adds the endpoint under {@code prefix/{tenant}}, and has the server take in bodies of known
   * services before a request gets a thread, so that a slow one holds none.
   *
   * @param config a server that is being made
   * @param prefix the path before the tenant's name, such as {@code /dosql}; may be empty
   * @param server the endpoint, which stays the caller's to close
   */
  public static void addTo(JavalinConfig config, String prefix, RemoteServer server) {
    Objects.requireNonNull(server, "server");
    for (String path : RemoteServer.PATHS) {
      config.routes.post(
          prefix + "/{tenant}" + path, ctx -> answer(ctx, path, server), Access.NO_TENANT);
    }
    takeInFirst(config, prefix + "/", server);
  }

  private static void takeInFirst(JavalinConfig config, String prefix, RemoteServer server) {
    // What handles requests is settled only when the server starts.
    Server[] seen = new Server[1];
    config.jetty.modifyServer(jetty -> seen[0] = jetty);
    config.jetty.modifyHttpConfiguration(Headers::keepCase);
    config.events.serverStarting(
        () ->
            Bodies.takeInFirst(
                Objects.requireNonNull(seen[0], "server"),
                server.bodyBytesMax(),
                server.bodyTimeout(),
                request -> isOfService(request, prefix, server)));
  }

  private static boolean isOfService(Request request, String prefix, RemoteServer server) {
    String path = request.getHttpURI().getPath();
    return path != null
        && path.startsWith(prefix)
        && server.isKnown(request.getHeaders().get("Authorization"));
  }

  private static void answer(Context ctx, String path, RemoteServer server) throws IOException {
    try (InputStream body = ctx.bodyInputStream()) {
      RemoteServer.Answer answer =
          server.handle(
              new RemoteServer.Request(tenant(ctx, path), path, name -> header(ctx, name), body));
      answer.headers().forEach(ctx::header);
      ctx.status(answer.status()).contentType(answer.contentType()).result(answer.body());
    }
  }

  /** The segment as it was sent: Javalin decodes it, and the endpoint takes one form alone. */
  private static String tenant(Context ctx, String path) {
    String sent = ctx.path();
    String before = sent.substring(0, Math.max(0, sent.length() - path.length()));
    return before.substring(before.lastIndexOf('/') + 1);
  }

  /** A header that must not come twice: servers differ in which of two they take. */
  private static @Nullable String header(Context ctx, String name) {
    List<String> values = Collections.list(ctx.req().getHeaders(name));
    if (values.size() > 1 && !name.equals("Accept")) {
      throw WebException.badRequest(name + " must be sent once");
    }
    return values.isEmpty() ? null : String.join(",", values);
  }
}
