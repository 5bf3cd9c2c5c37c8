package dev.dosql.examples.api;

import static dev.dosql.examples.api.TestApi.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DoSQL;
import dev.dosql.TenantInfo;
import dev.dosql.examples.api.Http.Answer;
import dev.dosql.junit.DoSqlTest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every route, over a real socket. */
@DoSqlTest(migrations = "classpath:migrations")
class ApiTest {
  @TempDir Path home;
  private DoSQL tenants;
  private TestApi api;
  private Http nobody;
  private Http admin;
  private Http ada;

  @BeforeEach
  void start(DoSQL instance) {
    tenants = instance;
    api = TestApi.start(tenants, home, Map.of("API_CORS_ORIGINS", "https://app.example"));
    nobody = api.acme();
    admin = TestApi.admin(nobody);
    ada = TestApi.user(nobody, "ada");
  }

  @AfterEach
  void stop() {
    api.close();
  }

  /** Defects 32 and 52. */
  @Test
  void health_needsNoTenant_andOpensNone() {
    long open = open();

    Answer answer = nobody.host("localhost").get("/health");

    assertThat(answer.body()).isEqualTo("{\"status\":\"healthy\"}");
    assertThat(nobody.host("nosuch.localhost").get("/health").status()).isEqualTo(200);
    assertThat(open()).isEqualTo(open);
    assertThat(tenants.tenants()).hasSize(2);
  }

  private long open() {
    return tenants.tenants().filter(t -> t.state() == TenantInfo.State.OPEN).count();
  }

  /** Defects 27, 28, 30, 31 and 56: no host is a tenant but one label before the domain. */
  @Test
  void host_thatIsNoTenant_isNotFound_andMakesNone() {
    for (String host :
        List.of("localhost", "nosuch.localhost", "127.0.0.1", "example.com", "a.b.localhost")) {
      assertError(nobody.host(host).get("/api/v1/users"), 404);
      assertError(nobody.host(host).with("X-Tenant-ID", "acme").get("/api/v1/users"), 404);
    }
    assertThat(tenants.tenants().map(TenantInfo::name)).containsExactlyInAnyOrder("acme", "globex");
  }

  /** Defects 51 and 37: without a session nothing is read or changed, and it is no 500. */
  @Test
  void route_withoutASession_isUnauthorized() {
    for (String route :
        List.of(
            "GET /api/v1/users",
            "PUT /api/v1/password",
            "DELETE /api/v1/sessions",
            "PUT /api/v1/users/1/roles",
            "DELETE /api/v1/users/1/sessions",
            "DELETE /api/v1/products/1",
            "GET /api/v1/users/1",
            "PATCH /api/v1/users/1",
            "DELETE /api/v1/users/1",
            "POST /api/v1/users",
            "GET /api/v1/posts",
            "POST /api/v1/posts",
            "POST /api/v1/orders",
            "GET /api/v1/events",
            "POST /api/v1/events",
            "POST /api/v1/bulk/users",
            "GET /api/v1/admin/stats",
            "GET /api/v2/articles",
            "GET /api/v2/users",
            "POST /api/v1/logout")) {
      assertError(send(nobody, route), 401);
    }
  }

  private static Answer send(Http as, String methodAndPath) {
    String[] route = methodAndPath.split(" ");
    return as.send(route[0], route[1], BodyPublishers.ofString("{}"));
  }

  /** Defect 64, among others. */
  @Test
  void route_ofAnAdmin_isForbiddenToUsers() {
    for (String route :
        List.of(
            "PUT /api/v1/users/1/roles",
            "DELETE /api/v1/users/1/sessions",
            "DELETE /api/v1/products/1",
            "POST /api/v1/users",
            "POST /api/v1/products",
            "PUT /api/v1/products/1",
            "POST /api/v1/products/1/deliveries",
            "POST /api/v1/events",
            "POST /api/v1/bulk/users",
            "GET /api/v1/admin/stats")) {
      assertError(send(ada, route), 403);
    }
  }

