package dev.dosql.examples.quickstart;

import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.json.JavalinJackson3;
import org.eclipse.jetty.server.handler.GracefulHandler;

/** The todo service: a web server and the tenants behind it. */
final class TodoServer implements AutoCloseable {
  static final int REQUEST_BYTES_MAX = 16 * 1024;
  private static final long DRAIN_MILLIS = 5_000;

  private final DoSQL tenants;
  private final Javalin web;

  private TodoServer(DoSQL tenants, Javalin web) {
    this.tenants = tenants;
    this.web = web;
  }

  /** Opens the tenants and then listens; port 0 is any free one. */
  static TodoServer start(DBOptions options, String baseDomain, int port) {
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

  int port() {
    return web.port();
  }

  DoSQL tenants() {
    return tenants;
  }

  /** Lets the requests that run finish, and then closes the tenants. */
  @Override
  public void close() {
    try {
      web.stop();
    } finally {
      tenants.close();
    }
  }
}
