package dev.dosql.web.internal.javalin;

import dev.dosql.DB;
import dev.dosql.DoSQL;
import dev.dosql.InvalidTenantNameException;
import dev.dosql.web.Access;
import dev.dosql.web.Accounts;
import dev.dosql.web.Identity;
import dev.dosql.web.Problem;
import dev.dosql.web.RateLimit;
import dev.dosql.web.RateLimiter;
import dev.dosql.web.RateLimiter.Decision;
import dev.dosql.web.RateLimiter.Request;
import dev.dosql.web.SignedTokens;
import dev.dosql.web.TenantResolver;
import dev.dosql.web.TenantResolver.Hints;
import dev.dosql.web.WebException;
import dev.dosql.web.internal.Addresses;
import io.javalin.http.Context;
import io.javalin.security.RouteRole;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request passes before its handler runs. In this order, so that nothing is done for whom it
 * is not due: the client's own rate limit (but of paths that are not counted), and only if a route
 * matches the token's signature, the tenant's name, whether it exists, the session, the access to
 * the route, and the limits of the identity and the tenant.
 */
public final class Gate {
  private static final String DB_KEY = Gate.class.getName() + ".db";
  private static final String TENANT_KEY = Gate.class.getName() + ".tenant";
  private static final String IDENTITY_KEY = Gate.class.getName() + ".identity";
  private static final String DECISION_KEY = Gate.class.getName() + ".decision";
  private static final String SCHEME = "bearer ";

  /** Javalin would take it, also for methods that are none, where proxies saw another one. */
  private static final String METHOD_OVERRIDE = "X-HTTP-Method-Override";

  private final Rules rules;

  /** Makes it. */
  public Gate(Rules rules) {
    this.rules = rules;
  }

  /** What the plugin was given. */
  public record Rules(
      DoSQL tenants,
      TenantResolver resolver,
      boolean createTenants,
      @Nullable Accounts accounts,
      @Nullable SignedTokens tokens,
      @Nullable RateLimiter limiter,
      @Nullable RateLimit perClient,
      @Nullable RateLimit perIdentity,
      @Nullable RateLimit perTenant,
      Set<String> uncountedPaths,
      long bodyBytesMax) {}

  /** Before all else, whether there is such a route or not. */
  public void beforeAll(Context ctx) {
    if (!rules.uncountedPaths().contains(ctx.path())) {
      count(ctx, limited("client:" + Addresses.client(ctx.ip()), rules.perClient()));
    }
    if (ctx.header(METHOD_OVERRIDE) != null) {
      throw WebException.badRequest(METHOD_OVERRIDE + " is not taken: send the method itself");
    }
    if (ctx.req().getContentLengthLong() > rules.bodyBytesMax()) {
      throw new WebException(
          413, "body_too_large", "body must have at most " + rules.bodyBytesMax() + " bytes");
    }
  }

  /** Before the handler of a route. */
  public void admit(Context ctx) {
    Set<RouteRole> access = ctx.routeRoles();
    if (access.contains(Access.NO_TENANT)) {
      return;
    }
    refuseHeadOfGet(ctx, access);
    Optional<String> token = bearer(ctx);
    Optional<Identity> service = token.filter(Gate::isSigned).map(this::verified);
    DB db = open(tenant(ctx, service));
    ctx.attribute(TENANT_KEY, db.name());
    Optional<Identity> identity =
        service.isPresent() ? service : token.map(session -> authenticated(db, session));
    check(access, identity);
    countIdentity(ctx, db, identity);
    ctx.attribute(DB_KEY, db);
    identity.ifPresent(each -> ctx.attribute(IDENTITY_KEY, each));
  }

  /** Javalin answers HEAD for a GET route, and does not say which access that route needs. */
  private static void refuseHeadOfGet(Context ctx, Set<RouteRole> access) {
    if (access.isEmpty() && ctx.req().getMethod().equals("HEAD")) {
      throw new WebException(405, "method_not_allowed", "HEAD needs a route and access of its own");
    }
  }

  /** The token of the request. */
  public static Optional<String> bearer(Context ctx) {
    String header = only(ctx, "Authorization");
    if (header == null || !header.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      return Optional.empty();
    }
    return Optional.of(header.substring(SCHEME.length()).strip());
  }

  /** A header that must not come twice: servers differ in which of two they take. */
  private static @Nullable String only(Context ctx, String name) {
    List<String> values = Collections.list(ctx.req().getHeaders(name));
    if (values.size() > 1) {
      throw WebException.badRequest(name + " must be sent once");
    }
    return values.isEmpty() ? null : values.get(0);
  }

