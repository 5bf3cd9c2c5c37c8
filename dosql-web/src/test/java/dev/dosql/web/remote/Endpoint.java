package dev.dosql.web.remote;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.Limits;
import io.javalin.Javalin;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** An endpoint on a real port, with tenants of its own, and clients of it. */
final class Endpoint implements AutoCloseable {
  static final String SECRET = "billing-0123456789abcdef0123456789";
  static final String OTHER_SECRET = "reports-0123456789abcdef0123456789";
  static final String JSON = "application/json";

  final DoSQL tenants;
  final RemoteServer server;
  private final HttpClient http = HttpClient.newBuilder().version(Version.HTTP_1_1).build();
  private final Javalin web;

  /** All SQL is allowed, for two services: one of all tenants, one of globex alone. */
  Endpoint() {
    this(RemoteServer.Builder::allowAll);
  }

  Endpoint(Consumer<RemoteServer.Builder> settings) {
    this(options().build(), settings);
  }

  Endpoint(DBOptions options, Consumer<RemoteServer.Builder> settings) {
    tenants = DoSQL.memory(options);
    tenants.create("acme");
    tenants.create("globex");
    RemoteServer.Builder builder =
        RemoteServer.builder(tenants)
            .serviceOfAllTenants("billing", SECRET)
            .service("reports", OTHER_SECRET, "globex");
    settings.accept(builder);
    server = builder.build();
    web = start(server, 0);
  }

  static DBOptions.Builder options() {
    return DBOptions.builder()
        .createIfMissing(false)
        .writeLockTimeout(Duration.ofSeconds(20))
        .limits(Limits.builder().build())
        .lookup(MethodHandles.lookup());
  }

  static Javalin start(RemoteServer server, int port) {
    return Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.startup.showOldJavalinVersionWarning = false;
              RemoteRoutes.addTo(config, "/dosql", server);
            })
        .start("127.0.0.1", port);
  }

  int port() {
    return web.port();
  }

  URI base() {
    return base(port());
  }

  static URI base(int port) {
    return URI.create("http://127.0.0.1:" + port + "/dosql");
  }

  /** The tenant as the process that serves it has it. */
  DB local() {
    return tenants.db("acme");
  }

  RemoteDB client() {
    return client(builder -> {});
  }

  RemoteDB client(Consumer<RemoteDB.Builder> settings) {
    return client(base(), settings);
  }

  static RemoteDB client(URI base, Consumer<RemoteDB.Builder> settings) {
    RemoteDB.Builder builder =
        RemoteDB.builder(base, "acme", SECRET).lookup(MethodHandles.lookup());
    settings.accept(builder);
    return builder.build();
  }

  record Answer(int status, String type, String body) {}

  /** A call in plain JSON. */
  Answer plain(String path, String body) {
    return post("/dosql/acme" + path, body, "Bearer " + SECRET, JSON, "*/*");
  }

  /** A call in the exact encoding. */
  Answer exact(String path, String body) {
    return post("/dosql/acme" + path, body, "Bearer " + SECRET, Wire.EXACT, Wire.EXACT);
  }

  Answer post(String path, String body, String authorization, String type, String accept) {
    return post(path, body.getBytes(StandardCharsets.UTF_8), authorization, type, accept);
  }

  Answer post(String path, byte[] body, String authorization, String type, String accept) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
            .timeout(Duration.ofSeconds(30))
            .header("Content-Type", type)
            .header("Accept", accept)
            .POST(BodyPublishers.ofByteArray(body));
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    try {
      HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
      String seen = response.headers().firstValue("Content-Type").orElse("");
      return new Answer(response.statusCode(), seen, response.body());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The id of a transaction that was begun. */
  String begin() {
    return begin("acme", SECRET);
  }

  String begin(String tenant, String secret) {
    Answer answer =
        post("/dosql/" + tenant + "/transaction/begin", "{}", "Bearer " + secret, JSON, "*/*");
    if (answer.status() != 200) {
      throw new AssertionError(answer);
    }
    Map<?, ?> body = (Map<?, ?>) Wire.parse(answer.body().getBytes(StandardCharsets.UTF_8));
    return (String) body.get("transaction");
  }

  /** Sends bytes as they are, and returns what comes until the end. */
  String raw(String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      socket.getInputStream().transferTo(answer);
      return answer.toString(StandardCharsets.UTF_8);
    }
  }

  /** Waits for what must become true soon, and looks often. */
  static void await(String what, BooleanSupplier condition) {
    long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - until > 0) {
        throw new AssertionError("not so in 30 seconds: " + what);
      }
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() {
    server.close();
    web.stop();
    tenants.close();
  }
}
