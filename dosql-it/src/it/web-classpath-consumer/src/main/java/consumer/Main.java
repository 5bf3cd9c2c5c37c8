package consumer;

import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.web.Access;
import dev.dosql.web.Accounts;
import dev.dosql.web.DoSQLPlugin;
import dev.dosql.web.TenantResolver;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;

/** A service on Javalin, and a client of it; ends with an exception if something is not as it says. */
public final class Main {
  private static final String LOGIN = "ada@acme.example";
  private static final String PASSWORD = "correct horse";

  private Main() {}

  public static void main(String[] args) throws IOException {
    DBOptions options =
        DBOptions.builder()
            .directory(Path.of("target", "data"))
            .migrations("classpath:sql-classpath")
            .createIfMissing(false)
            .build();
    try (DoSQL tenants = DoSQL.open(options)) {
      tenants.create("acme").run("INSERT INTO notes (text) VALUES (?)", "of acme");
      serve(tenants);
    }
    System.out.println("consumer is content");
  }

  private static void serve(DoSQL tenants) throws IOException {
    Accounts accounts = Accounts.builder().build();
    Accounts.install(tenants.db("acme"));
    accounts.signUp(tenants.db("acme"), LOGIN, PASSWORD, Set.of());
    String token = accounts.login(tenants.db("acme"), LOGIN, PASSWORD).token();
    DoSQLPlugin plugin =
        DoSQLPlugin.builder(tenants)
            .resolver(TenantResolver.builder().baseDomain("localhost").build())
            .accounts(accounts)
            .build();
    Javalin web = Javalin.create(config -> configure(config, plugin)).start("127.0.0.1", 0);
    try {
      expect("of acme", notes(web.port(), "acme", token));
      expect(true, notes(web.port(), "acme", "none").contains("\"status\":401"));
      expect(true, notes(web.port(), "globex", token).contains("\"status\":404"));
      expect("healthy", get(web.port(), "/health", "localhost", token));
    } finally {
      web.stop();
    }
  }

  private static void configure(JavalinConfig config, DoSQLPlugin plugin) {
    config.registerPlugin(plugin);
    config.routes.get("/health", ctx -> ctx.result("healthy"), Access.NO_TENANT);
    config.routes.get("/notes", Main::list);
  }

  private static void list(Context ctx) {
    ctx.result(String.join(",", DoSQLPlugin.db(ctx).query(String.class, "SELECT text FROM notes")));
  }

  private static String notes(int port, String tenant, String token) throws IOException {
    return get(port, "/notes", tenant + ".localhost", token);
  }

  /** The body of an answer; the JDK's client would take the host from the address. */
  private static String get(int port, String path, String host, String token) throws IOException {
    String request =
        "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + token
            + "\r\nConnection: close\r\n\r\n";
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }
  }

  private static void expect(Object wanted, Object seen) {
    if (!Objects.equals(wanted, seen)) {
      throw new AssertionError("wanted " + wanted + ", saw " + seen);
    }
  }
}
