package dev.dosql.examples.quickstart;

import dev.dosql.CheckViolationException;
import dev.dosql.ConstraintViolationException;
import dev.dosql.TenantSuspendedException;
import dev.dosql.WriteLockTimeoutException;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.http.HttpStatus;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What each exception is to a client: a status and a body, chosen by type and never by text. */
final class Errors {
  private static final Logger LOG = LoggerFactory.getLogger(Errors.class);

  private Errors() {}

  static void addTo(RoutesConfig routes) {
    routes.exception(
        HttpResponseException.class, (e, ctx) -> answer(ctx, e.getStatus(), e.getMessage()));
    routes.exception(
        CheckViolationException.class,
        (e, ctx) -> answer(ctx, 400, "broken rule: " + e.constraint().orElse("unknown")));
    routes.exception(
        ConstraintViolationException.class,
        (e, ctx) -> answer(ctx, 409, "conflict: " + e.kind() + " " + e.columns()));
    routes.exception(
        TenantSuspendedException.class, (e, ctx) -> answer(ctx, 403, "tenant is suspended"));
    routes.exception(
        WriteLockTimeoutException.class,
        (e, ctx) -> answer(ctx.header("Retry-After", "1"), 503, "busy, try again"));
    routes.exception(Exception.class, Errors::unexpected);
  }

  /** Details are for the log; the client gets none. */
  private static void unexpected(Exception e, Context ctx) {
    LOG.error("{} {} failed (host={})", ctx.method(), ctx.path(), ctx.host(), e);
    answer(ctx, HttpStatus.INTERNAL_SERVER_ERROR.getCode(), "internal error");
  }

  private static void answer(Context ctx, int status, String message) {
    ctx.status(status).json(Map.of("error", message));
  }
}
