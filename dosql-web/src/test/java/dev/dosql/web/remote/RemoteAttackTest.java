package dev.dosql.web.remote;

import static dev.dosql.web.BigBody.TEN_MEGABYTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.dosql.DoSQL;
import dev.dosql.LimitExceededException;
import dev.dosql.StatementException;
import dev.dosql.TenantInfo;
import dev.dosql.TenantNotFoundException;
import dev.dosql.TenantSuspendedException;
import dev.dosql.web.BigBody;
import dev.dosql.web.DoSQLPlugin;
import dev.dosql.web.TenantResolver;
import dev.dosql.web.remote.Endpoint.Answer;
import io.javalin.Javalin;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody sends who means no good, to an endpoint on a real port. */
@Timeout(60)
class RemoteAttackTest {
  private static final String ALLOWED = "SELECT x FROM t WHERE x = ?";
  private static final String SCRIPT = "INSERT INTO t VALUES ('s'); DELETE FROM t WHERE x = 's'";
  private static final String BEARER = "Bearer " + Endpoint.SECRET;

  private final Endpoint endpoint =
      new Endpoint(
          server ->
              server
                  .allow(ALLOWED)
                  .allow("t.add", "INSERT INTO t VALUES (:x)")
                  .allow(
                      "t.all",
                      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT :n) SELECT i, zeroblob(:size) AS b FROM n")
                  .allow(SCRIPT)
                  .answerMax(100, 100_000)
                  .bodyTimeout(Duration.ofSeconds(3)));

  RemoteAttackTest() {
    for (String tenant : List.of("acme", "globex")) {
      endpoint
          .tenants
          .db(tenant)
          .exec("CREATE TABLE t (x); INSERT INTO t VALUES ('of " + tenant + "')");
    }
  }

  @AfterEach
  void stillServes_andNothingWasMadeOrLost() {
    assertThat(endpoint.plain("/query", query(ALLOWED, "\"of acme\"")).body())
        .isEqualTo("{\"rows\":[{\"x\":\"of acme\"}]}");
    assertThat(endpoint.tenants.tenants().map(TenantInfo::name)).containsOnly("acme", "globex");
    assertThat(endpoint.tenants.db("acme").query(String.class, "SELECT x FROM t"))
        .containsExactly("of acme");
    assertThat(endpoint.server.openTransactions()).isZero();
    endpoint.close();
  }

  private static String query(String sql, String params) {
    return "{\"sql\":\"" + sql.replace("\"", "\\\"") + "\",\"params\":[" + params + "]}";
  }

  // ---- who calls

