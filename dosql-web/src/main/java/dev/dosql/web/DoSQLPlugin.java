package dev.dosql.web;

import dev.dosql.DB;
import dev.dosql.DoSQL;
import dev.dosql.Once;
import dev.dosql.TransactionWork;
import dev.dosql.web.internal.Addresses;
import dev.dosql.web.internal.Hashes;
import dev.dosql.web.internal.javalin.Bodies;
import dev.dosql.web.internal.javalin.Errors;
import dev.dosql.web.internal.javalin.Gate;
import dev.dosql.web.internal.javalin.Headers;
import dev.dosql.web.internal.javalin.Routes;
import io.javalin.config.JavalinState;
import io.javalin.http.Context;
import io.javalin.plugin.Plugin;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.eclipse.jetty.server.Server;
import org.jspecify.annotations.Nullable;

/**
 * DoSQL for a service on Javalin 7: each request that matches a route gets the database of its
 * tenant, after it was found out who sends it and whether they may.
 *
 * <pre>{@code
 * DoSQLPlugin plugin =
 *     DoSQLPlugin.builder(tenants)
 *         .resolver(TenantResolver.builder().baseDomain("example.com").build())
 *         .accounts(Accounts.builder().build())
 *         .build();
 * Javalin.create(
 *     config -> {
 *       config.registerPlugin(plugin);
 *       config.routes.get("/health", ctx -> ctx.result("ok"), Access.NO_TENANT);
 *       config.routes.get("/users", ctx -> ctx.json(users(DoSQLPlugin.db(ctx))));
 *     });
 * }</pre>
 *
 * <p>In a module, also say {@code requires io.javalin}. Register it before the routes. It also
 *
 * <ul>
 *   <li>answers errors, unknown routes and methods with a {@link Problem}; failures of our own go
 *       to the log {@code dev.dosql.web.errors}, without the messages of other libraries, and to
 *       clients without details;
 *   <li>bounds bodies in size and time, and takes them in before a request gets a thread;
 *   <li>sets security headers, and {@code Cache-Control: no-store} unless a handler sets another;
 *       CORS is closed unless origins are given;
 *   <li>logs each request in {@code dev.dosql.web.requests}, at INFO: method, route, status,
 *       milliseconds and tenant, no values;
 *   <li>lays JSON out for people where a request says {@code ?pretty}.
 * </ul>
 *
 * <p>Routes of WebSockets are not covered: {@link #db} fails there. {@code Context.bodyInputStream}
 * is not bounded; {@code body} and {@code bodyAsClass} are. The tenants should be open with {@code
 * createIfMissing(false)}, so that one that is deleted while a request runs does not come back
 * empty.
 *
 * <p>Safe for use by many threads; the tenants, and the rate limiter, stay the caller's to close.
 */
@SuppressWarnings("exports") // Whoever uses it requires io.javalin.
public final class DoSQLPlugin extends Plugin<Void> {
  private final Gate gate;
  private final Headers headers;
  private final long bodyBytesMax;
  private final Duration bodyTimeout;
  private final int trustedProxies;

  private DoSQLPlugin(Builder from, TenantResolver resolver) {
    super(null, null);
    this.gate = new Gate(from.rules(resolver));
    this.headers = new Headers(Set.copyOf(from.corsOrigins));
    this.bodyBytesMax = from.bodyBytesMax;
    this.bodyTimeout = from.bodyTimeout;
    this.trustedProxies = from.trustedProxies;
  }

  /**
   * The plugin, to be made.
   *
   * @param tenants the tenants
   * @return a builder
   */
  public static Builder builder(DoSQL tenants) {
    return new Builder(tenants);
  }

  /**
   * Adds all of it to a server that is being made. Called by Javalin.
   *
   * @param state the server
   */
  @Override
  public void onInitialize(JavalinState state) {
    state.http.maxRequestSize = bodyBytesMax;
    state.http.prefer405over404 = true;
    Errors.addTo(state.routes);
    state.routes.before(headers::add);
    state.routes.before(gate::beforeAll);
    state.routes.beforeMatched(gate::admit);
    state.routes.after(Bodies::layOut);
    state.requestLogger.http(Routes::log);
    if (trustedProxies > 0) {
      state.contextResolver.ip = this::forwarded;
    }
    prepareServer(state);
  }