  /** Signed tokens have dots, those of sessions have none. */
  private static boolean isSigned(String token) {
    return token.indexOf('.') >= 0;
  }

  private Identity verified(String token) {
    SignedTokens tokens = rules.tokens();
    return Optional.ofNullable(tokens)
        .flatMap(each -> each.verify(token))
        .orElseThrow(Gate::refused);
  }

  private Identity authenticated(DB db, String token) {
    Accounts accounts = rules.accounts();
    return Optional.ofNullable(accounts)
        .flatMap(each -> each.authenticate(db, token))
        .orElseThrow(Gate::refused);
  }

  private static WebException refused() {
    Problem problem = Problem.of(401, "unauthorized", "token is not valid, or no longer");
    return new WebException(
        problem.withHeader("WWW-Authenticate", "Bearer error=\"invalid_token\""));
  }

  private String tenant(Context ctx, Optional<Identity> service) {
    TenantResolver resolver = rules.resolver();
    String header = resolver.trustedHeader().map(name -> only(ctx, name)).orElse(null);
    String claimed = service.map(Identity::tenant).orElse(null);
    return resolver.resolve(new Hints(claimed, ctx.host(), ctx.path(), header));
  }

  private DB open(String tenant) {
    try {
      if (rules.createTenants()) {
        return rules.tenants().db(tenant);
      }
      return rules.tenants().find(tenant).orElseThrow(Gate::noSuchTenant);
    } catch (InvalidTenantNameException e) {
      throw noSuchTenant();
    }
  }

  private static WebException noSuchTenant() {
    return new WebException(404, "tenant_not_found", "no such tenant");
  }

  private static void check(Set<RouteRole> access, Optional<Identity> identity) {
    if (access.contains(Access.ANYONE)) {
      return;
    }
    Identity present = identity.orElseThrow(Gate::unauthorized);
    List<String> roles = new ArrayList<>();
    for (RouteRole each : access) {
      if (each instanceof Access needed) {
        needed.role().ifPresent(roles::add);
      }
    }
    boolean anyRole = access.isEmpty() || access.contains(Access.SIGNED_IN);
    if (!anyRole && roles.stream().noneMatch(present::hasRole)) {
      throw WebException.forbidden("needs a role: " + String.join(" or ", roles));
    }
  }

  /** 401 for a request without a token. */
  public static WebException unauthorized() {
    return WebException.unauthorized("needs a token: Authorization: Bearer …");
  }

  private void countIdentity(Context ctx, DB db, Optional<Identity> identity) {
    List<Request> requests = new ArrayList<>();
    identity.ifPresent(each -> requests.addAll(limited(key(each), rules.perIdentity())));
    requests.addAll(limited("tenant:" + db.name(), rules.perTenant()));
    count(ctx, requests);
  }

  private static String key(Identity identity) {
    String tenant = identity.tenant();
    return "identity:"
        + identity.kind()
        + ":"
        + tenant.length()
        + ":"
        + tenant
        + ":"
        + identity.subject();
  }

  private static List<Request> limited(String key, @Nullable RateLimit limit) {
    return limit == null ? List.of() : List.of(new Request(key, limit));
  }

  private void count(Context ctx, List<Request> requests) {
    RateLimiter limiter = rules.limiter();
    if (limiter == null || requests.isEmpty()) {
      return;
    }
    List<Decision> decisions = new ArrayList<>(limiter.acquire(requests));
    Decision before = ctx.attribute(DECISION_KEY);
    if (before != null) {
      decisions.add(before);
    }
    Decision tightest = Decision.tightest(decisions);
    if (!tightest.allowed()) {
      throw new WebException(tightest.problem());
    }
    ctx.attribute(DECISION_KEY, tightest);
    tightest.headers().forEach(ctx::header);
  }

  /** The name of the request's tenant, if there is such a tenant, whether it has passed or not. */
  static String tenantName(Context ctx) {
    String name = ctx.attribute(TENANT_KEY);
    return name == null ? "-" : name;
  }

  /** The tenant of the request, once it has passed. */
  public static Optional<DB> db(Context ctx) {
    return Optional.ofNullable(ctx.attribute(DB_KEY));
  }

  /** Who sent the request, once it has passed. */
  public static Optional<Identity> identity(Context ctx) {
    return Optional.ofNullable(ctx.attribute(IDENTITY_KEY));
  }
}