  @Test
  void stats_areTheAdmins() {
    ada.post("/api/v1/posts", "{\"title\":\"t\",\"content\":\"c\",\"published\":true}");

    assertThat(admin.get("/api/v1/admin/stats").body())
        .isEqualTo("{\"users\":2,\"posts\":1,\"orders\":0,\"events\":0}");
  }

  /** Defect 35. */
  @Test
  void session_afterLogout_orRotation_isWorthNothing() {
    String token = TestApi.token(nobody, "ada@api.example");
    Http first = nobody.bearer(token);
    String next = first.post("/api/v1/session/rotate", "").at("/token").stringValue();

    assertError(first.get("/api/v1/me"), 401);
    Http second = nobody.bearer(next);
    assertThat(second.get("/api/v1/me").at("/email").stringValue()).isEqualTo("ada@api.example");
    assertThat(second.post("/api/v1/logout", "").status()).isEqualTo(204);
    assertError(second.get("/api/v1/me"), 401);
    assertThat(ada.get("/api/v1/me").status()).isEqualTo(200);
  }

  @Test
  void password_changed_endsEverySession_andOnlyTheNewOneOpensAnother() {
    Http phone = TestApi.login(nobody, "ada@api.example");
    String change = "{\"oldPassword\":\"%s\",\"newPassword\":\"%s\"}";

    assertError(
        ada.put("/api/v1/password", change.formatted("not the old one", "a newer one")), 401);
    assertError(ada.put("/api/v1/password", change.formatted(TestApi.PASSWORD, "short")), 422);
    assertThat(phone.get("/api/v1/me").status()).isEqualTo(200);
    assertThat(
            ada.put("/api/v1/password", change.formatted(TestApi.PASSWORD, "a newer one")).status())
        .isEqualTo(204);

    assertError(ada.get("/api/v1/me"), 401);
    assertError(phone.get("/api/v1/me"), 401);
    String login = "{\"email\":\"ada@api.example\",\"password\":\"%s\"}";
    assertError(nobody.post("/api/v1/login", login.formatted(TestApi.PASSWORD)), 401);
    Answer again = nobody.post("/api/v1/login", login.formatted("a newer one"));
    assertThat(nobody.bearer(again.at("/token").stringValue()).get("/api/v1/me").status())
        .isEqualTo(200);
    assertThat(admin.get("/api/v1/me").status()).isEqualTo(200);
  }

  /** Defect 35. */
  @Test
  void sessions_areAllEnded_byOneselfOrByAnAdmin() {
    Http phone = TestApi.login(nobody, "ada@api.example");
    long id = ada.get("/api/v1/me").at("/id").longValue();

    assertThat(phone.delete("/api/v1/sessions").status()).isEqualTo(204);
    assertError(ada.get("/api/v1/me"), 401);
    assertError(phone.get("/api/v1/me"), 401);

    Http again = TestApi.login(nobody, "ada@api.example");
    assertThat(admin.delete("/api/v1/users/" + id + "/sessions").status()).isEqualTo(204);
    assertError(again.get("/api/v1/me"), 401);
    assertThat(admin.get("/api/v1/me").status()).isEqualTo(200);
    assertError(admin.delete("/api/v1/users/99/sessions"), 404);
  }

  @Test
  void roles_areGivenAndTakenByAnAdmin_andCountFromTheNextRequestOn() {
    String path = "/api/v1/users/" + ada.get("/api/v1/me").at("/id") + "/roles";

    assertThat(admin.put(path, "{\"roles\":[\"user\",\"admin\"]}").status()).isEqualTo(204);
    assertThat(ada.get("/api/v1/admin/stats").status()).isEqualTo(200);
    assertThat(admin.put(path, "{\"roles\":[\"user\"]}").status()).isEqualTo(204);
    assertError(ada.get("/api/v1/admin/stats"), 403);

    assertError(admin.put(path, "{\"roles\":[\"root\"]}"), 400);
    assertError(admin.put(path, "{\"roles\":null}"), 400);
    assertError(admin.put("/api/v1/users/99/roles", "{\"roles\":[]}"), 404);
    String made = "{\"name\":\"Grace\",\"email\":\"grace@acme.example\"}";
    long grace = admin.post("/api/v1/users", made).at("/id").longValue();
    Answer noAccount = admin.put("/api/v1/users/" + grace + "/roles", "{\"roles\":[\"admin\"]}");
    assertError(noAccount, 409);
    assertThat(noAccount.at("/code").stringValue()).isEqualTo("no_account");
  }

