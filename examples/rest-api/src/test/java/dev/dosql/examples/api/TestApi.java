package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DoSQL;
import dev.dosql.examples.api.Http.Answer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The service on a free port, with the tenants acme and globex and an admin in each. */
final class TestApi implements AutoCloseable {
  static final String PASSWORD = "correct horse battery";
  static final String ADMIN = "admin@api.example";

  /** 32 bytes of 1, in Base64. */
  static final String TOKEN_KEY = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

  private final ApiServer server;

  private TestApi(ApiServer server) {
    this.server = server;
  }

  static TestApi start(DoSQL tenants, Path home) {
    return start(tenants, home, Map.of());
  }

  static TestApi start(DoSQL tenants, Path home, Map<String, String> more) {
    Map<String, String> environment = new HashMap<>(environment());
    environment.putAll(more);
    return new TestApi(ApiServer.start(Settings.of(environment, home), tenants));
  }

  static Map<String, String> environment() {
    return Map.of(
        "PORT",
        "0",
        "API_TENANTS",
        "acme,globex",
        "API_ADMIN_EMAIL",
        ADMIN,
        "API_ADMIN_PASSWORD",
        PASSWORD,
        "API_TOKEN_KEY",
        TOKEN_KEY,
        "API_REQUESTS_PER_MINUTE",
        "100000",
        "API_CLIENT_REQUESTS_PER_MINUTE",
        "100000");
  }

  /** Nobody yet, at acme. */
  Http acme() {
    return new Http(server.port(), "acme.localhost");
  }

  Http globex() {
    return acme().host("globex.localhost");
  }

  /** An admin of a tenant. */
  static Http admin(Http at) {
    return login(at, ADMIN);
  }

  /** A new user of a tenant. */
  static Http user(Http at, String name) {
    String email = name + "@api.example";
    Answer answer =
        at.post(
            "/api/v1/signup",
            "{\"name\":\"%s\",\"email\":\"%s\",\"password\":\"%s\"}"
                .formatted(name, email, PASSWORD));
    assertThat(answer.status()).as("%s", answer).isEqualTo(201);
    return login(at, email);
  }

  static Http login(Http at, String email) {
    return at.bearer(token(at, email));
  }

  static String token(Http at, String email) {
    Answer answer =
        at.post(
            "/api/v1/login", "{\"email\":\"%s\",\"password\":\"%s\"}".formatted(email, PASSWORD));
    assertThat(answer.status()).as("%s", answer).isEqualTo(200);
    return answer.at("/token").stringValue();
  }

  /** The id of a product that was not there. */
  static long product(Http admin, String sku, long cents, long stock) {
    Answer answer =
        admin.post(
            "/api/v1/products",
            "{\"sku\":\"%s\",\"name\":\"%s\",\"priceCents\":%d,\"stock\":%d}"
                .formatted(sku, sku, cents, stock));
    assertThat(answer.status()).as("%s", answer).isEqualTo(201);
    return answer.at("/id").longValue();
  }

  static String order(long product, long quantity) {
    return "{\"items\":[{\"productId\":%d,\"quantity\":%d}]}".formatted(product, quantity);
  }

  /** An error is one body, whatever went wrong. */
  static void assertError(Answer answer, int status) {
    assertThat(answer.status()).as("%s", answer).isEqualTo(status);
    assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
    assertThat(answer.at("/status").intValue()).isEqualTo(status);
    assertThat(answer.at("/error").stringValue()).isNotBlank();
  }

  @Override
  public void close() {
    server.close();
  }
}