  private String forwarded(Context ctx) {
    List<String> headers = Collections.list(ctx.req().getHeaders("X-Forwarded-For"));
    return Addresses.forwarded(headers, trustedProxies, ctx.req().getRemoteAddr());
  }

  private void prepareServer(JavalinState state) {
    // What handles requests is settled only when the server starts.
    Server[] seen = new Server[1];
    state.jetty.modifyServer(server -> seen[0] = server);
    state.jetty.modifyHttpConfiguration(Headers::keepCase);
    state.events.serverStarting(
        () -> {
          Server server = Objects.requireNonNull(seen[0], "server");
          Bodies.takeInFirst(server, bodyBytesMax, bodyTimeout);
          Bodies.answerAsProblem(server);
        });
  }

  /**
   * The database of the request's tenant.
   *
   * @param ctx the request
   * @return a handle, not to be closed
   * @throws IllegalStateException in a route with {@link Access#NO_TENANT}, or outside of routes
   */
  public static DB db(Context ctx) {
    return Gate.db(ctx)
        .orElseThrow(() -> new IllegalStateException("the route has no tenant: NO_TENANT"));
  }

  /**
   * Who sends the request.
   *
   * @param ctx the request
   * @return the verified identity, or empty if none was sent
   */
  public static Optional<Identity> identity(Context ctx) {
    return Gate.identity(ctx);
  }

  /**
   * Who sends the request.
   *
   * @param ctx the request
   * @return the verified identity
   * @throws WebException 401 if none was sent
   */
  public static Identity requireIdentity(Context ctx) {
    return identity(ctx).orElseThrow(Gate::unauthorized);
  }

  /**
   * Who sends the request, if they have a role.
   *
   * @param ctx the request
   * @param anyOf the roles, one of which is needed
   * @return the verified identity
   * @throws WebException 401 if none was sent; 403 if it has none of the roles
   */
  public static Identity requireRole(Context ctx, String... anyOf) {
    Identity identity = requireIdentity(ctx);
    if (Arrays.stream(anyOf).noneMatch(identity::hasRole)) {
      throw WebException.forbidden("needs a role: " + String.join(" or ", anyOf));
    }
    return identity;
  }

  /**
   * The token of {@code Authorization: Bearer}, such as to end its session.
   *
   * @param ctx the request
   * @return the token as it was sent, or empty
   */
  public static Optional<String> bearer(Context ctx) {
    return Gate.bearer(ctx);
  }

  /**
   * The page that the request asks for with {@code limit} and {@code cursor}.
   *
   * @param ctx the request
   * @param limitDefault what no limit means
   * @param limitMax the cap
   * @return the page
   * @throws WebException 400 if the limit is no integer of 1 or more
   */
  public static PageRequest page(Context ctx, int limitDefault, int limitMax) {
    String limit = ctx.queryParam("limit");
    return PageRequest.of(limit, ctx.queryParam("cursor"), limitDefault, limitMax);
  }

  /**
   * The body as a value, by Javalin's JSON mapper.
   *
   * @param <T> the type
   * @param ctx the request
   * @param type the type
   * @return the value
   * @throws WebException 400 if the body is not JSON of that type, without quoting it
   */
  public static <T> T body(Context ctx, Class<T> type) {
    return Bodies.parse(ctx, type);
  }

  /**
   * Runs work once for the request's {@code Idempotency-Key}, by {@link DB#once(String, String,
   * Class, TransactionWork)}. The key is that of the sender alone, and of this request: with
   * another method, path, query or body it is refused. A repeated answer has the header {@code
   * Idempotency-Replayed: true}.
   *
   * @param <T> what the work returns
   * @param <X> what the work may throw
   * @param ctx the request
   * @param type the type of the value, such as a record
   * @param work called once or not at all
   * @return the value, and whether the work ran before
   * @throws X as the work did; nothing is kept
   * @throws WebException 400 if the request has no key
   * @throws dev.dosql.IdempotencyConflictException if the key was used for another request
   */
  public static <T extends @Nullable Object, X extends Exception> Once<T> once(
      Context ctx, Class<T> type, TransactionWork<T, X> work) throws X {
    String sent = IdempotencyKeys.require(ctx.header("Idempotency-Key"));
    String sender = identity(ctx).map(each -> each.kind() + ":" + each.subject()).orElse("");
    String key = IdempotencyKeys.scoped(sent, sender);
    Once<T> once = db(ctx).once(key, fingerprint(ctx), type, work);
    if (once.replayed()) {
      ctx.header("Idempotency-Replayed", "true");
    }
    return once;
  }

