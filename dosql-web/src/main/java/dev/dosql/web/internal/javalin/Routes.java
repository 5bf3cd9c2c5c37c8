package dev.dosql.web.internal.javalin;

import io.javalin.http.Context;
import io.javalin.router.Endpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A line in the log for each request, with what it asked for but none of its values. */
public final class Routes {
  private static final Logger LOG = LoggerFactory.getLogger("dev.dosql.web.requests");

  private Routes() {}

  /** The path of the route as it was made, such as {@code /users/{id}}, or {@code -}. */
  static String template(Context ctx) {
    Endpoint matched = ctx.endpoints().matchedHttpEndpoint();
    return matched == null ? "-" : matched.path;
  }

  /** Logs a request that was answered. */
  public static void log(Context ctx, Float millis) {
    LOG.info(
        "{} {} status={} ms={} tenant={}",
        ctx.method().name(),
        template(ctx),
        ctx.statusCode(),
        Math.round(millis),
        Gate.tenantName(ctx));
  }
}