  @Test
  void signup_withAnAddressThatIsTaken_leavesNoAccountBehind() {
    assertError(
        nobody.post(
            "/api/v1/signup",
            "{\"name\":\"x\",\"email\":\"ada@api.example\",\"password\":\"another long one\"}"),
        409);
    TestApi.login(nobody, "ada@api.example");
    assertThat(tenants.db("acme").queryOne(Long.class, "SELECT count(*) FROM auth_accounts"))
        .contains(2L);
  }

  /** What a GET may not be asked for, a HEAD may not be asked for either. */
  @Test
  void head_isOfHealthAlone() {
    assertThat(nobody.send("HEAD", "/health", BodyPublishers.noBody()).status()).isEqualTo(200);
    for (Http each : List.of(nobody, ada, admin)) {
      Answer answer = each.send("HEAD", "/api/v1/admin/stats", BodyPublishers.noBody());
      assertThat(answer.status()).isEqualTo(405);
      assertThat(answer.body()).isEmpty();
    }
  }

  // region route-test
  @Test
  void user_isMadeOnce_andItsAddressIsAConflict() {
    String body = "{\"name\":\"Grace\",\"email\":\"grace@acme.example\"}";

    Answer first = admin.post("/api/v1/users", body);
    Answer second = admin.post("/api/v1/users", body);

    assertThat(first.status()).isEqualTo(201);
    assertThat(first.header("ETag")).isEqualTo("\"1\"");
    assertError(second, 409);
    assertThat(second.at("/columns").toString()).isEqualTo("[\"email\"]");
  }

  // endregion

  /** Defects 8 and 42: neither -1 nor zero is a way around the cap. */
  @Test
  void limit_isCapped_andNoNegativeOnePassesIt() {
    tenants
        .db("acme")
        .batch(
            "INSERT INTO users (name, email) VALUES (:n, :n)",
            IntStream.range(0, 150).mapToObj(i -> Map.of("n", "user" + i)).toList());

    assertError(ada.get("/api/v1/users?limit=-1"), 400);
    assertError(ada.get("/api/v1/users?limit=0"), 400);
    assertError(ada.get("/api/v1/users?limit=x"), 400);
    assertThat(ada.get("/api/v1/users?limit=100000").at("/items")).hasSize(100);
    Answer page = ada.get("/api/v1/users");
    assertThat(page.at("/items")).hasSize(20);
    assertThat(page.at("/total").longValue()).isEqualTo(152);
  }

  /** Defect 43. */
  @Test
  void pages_followedByTheirCursors_haveEveryUserOnce() {
    for (int i = 0; i < 5; i++) {
      admin.post("/api/v1/users", "{\"name\":\"u%d\",\"email\":\"u%d@x.example\"}".formatted(i, i));
    }
    List<Long> ids = new ArrayList<>();
    String cursor = "";
    do {
      Answer page = ada.get("/api/v1/users?limit=3" + cursor);
      page.at("/items").forEach(user -> ids.add(user.path("id").longValue()));
      cursor = page.at("/next").isString() ? "&cursor=" + page.at("/next").stringValue() : null;
    } while (cursor != null);

    assertThat(ids).containsExactly(7L, 6L, 5L, 4L, 3L, 2L, 1L);
    assertError(ada.get("/api/v1/users?cursor=x"), 400);
    String other = ada.get("/api/v1/users?limit=1").at("/next").stringValue();
    assertError(ada.get("/api/v1/posts?cursor=" + other), 400);
  }

  /** Defect 45: an id is digits. */
  @Test
  void id_thatIsNone_isABadRequest() {
    for (String id : List.of("12abc", "-1", "1.0", "1e3", "99999999999999999999", "x")) {
      assertError(ada.get("/api/v1/users/" + id), 400);
    }
  }