  private static String fingerprint(Context ctx) {
    String query = Objects.requireNonNullElse(ctx.queryString(), "");
    String body = Hashes.hex(Hashes.sha256(ctx.bodyAsBytes()));
    return Hashes.hex(Hashes.sha256(ctx.method().name(), ctx.path(), query, body));
  }

  /**
   * Collects settings; {@link #build} checks them.
   *
   * <p>Used by one thread at a time.
   */
  public static final class Builder {
    private static final Pattern ORIGIN = Pattern.compile("https?://[a-z0-9.-]+(:\\d{1,5})?");
    private static final long BODY_BYTES_MAX = 16L * 1024 * 1024;
    private static final int PROXIES_MAX = 10;

    private static final Duration BODY_TIMEOUT_MAX = Duration.ofMinutes(10);

    private final DoSQL tenants;
    private @Nullable TenantResolver resolver;
    private @Nullable Accounts accounts;
    private @Nullable SignedTokens tokens;
    private @Nullable RateLimiter rateLimiter;
    private @Nullable RateLimit perClient;
    private @Nullable RateLimit perIdentity;
    private @Nullable RateLimit perTenant;
    private int trustedProxies;
    private final Set<String> uncountedPaths = new TreeSet<>();
    private boolean createTenants;
    private long bodyBytesMax = 64 * 1024;
    private Duration bodyTimeout = Duration.ofSeconds(10);
    private final Set<String> corsOrigins = new TreeSet<>();

    private Builder(DoSQL tenants) {
      this.tenants = Objects.requireNonNull(tenants, "tenants");
    }

    private Gate.Rules rules(TenantResolver checked) {
      return new Gate.Rules(
          tenants,
          checked,
          createTenants,
          accounts,
          tokens,
          rateLimiter,
          perClient,
          perIdentity,
          perTenant,
          Set.copyOf(uncountedPaths),
          bodyBytesMax);
    }

    /**
     * What tells the tenant of a request. There is no default.
     *
     * @param value the resolver
     * @return this
     */
    public Builder resolver(TenantResolver value) {
      resolver = Objects.requireNonNull(value, "resolver");
      return this;
    }

    /**
     * Users and their sessions. Default none: a token without a dot is refused.
     *
     * @param value the accounts
     * @return this
     */
    public Builder accounts(Accounts value) {
      accounts = Objects.requireNonNull(value, "accounts");
      return this;
    }

    /**
     * Signed tokens of services. Default none: a token with a dot is refused.
     *
     * @param value the tokens
     * @return this
     */
    public Builder tokens(SignedTokens value) {
      tokens = Objects.requireNonNull(value, "tokens");
      return this;
    }

    /**
     * What counts requests for the limits below. Default none.
     *
     * @param value the limiter
     * @return this
     */
    public Builder rateLimiter(RateLimiter value) {
      rateLimiter = Objects.requireNonNull(value, "rateLimiter");
      return this;
    }

    /**
     * How many requests an address may send, of whatever kind and to whatever path, also with bad
     * tokens, but for {@link #uncountedPaths}. Default no limit. The address is that of the
     * connection: behind a proxy, where that is one for all clients, {@link #trustedProxies} must
     * be set, or Javalin's {@code contextResolver.ip}. People behind one router share an address,
     * so this is a larger limit than that of an identity. Addresses of IPv6 count by their first 64
     * bits. With a bucket, this limit is what bounds the requests that names of tenants which do
     * not exist cost there.
     *
     * @param value the limit
     * @return this
     */
    public Builder perClient(RateLimit value) {
      perClient = Objects.requireNonNull(value, "perClient");
      return this;
    }

    /**
     * How many proxies there are between the clients and the service, each of which adds the
     * address that it serves at the end of {@code X-Forwarded-For}. The address of a client ({@code
     * Context.ip()}) is then the one that the outermost of them saw; what stands before it is said
     * by the client and not believed. Default 0: the header is not read. With more than there are,
     * a client could name any address; with fewer, all clients have that of a proxy. The service
     * must be reachable by the proxies only.
     *
     * @param value 0 to 10
     * @return this
     */
    public Builder trustedProxies(int value) {
      trustedProxies = value;
      return this;
    }

