package dev.dosql.web;

import static dev.dosql.web.BigBody.TEN_MEGABYTES;
import static dev.dosql.web.Service.bearer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DB;
import dev.dosql.TenantInfo;
import dev.dosql.web.Service.Answer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody sends who means no good, to a real server. */
class AttackTest {
  private static final String ACME = "acme.localhost";

  private final Service service = new Service();

  @AfterEach
  void stillServes_andNoTenantWasMade() {
    assertThat(service.get(ACME, "/health").status()).isEqualTo(200);
    assertThat(service.tenants.tenants().map(TenantInfo::name)).containsOnly("acme", "globex");
    service.close();
  }

  /** Defect 27. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-Tenant-ID",
        "X-Tenant",
        "X-Forwarded-Host",
        "Forwarded",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Host"
      })
  void header_thatNobodyTrusts_movesNoRequest(String name) {
    Answer there = service.get(ACME, "/notes", name, "globex");
    assertThat(there.body()).isEqualTo("[\"of acme\"]");
    assertThat(service.get("127.0.0.1", "/notes", name, "acme").status()).isEqualTo(404);
  }

  @Test
  void header_thatIsTrusted_cannotComeTwice() throws IOException {
    try (Service trusting =
        new Service(
            plugin -> plugin.resolver(TenantResolver.builder().trustedHeader("X-Tenant").build()),
            config -> {})) {
      assertThat(trusting.rawGet("/notes", "Host: x\r\n", "X-Tenant: globex\r\n"))
          .contains("of globex");
      assertThat(
              trusting.rawGet(
                  "/notes", "Host: x\r\n", "X-Tenant: acme\r\n", "X-Tenant: globex\r\n"))
          .startsWith("HTTP/1.1 400");
    }
  }

  @Test
  void hosts_thatContradictEachOther_areRefused() throws IOException {
    assertThat(service.rawGet("/notes", "Host: acme.localhost\r\n", "Host: globex.localhost\r\n"))
        .startsWith("HTTP/1.1 400");
    assertThat(service.rawGet("http://globex.localhost/notes", "Host: acme.localhost\r\n"))
        .doesNotContain("of globex");
  }

  /** Whatever a path says, nobody gets a tenant that its segment does not name plainly. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/t/globex/../acme/notes",
        "/t/acme/../globex/notes",
        "/t/%2e%2e/t/globex/notes",
        "/t/acme%2f..%2fglobex/notes",
        "/t/acme/..%2fglobex/notes",
        "/t/..;/globex/notes",
        "/t/acme;/notes",
        "/t/globex%00/notes",
        "/t/%67lobex%2Fnotes",
        "/t/GLOBEX/notes",
        "/T/globex/notes",
        "/t//globex/notes",
        "//t/globex/notes",
        "/t/globex%20/notes",
        "/t/glob%C3%A9x/notes",
        "/t/%EF%BD%87lobex/notes",
        "/t/globex\\notes",
        "/../t/globex/notes",
        "/t/globex?/notes",
        "/t/%c1%a7lobex/notes"
      })
  void pathTricks_reachNoTenant(String path) throws IOException {
    String answer = service.rawGet(path, "Host: 127.0.0.1\r\n");
    assertThat(answer).matches("(?s)HTTP/1.1 4\\d\\d .*").doesNotContain("of acme", "of globex");
  }

  @Test
  void wildcardRoute_staysInTheTenantOfTheFirstSegment() throws IOException {
    String answer = service.rawGet("/t/acme/wild/../../globex/notes", "Host: 127.0.0.1\r\n");
    assertThat(answer).doesNotContain("of globex");
    answer = service.rawGet("/wild/..%2f..%2ft%2fglobex%2fnotes");
    assertThat(answer).doesNotContain("of globex");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer",
        "Bearer ",
        "Bearer null",
        "Bearer .",
        "Bearer ..",
        "Bearer a.b.c",
        "Bearer eyJhbGciOiJub25lIn0.eyJ0ZW5hbnQiOiJhY21lIn0.",
        "Bearer dos_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Bearer ' OR '1'='1",
        "Bearer dos_%27%20OR%201=1--",
        "Basic YWRhOnBhc3N3b3Jk",
        "bearer",
        "Digest x"
      })
  void session_thatIsMalformed_isNobody(String header) {
    service.signUp("acme", "ada", "admin");
    for (String path : List.of("/me", "/admin")) {
      assertThat(service.get(ACME, path, "Authorization", header).status()).isEqualTo(401);
    }
  }

  @Test
  void session_thatHasEnded_isNobody() {
    String token = service.signUp("acme", "ada", "admin");
    String signed = service.tokens.issue("acme", "billing", Set.of("admin"));
    assertThat(service.get(ACME, "/admin", bearer(token)).status()).isEqualTo(200);
    assertThat(service.get(ACME, "/admin", bearer(signed)).status()).isEqualTo(200);
    service.clock.pass(Duration.ofHours(12));
    assertThat(service.get(ACME, "/admin", bearer(token)).status()).isEqualTo(401);
    assertThat(service.get(ACME, "/admin", bearer(signed)).status()).isEqualTo(401);
  }

  @Test
  void authorization_cannotComeTwice_norAsAHugeOne() throws IOException {
    String token = service.signUp("acme", "ada");
    String good = "Authorization: Bearer " + token + "\r\n";
    assertThat(service.rawGet("/me", "Host: acme.localhost\r\n", good)).startsWith("HTTP/1.1 200");
    assertThat(service.rawGet("/me", "Host: acme.localhost\r\n", good, good))
        .startsWith("HTTP/1.1 400");
    String huge = "Authorization: Bearer " + "x".repeat(100_000) + "\r\n";
    assertThat(service.rawGet("/me", "Host: acme.localhost\r\n", huge))
        .startsWith("HTTP/1.1 431")
        .contains("application/problem+json", "\"error\"", "nosniff")
        .doesNotContain("<html", "jetty");
  }

  /** A server may keep headers of a connection, and compare them without regard to capitals. */
  @Test
  void token_thatDiffersInCapitalsFromOneOfItsConnection_isNobodys() throws IOException {
    String token = service.signUp("acme", "ada");
    String head = "GET /me HTTP/1.1\r\nHost: acme.localhost\r\nAuthorization: Bearer ";
    String answer =
        service.raw(
            head
                + token
                + "\r\n\r\n"
                + head
                + token.toUpperCase(java.util.Locale.ROOT)
                + "\r\nConnection: close\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 200").contains("HTTP/1.1 401");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST", "HEAD", "BEFORE", "BEFORE_MATCHED", "AFTER", ""})
  void methodOverride_isRefused(String method) {
    String name = "X-HTTP-Method-Override";
    assertThat(service.get(ACME, "/notes", name, method).status()).isEqualTo(400);
    assertThat(service.get(ACME, "/admin", name, method).status()).isEqualTo(400);
    assertThat(service.post(ACME, "/notes", "{\"text\":\"x\"}", name, method).status())
        .isEqualTo(400);
    assertThat(service.get(ACME, "/notes").body()).isEqualTo("[\"of acme\"]");
  }

  @Test
  void tenMegabytes_areRefused_whetherOrNotTheirLengthIsSaid() throws IOException {
    String token = service.signUp("acme", "ada");
    String head =
        "POST /notes HTTP/1.1\r\nHost: acme.localhost\r\nAuthorization: Bearer " + token + "\r\n";
    assertThat(sendBig(head + "Content-Length: " + TEN_MEGABYTES + "\r\n\r\n", false))
        .startsWith("HTTP/1.1 413")
        .contains("application/problem+json", "body_too_large");
    assertThat(sendBig(head + "Transfer-Encoding: chunked\r\n\r\n", true))
        .startsWith("HTTP/1.1 413")
        .contains("application/problem+json", "body_too_large");
    assertThat(service.get(ACME, "/notes").body()).isEqualTo("[\"of acme\"]");
  }

  @Test
  void bodyAtTheCap_passes_oneByteMoreDoesNot() {
    try (Service small = new Service(plugin -> plugin.bodyBytesMax(1_000), config -> {})) {
      String token = small.signUp("acme", "ada");
      String fits = "{\"text\":\"" + "x".repeat(1_000 - 11) + "\"}";
      assertThat(fits).hasSize(1_000);
      assertThat(small.post(ACME, "/notes", fits, bearer(token)).status()).isEqualTo(201);
      assertThat(small.post(ACME, "/notes", fits + " ", bearer(token)).status()).isEqualTo(413);
      byte[] bytes = (fits + " ").getBytes(StandardCharsets.UTF_8);
      var stream = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes));
      assertThat(small.send("POST", ACME, "/notes", stream, bearer(token)).status()).isEqualTo(413);
    }
  }

  /** More clients than the server has threads, each of which sends its body a byte at a time. */
  @Test
  void slowClients_keepNobodyWaiting_andAreSentAway() throws Exception {
    try (Service patient =
        new Service(plugin -> plugin.bodyTimeout(Duration.ofSeconds(3)), config -> {})) {
      String token = patient.signUp("acme", "ada");
      List<Socket> slow = new ArrayList<>();
      try {
        for (int i = 0; i < 300; i++) {
          slow.add(begin(patient, token));
        }
        for (int i = 0; i < 5; i++) {
          long from = System.nanoTime();
          assertThat(patient.get(ACME, "/notes").status()).isEqualTo(200);
          assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(2));
          drip(slow);
        }
        assertThat(slow).allMatch(AttackTest::isSentAway);
      } finally {
        for (Socket each : slow) {
          each.close();
        }
      }
      assertThat(patient.get(ACME, "/notes").body()).isEqualTo("[\"of acme\"]");
    }
  }

  private static Socket begin(Service to, String token) throws IOException {
    Socket socket = new Socket("127.0.0.1", to.port());
    socket.setSoTimeout(20_000);
    String head =
        "POST /notes HTTP/1.1\r\nHost: acme.localhost\r\nAuthorization: Bearer "
            + token
            + "\r\nContent-Length: 1000\r\n\r\n{";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static void drip(List<Socket> slow) throws IOException {
    for (Socket each : slow) {
      try {
        each.getOutputStream().write(' ');
      } catch (IOException e) {
        assertThat(e).isInstanceOf(java.net.SocketException.class); // sent away already
      }
    }
  }

  private static boolean isSentAway(Socket socket) {
    try {
      byte[] answer = socket.getInputStream().readNBytes(12);
      return answer.length == 0 || new String(answer, StandardCharsets.US_ASCII).endsWith("408");
    } catch (IOException e) {
      return !(e instanceof java.net.SocketTimeoutException);
    }
  }

  @Test
  void clientsThatStopInTheMiddle_leaveNothing() throws Exception {
    String token = service.signUp("acme", "ada");
    for (int i = 0; i < 50; i++) {
      begin(service, token).close();
    }
    assertThat(service.get(ACME, "/notes").body()).isEqualTo("[\"of acme\"]");
  }

  /** Defects 38 and 39: a burst gets exactly its limit, and no fresh one by other names. */
  @Test
  void parallelBurst_getsExactlyItsLimit_whateverItCallsItself() {
    try (DB db = DB.memory();
        Service limited =
            new Service(
                plugin ->
                    plugin
                        .rateLimiter(RateLimiter.on(db))
                        .perClient(new RateLimit(40, Duration.ofHours(24))),
                config -> {})) {
      ExecutorService threads = Executors.newFixedThreadPool(16);
      try {
        List<CompletableFuture<Integer>> statuses =
            IntStream.range(0, 160)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> disguised(limited, i), threads))
                .toList();
        List<Integer> seen = statuses.stream().map(CompletableFuture::join).toList();
        assertThat(seen.stream().filter(status -> status == 429)).hasSize(120);
      } finally {
        threads.shutdown();
      }
    }
  }

  private static int disguised(Service service, int i) {
    return service
        .get(
            i % 2 == 0 ? ACME : "tenant" + i + ".localhost",
            i % 3 == 0 ? "/notes" : "/nothing" + i,
            "X-Forwarded-For",
            "10.0.0." + i,
            "X-Tenant-ID",
            "tenant" + i,
            "Authorization",
            "Bearer token" + i)
        .status();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'; DROP TABLE notes; --",
        "\u0000",
        "' UNION SELECT password FROM auth_accounts --",
        "{{7*7}}",
        "\ud83d\ude00 <script>",
        "\\u0027"
      })
  void sqlInAField_isText(String text) {
    String token = service.signUp("acme", "ada");
    String json = dev.dosql.web.internal.Json.write(java.util.Map.of("text", text));
    assertThat(service.post(ACME, "/notes", json, bearer(token)).status()).isEqualTo(201);
    assertThat(service.tenants.db("acme").query(String.class, "SELECT text FROM notes ORDER BY id"))
        .containsExactly("of acme", text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /notes\r\n\r\n",
        "\u0000\u0001\u0002\r\n\r\n",
        "GET  HTTP/9.9\r\n\r\n",
        "GET /notes HTTP/1.1\r\n\r\n",
        "GET /notes HTTP/1.1\r\nHost: a b\r\n\r\n",
        "POST /notes HTTP/1.1\r\nHost: acme.localhost\r\nContent-Length: -1\r\n\r\n",
        "POST /notes HTTP/1.1\r\nHost: acme.localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        "POST /notes HTTP/1.1\r\nHost: acme.localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
      })
  void garbage_isRefused_withoutAPageOfTheServers(String request) throws IOException {
    String answer = service.raw(request);
    assertThat(answer).doesNotContain("<html", "of acme", "at org.", "Exception");
    assertThat(answer.isEmpty() || answer.matches("(?s)HTTP/1\\.[01] [45].*")).isTrue();
  }

  private String sendBig(String head, boolean chunked) throws IOException {
    return BigBody.send(service.port(), head, chunked, 700);
  }
}
