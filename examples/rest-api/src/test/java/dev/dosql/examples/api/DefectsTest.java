package dev.dosql.examples.api;

import static dev.dosql.examples.api.TestApi.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DB;
import dev.dosql.DoSQL;
import dev.dosql.examples.api.Http.Answer;
import dev.dosql.junit.DoSqlTest;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Defects of the guide that this service is the counterpart of, by their numbers, where no other
 * test is about the same; {@code docs/guarantees.md} has all of them.
 */
@DoSqlTest(migrations = "classpath:migrations")
class DefectsTest {
  private static final String GRACE = "{\"name\":\"Grace\",\"email\":\"grace@acme.example\"}";

  @TempDir Path home;
  private DoSQL tenants;
  private TestApi api;
  private Http admin;

  @BeforeEach
  void start(DoSQL instance) {
    tenants = instance;
    api = TestApi.start(tenants, home, Map.of());
    admin = TestApi.admin(api.acme());
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void defect05_insertThatFails_isNeverAnsweredAsDone() {
    assertThat(admin.post("/api/v1/users", GRACE).status()).isEqualTo(201);
    Answer again = admin.post("/api/v1/users", GRACE);

    assertError(again, 409);
    assertThat(again.at("/id").isMissingNode()).isTrue();
    assertThat(admin.get("/api/v1/users").at("/total").longValue()).isEqualTo(2);
  }

  @Test
  void defect09_tenants_haveNothingInCommon() {
    admin.post("/api/v1/users", GRACE);
    Http globex = TestApi.admin(api.globex());

    assertThat(globex.get("/api/v1/users").at("/total").longValue()).isEqualTo(1);
    assertThat(globex.post("/api/v1/users", GRACE).status()).isEqualTo(201);
    assertThat(admin.get("/api/v1/users").at("/total").longValue()).isEqualTo(2);
  }

  @Test
  void defect10_noRoute_takesSql() {
    String sql = "{\"sql\":\"DELETE FROM users\",\"params\":[]}";
    for (String path : List.of("/query", "/queryOne", "/run", "/transaction", "/exec")) {
      for (String prefix : List.of("", "/api/v1", "/api/v2", "/api/v1/admin")) {
        assertError(admin.post(prefix + path, sql), 404);
      }
    }
    assertThat(admin.get("/api/v1/users").at("/total").longValue()).isEqualTo(1);
  }

  @Test
  void defect33_tenantOfAHost_andThatOfAToken_areOneDatabase() {
    byte[] key = Base64.getDecoder().decode(TestApi.TOKEN_KEY);
    String token = ApiServer.tokens(key).issue("acme", "reports", Set.of("admin"));
    admin.post("/api/v1/users", GRACE);

    Http byHost = api.acme().bearer(token);
    Http byToken = byHost.host("localhost");
    assertThat(byToken.get("/api/v1/admin/stats").body())
        .isEqualTo(byHost.get("/api/v1/admin/stats").body())
        .contains("\"users\":2");
    assertThat(tenants.tenants()).hasSize(2);
  }

  @Test
  void defect47_uniqueViolations_areToldApartByTheirColumns() {
    admin.post("/api/v1/users", GRACE);
    TestApi.product(admin, "lamp", 1, 1);

    Answer email = admin.post("/api/v1/users", GRACE);
    Answer sku =
        admin.post(
            "/api/v1/products", "{\"sku\":\"lamp\",\"name\":\"n\",\"priceCents\":1,\"stock\":1}");
    Answer login =
        api.acme()
            .post(
                "/api/v1/signup",
                "{\"name\":\"x\",\"email\":\"%s\",\"password\":\"another long one\"}"
                    .formatted(TestApi.ADMIN));

    assertThat(columns(email)).isEqualTo("users [\"email\"]");
    assertThat(columns(sku)).isEqualTo("products [\"sku\"]");
    assertThat(columns(login)).isEqualTo("auth_accounts [\"login\"]");
  }

  private static String columns(Answer refused) {
    assertError(refused, 409);
    return refused.at("/table").stringValue() + " " + refused.at("/columns");
  }

  /** The address of somebody else is a conflict for who changes theirs, too. */
  @Test
  void defect47_changeToAnAddressThatIsTaken_isAConflictToo() {
    long id = admin.post("/api/v1/users", GRACE).at("/id").longValue();
    Answer refused =
        admin
            .with("If-Match", "\"1\"")
            .patch("/api/v1/users/" + id, "{\"email\":\"%s\"}".formatted(TestApi.ADMIN));

    assertThat(columns(refused)).isEqualTo("users [\"email\"]");
  }

  @Test
  void defect59_resource_hasOneShape_andWhatIsNotThereIsNotDeleted() {
    Answer made = admin.post("/api/v1/users", GRACE);
    String path = "/api/v1/users/" + made.at("/id");
    Http reader = admin.with("If-Match", "\"1\"");

    assertThat(admin.get(path).json()).isEqualTo(made.json());
    assertThat(admin.get("/api/v1/users?limit=1").at("/items/0")).isEqualTo(made.json());
    assertThat(reader.patch(path, "{\"name\":\"G\"}").json().propertyNames())
        .containsExactlyElementsOf(made.json().propertyNames());
    Http newest = admin.with("If-Match", "\"2\"");
    assertThat(newest.delete(path).status()).isEqualTo(204);
    assertError(newest.delete(path), 404);
    assertError(newest.delete("/api/v1/posts/9"), 404);
    assertError(newest.delete("/api/v1/products/9"), 404);
    assertError(admin.delete("/api/v1/comments/9"), 404);
  }

  /** The tests of this service have the engine that the service has, with all of its rules. */
  @Test
  void defect70_databaseOfATest_isTheOneThatTheServiceHas() {
    DB acme = tenants.db("acme");
    acme.run("INSERT INTO users (name, email) VALUES ('x', 'x@acme.example')");

    assertThat(admin.get("/api/v1/users?search=x@").at("/total").longValue()).isEqualTo(1);
    admin.post("/api/v1/users", GRACE);
    assertThat(acme.queryOne(String.class, "SELECT name FROM users WHERE id = ?", 3))
        .contains("Grace");
  }
}