    /**
     * Paths that {@link #perClient} does not count, such as {@code /health}, which a load balancer
     * asks and must get its answer from also when its address has sent too much. Default none. What
     * is behind them should cost little: everybody may ask it as often as they like.
     *
     * @param paths each in full, with a {@code /} in front
     * @return this
     */
    public Builder uncountedPaths(String... paths) {
      uncountedPaths.addAll(List.of(paths));
      return this;
    }

    /**
     * How many requests a verified identity may send. Default no limit.
     *
     * @param value the limit
     * @return this
     */
    public Builder perIdentity(RateLimit value) {
      perIdentity = Objects.requireNonNull(value, "perIdentity");
      return this;
    }

    /**
     * How many requests a tenant may get, of those that may use the route. Default no limit.
     *
     * @param value the limit
     * @return this
     */
    public Builder perTenant(RateLimit value) {
      perTenant = Objects.requireNonNull(value, "perTenant");
      return this;
    }

    /**
     * Whether a request of a tenant that does not exist creates it. Default false: whoever can send
     * requests could fill the disk. True for demonstrations.
     *
     * @param value true to create
     * @return this
     */
    public Builder createTenants(boolean value) {
      createTenants = value;
      return this;
    }

    /**
     * How many bytes a body may have. Default 64 KiB. As much is held in memory for each connection
     * that is sending one.
     *
     * @param value 1 to 16 MiB
     * @return this
     */
    public Builder bodyBytesMax(long value) {
      bodyBytesMax = value;
      return this;
    }

    /**
     * How long a client may take to send a body. Default 10 seconds. While it does, it has a
     * connection and no thread; then it gets a 408.
     *
     * @param value more than zero, at most 10 minutes
     * @return this
     */
    public Builder bodyTimeout(Duration value) {
      bodyTimeout = Objects.requireNonNull(value, "bodyTimeout");
      return this;
    }

    /**
     * Origins whose pages may read answers, such as {@code https://app.example.com}. Default none.
     *
     * @param origins scheme and host, each in full; there is no pattern and no {@code *}
     * @return this
     */
    public Builder corsOrigins(String... origins) {
      corsOrigins.addAll(List.of(origins));
      return this;
    }

    /**
     * Checks the settings and makes them final.
     *
     * @return the plugin
     * @throws IllegalArgumentException if one is missing or out of range, or two contradict each
     *     other; names them
     */
    public DoSQLPlugin build() {
      if (resolver == null) {
        throw new IllegalArgumentException("resolver is needed: there is no default tenant");
      }
      if (bodyBytesMax < 1 || bodyBytesMax > BODY_BYTES_MAX) {
        throw new IllegalArgumentException(
            "bodyBytesMax must be 1 to " + BODY_BYTES_MAX + ": " + bodyBytesMax);
      }
      if (bodyTimeout.toMillis() < 1 || bodyTimeout.compareTo(BODY_TIMEOUT_MAX) > 0) {
        throw new IllegalArgumentException(
            "bodyTimeout must be more than zero and at most "
                + BODY_TIMEOUT_MAX
                + ": "
                + bodyTimeout);
      }
      boolean limited = perClient != null || perIdentity != null || perTenant != null;
      if (limited != (rateLimiter != null)) {
        throw new IllegalArgumentException("a rate limit needs rateLimiter, and it a limit");
      }
      if (trustedProxies < 0 || trustedProxies > PROXIES_MAX) {
        throw new IllegalArgumentException(
            "trustedProxies must be 0 to " + PROXIES_MAX + ": " + trustedProxies);
      }
      corsOrigins.forEach(Builder::checkOrigin);
      uncountedPaths.forEach(Builder::checkPath);
      return new DoSQLPlugin(this, resolver);
    }

    private static void checkPath(String path) {
      if (!path.startsWith("/")) {
        throw new IllegalArgumentException("uncountedPaths must begin with a /: " + path);
      }
    }

    private static void checkOrigin(String origin) {
      if (!ORIGIN.matcher(origin).matches()) {
        throw new IllegalArgumentException("corsOrigins must match " + ORIGIN + ": " + origin);
      }
    }
  }
}
