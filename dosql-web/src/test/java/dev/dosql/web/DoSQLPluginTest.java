package dev.dosql.web;

import static dev.dosql.web.Service.bearer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.dosql.DB;
import dev.dosql.TenantInfo;
import dev.dosql.web.Service.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class DoSQLPluginTest {
  private static final String ACME = "acme.localhost";
  private static final String GLOBEX = "globex.localhost";

  private final Service service = new Service();
  private final Lines log = new Lines();
  private final Logger logger = (Logger) LoggerFactory.getLogger("dev.dosql.web");

  @BeforeEach
  void listen() {
    logger.setLevel(Level.INFO);
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void close() {
    logger.detachAppender(log);
    logger.setLevel(null);
    service.close();
  }

  private static void assertProblem(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
    assertThat(answer.body()).contains("\"code\":\"" + code + "\"", "\"error\":\"");
  }

  @Test
  void handler_getsTheDatabaseOfTheTenant() {
    assertThat(service.get(ACME, "/notes").body()).isEqualTo("[\"of acme\"]");
    assertThat(service.get(GLOBEX, "/notes").body()).isEqualTo("[\"of globex\"]");
    assertThat(service.get("127.0.0.1", "/t/globex/notes").body()).isEqualTo("[\"of globex\"]");
    assertThat(service.get(GLOBEX, "/t/globex/notes").body()).isEqualTo("[\"of globex\"]");
    assertProblem(service.get(ACME, "/t/globex/notes"), 403, "tenant_mismatch");
  }

  /** Defects 30 and 31: no default tenant, and none is made by asking. */
  @Test
  void tenant_thatIsNotThere_isNotFound_andNotMade() {
    assertProblem(service.get("initech.localhost", "/notes"), 404, "tenant_not_found");
    assertProblem(service.get("localhost", "/notes"), 404, "tenant_not_found");
    assertProblem(service.get("www.localhost", "/notes"), 404, "tenant_not_found");
    assertProblem(service.get("x", "/t/" + "a".repeat(201) + "/notes"), 404, "tenant_not_found");
    assertProblem(service.get("x", "/t/a%01b/notes"), 404, "tenant_not_found");
    assertThat(service.tenants.tenants().map(TenantInfo::name)).containsOnly("acme", "globex");
  }

  @Test
  void tenant_thatIsSuspended_isForbidden() {
    String token = service.signUp("acme", "ada");
    service.tenants.suspend("acme");
    assertProblem(service.get(ACME, "/notes"), 403, "tenant_suspended");
    assertProblem(service.get(ACME, "/me", bearer(token)), 403, "tenant_suspended");
  }

  /** Defects 32 and 52: neither health checks nor scans open a tenant. */
  @Test
  void healthAndUnknownRoutes_openNoTenant() {
    service.tenants.suspend("acme"); // closes it
    service.tenants.resume("acme");
    assertThat(service.get(ACME, "/health").body()).isEqualTo("{\"status\":\"healthy\"}");
    assertProblem(service.get(ACME, "/wp-login.php"), 404, "not_found");
    assertThat(stateOfAcme()).isEqualTo(TenantInfo.State.CLOSED);

    service.get(ACME, "/notes");

    assertThat(stateOfAcme()).isEqualTo(TenantInfo.State.OPEN);
  }

  private TenantInfo.State stateOfAcme() {
    return service
        .tenants
        .tenants()
        .filter(info -> info.name().equals("acme"))
        .map(TenantInfo::state)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void unknownRoutesAndMethods_areProblems() {
    assertProblem(service.get(ACME, "/nothing"), 404, "not_found");
    Answer answer = service.send("DELETE", ACME, "/notes", BodyPublishers.noBody());
    assertProblem(answer, 405, "method_not_allowed");
    assertThat(answer.header("Allow")).contains("GET", "POST");
  }

  @Test
  void route_withoutAccess_isForThoseSignedIn() {
    Answer anonymous = service.post(ACME, "/notes", "{\"text\":\"x\"}");
    assertProblem(anonymous, 401, "unauthorized");
    assertThat(anonymous.header("WWW-Authenticate")).isEqualTo("Bearer");
    String token = service.signUp("acme", "ada", "member");

    assertThat(service.post(ACME, "/notes", "{\"text\":\"x\"}", bearer(token)).status())
        .isEqualTo(201);
    assertThat(service.get(ACME, "/me", bearer(token)).body())
        .contains("\"tenant\":\"acme\"", "\"kind\":\"USER\"", "member");
  }

  @Test
  void route_withARole_isForThoseWhoHaveIt() {
    String admin = service.signUp("acme", "ada", "admin");
    String member = service.signUp("acme", "bob", "member");
    assertThat(service.get(ACME, "/admin", bearer(admin)).status()).isEqualTo(200);
    assertProblem(service.get(ACME, "/admin", bearer(member)), 403, "forbidden");
    assertProblem(service.get(ACME, "/admin"), 401, "unauthorized");
  }

  @Test
  void head_ofAGetRoute_isRefused_whoeverSendsIt() {
    String member = service.signUp("acme", "bob");
    assertThat(head("/admin", bearer(member))).isEqualTo(405);
    assertThat(head("/admin")).isEqualTo(405);
    assertThat(head("/notes")).isEqualTo(405);
  }

  private int head(String path, String... headers) {
    return service.send("HEAD", ACME, path, BodyPublishers.noBody(), headers).status();
  }

  /** Defect 34: a session is bound to its tenant. */
  @Test
  void session_ofAnotherTenant_isNone() {
    String token = service.signUp("acme", "ada", "admin");
    service.signUp("globex", "ada", "admin");
    assertProblem(service.get(GLOBEX, "/admin", bearer(token)), 401, "unauthorized");
    assertProblem(service.get("x", "/t/globex/admin", bearer(token)), 401, "unauthorized");
    assertProblem(service.get(GLOBEX, "/notes", bearer(token)), 401, "unauthorized");
  }

  @Test
  void signedToken_saysTheTenant_andReachesNoOther() {
    String token = service.tokens.issue("acme", "billing", Set.of("admin"));
    assertThat(service.get("127.0.0.1", "/notes", bearer(token)).body()).isEqualTo("[\"of acme\"]");
    assertThat(service.get("127.0.0.1", "/admin", bearer(token)).status()).isEqualTo(200);
    assertThat(service.get("x", "/me", bearer(token)).body())
        .contains("\"kind\":\"SERVICE\"", "\"subject\":\"billing\"");
    assertProblem(service.get(GLOBEX, "/notes", bearer(token)), 403, "tenant_mismatch");
    assertProblem(service.get("x", "/t/globex/notes", bearer(token)), 403, "tenant_mismatch");
    String lost = service.tokens.issue("initech", "billing", Set.of());
    assertProblem(service.get("x", "/notes", bearer(lost)), 404, "tenant_not_found");
  }

  @Test
  void constraint_isToldByType() {
    String token = service.signUp("acme", "ada");
    Answer answer = service.post(ACME, "/notes", "{\"text\":\"of acme\"}", bearer(token));
    assertProblem(answer, 409, "unique");
    assertThat(answer.body()).contains("\"table\":\"notes\"", "\"columns\":[\"text\"]");
    assertProblem(service.post(ACME, "/notes", "{\"text\":null}", bearer(token)), 422, "not_null");
  }

  @Test
  void body_thatIsNotTheJson_isABadRequest_andNotQuoted() {
    String token = service.signUp("acme", "ada");
    for (String body : List.of("", "{", "null", "[]", "\"secret\"", "{\"text\":{\"secret\":1}}")) {
      Answer answer = service.post(ACME, "/notes", body, bearer(token));
      assertProblem(answer, 400, "bad_request");
      assertThat(answer.body()).doesNotContain("secret");
    }
  }

  @Test
  void failureOfOurOwn_isLoggedWithoutValues_andToldToNobody() throws Exception {
    Answer answer = service.get(ACME, "/fail?q=s3cret");
    assertProblem(answer, 500, "internal");
    assertThat(answer.body()).doesNotContain("inner detail", "s3cret", "Exception");
    assertThat(lines(2))
        .anyMatch(line -> line.contains("GET /fail failed: java.lang.IllegalStateException"))
        .noneMatch(line -> line.contains("s3cret") || line.contains("inner detail"));
  }

  /** An answer is on its way before its line is in the log. */
  private List<String> lines(int count) throws InterruptedException {
    for (int i = 0; i < 3_000 && log.seen.size() < count; i++) {
      Thread.sleep(10);
    }
    return List.copyOf(log.seen);
  }

  private static final class Lines extends AppenderBase<ILoggingEvent> {
    private final List<String> seen = new CopyOnWriteArrayList<>();

    @Override
    protected void append(ILoggingEvent event) {
      seen.add(event.getFormattedMessage());
    }
  }

  @Test
  void requestLog_hasRouteAndStatus_andNoValues() throws Exception {
    String token = service.signUp("acme", "ada@acme.example");
    service.get("x", "/t/acme/me?secret=s3cret", bearer(token));
    service.get(ACME, "/s3cret");
    service.post(ACME, "/notes", "{\"text\":\"s3cret\"}", bearer(token));

    assertThat(lines(3))
        .anyMatch(line -> line.matches("GET /t/\\{tenant}/me status=200 ms=\\d+ tenant=acme"))
        .anyMatch(line -> line.matches("GET - status=404 ms=\\d+ tenant=-"))
        .anyMatch(line -> line.matches("POST /notes status=201 ms=\\d+ tenant=acme"))
        .noneMatch(line -> line.contains("s3cret") || line.contains(token))
        .noneMatch(line -> line.contains("ada@"));
  }

  @Test
  void securityHeaders_areOnEveryAnswer() {
    for (String path : List.of("/notes", "/health", "/nothing", "/me", "/fail")) {
      Answer answer = service.get(ACME, path);
      assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
      assertThat(answer.header("Content-Security-Policy")).contains("default-src 'none'");
      assertThat(answer.header("X-Frame-Options")).isEqualTo("DENY");
      assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
      assertThat(answer.header("Referrer-Policy")).isEqualTo("no-referrer");
      assertThat(answer.has("Server")).isFalse();
    }
  }

  /** Defect 52. */
  @Test
  void cors_isClosed() {
    Answer answer = service.get(ACME, "/notes", "Origin", "https://evil.example");
    assertThat(answer.headers().keySet()).noneMatch(name -> name.startsWith("access-control"));
    Answer preflight = preflight(service, "https://evil.example");
    assertThat(preflight.status()).isEqualTo(405);
    assertThat(preflight.headers().keySet()).noneMatch(name -> name.startsWith("access-control"));
  }

  private static Answer preflight(Service service, String origin) {
    return service.send(
        "OPTIONS",
        ACME,
        "/notes",
        BodyPublishers.noBody(),
        "Origin",
        origin,
        "Access-Control-Request-Method",
        "POST");
  }

  @Test
  void cors_isOpenForTheOriginsThatWereGiven() {
    String good = "https://app.example.com";
    try (Service open = new Service(plugin -> plugin.corsOrigins(good), config -> {})) {
      assertThat(preflight(open, good).status()).isEqualTo(204);
      assertThat(preflight(open, good).header("Access-Control-Allow-Origin")).isEqualTo(good);
      Answer answer = open.get(ACME, "/me", "Origin", good);
      assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo(good);
      assertThat(answer.header("Vary")).isEqualTo("Origin");
      for (String bad :
          List.of(
              "https://app.example.com.evil.org",
              "http://app.example.com",
              "https://APP.example.com",
              "null",
              "https://app.example.com:444")) {
        assertThat(open.get(ACME, "/notes", "Origin", bad).has("Access-Control-Allow-Origin"))
            .as(bad)
            .isFalse();
        assertThat(preflight(open, bad).status()).isEqualTo(405);
      }
    }
  }

  @Test
  void pretty_isOnRequest() {
    assertThat(service.get(ACME, "/notes?pretty").body()).isEqualTo("[\n  \"of acme\"\n]\n");
    assertThat(service.get(ACME, "/notes?pretty=false").body()).isEqualTo("[\"of acme\"]");
    assertThat(service.get(ACME, "/nothing?pretty").body()).startsWith("{\n  \"type\"");
  }

  @Test
  void requestThatIsSentAgain_isDoneOnce() {
    String[] key = {"Idempotency-Key", "k1"};
    Answer first = service.post(ACME, "/once", "{\"text\":\"x\"}", key);
    Answer again = service.post(ACME, "/once", "{\"text\":\"x\"}", key);
    assertThat(first.status()).isEqualTo(201);
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(first.has("Idempotency-Replayed")).isFalse();
    assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
    assertProblem(
        service.post(ACME, "/once", "{\"text\":\"y\"}", key), 422, "idempotency_conflict");
    assertProblem(service.post(ACME, "/once", "{\"text\":\"y\"}"), 400, "bad_request");
    assertThat(service.post(GLOBEX, "/once", "{\"text\":\"x\"}", key).has("Idempotency-Replayed"))
        .isFalse();
  }

  @Test
  void key_isThatOfItsSender() {
    String ada = service.signUp("acme", "ada");
    String bob = service.signUp("acme", "bob");
    Answer adas = once(ada, "a");
    Answer bobs = once(bob, "b");
    assertThat(adas.status()).isEqualTo(201);
    assertThat(bobs.status()).isEqualTo(201);
    assertThat(bobs.has("Idempotency-Replayed")).isFalse();
    assertThat(bobs.body()).isNotEqualTo(adas.body());
    assertThat(once(ada, "a").header("Idempotency-Replayed")).isEqualTo("true");
  }

  private Answer once(String token, String text) {
    return service.post(
        ACME,
        "/once",
        "{\"text\":\"" + text + "\"}",
        "Idempotency-Key",
        "k1",
        "Authorization",
        "Bearer " + token);
  }

  @Test
  void rateLimits_areTold_andBindTheIdentityAndTheTenant() {
    try (DB db = DB.memory();
        Service limited =
            new Service(
                plugin ->
                    plugin
                        .rateLimiter(RateLimiter.on(db))
                        .perIdentity(new RateLimit(3, Duration.ofHours(24)))
                        .perTenant(new RateLimit(8, Duration.ofHours(24))),
                config -> {})) {
      String ada = limited.signUp("acme", "ada");
      for (int left = 2; left >= 0; left--) {
        Answer answer = limited.get(ACME, "/me", bearer(ada));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("RateLimit-Limit")).isEqualTo("3");
        assertThat(answer.header("RateLimit-Remaining")).isEqualTo("" + left);
      }
      Answer refused = limited.get(ACME, "/me", bearer(ada));
      assertProblem(refused, 429, "rate_limited");
      assertThat(Long.parseLong(refused.header("Retry-After"))).isPositive();
      assertThat(refused.header("X-RateLimit-Remaining")).isEqualTo("0");
      for (int i = 0; i < 4; i++) {
        assertThat(limited.get(ACME, "/notes").status()).isEqualTo(200);
      }
      assertProblem(limited.get(ACME, "/notes"), 429, "rate_limited");
      assertThat(limited.get(GLOBEX, "/notes").status()).isEqualTo(200);
    }
  }

  @Test
  void clients_behindAProxy_haveALimitEach_whateverTheySayThemselves() {
    try (DB db = DB.memory();
        Service proxied =
            new Service(
                plugin ->
                    plugin
                        .trustedProxies(1)
                        .rateLimiter(RateLimiter.on(db))
                        .perClient(new RateLimit(3, Duration.ofHours(24))),
                config -> config.routes.get("/ip", ctx -> ctx.result(ctx.ip()), Access.ANYONE))) {
      for (String client : List.of("203.0.113.1", "203.0.113.2")) {
        for (int i = 0; i < 3; i++) {
          String forged = "10.0.0." + i + ", " + client;
          Answer answer = proxied.get(ACME, "/ip", "X-Forwarded-For", forged);
          assertThat(answer.body()).isEqualTo(client);
        }
        String forged = "10.0.0.9, " + client;
        assertProblem(proxied.get(ACME, "/notes", "X-Forwarded-For", forged), 429, "rate_limited");
      }
      assertThat(proxied.get(ACME, "/ip").body()).isEqualTo("127.0.0.1");
    }
  }

  @Test
  void path_thatIsNotCounted_isAnsweredToAClientThatSentTooMuch() {
    try (DB db = DB.memory();
        Service limited =
            new Service(
                plugin ->
                    plugin
                        .uncountedPaths("/health")
                        .rateLimiter(RateLimiter.on(db))
                        .perClient(new RateLimit(1, Duration.ofHours(24))),
                config -> {})) {
      assertThat(limited.get(ACME, "/notes").status()).isEqualTo(200);
      assertProblem(limited.get(ACME, "/notes"), 429, "rate_limited");
      assertProblem(limited.get(ACME, "/health/"), 429, "rate_limited");
      for (int i = 0; i < 3; i++) {
        assertThat(limited.get(ACME, "/health").status()).isEqualTo(200);
      }
    }
  }

  @Test
  void applications_mayAnswerTheirOwnExceptionsThemselves() {
    try (Service own =
        new Service(
            plugin -> {},
            config ->
                config.routes.exception(
                    IllegalStateException.class, (e, ctx) -> ctx.status(418).result("tea")))) {
      assertThat(own.get(ACME, "/fail").status()).isEqualTo(418);
    }
  }

  /** Defect 13: where no tenant is, none is given out, and the client is not told why. */
  @Test
  void db_inARouteWithoutATenant_isAnError() {
    try (Service own =
        new Service(
            plugin -> {},
            config ->
                config.routes.get(
                    "/none", ctx -> ctx.result(DoSQLPlugin.db(ctx).name()), Access.NO_TENANT))) {
      Answer answer = own.get(ACME, "/none");
      assertProblem(answer, 500, "internal");
      assertThat(answer.body()).doesNotContain("acme", "NO_TENANT");
    }
  }

  /** Handlers that Javalin runs after a refusal find neither tenant nor identity. */
  @Test
  void request_thatIsRefused_hasNoTenant() {
    List<String> seen = new CopyOnWriteArrayList<>();
    try (Service own =
        new Service(
            plugin -> {},
            config ->
                config.routes.after(
                    ctx ->
                        seen.add(
                            ctx.attributeMap().values().stream().anyMatch(DB.class::isInstance)
                                + " "
                                + DoSQLPlugin.identity(ctx).isPresent())))) {
      String member = own.signUp("acme", "bob", "member");
      own.get(ACME, "/admin", bearer(member));
      own.get(ACME, "/me", bearer(member));
      assertThat(seen).containsExactly("false false", "true true");
    }
  }

  @Test
  void settings_thatAreMissingOrContradictEachOther_areRefused() {
    DoSQLPlugin.Builder none = DoSQLPlugin.builder(service.tenants);
    assertThatIllegalArgumentException().isThrownBy(none::build).withMessageContaining("resolver");
    DoSQLPlugin.Builder some = none.resolver(TenantResolver.builder().build());
    assertThatIllegalArgumentException()
        .isThrownBy(some.corsOrigins("*")::build)
        .withMessageContaining("corsOrigins");
    assertThatIllegalArgumentException()
        .isThrownBy(
            DoSQLPlugin.builder(service.tenants)
                    .resolver(TenantResolver.builder().build())
                    .perClient(new RateLimit(1, Duration.ofSeconds(1)))
                ::build)
        .withMessageContaining("rateLimiter");
    for (int proxies : new int[] {-1, 11}) {
      assertThatIllegalArgumentException()
          .isThrownBy(fresh().trustedProxies(proxies)::build)
          .withMessageContaining("trustedProxies");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(fresh().uncountedPaths("health")::build)
        .withMessageContaining("uncountedPaths");
  }

  private DoSQLPlugin.Builder fresh() {
    return DoSQLPlugin.builder(service.tenants).resolver(TenantResolver.builder().build());
  }
}
