package dev.dosql.examples.api;

import static dev.dosql.examples.api.TestApi.assertError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.ConstraintViolationException;
import dev.dosql.DB;
import dev.dosql.DoSQL;
import dev.dosql.TenantInfo;
import dev.dosql.examples.api.Http.Answer;
import dev.dosql.junit.DoSqlTest;
import dev.dosql.web.SignedTokens;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole service under attack. */
@Timeout(240)
@DoSqlTest(migrations = "classpath:migrations")
class AttackTest {
  private static final int BURST = 60;
  private static final int LIMIT = 20;
  private static final int TEN_MEGABYTES = 10 * 1024 * 1024;
  private static final String TOO_LARGE = "HTTP/1.1 413";

  @TempDir Path home;
  private DoSQL tenants;
  private TestApi api;
  private Http nobody;
  private Http ada;

  @BeforeEach
  void start(DoSQL instance) {
    tenants = instance;
    api = TestApi.start(tenants, home);
    nobody = api.acme();
    ada = TestApi.user(nobody, "ada");
  }

  @AfterEach
  void stop() {
    api.close();
  }

  /** Defects 27, 33 and 34: a session is worth nothing outside of its tenant. */
  @Test
  void session_ofAnotherTenant_isUnauthorized() {
    assertThat(ada.get("/api/v1/me").status()).isEqualTo(200);
    assertError(ada.host("globex.localhost").get("/api/v1/me"), 401);
    assertError(ada.host("globex.localhost").get("/api/v1/users"), 401);
  }

  /** Defect 27. */
  @Test
  void header_thatNamesAnotherTenant_changesNothing() {
    for (String header :
        List.of(
            "X-Tenant-ID",
            "X-Tenant",
            "X-Forwarded-Host",
            "X-Original-Host",
            "X-Host",
            "Forwarded")) {
      String forged = header.equals("Forwarded") ? "host=globex.localhost" : "globex";

      Answer mine = ada.with(header, forged).get("/api/v1/me");
      assertThat(mine.at("/email").stringValue()).isEqualTo("ada@api.example");
      assertError(ada.host("localhost").with(header, "acme.localhost").get("/api/v1/me"), 404);
    }
  }

  /** Defect 34. */
  @Test
  void tokenOfAService_isOfItsTenantOnly_andOnlyWithItsKey() {
    byte[] key = Base64.getDecoder().decode(TestApi.TOKEN_KEY);
    Http good = nobody.bearer(ApiServer.tokens(key).issue("acme", "reports", Set.of("admin")));
    assertThat(good.get("/api/v1/admin/stats").at("/users").longValue()).isEqualTo(2);

    Answer elsewhere = good.host("globex.localhost").get("/api/v1/admin/stats");
    assertThat(elsewhere.status()).as("%s", elsewhere).isIn(400, 401, 403, 404);
    byte[] other = new byte[32];
    String forged = ApiServer.tokens(other).issue("acme", "reports", Set.of("admin"));
    assertError(nobody.bearer(forged).get("/api/v1/admin/stats"), 401);
    SignedTokens late =
        SignedTokens.builder()
            .issuer("api.example")
            .audience("api.example")
            .key("1", key)
            .clock(Clock.fixed(Instant.now().minus(Duration.ofHours(2)), ZoneOffset.UTC))
            .build();
    assertError(
        nobody.bearer(late.issue("acme", "reports", Set.of("admin"))).get("/api/v1/admin/stats"),
        401);
    assertError(nobody.bearer(withoutSignature()).get("/api/v1/admin/stats"), 401);
  }