  /** Defect 19: nobody asks who it is that sends SQL to the database. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Bearer",
        "Bearer ",
        "Bearer billing",
        "Bearer billing-0123456789abcdef012345678",
        "Bearer billing-0123456789abcdef01234567890",
        "Bearer BILLING-0123456789ABCDEF0123456789",
        "Basic YmlsbGluZzpiaWxsaW5n",
        "billing-0123456789abcdef0123456789",
        "Bearer ' OR '1'='1",
        "Bearer null"
      })
  void secretThatIsWrong_isRefused(String authorization) {
    for (String path : List.of("/dosql/acme/query", "/dosql/nobody/query", "/dosql/%2e/query")) {
      Answer answer = endpoint.post(path, query(ALLOWED, "1"), authorization, Endpoint.JSON, "*/*");
      assertThat(answer.status()).isIn(400, 401);
      assertThat(answer.body()).doesNotContain("of acme", "rows");
    }
    Answer begun =
        endpoint.post("/dosql/acme/transaction/begin", "{}", authorization, Endpoint.JSON, "*/*");
    assertThat(begun.status()).isEqualTo(401);
    assertThat(begun.type()).startsWith("application/problem+json");
  }

  @Test
  void secret_twice_orInAnotherPlace_isRefused() throws IOException {
    String head = "POST /dosql/acme/query HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    String rest = "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    String header = "Authorization: " + BEARER + "\r\n";
    assertThat(endpoint.raw(head + header + header + rest)).startsWith("HTTP/1.1 400");
    assertThat(endpoint.raw(head + rest)).startsWith("HTTP/1.1 401").contains("WWW-Authenticate");
    String inQuery = "/dosql/acme/query?access_token=" + Endpoint.SECRET;
    assertThat(endpoint.post(inQuery, "{}", "", Endpoint.JSON, "*/*").status()).isEqualTo(401);
  }

  /** A server may keep headers of a connection, and compare them without regard to capitals. */
  @Test
  void secret_thatDiffersInCapitalsFromOneOfItsConnection_isRefused() throws IOException {
    String body = query(ALLOWED, "1");
    String head =
        "POST /dosql/acme/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + "Content-Length: "
            + body.length()
            + "\r\nAuthorization: ";
    String answer =
        endpoint.raw(
            head
                + BEARER
                + "\r\n\r\n"
                + body
                + head
                + "Bearer "
                + Endpoint.SECRET.toUpperCase(Locale.ROOT)
                + "\r\nConnection: close\r\n\r\n"
                + body);
    assertThat(answer).startsWith("HTTP/1.1 200").contains("HTTP/1.1 401");
  }

  @Test
  void wrongSecret_isARemoteCallException_andSoIsAForeignTenant() {
    try (RemoteDB wrong = RemoteDB.builder(endpoint.base(), "acme", "x".repeat(40)).build();
        RemoteDB foreign =
            RemoteDB.builder(endpoint.base(), "acme", Endpoint.OTHER_SECRET).build();
        RemoteDB nobody = RemoteDB.builder(endpoint.base(), "nobody", Endpoint.SECRET).build()) {
      assertThatExceptionOfType(RemoteCallException.class)
          .isThrownBy(() -> wrong.query(ALLOWED, 1))
          .matches(e -> e.status() == 401 && !e.getMessage().contains("xxx"));
      assertThatExceptionOfType(RemoteCallException.class)
          .isThrownBy(() -> foreign.query(ALLOWED, 1))
          .matches(e -> e.status() == 403);
      assertThatExceptionOfType(RemoteCallException.class)
          .isThrownBy(() -> foreign.useTransaction(tx -> {}))
          .matches(e -> e.status() == 403);
      assertThatExceptionOfType(TenantNotFoundException.class)
          .isThrownBy(() -> nobody.query(ALLOWED, 1))
          .matches(e -> e.tenant().equals("nobody"));
      assertThatExceptionOfType(TenantNotFoundException.class)
          .isThrownBy(() -> nobody.useTransaction(tx -> {}));
    }
  }

  @Test
  void tenantThatIsSuspended_isATypedError() {
    try (RemoteDB globex = RemoteDB.builder(endpoint.base(), "globex", Endpoint.SECRET).build()) {
      endpoint.tenants.suspend("globex");
      assertThatExceptionOfType(TenantSuspendedException.class)
          .isThrownBy(() -> globex.query(ALLOWED, 1));
    }
  }

  /** A service of globex alone, in every way that a path could say acme. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/dosql/acme/query",
        "/dosql/globex/../acme/query",
        "/dosql/globex%2f..%2facme/query",
        "/dosql/%61cme/query",
        "/dosql/~YWNtZQ/query",
        "/dosql/acme;globex/query",
        "/dosql/globex;/query",
        "/dosql//acme/query",
        "/dosql/acme/query/",
        "/dosql/acme%00/query",
        "/dosql/ACME/query",
        "/dosql/acme%20/query",
        "/dosql/acme?/globex/query",
        "/dosql/./acme/query"
      })
  void tenantInAPath_thatIsForged_isReachedByNobody(String path) throws IOException {
    String body = query(ALLOWED, "\"of acme\"");
    String answer =
        endpoint.raw(
            "POST "
                + path
                + " HTTP/1.1\r\nHost: x\r\nX-Tenant: acme\r\nX-Original-URL: /dosql/acme/query\r\n"
                + "Connection: close\r\nAuthorization: Bearer "
                + Endpoint.OTHER_SECRET
                + "\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n"
                + body);
    assertThat(answer).matches("(?s)HTTP/1.1 4\\d\\d .*").doesNotContain("rows");
  }

  @Test
  void tenantsOfAnyName_haveAPathOfTheirOwn() {
    try (DoSQL tenants = DoSQL.memory(Endpoint.options().build());
        RemoteServer server =
            RemoteServer.builder(tenants)
                .serviceOfAllTenants("billing", Endpoint.SECRET)
                .allowAll()
                .build()) {
      Javalin web = Endpoint.start(server, 0);
      try {
        for (String name : List.of("a/b", "..", "query", "é ü", "a%2fb", "~", "A", "a", "x.y")) {
          tenants.create(name).exec("CREATE TABLE t (x)");
          tenants.db(name).run("INSERT INTO t VALUES (?)", name);
          URI base = Endpoint.base(web.port());
          try (RemoteDB db = RemoteDB.builder(base, name, Endpoint.SECRET).build()) {
            assertThat(db.query(String.class, "SELECT x FROM t")).containsExactly(name);
          }
        }
      } finally {
        web.stop();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE"})
  void otherMethods_areRefused(String method) throws IOException {
    String answer =
        endpoint.raw(
            method
                + " /dosql/acme/query HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: "
                + BEARER
                + "\r\nContent-Length: 0\r\n\r\n");
    assertThat(answer).matches("(?s)HTTP/1.1 4\\d\\d .*");
  }

  // ---- what is allowed

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT x FROM t WHERE x = ? ",
        " SELECT x FROM t WHERE x = ?",
        "SELECT  x FROM t WHERE x = ?",
        "select x from t where x = ?",
        "SELECT x FROM t WHERE x = ?;",
        "SELECT x FROM t WHERE x = ? -- allowed",
        "/* t.add */ SELECT x FROM t WHERE x = ?",
        "SELECT x FROM t WHERE x = ?; DELETE FROM t",
        "SELECT x FROM t WHERE x = ?\\u0000; DELETE FROM t",
        "SELECT x FROM t WHERE x = ?1",
        "SELECT\\u00a0x FROM t WHERE x = ?",
        "INSERT INTO t VALUES (:x)",
        "T.ADD",
        "t.add ",
        "t.none",
        "",
        "PRAGMA user_version",
        "PRAGMA journal_mode = DELETE",
        "ATTACH 'x.db' AS x",
        "VACUUM INTO 'x.db'",
        "BEGIN",
        "DELETE FROM t",
        "SELECT * FROM sqlite_schema"
      })
  void statement_thatIsNotAllowedToTheLetter_isRefused(String sql) {
    for (String path : List.of("/query", "/queryOne", "/run", "/columns")) {
      String body =
          path.equals("/columns") ? "{\"sql\":\"" + sql + "\"}" : query(sql, "\"of acme\"");
      Answer answer = endpoint.plain(path, body);
      assertThat(answer.status()).as("%s %s", path, answer).isEqualTo(422);
      assertThat(answer.body()).contains("not among the statements");
    }
    assertThat(endpoint.plain("/exec", "{\"script\":\"" + sql + "\"}").status()).isEqualTo(422);
    assertThat(
            endpoint
                .plain("/batch", "{\"sql\":\"" + sql + "\",\"each\":[{\"params\":[]}]}")
                .status())
        .isEqualTo(422);
    String operations =
        "{\"operations\":[{\"type\":\"run\",\"sql\":\"t.add\",\"params\":{\"x\":\"no\"}},"
            + "{\"type\":\"run\",\"sql\":\""
            + sql
            + "\"}]}";
    assertThat(endpoint.plain("/transaction", operations).status()).isEqualTo(422);
  }

  @Test
  void statement_insideATransaction_isAllowedToTheLetterToo() {
    try (RemoteDB db = endpoint.client()) {
      db.useTransaction(
          tx -> {
            assertThatExceptionOfType(StatementException.class)
                .isThrownBy(() -> tx.run("DELETE FROM t"))
                .matches(e -> e.sql().equals("DELETE FROM t"));
            assertThatExceptionOfType(StatementException.class)
                .isThrownBy(() -> tx.query(ALLOWED + " OR 1", "x"));
            assertThat(tx.query(String.class, ALLOWED, "of acme")).containsExactly("of acme");
          });
    }
  }

  record Named(String x, Thread unused) {}

  @Test
  void names_standForTheirStatements_andSoDoScripts() {
    try (RemoteDB db = endpoint.client()) {
      db.useTransaction(
          tx -> {
            assertThat(tx.run("t.add", java.util.Map.of("x", "a")).changes()).isEqualTo(1);
            assertThat(tx.run("t.add", new Named("b", Thread.currentThread())).changes())
                .isEqualTo(1);
            assertThat(tx.query(String.class, ALLOWED, "b")).containsExactly("b");
            tx.run("t.add", dev.dosql.Params.of("x", null));
            throw new Undo();
          });
    } catch (Undo e) {
      // So that the table is as it was.
    }
    try (RemoteDB db = endpoint.client()) {
      db.exec(SCRIPT);
      assertThat(db.prepare("t.add").columns()).isEmpty();
    }
  }

  private static final class Undo extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** With all SQL allowed, what the library itself refuses is refused still. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "PRAGMA journal_mode = DELETE",
        "ATTACH 'x.db' AS x",
        "VACUUM INTO 'x.db'",
        "BEGIN",
        "COMMIT",
        "/* */ROLLBACK",
        "SELECT 1; DELETE FROM t",
        "DELETE FROM _dosql_meta",
        "SELECT load_extension('x')"
      })
  void allSql_isNotMoreThanTheLibraryTakes(String sql) {
    try (Endpoint open = new Endpoint();
        RemoteDB db = open.client()) {
      assertThatExceptionOfType(StatementException.class).isThrownBy(() -> db.run(sql));
      db.useTransaction(
          tx -> {
            assertThatExceptionOfType(StatementException.class).isThrownBy(() -> tx.run(sql));
            tx.query("SELECT 1");
          });
    }
  }

  // ---- sizes

  @Test
  void answers_areBounded_andWhatTheyWouldTellIsUndone() {
    try (RemoteDB db = endpoint.client()) {
      assertThat(db.query("t.all", java.util.Map.of("n", 100, "size", 1))).hasSize(100);
      assertThatExceptionOfType(LimitExceededException.class)
          .isThrownBy(() -> db.query("t.all", java.util.Map.of("n", 101, "size", 1)))
          .matches(e -> e.limit().equals("rowsMax") && e.allowed() == 100);
      assertThatExceptionOfType(LimitExceededException.class)
          .isThrownBy(() -> db.stream("t.all", java.util.Map.of("n", 101, "size", 1)));
      assertThatExceptionOfType(LimitExceededException.class)
          .isThrownBy(() -> db.queryOne("t.all", java.util.Map.of("n", 1, "size", 100_000)))
          .matches(e -> e.limit().equals("answerBytesMax"));
    }
    try (Endpoint open = new Endpoint(server -> server.allowAll().answerMax(2, 100_000));
        RemoteDB db = open.client();
        RemoteDB small = open.client(builder -> builder.answerBytesMax(100))) {
      db.exec("CREATE TABLE t (x)");
      assertThatExceptionOfType(LimitExceededException.class)
          .isThrownBy(() -> db.query("INSERT INTO t VALUES (1), (2), (3) RETURNING x"));
      assertThat(db.query("SELECT x FROM t")).isEmpty();
      assertThatExceptionOfType(RemoteCallException.class)
          .isThrownBy(() -> small.query("SELECT zeroblob(1000)"));
    }
  }

  /** However small each of its operations is: a body has room for tens of thousands. */
  @Test
  void answerOfATransaction_isBoundedAsOne_andWhatItWouldTellIsUndone() {
    String add = operation("run", "INSERT INTO t VALUES (1)");
    String wide = "SELECT hex(zeroblob(3000)) AS x";
    String sixty =
        operation(
            "query",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 60) SELECT i FROM"
                + " n");
    try (Endpoint open = new Endpoint(server -> server.allowAll().answerMax(100, 20_000))) {
      open.local().exec("CREATE TABLE t (x)");
      for (boolean exact : new boolean[] {true, false}) {
        for (String type : List.of("query", "queryOne")) {
          String one = operation(type, wide);
          assertThat(transaction(open, exact, one, one, one).status()).isEqualTo(200);
          assertTooLarge(transaction(open, exact, add, one, one, one, one), "answerBytesMax");
        }
        assertThat(transaction(open, exact, sixty).status()).isEqualTo(200);
        assertTooLarge(transaction(open, exact, add, sixty, sixty), "rowsMax");
        String[] adds = Collections.nCopies(400, add).toArray(String[]::new);
        assertTooLarge(transaction(open, exact, adds), "answerBytesMax");
      }
      assertThat(open.local().query("SELECT x FROM t")).isEmpty();
    }
  }

  private static void assertTooLarge(Answer answer, String limit) {
    assertThat(answer.status()).as("%s", answer).isEqualTo(413);
    assertThat(answer.body()).contains("limit_exceeded", limit);
  }

  private static String operation(String type, String sql) {
    return "{\"type\":\"" + type + "\",\"sql\":\"" + sql + "\"}";
  }

  private static Answer transaction(Endpoint open, boolean exact, String... operations) {
    String body = "{\"operations\":[" + String.join(",", operations) + "]}";
    return exact ? open.exact("/transaction", body) : open.plain("/transaction", body);
  }

  @Test
  void tenMegabytes_areRefused_whetherOrNotTheirLengthIsSaid() throws IOException {
    String head =
        "POST /dosql/acme/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    String known = "Authorization: " + BEARER + "\r\n";
    for (String length :
        List.of("Content-Length: " + TEN_MEGABYTES, "Transfer-Encoding: chunked")) {
      boolean chunked = length.startsWith("Transfer");
      assertThat(sendBig(head + known + length + "\r\n\r\n", chunked))
          .startsWith("HTTP/1.1 413")
          .contains("body_too_large");
      assertThat(sendBig(head + length + "\r\n\r\n", chunked)).startsWith("HTTP/1.1 401");
    }
  }

  @Test
  void bodyAtItsCap_passes_andOneByteMoreDoesNot() throws IOException {
    int cap = 1024 * 1024;
    String body = query(ALLOWED, "1");
    assertThat(endpoint.plain("/query", body + " ".repeat(cap - body.length())).status())
        .isEqualTo(200);
    // Only its head: a client that is still sending can lose the answer.
    assertThat(
            send(
                "POST /dosql/acme/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    + "Authorization: "
                    + BEARER
                    + "\r\nContent-Length: "
                    + (cap + 1)
                    + "\r\n\r\n"))
        .startsWith("HTTP/1.1 413");
  }

  /** Sends a head and nothing behind it, and returns the beginning of the answer. */
  private String send(String head) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", endpoint.port())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    }
  }

  /** The plugin's bound on bodies comes first, and its tokens are not asked for. */
  @Test
  void endpointBesideThePlugin_asksForItsSecret_andHasTheBoundsOfBoth() {
    DoSQLPlugin plugin =
        DoSQLPlugin.builder(endpoint.tenants)
            .resolver(TenantResolver.builder().baseDomain("localhost").build())
            .bodyBytesMax(100_000)
            .build();
    Javalin web =
        Javalin.create(
                config -> {
                  config.startup.showJavalinBanner = false;
                  config.startup.showOldJavalinVersionWarning = false;
                  config.registerPlugin(plugin);
                  RemoteRoutes.addTo(config, "/dosql", endpoint.server);
                })
            .start("127.0.0.1", 0);
    URI base = Endpoint.base(web.port());
    try (RemoteDB db = RemoteDB.builder(base, "acme", Endpoint.SECRET).build();
        RemoteDB nobody = RemoteDB.builder(base, "acme", "x".repeat(40)).build()) {
      assertThat(db.query(String.class, ALLOWED, "of acme")).containsExactly("of acme");
      assertThat(db.query(String.class, ALLOWED, "x".repeat(90_000))).isEmpty();
      assertThatExceptionOfType(RemoteCallException.class)
          .isThrownBy(() -> db.query(ALLOWED, "x".repeat(100_000)))
          .matches(e -> e.status() == 413 && e.code().equals("body_too_large"));
      assertThatExceptionOfType(RemoteCallException.class)
          .isThrownBy(() -> nobody.query(ALLOWED, 1))
          .matches(e -> e.status() == 401);
    } finally {
      web.stop();
    }
  }

  /** More clients than the server has threads, who know a secret and send a byte now and then. */
  @Test
  void slowClients_keepNobodyWaiting_andAreSentAway() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 300; i++) {
        slow.add(begin());
      }
      for (int i = 0; i < 4; i++) {
        long from = System.nanoTime();
        assertThat(endpoint.plain("/query", query(ALLOWED, "1")).status()).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(2));
        for (Socket each : slow) {
          drip(each);
        }
      }
      assertThat(slow).allMatch(RemoteAttackTest::isSentAway);
    } finally {
      for (Socket each : slow) {
        each.close();
      }
    }
  }

  /** What is too long by its own words is answered at once, and holds no thread for its sender. */
  @Test
  void slowClient_whoseBodyWouldBeTooLong_isAnsweredAtOnce() throws IOException {
    String head =
        "POST /dosql/acme/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + "Authorization: "
            + BEARER
            + "\r\nContent-Length: "
            + TEN_MEGABYTES
            + "\r\n\r\n{";
    try (Socket socket = new Socket("127.0.0.1", endpoint.port())) {
      socket.setSoTimeout(10_000); // the server's own patience with a connection is 30 seconds
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes(12);
      assertThat(new String(answer, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 413");
    }
  }

  /** Where no length is said, no more is waited for than may be sent, and not for longer. */
  @Test
  void slowClient_whoSaysNoLength_isSentAwayInTime() throws IOException {
    String head =
        "POST /dosql/acme/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + "Authorization: "
            + BEARER
            + "\r\nTransfer-Encoding: chunked\r\n\r\n";
    int more = 1024 * 1024 + 1;
    for (int size : new int[] {1, more}) {
      try (Socket socket = new Socket("127.0.0.1", endpoint.port())) {
        socket.setSoTimeout(10_000);
        OutputStream out = socket.getOutputStream();
        String chunk = Integer.toHexString(size) + "\r\n" + " ".repeat(size) + "\r\n";
        out.write((head + chunk).getBytes(StandardCharsets.US_ASCII));
        byte[] answer = socket.getInputStream().readNBytes(12);
        assertThat(new String(answer, StandardCharsets.US_ASCII))
            .isEqualTo(size == more ? "HTTP/1.1 413" : "HTTP/1.1 408");
      }
    }
  }

  private Socket begin() throws IOException {
    Socket socket = new Socket("127.0.0.1", endpoint.port());
    socket.setSoTimeout(20_000);
    String head =
        "POST /dosql/acme/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + "Authorization: "
            + BEARER
            + "\r\nContent-Length: 1000\r\n\r\n{";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static void drip(Socket socket) {
    try {
      socket.getOutputStream().write(' ');
    } catch (IOException e) {
      assertThat(e).isInstanceOf(java.net.SocketException.class); // sent away already
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

  // ---- bodies that are no calls

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json5",
        "application/jsonx",
        "text/json",
        "*/*"
      })
  void contentTypesThatAreOthers_areRefused(String type) {
    Answer answer = endpoint.post("/dosql/acme/query", query(ALLOWED, "1"), BEARER, type, "*/*");
    assertThat(answer.status()).isEqualTo(415);
    assertThat(answer.body()).contains("\"error\"");
  }

  @Test
  void contentTypes_mayHaveParametersAndCapitals() {
    for (String type : List.of("Application/JSON; charset=utf-8", Wire.EXACT + ";x=y")) {
      assertThat(
              endpoint.post("/dosql/acme/query", query(ALLOWED, "1"), BEARER, type, "*/*").status())
          .isEqualTo(200);
    }
  }

  @Test
  void deepJson_hugeNumbersAndGarbage_areRefused() {
    String deep = query(ALLOWED, "[".repeat(100_000));
    String deepClosed = query(ALLOWED, "[".repeat(5_000) + "]".repeat(5_000));
    String manyNames = "{" + "\"a\":{".repeat(50_000);
    for (String body : List.of(deep, deepClosed, manyNames, "\u0000", "{\"sql\"", "null", "1")) {
      for (boolean exact : new boolean[] {true, false}) {
        Answer answer = exact ? endpoint.exact("/query", body) : endpoint.plain("/query", body);
        assertThat(answer.status()).isEqualTo(400);
      }
    }
    for (String number : List.of("1" + "0".repeat(30), "-1e999", "9223372036854775808")) {
      assertThat(endpoint.exact("/query", query(ALLOWED, number)).status()).isEqualTo(422);
      assertThat(endpoint.plain("/query", query(ALLOWED, number)).status()).isEqualTo(422);
    }
    String digits = "1".repeat(500_000);
    assertThat(endpoint.exact("/query", query(ALLOWED, digits)).status()).isEqualTo(400);
    String decimal = "{\"d\":\"1e999999999\"}";
    assertThat(endpoint.exact("/query", query(ALLOWED, decimal)).status()).isEqualTo(200);
    assertThat(endpoint.exact("/query", query(ALLOWED, "{\"d\":\"" + digits + "\"}")).status())
        .isEqualTo(422);
    byte[] noUtf8 = {'{', '"', 's', 'q', 'l', '"', ':', '"', (byte) 0xc0, (byte) 0x80, '"', '}'};
    assertThat(endpoint.post("/dosql/acme/query", noUtf8, BEARER, Endpoint.JSON, "*/*").status())
        .isEqualTo(400);
  }

  @Test
  void unknownPaths_areNotFound() {
    for (String path : List.of("/", "/none", "/query/x", "/transaction/none", "")) {
      assertThat(endpoint.plain(path, "{}").status()).as(path).isEqualTo(404);
    }
    RemoteServer.Answer answer =
        endpoint.server.handle(
            new RemoteServer.Request(
                "acme",
                "/none",
                name ->
                    switch (name.toLowerCase(Locale.ROOT)) {
                      case "authorization" -> BEARER;
                      case "content-type" -> Endpoint.JSON;
                      default -> null;
                    },
                new java.io.ByteArrayInputStream("{}".getBytes(StandardCharsets.UTF_8))));
    assertThat(answer.status()).isEqualTo(404);
  }

  // ---- settings

  @Test
  void settingsThatWouldBeOpenOrEndless_areRefused() {
    RemoteServer.Builder none = RemoteServer.builder(endpoint.tenants);
    assertThatIllegalArgumentException().isThrownBy(none::build);
    assertThatIllegalArgumentException().isThrownBy(() -> none.service("a", "short", "acme"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> none.service("a", "ü".repeat(40), "acme"));
    none.service("a", Endpoint.SECRET, "acme");
    assertThatIllegalArgumentException().isThrownBy(none::build);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> none.service("b", Endpoint.SECRET, "acme"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> none.service("a", Endpoint.OTHER_SECRET, "acme"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> none.serviceOfAllTenants("a", Endpoint.OTHER_SECRET));
    assertThatIllegalArgumentException().isThrownBy(() -> none.serviceOfAllTenants("b", "short"));
    none.allow("SELECT 1").allow("SELECT 1");
    assertThatIllegalArgumentException().isThrownBy(() -> none.allow("SELECT 1", "SELECT 2"));
    assertThatIllegalArgumentException().isThrownBy(() -> none.bodyBytesMax(0).build());
    none.bodyBytesMax(1);
    assertThatIllegalArgumentException().isThrownBy(() -> none.answerMax(0, 1).build());
    none.answerMax(1, 1);
    assertThatIllegalArgumentException().isThrownBy(() -> none.callsMax(0).build());
    none.callsMax(1);
    assertThatIllegalArgumentException().isThrownBy(() -> none.transactionsMax(1, 0).build());
    none.transactionsMax(1, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> none.transactionTimes(Duration.ZERO, Duration.ofSeconds(1)).build());
    none.transactionTimes(Duration.ofSeconds(1), Duration.ofSeconds(1));
    assertThatIllegalArgumentException().isThrownBy(() -> none.bodyTimeout(Duration.ZERO).build());
    none.bodyTimeout(Duration.ofSeconds(1)).build().close();
    assertThatIllegalArgumentException().isThrownBy(() -> none.allowAll().build());
  }

  /** As a list from settings is that is empty: that must not be all. */
  @Test
  void serviceWithoutTenants_isRefused_allAreAskedForByName() {
    RemoteServer.Builder builder = RemoteServer.builder(endpoint.tenants).allowAll();
    for (String[] none : List.of(new String[0], List.<String>of().toArray(String[]::new))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder.service("a", Endpoint.SECRET, none))
          .withMessageContaining("serviceOfAllTenants");
    }
    assertThatIllegalArgumentException().isThrownBy(builder::build); // for there is no service
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://host/dosql",
        "host/dosql",
        "http:///dosql",
        "http://user:password@host/dosql",
        "http://host/dosql?x",
        "http://host/dosql#x"
      })
  void baseOfAClient_thatIsNone_isRefused(String base) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RemoteDB.builder(URI.create(base), "acme", Endpoint.SECRET))
        .withMessageNotContaining("password");
  }

  private String sendBig(String head, boolean chunked) throws IOException {
    return BigBody.send(endpoint.port(), head, chunked, 400);
  }
}
