package dev.dosql.web;

import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.Once;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.json.JavalinJackson3;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A small service with the plugin, on a real port, and a client of it. */
final class Service implements AutoCloseable {
  static {
    System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host,connection");
  }

  static final String PASSWORD = "correct horse";
  static final byte[] KEY = "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.UTF_8);

  final Ticks clock = new Ticks();
  final Accounts accounts = Accounts.builder().clock(clock).build();
  final SignedTokens tokens =
      SignedTokens.builder().issuer("us").audience("todos").key("k1", KEY).clock(clock).build();
  final DoSQL tenants = DoSQL.memory(DBOptions.builder().createIfMissing(false).build());
  private final HttpClient client = HttpClient.newBuilder().version(Version.HTTP_1_1).build();
  private final Javalin web;

  record Note(String text) {}

  record Answer(int status, Map<String, List<String>> headers, String body) {
    String header(String name) {
      return headers.getOrDefault(name.toLowerCase(java.util.Locale.ROOT), List.of("")).get(0);
    }

    boolean has(String name) {
      return headers.containsKey(name.toLowerCase(java.util.Locale.ROOT));
    }
  }

  Service() {
    this(plugin -> {}, config -> {});
  }

  Service(Consumer<DoSQLPlugin.Builder> more, Consumer<JavalinConfig> settings) {
    for (String tenant : List.of("acme", "globex")) {
      var db = tenants.create(tenant);
      db.exec(Accounts.schema());
      db.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT");
      db.run("INSERT INTO notes (text) VALUES (?)", "of " + tenant);
    }
    DoSQLPlugin.Builder plugin =
        DoSQLPlugin.builder(tenants)
            .resolver(
                TenantResolver.builder()
                    .baseDomain("localhost")
                    .reservedSubdomains("www")
                    .pathPrefix("/t")
                    .build())
            .accounts(accounts)
            .tokens(tokens);
    more.accept(plugin);
    web = Javalin.create(config -> configure(config, plugin.build(), settings)).start(0);
  }

  private static void configure(
      JavalinConfig config, DoSQLPlugin plugin, Consumer<JavalinConfig> settings) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.jsonMapper(new JavalinJackson3());
    config.registerPlugin(plugin);
    config.routes.get("/health", ctx -> ctx.json(Map.of("status", "healthy")), Access.NO_TENANT);
    for (String prefix : List.of("", "/t/{tenant}")) {
      config.routes.get(prefix + "/notes", Service::list, Access.ANYONE);
      config.routes.post(prefix + "/notes", Service::add);
      config.routes.get(prefix + "/me", ctx -> ctx.json(DoSQLPlugin.requireIdentity(ctx)));
      config.routes.get(prefix + "/admin", ctx -> ctx.json("ok"), Access.role("admin"));
      config.routes.get(prefix + "/wild/<rest>", Service::list, Access.ANYONE);
    }
    config.routes.post("/once", Service::once, Access.ANYONE);
    config.routes.get("/fail", Service::fail, Access.ANYONE);
    settings.accept(config);
  }

  private static void list(Context ctx) {
    ctx.json(DoSQLPlugin.db(ctx).query(String.class, "SELECT text FROM notes ORDER BY id"));
  }

  private static void add(Context ctx) {
    Note note = DoSQLPlugin.body(ctx, Note.class);
    ctx.status(201)
        .json(
            DoSQLPlugin.db(ctx)
                .queryOne(
                    Note.class, "INSERT INTO notes (text) VALUES (?) RETURNING text", note.text())
                .orElseThrow());
  }

  private static void once(Context ctx) {
    Note note = DoSQLPlugin.body(ctx, Note.class);
    Once<Long> once =
        DoSQLPlugin.once(
            ctx,
            Long.class,
            tx -> tx.run("INSERT INTO notes (text) VALUES (?)", note.text()).lastInsertRowid());
    ctx.status(201).json(Map.of("id", once.value()));
  }

  private static void fail(Context ctx) {
    throw new IllegalStateException("inner detail " + ctx.queryParam("q"));
  }

  /** A user's token. */
  String signUp(String tenant, String login, String... roles) {
    var db = tenants.db(tenant);
    accounts.signUp(db, login, PASSWORD, Set.of(roles));
    return accounts.login(db, login, PASSWORD).token();
  }

  int port() {
    return web.port();
  }

  Answer get(String host, String path, String... headers) {
    return send("GET", host, path, BodyPublishers.noBody(), headers);
  }

  Answer post(String host, String path, String body, String... headers) {
    return send("POST", host, path, BodyPublishers.ofString(body), headers);
  }

  Answer send(String method, String host, String path, BodyPublisher body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
            .header("Host", host)
            .timeout(Duration.ofSeconds(30))
            .method(method, body);
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.headers().map(), response.body());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static String[] bearer(String token) {
    return new String[] {"Authorization", "Bearer " + token};
  }

  /** Sends bytes as they are, which no client would, and returns what comes until the end. */
  String raw(String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port())) {
      socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(30));
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      socket.getInputStream().transferTo(answer);
      return answer.toString(StandardCharsets.UTF_8);
    }
  }

  /** A GET without a client that would tidy the path up. */
  String rawGet(String target, String... headers) throws IOException {
    String lines = headers.length == 0 ? "Host: acme.localhost\r\n" : "";
    return raw(
        "GET "
            + target
            + " HTTP/1.1\r\n"
            + lines
            + String.join("", headers)
            + "Connection: close\r\n\r\n");
  }

  @Override
  public void close() {
    web.stop();
    tenants.close();
  }
}
