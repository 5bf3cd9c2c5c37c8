package dev.dosql.examples.quickstart;

import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.json.JavalinJackson3;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.eclipse.jetty.server.handler.GracefulHandler;

/** The todo service: a web server and the tenants behind it. */
public final class TodoServer implements AutoCloseable {
  private static final int DEFAULT_PORT = 8787;
  static final int REQUEST_BYTES_MAX = 16 * 1024;
  private static final long DRAIN_MILLIS = 5_000;

  private final DoSQL tenants;
  private final Javalin web;

  private TodoServer(DoSQL tenants, Javalin web) {
    this.tenants = tenants;
    this.web = web;
  }

  /** The port in the first argument or in {@code PORT}; 8787 without either. */
  public static int port(String[] args) {
    String fromEnvironment = System.getenv("PORT");
    if (args.length > 0) {
      return Integer.parseInt(args[0]);
    }
    return fromEnvironment == null ? DEFAULT_PORT : Integer.parseInt(fromEnvironment);
  }

  /** Opens the tenants and then listens; port 0 is any free one. */
  public static TodoServer start(DBOptions options, String baseDomain, int port) {
    return start(DoSQL.open(options), baseDomain, port);
  }

  /** Listens, with tenants that are closed when this is, or when it cannot. */
  static TodoServer start(DoSQL tenants, String baseDomain, int port) {
    try {
      TodoRoutes routes = new TodoRoutes(tenants, new Subdomains(baseDomain));
      Javalin web = Javalin.create(config -> configure(config, routes)).start(port);
      return new TodoServer(tenants, web);
    } catch (RuntimeException e) {
      tenants.close();
      throw e;
    }
  }

  private static void configure(JavalinConfig config, TodoRoutes routes) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.http.maxRequestSize = REQUEST_BYTES_MAX;
    config.http.prefer405over404 = true;
    config.jsonMapper(new JavalinJackson3());
    config.jetty.modifyServer(
        server -> {
          server.setStopTimeout(DRAIN_MILLIS);
          server.setHandler(new GracefulHandler());
        });
    routes.addTo(config.routes);
    Errors.addTo(config.routes);
  }

  /**
   * Says where it listens, and serves until the process is told to stop (Ctrl-C, SIGTERM).
   *
   * @param last called when the last request is done, before the tenants are closed
   */
  public void serve(Consumer<DoSQL> last) throws InterruptedException {
    CountDownLatch closed = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(last, closed), "stop"));
    System.out.println("Todo service on http://<tenant>.localhost:" + port() + "/todos");
    closed.await();
  }

  private void stop(Consumer<DoSQL> last, CountDownLatch closed) {
    try {
      close(last);
      System.out.println("Todo service stopped");
    } finally {
      closed.countDown();
    }
  }

  int port() {
    return web.port();
  }

  DoSQL tenants() {
    return tenants;
  }

  /** Lets the requests that run finish, and then closes the tenants. */
  @Override
  public void close() {
    close(open -> {});
  }

  private void close(Consumer<DoSQL> last) {
    try {
      web.stop();
      last.accept(tenants);
    } finally {
      tenants.close();
    }
  }
}