  private static String withoutSignature() {
    return base64("{\"alg\":\"none\"}")
        + "."
        + base64(
            "{\"iss\":\"api.example\",\"aud\":\"api.example\",\"sub\":\"x\",\"tenant\":\"acme\","
                + "\"roles\":[\"admin\"],\"exp\":99999999999}")
        + ".";
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes());
  }

  /** Defects 35 and 36. */
  @Test
  void session_malformed_isUnauthorized() {
    for (String authorization :
        List.of(
            "Bearer",
            "Bearer ",
            "Bearer x",
            "Bearer null",
            "Basic YWRtaW46YWRtaW4=",
            "bearer",
            "Bearer a b",
            "Bearer ' OR 1=1 --",
            "Bearer ../../etc/passwd",
            "Bearer .",
            "Bearer ..",
            "Bearer eyJ.eyJ.x")) {
      assertError(nobody.with("Authorization", authorization).get("/api/v1/me"), 401);
    }
  }

  /** Defect 36: what is no time is not for ever. */
  @Test
  void session_veryLong_orExpired_isUnauthorized_andAnEndIsATime() {
    assertThat(nobody.bearer("x".repeat(6_000)).get("/api/v1/me").status()).isIn(401, 431);
    DB acme = tenants.db("acme");
    acme.run("UPDATE auth_sessions SET created_at = 1, expires_at = 2");
    assertError(ada.get("/api/v1/me"), 401);
    for (String end : List.of("never", "", "2001-01-01 00:00:00")) {
      assertThatExceptionOfType(ConstraintViolationException.class)
          .isThrownBy(() -> acme.run("UPDATE auth_sessions SET expires_at = ?", end));
    }
  }

  /** Neither another spelling of a path nor another method is a way to what is an admin's. */
  @Test
  void path_inAnotherSpelling_leadsNowhere() throws IOException {
    String token = TestApi.token(nobody, "ada@api.example");
    for (String path :
        List.of(
            "/api/v1/users/../admin/stats",
            "/api/v1/users/%2e%2e/admin/stats",
            "/api/v1/admin%2Fstats",
            "/api/v1/admin/stats;x=1",
            "/api/v1/admin;x/stats",
            "/api/v1//admin/stats",
            "//api/v1/admin/stats",
            "/API/V1/ADMIN/STATS",
            "/api/v1/admin/stats/",
            "/api/v1/admin/stats%00",
            "/api/v1/admin/stats%20",
            "/api/v1/./admin/stats",
            "/api/v1\\admin\\stats",
            "/health/../api/v1/admin/stats",
            "/health/..;/api/v1/admin/stats",
            "http://globex.localhost/api/v1/admin/stats",
            "/../../etc/passwd",
            "/%2e%2e/%2e%2e/etc/passwd")) {
      leadsNowhere(path, token);
    }
  }

  private void leadsNowhere(String path, String token) throws IOException {
    for (String method : List.of("GET", "HEAD", "POST", "TRACE", "CONNECT", "FOO")) {
      String answer =
          RawHttp.send(
              nobody.port(),
              method
                  + " "
                  + path
                  + " HTTP/1.1\r\nHost: acme.localhost\r\nConnection: close\r\n"
                  + "Authorization: Bearer "
                  + token
                  + "\r\n\r\n");
      assertThat(answer)
          .as("%s %s", method, path)
          .doesNotContain("\"users\":", "root:", "Exception");
      assertThat(answer)
          .as("%s %s", method, path)
          .doesNotStartWith("HTTP/1.1 2")
          .doesNotStartWith("HTTP/1.1 5");
    }
  }

  @Test
  void method_overridden_isRefused() {
    Http overriding = nobody.with("X-HTTP-Method-Override", "DELETE");
    assertError(overriding.get("/api/v1/users/1"), 400);
    assertError(
        ada.with("X-HTTP-Method-Override", "DELETE")
            .with("If-Match", "\"1\"")
            .get("/api/v1/users/1"),
        400);
    assertThat(ada.get("/api/v1/users/1").status()).isEqualTo(200);
  }

  /** SQLite counts a text's characters up to the first NUL, so one that begins with it is empty. */
  @Test
  void text_withANul_isNoErrorOfOurs() {
    assertError(
        ada.post("/api/v1/posts", "{\"title\":\"\\u0000x\",\"content\":\"c\",\"published\":true}"),
        422);
    assertThat(ada.get("/api/v1/posts?search=a%00").status()).isEqualTo(200);
    assertThat(ada.get("/api/v1/posts?search=%00").status()).isEqualTo(200);
    assertThat(ada.get("/api/v1/users?search=a%00").status()).isEqualTo(200);
  }

  @Test
  void host_givenTwiceOrStrangely_isRefusedOrNoTenant() throws IOException {
    String token = TestApi.token(nobody, "ada@api.example");
    for (String hosts :
        List.of(
            "Host: globex.localhost\r\nHost: acme.localhost",
            "Host: acme.localhost@globex.localhost",
            "Host: globex.localhost/acme.localhost",
            "Host: acme.localhost.globex.localhost",
            "Host: acme%2elocalhost",
            "Host:",
            "X-Nothing: x")) {
      String answer =
          RawHttp.send(
              nobody.port(),
              "GET /api/v1/me HTTP/1.1\r\n"
                  + hosts
                  + "\r\nConnection: close\r\n"
                  + "Authorization: Bearer "
                  + token
                  + "\r\n\r\n");
      assertThat(answer).as(hosts).startsWith("HTTP/1.1 4").doesNotContain("ada@");
    }
    assertThat(tenants.tenants().map(TenantInfo::name)).containsExactlyInAnyOrder("acme", "globex");
  }

  /** Defect 17. */
  @Test
  void body_of10Megabytes_isRefused_whetherOrNotItSaysItsLength() throws IOException {
    String token = TestApi.token(nobody, "ada@api.example");
    String known = "Content-Length: " + TEN_MEGABYTES;
    String chunked = "Transfer-Encoding: chunked";

    assertThat(big("/api/v1/posts", "Authorization: Bearer " + token, known)).startsWith(TOO_LARGE);
    assertThat(big("/api/v1/posts", "Authorization: Bearer " + token, chunked))
        .startsWith(TOO_LARGE)
        .contains("application/problem+json", "body_too_large");
    assertThat(big("/api/v1/login", "X-Nothing: x", known)).startsWith(TOO_LARGE);
    assertThat(big("/api/v1/login", "X-Nothing: x", chunked)).startsWith(TOO_LARGE);
    assertThat(ada.get("/api/v1/me").status()).isEqualTo(200);
  }

  private String big(String path, String header, String length) throws IOException {
    String head =
        "POST " + path + " HTTP/1.1\r\nHost: acme.localhost\r\n" + header + "\r\n" + length;
    boolean chunked = length.startsWith("Transfer");
    return RawHttp.sendBig(nobody.port(), head + "\r\n\r\n", TEN_MEGABYTES, chunked);
  }

  @Test
  void json_ofAThousandLevels_isABadRequest() {
    assertError(ada.post("/api/v1/posts", "[".repeat(20_000)), 400);
    assertError(ada.post("/api/v1/posts", "{\"title\":".repeat(5_000)), 400);
    assertError(ada.post("/api/v1/posts", "{\"title\":1" + "0".repeat(20_000) + "}"), 400);
  }

  /** Clients that send a byte and wait are ended, and hold nobody else up. */
  @Test
  void clients_thatAreSlow_areEnded_andOthersAreServed() throws Exception {
    String head = "POST /api/v1/login HTTP/1.1\r\nHost: acme.localhost\r\n";
    List<RawHttp> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 40; i++) {
        RawHttp raw = new RawHttp(nobody.port());
        slow.add(raw);
        raw.write(i % 2 == 0 ? head : head + "Content-Length: 100\r\n\r\n{");
      }
      for (int i = 0; i < 20; i++) {
        long start = System.nanoTime();
        assertThat(ada.get("/api/v1/me").status()).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
      }
      for (RawHttp raw : slow) {
        assertThat(raw.readAll())
            .doesNotContain(" 200 ", " 500 "); // Ends, or its timeout fails us.
      }
    } finally {
      for (RawHttp raw : slow) {
        raw.close();
      }
    }
  }

  /** Defect 10. Texts of SQL are texts, in every member that takes one. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'; DROP TABLE users; --",
        "' OR '1'='1",
        "x\\\"); DELETE FROM posts; --",
        "1; ATTACH DATABASE '/tmp/x' AS x",
        "%' UNION SELECT token FROM auth_sessions --",
        "${jndi:ldap://x}",
        "../../x"
      })
  void sql_inEveryMember_isText(String sql) {
    Http admin = TestApi.admin(nobody);
    String text = sql.replace("\\\"", "\"");
    Answer post =
        ada.post(
            "/api/v1/posts",
            "{\"title\":\"%s\",\"content\":\"%s\",\"published\":true}".formatted(sql, sql));
    assertThat(post.at("/title").stringValue()).isEqualTo(text);
    assertThat(post.at("/content").stringValue()).isEqualTo(text);
    Answer comment = ada.post("/api/v1/comments", "{\"postId\":1,\"body\":\"%s\"}".formatted(sql));
    assertThat(comment.at("/body").stringValue()).isEqualTo(text);
    Answer product =
        admin.post(
            "/api/v1/products",
            "{\"sku\":\"s\",\"name\":\"%s\",\"priceCents\":1,\"stock\":1}".formatted(sql));
    assertThat(product.at("/name").stringValue()).isEqualTo(text);
    Answer event = admin.post("/api/v1/events", "{\"type\":\"a\",\"data\":\"%s\"}".formatted(sql));
    assertThat(event.at("/data").stringValue()).isEqualTo(text);
    Answer bio =
        ada.with("If-Match", "\"1\"")
            .patch("/api/v1/users/2", "{\"name\":\"%s\",\"bio\":\"%s\"}".formatted(sql, sql));
    assertThat(bio.at("/bio").stringValue()).isEqualTo(text);
    inPlaceOfNames(admin, sql);
    inPathsAndHeaders(
        admin, java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8));
    inTheQuery(java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8));

    assertThat(admin.get("/api/v1/admin/stats").body())
        .isEqualTo("{\"users\":2,\"posts\":1,\"orders\":0,\"events\":1}");
    assertThat(tenants.db("acme").integrityCheck()).isEmpty();
  }

  /** Where only a name, an address or a number is taken, it is an error of the client's. */
  private void inPlaceOfNames(Http admin, String sql) {
    assertError(admin.post("/api/v1/events", "{\"type\":\"%s\",\"data\":1}".formatted(sql)), 400);
    assertError(
        admin.post("/api/v1/users", "{\"name\":\"n\",\"email\":\"%s\"}".formatted(sql)), 400);
    assertError(
        nobody.post("/api/v1/login", "{\"email\":\"%s\",\"password\":\"%s\"}".formatted(sql, sql)),
        401);
    assertError(
        nobody.post(
            "/api/v1/signup",
            "{\"name\":\"%s\",\"email\":\"%s\",\"password\":\"%s\"}".formatted(sql, sql, sql)),
        400);
    assertError(
        ada.put(
            "/api/v1/password",
            "{\"oldPassword\":\"%s\",\"newPassword\":\"%s\"}".formatted(sql, sql)),
        401);
    assertError(admin.put("/api/v1/users/2/roles", "{\"roles\":[\"%s\"]}".formatted(sql)), 400);
    assertThat(
            admin
                .post(
                    "/api/v1/bulk/users",
                    "{\"users\":[{\"name\":\"n\",\"email\":\"%s\"}]}".formatted(sql))
                .at("/failed")
                .longValue())
        .isEqualTo(1);
    assertError(
        ada.with("Idempotency-Key", "k")
            .post(
                "/api/v1/orders",
                "{\"items\":[{\"productId\":\"%s\",\"quantity\":1}]}".formatted(sql)),
        400);
  }

  private void inPathsAndHeaders(Http admin, String encoded) {
    for (String resource : List.of("users", "posts", "products", "orders")) {
      assertThat(ada.get("/api/v1/" + resource + "/" + encoded).status()).isIn(400, 404);
    }
    assertThat(admin.delete("/api/v1/users/" + encoded + "/sessions").status()).isIn(400, 404);
    Http strange = ada.with("If-Match", encoded).with("If-None-Match", encoded);
    assertError(strange.patch("/api/v1/users/2", "{\"bio\":\"b\"}"), 412);
    assertThat(strange.get("/api/v1/users/2").status()).isEqualTo(200);
    assertError(
        ada.with("Idempotency-Key", encoded).post("/api/v1/orders", TestApi.order(7, 1)), 409);
  }

  private void inTheQuery(String sql) {
    assertThat(ada.get("/api/v1/posts?search=" + sql).status()).isEqualTo(200);
    assertThat(ada.get("/api/v1/users?search=" + sql).status()).isEqualTo(200);
    assertError(ada.get("/api/v1/users?limit=" + sql), 400);
    assertError(ada.get("/api/v1/users?cursor=" + sql), 400);
    assertError(ada.get("/api/v1/comments?post=" + sql), 400);
  }

  /** Defects 38, 39 and 41. */
  @Test
  void requests_inABurst_areCountedOnce_whateverTheirHeadersSay() throws Exception {
    api.close();
    DoSQL again = DoSQL.memory(Settings.of(TestApi.environment(), home).options());
    api =
        TestApi.start(
            again, home.resolve("limited"), Map.of("API_CLIENT_REQUESTS_PER_MINUTE", "" + LIMIT));
    List<Answer> answers = burst(api.acme());

    List<Answer> refused = answers.stream().filter(a -> a.status() == 429).toList();
    assertThat(refused).hasSize(BURST - LIMIT);
    assertError(refused.get(0), 429);
    assertThat(Integer.parseInt(refused.get(0).header("Retry-After"))).isBetween(1, 120);
    assertThat(again.db("acme").query(String.class, "SELECT name FROM sqlite_schema"))
        .noneMatch(name -> name.contains("limit"));
    assertThat(api.acme().get("/health").status()).isEqualTo(200);
  }

  /** Behind a proxy each client has its own limit, and the last address is the proxy's word. */
  @Test
  void clients_behindAProxy_doNotShareALimit() {
    Map<String, String> settings =
        Map.of("API_CLIENT_REQUESTS_PER_MINUTE", "2", "API_TRUSTED_PROXIES", "1");
    try (TestApi proxied = TestApi.start(tenants, home.resolve("limited"), settings)) {
      for (int client = 1; client <= 5; client++) {
        for (int i = 0; i < 4; i++) {
          String addresses = "10.0.0." + i + ", 203.0.113." + client;
          Http from = proxied.acme().with("X-Forwarded-For", addresses);
          assertError(from.get("/api/v1/me"), i < 2 ? 401 : 429);
        }
      }
    }
  }

  /** An identity has its own limit, from however many addresses it comes. */
  @Test
  void identity_hasALimit_whateverItsAddresses() {
    Map<String, String> settings =
        Map.of("API_REQUESTS_PER_MINUTE", "3", "API_TRUSTED_PROXIES", "1");
    try (TestApi limited = TestApi.start(tenants, home.resolve("limited"), settings)) {
      Http there = ada.port(limited.acme().port());
      for (int i = 0; i < 5; i++) {
        Answer answer = there.with("X-Forwarded-For", "203.0.113." + i).get("/api/v1/me");
        assertThat(answer.status()).isEqualTo(i < 3 ? 200 : 429);
      }
    }
  }

  /** Defect 39: a tenant's limit is for all who are of it, and for nobody else. */
  @Test
  void requests_ofATenant_areCountedTogether_whoeverSendsThem() throws Exception {
    Http eve = TestApi.user(nobody, "eve");
    String limit = "API_TENANT_REQUESTS_PER_MINUTE";
    try (TestApi limited =
        TestApi.start(tenants, home.resolve("limited"), Map.of(limit, "" + LIMIT))) {
      Http eveThere = eve.port(limited.acme().port());
      Http adaThere = ada.port(limited.acme().port());

      List<Answer> answers = parallel(i -> (i % 2 == 0 ? adaThere : eveThere).get("/api/v1/me"));

      assertThat(answers.stream().filter(a -> a.status() == 200)).hasSize(LIMIT);
      Answer refused = answers.stream().filter(a -> a.status() == 429).findFirst().orElseThrow();
      assertError(refused, 429);
      assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(1, 120);
      assertThat(refused.header("RateLimit-Limit")).isEqualTo("" + LIMIT);
      assertThat(TestApi.admin(limited.globex()).get("/api/v1/me").status()).isEqualTo(200);
    }
  }

  private static List<Answer> burst(Http at) throws Exception {
    return parallel(
        i -> {
          Http forged = at.with("X-Forwarded-For", "10.0.0." + i).with("X-Tenant-ID", "t" + i);
          return (i % 2 == 0 ? forged : forged.host("globex.localhost")).get("/api/v1/me");
        });
  }

  private static List<Answer> parallel(IntFunction<Answer> request) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(16);
    List<Future<Answer>> futures = new ArrayList<>();
    try {
      for (int i = 0; i < BURST; i++) {
        int number = i;
        futures.add(threads.submit(() -> request.apply(number)));
      }
      List<Answer> answers = new ArrayList<>();
      for (Future<Answer> future : futures) {
        answers.add(future.get());
      }
      return answers;
    } finally {
      threads.shutdownNow();
    }
  }
}