  /** Defect 48. */
  @Test
  void user_isChangedOnlyByWhoHasReadTheNewest() {
    Answer read = ada.get("/api/v1/me");
    String path = "/api/v1/users/" + read.at("/id");
    Http matching = ada.with("If-Match", read.header("ETag"));

    assertError(ada.patch(path, "{\"bio\":\"b\"}"), 428);
    Answer changed = matching.patch(path, "{\"bio\":\"b\"}");
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.at("/bio").stringValue()).isEqualTo("b");
    assertThat(changed.header("ETag")).isEqualTo("\"2\"");
    assertError(matching.patch(path, "{\"bio\":\"c\"}"), 412);
    assertThat(ada.with("If-Match", "\"2\"").patch(path, "{\"bio\":null}").at("/bio").isNull())
        .isTrue();
    assertThat(ada.with("If-None-Match", "\"3\"").get(path).status()).isEqualTo(304);
    assertThat(ada.with("If-None-Match", "\"2\"").get(path).status()).isEqualTo(200);
  }

  @Test
  void user_whoChangesTheirAddress_logsInWithIt() {
    Answer read = ada.get("/api/v1/me");
    Http matching = ada.with("If-Match", read.header("ETag"));
    String path = "/api/v1/users/" + read.at("/id");

    assertThat(matching.patch(path, "{\"email\":\"lovelace@api.example\"}").status())
        .isEqualTo(200);

    assertThat(TestApi.login(nobody, "lovelace@api.example").get("/api/v1/me").at("/id"))
        .isEqualTo(read.at("/id"));
    assertError(
        nobody.post(
            "/api/v1/login",
            "{\"email\":\"ada@api.example\",\"password\":\"%s\"}".formatted(TestApi.PASSWORD)),
        401);
    assertThat(ada.get("/api/v1/me").status()).isEqualTo(200);
  }

  /** Defect 51. */
  @Test
  void user_isNotChangedOrDeletedByOthers_butByAnAdmin() {
    Http eve = TestApi.user(nobody, "eve");
    Answer read = ada.get("/api/v1/me");
    String path = "/api/v1/users/" + read.at("/id");
    String etag = read.header("ETag");

    assertError(eve.with("If-Match", etag).patch(path, "{\"name\":\"x\"}"), 403);
    assertError(eve.with("If-Match", etag).delete(path), 403);
    assertThat(admin.with("If-Match", etag).delete(path).status()).isEqualTo(204);
    assertError(ada.get("/api/v1/me"), 401);
    assertError(admin.get(path), 404);
  }

  /** Defect 69: a parent that is in use is a conflict, not a bad request, by RESTRICT or not. */
  @Test
  void userAndProduct_thatWereOrdered_areNotDeleted_andSayTheSame() {
    long lamp = TestApi.product(admin, "lamp", 100, 5);
    ada.with("Idempotency-Key", "k").post("/api/v1/orders", TestApi.order(lamp, 1));
    Answer me = ada.get("/api/v1/me");
    String path = "/api/v1/products/" + lamp;

    Answer user = ada.with("If-Match", me.header("ETag")).delete("/api/v1/users/" + me.at("/id"));
    Answer product = admin.with("If-Match", "\"1\"").delete(path);

    assertError(user, 409);
    assertThat(user.at("/code").stringValue()).isEqualTo("in_use");
    assertThat(product.json()).isEqualTo(user.json());
    assertThat(ada.get("/api/v1/me").status()).isEqualTo(200);
    assertThat(ada.get(path).status()).isEqualTo(200);
  }

  /** Defect 50. */
  @Test
  void user_asItIsSent_hasNoRoleAndNoAccount() {
    assertThat(ada.get("/api/v1/me").json().propertyNames())
        .containsExactlyInAnyOrder(
            "id", "name", "email", "bio", "version", "createdAt", "updatedAt");
  }

  @Test
  void posts_areSearched_changedAndDeleted_andAreArticlesInVersion2() {
    Answer post =
        ada.post(
            "/api/v1/posts", "{\"title\":\"Engine\",\"content\":\"of brass\",\"published\":true}");
    String path = "/api/v1/posts/" + post.at("/id");
    Http eve = TestApi.user(nobody, "eve");

    assertThat(eve.get("/api/v1/posts?search=BRASS%20eng").at("/items")).hasSize(1);
    assertThat(eve.get("/api/v1/posts?search=steel").at("/items")).isEmpty();
    assertError(
        eve.with("If-Match", "\"1\"")
            .put(path, "{\"title\":\"x\",\"content\":\"y\",\"published\":true}"),
        403);
    assertThat(eve.get("/api/v2/articles/" + post.at("/id")).body())
        .startsWith(
            "{\"id\":1,\"headline\":\"Engine\",\"body\":\"of brass\",\"author\":{\"id\":2,\"name\":\"ada\"},\"state\":\"PUBLISHED\"");
    assertThat(eve.get("/api/v2/articles").at("/items")).hasSize(1);
    assertThat(eve.get("/api/v2/users/2").body()).contains("\"ada\"").doesNotContain("@");
    assertThat(ada.with("If-Match", "\"1\"").delete(path).status()).isEqualTo(204);
    assertError(ada.get(path), 404);
  }

  @Test
  void comments_areThoseOfAPost() {
    ada.post("/api/v1/posts", "{\"title\":\"t\",\"content\":\"c\",\"published\":true}");
    Answer comment = ada.post("/api/v1/comments", "{\"postId\":1,\"body\":\"first\"}");

    assertThat(comment.status()).isEqualTo(201);
    assertThat(ada.get("/api/v1/comments?post=1").at("/items/0/body").stringValue())
        .isEqualTo("first");
    assertError(ada.get("/api/v1/comments"), 400);
    assertError(ada.get("/api/v1/comments?post=9"), 404);
    assertError(ada.post("/api/v1/comments", "{\"postId\":9,\"body\":\"x\"}"), 404);
    assertThat(ada.delete("/api/v1/comments/1").status()).isEqualTo(204);
    assertError(ada.delete("/api/v1/comments/1"), 404);
  }

  @Test
  void products_areChangedByVersion_andTheirStockMoves() {
    long lamp = TestApi.product(admin, "lamp", 1999, 5);
    String path = "/api/v1/products/" + lamp;
    Answer first = ada.get(path);

    assertThat(admin.post(path + "/deliveries", "{\"quantity\":7}").at("/stock").longValue())
        .isEqualTo(12);
    assertThat(ada.with("If-None-Match", first.header("ETag")).get(path).at("/stock").longValue())
        .isEqualTo(12);
    Http current = ada.with("If-None-Match", ada.get(path).header("ETag"));
    assertThat(current.get(path).status()).isEqualTo(304);
    assertThat(
            admin
                .with("If-Match", first.header("ETag"))
                .put(path, "{\"name\":\"L\",\"priceCents\":1}")
                .at("/priceCents")
                .longValue())
        .isEqualTo(1);
    assertThat(current.get(path).status()).isEqualTo(200);
    assertError(
        admin.with("If-Match", first.header("ETag")).put(path, "{\"name\":\"L\",\"priceCents\":1}"),
        412);
    assertError(
        admin.with("If-Match", "\"1\"").put(path, "{\"name\":\"L\",\"priceCents\":1}"), 412);
    assertError(
        admin
            .with("If-Match", "\"2\"")
            .put("/api/v1/products/9", "{\"name\":\"L\",\"priceCents\":1}"),
        404);
    assertError(
        admin.post(
            "/api/v1/products", "{\"sku\":\"s\",\"name\":\"n\",\"priceCents\":19.99,\"stock\":1}"),
        400);
    assertError(
        admin.post(
            "/api/v1/products", "{\"sku\":\"lamp\",\"name\":\"n\",\"priceCents\":1,\"stock\":1}"),
        409);
    assertThat(ada.get("/api/v1/products").at("/items")).hasSize(1);
    assertError(admin.delete(path), 428);
    assertError(admin.with("If-Match", "\"1\"").delete(path), 412);
    assertThat(admin.with("If-Match", "\"2\"").delete(path).status()).isEqualTo(204);
    assertError(admin.with("If-Match", "\"2\"").delete(path), 404);
  }

  /** Defects 16, 62 and 64: whoever goes on misses nothing, and only an admin emits. */
  @Test
  void events_areReadFromWhereOneStopped() {
    admin.post("/api/v1/events", "{\"type\":\"a\",\"data\":{\"n\":9007199254740993}}");
    String next = ada.get("/api/v1/events?limit=1").at("/next").toString();
    admin.post("/api/v1/events", "{\"type\":\"b\",\"data\":null}");
    admin.post("/api/v1/events", "{\"type\":\"b\",\"data\":[]}");

    assertThat(next).isEqualTo("null");
    Answer page = ada.get("/api/v1/events?limit=1");
    assertThat(page.body()).contains("9007199254740993");
    assertThat(
            ada.get("/api/v1/events?cursor=" + page.at("/next").stringValue())
                .at("/items/0/type")
                .stringValue())
        .isEqualTo("b");
    assertError(admin.post("/api/v1/events", "{\"type\":\"A B\",\"data\":{}}"), 400);
  }

  /** Defect 58. */
  @Test
  void bulk_saysOfEachWhatCameOfIt() {
    Answer answer =
        admin.post(
            "/api/v1/bulk/users",
            "{\"users\":[{\"name\":\"a\",\"email\":\"a@x.example\"},"
                + "{\"name\":\"b\",\"email\":\"A@x.example\"},{\"name\":\"\",\"email\":\"c@x.example\"},"
                + "{\"name\":\"d\",\"email\":\"d@x.example\"}]}");

    assertThat(answer.body())
        .startsWith("{\"success\":2,\"failed\":2,\"insertedIds\":[3,")
        .contains("\"index\":1", "\"index\":2")
        .doesNotContain("x.example");
    String many = "{\"name\":\"a\",\"email\":\"a@b.example\"},".repeat(501);
    assertError(
        admin.post(
            "/api/v1/bulk/users", "{\"users\":[" + many.substring(0, many.length() - 1) + "]}"),
        400);
  }

  /** Defects 15, 53 and 69. */
  @Test
  void error_isOneBody_alsoOfUnknownPathsAndMethods() {
    assertError(ada.get("/nothing"), 404);
    assertError(ada.get("/api/v3/users"), 404);
    assertError(ada.put("/api/v1/users", "{}"), 405);
    Answer invalid = admin.post("/api/v1/users", "{\"name\":\"\",\"email\":\"nobody\"}");
    assertError(invalid, 400);
    assertThat(invalid.at("/invalid").propertyNames()).containsExactlyInAnyOrder("name", "email");
    assertThat(invalid.body()).doesNotContain("nobody");
  }

  @Test
  void pretty_isTheSameInLines() {
    Answer plain = ada.get("/api/v1/me");
    Answer pretty = ada.get("/api/v1/me?pretty");

    assertThat(pretty.body()).hasLineCount(9);
    assertThat(pretty.json()).isEqualTo(plain.json());
  }

  @Test
  void answers_haveHeadersThatProtect() {
    Answer answer = ada.get("/api/v1/me");

    assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(answer.header("X-Frame-Options") + answer.header("Content-Security-Policy"))
        .isNotEmpty();
    assertThat(answer.header("Server")).isEmpty();
    assertThat(nobody.get("/nothing").header("X-Content-Type-Options")).isEqualTo("nosniff");
  }

  /** Defects 52 and 75. */
  @Test
  void cors_isForTheOriginsOfTheSettingsOnly() {
    assertThat(
            ada.with("Origin", "https://evil.example")
                .get("/api/v1/me")
                .header("Access-Control-Allow-Origin"))
        .isEmpty();
    assertThat(
            ada.with("Origin", "https://app.example")
                .get("/api/v1/me")
                .header("Access-Control-Allow-Origin"))
        .isEqualTo("https://app.example");
  }

  @Test
  void tenant_thatIsSuspended_isForbidden_andOneAfterTheOtherIsApart() {
    Http globex = TestApi.admin(api.globex());
    assertThat(globex.get("/api/v1/users").at("/total").longValue()).isEqualTo(1);
    tenants.suspend("globex");
    assertError(globex.get("/api/v1/users"), 403);
    assertThat(ada.get("/api/v1/users").status()).isEqualTo(200);
  }
}
