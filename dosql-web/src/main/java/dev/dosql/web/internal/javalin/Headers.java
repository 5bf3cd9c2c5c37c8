package dev.dosql.web.internal.javalin;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.util.Map;
import java.util.Set;

/**
 * The headers of every answer, be it an error: those that browsers are told to be careful by, and
 * those that let the pages of some origins read answers.
 */
public final class Headers {
  static final Map<String, String> SECURITY =
      Map.of(
          "X-Content-Type-Options", "nosniff",
          "X-Frame-Options", "DENY",
          "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'",
          "Referrer-Policy", "no-referrer",
          "Cross-Origin-Resource-Policy", "same-origin",
          "Cache-Control", "no-store");

  private static final String HSTS = "max-age=31536000; includeSubDomains";

  private static final Map<String, String> PREFLIGHT =
      Map.of(
          "Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE",
          "Access-Control-Allow-Headers",
              "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match",
          "Access-Control-Max-Age", "600");

  private static final String EXPOSED =
      "ETag, Idempotency-Replayed, Location, Retry-After, RateLimit-Limit, RateLimit-Remaining,"
          + " RateLimit-Reset";

  private final Set<String> corsOrigins;

  /** Makes it; without origins, no page of another one can read an answer. */
  public Headers(Set<String> corsOrigins) {
    this.corsOrigins = corsOrigins;
  }

  /** Sets them, and answers a preflight of an origin that is allowed. */
  public void add(Context ctx) {
    SECURITY.forEach(ctx::header);
    if (ctx.scheme().equals("https")) {
      ctx.header("Strict-Transport-Security", HSTS);
    }
    if (!corsOrigins.isEmpty()) {
      addCors(ctx);
    }
  }

  private void addCors(Context ctx) {
    ctx.header("Vary", "Origin");
    String origin = ctx.header("Origin");
    if (origin == null || !corsOrigins.contains(origin)) {
      return;
    }
    ctx.header("Access-Control-Allow-Origin", origin);
    ctx.header("Access-Control-Expose-Headers", EXPOSED);
    boolean preflight = ctx.header("Access-Control-Request-Method") != null;
    if (preflight && ctx.method().equals(HandlerType.OPTIONS)) {
      PREFLIGHT.forEach(ctx::header);
      ctx.status(204).skipRemainingHandlers();
    }
  }
}
