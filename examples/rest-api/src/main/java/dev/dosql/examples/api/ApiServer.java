package dev.dosql.examples.api;

import dev.dosql.DB;
import dev.dosql.DoSQL;
import dev.dosql.UniqueViolationException;
import dev.dosql.web.Account;
import dev.dosql.web.Accounts;
import dev.dosql.web.DoSQLPlugin;
import dev.dosql.web.RateLimit;
import dev.dosql.web.RateLimiter;
import dev.dosql.web.SignedTokens;
import dev.dosql.web.TenantResolver;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.json.JavalinJackson3;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The service: a web server, the tenants behind it, and what counts the requests. */
final class ApiServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
  private static final long DRAIN_MILLIS = 5_000;

  /** How long a connection may be silent, also in the middle of a request. */
  private static final long IDLE_MILLIS = 10_000;

  /** The same once the service is told to stop. */
  private static final long STOPPING_IDLE_MILLIS = 200;

  private final Settings settings;
  private final DoSQL tenants;
  private final RateLimiter limiter;
  private final Accounts accounts = Accounts.builder().build();
  private final Upkeep upkeep;
  private final Javalin web;

  private ApiServer(Settings settings, DoSQL tenants, RateLimiter limiter) {
    this.settings = settings;
    this.tenants = tenants;
    this.limiter = limiter;
    this.upkeep = new Upkeep(tenants, accounts, limiter);
    settings.tenants().forEach(this::provide);
    this.web = Javalin.create(this::configure).start();
    upkeep.every(settings.upkeepInterval());
  }

  /** Opens the tenants and then listens. */
  static ApiServer start(Settings settings) {
    return start(settings, DoSQL.open(settings.options()));
  }

  /** Listens, with tenants that are closed when this is, or when it cannot. */
  static ApiServer start(Settings settings, DoSQL tenants) {
    @Nullable RateLimiter limiter = null;
    try {
      limiter = RateLimiter.open(settings.home().resolve(".do/limits"));
      return new ApiServer(settings, tenants, limiter);
    } catch (RuntimeException e) {
      close(limiter, tenants);
      throw e;
    }
  }

  // region provide
  /** Makes a tenant that is not there yet, with its first admin. */
  private void provide(String tenant) {
    DB db = tenants.find(tenant).orElseGet(() -> tenants.create(tenant));
    settings.admin().ifPresent(admin -> provideAdmin(db, admin));
  }

  /** An address that a user took is no reason not to start, nor to make that user an admin. */
  private void provideAdmin(DB db, AccountRoutes.SignUp admin) {
    Optional<Account> taken = accounts.find(db, admin.email());
    if (taken.isEmpty() && isMade(db, admin)) {
      return;
    }
    if (taken.isEmpty() || !taken.get().roles().contains("admin")) {
      LOG.warn("No admin was made: API_ADMIN_EMAIL is a user's (tenant={})", db.name());
    }
  }

  private boolean isMade(DB db, AccountRoutes.SignUp admin) {
    try {
      AccountRoutes.signUp(accounts, db, admin, Set.of("user", "admin"));
      return true;
    } catch (UniqueViolationException e) {
      return false; // A user has the address, without an account.
    }
  }

  // endregion

  // region configure
  private void configure(JavalinConfig config) {
    config.jsonMapper(new JavalinJackson3(Bodies.JSON, false));
    config.registerPlugin(plugin());
    config.routes.apiBuilder(new Routes(accounts)::add);
    harden(config);
    config.jetty.addConnector(this::connector);
  }

  private DoSQLPlugin plugin() {
    DoSQLPlugin.Builder plugin =
        DoSQLPlugin.builder(tenants)
            .resolver(TenantResolver.builder().baseDomain(settings.baseDomain()).build())
            .accounts(accounts)
            .rateLimiter(limiter)
            .perClient(perMinute(settings.clientRequestsPerMinute()))
            .perIdentity(perMinute(settings.requestsPerMinute()))
            .perTenant(perMinute(settings.tenantRequestsPerMinute()))
            .trustedProxies(settings.trustedProxies())
            .uncountedPaths("/health") // a load balancer would take the node out
            .corsOrigins(settings.corsOrigins().toArray(String[]::new));
    settings.tokenKey().ifPresent(key -> plugin.tokens(tokens(key)));
    return plugin.build();
  }

  private static RateLimit perMinute(int requests) {
    return new RateLimit(requests, Duration.ofMinutes(1));
  }

  // endregion

  static SignedTokens tokens(byte[] key) {
    return SignedTokens.builder()
        .issuer("api.example")
        .audience("api.example")
        .key("1", key)
        .build();
  }

  /**
   * The idle time is the connection's and not that of its requests: Jetty sets the latter back to
   * the former behind each answer, and one that it sends while it stops would keep its connection
   * open for longer than the stop may take.
   */
  private Connector connector(Server server, HttpConfiguration http) {
    ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
    connector.setPort(settings.port());
    connector.setIdleTimeout(IDLE_MILLIS);
    connector.setShutdownIdleTimeout(STOPPING_IDLE_MILLIS);
    return connector;
  }

  private static void harden(JavalinConfig config) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.http.prefer405over404 = true;
    config.jetty.modifyHttpConfiguration(
        // No %2F, no ;, no /..;/ in a path.
        http -> http.setUriCompliance(UriCompliance.DEFAULT));
    config.jetty.modifyServer(
        server -> {
          server.setStopTimeout(DRAIN_MILLIS);
          server.setHandler(new GracefulHandler());
        });
  }

  /** Says where it listens, and serves until the process is told to stop (Ctrl-C, SIGTERM). */
  void serve() throws InterruptedException {
    CountDownLatch closed = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(closed), "stop"));
    System.out.println(
        "API on http://<tenant>." + settings.baseDomain() + ":" + port() + "/api/v1");
    closed.await();
  }

  private void stop(CountDownLatch closed) {
    try {
      close();
      System.out.println("API stopped");
    } finally {
      closed.countDown();
    }
  }

  int port() {
    return web.port();
  }

  /** Lets the requests that run finish, and then closes the tenants. */
  @Override
  public void close() {
    try {
      web.stop();
    } finally {
      upkeep.close();
      close(limiter, tenants);
    }
  }

  private static void close(@Nullable RateLimiter limiter, DoSQL tenants) {
    try {
      if (limiter != null) {
        limiter.close();
      }
    } finally {
      tenants.close();
    }
  }
}
