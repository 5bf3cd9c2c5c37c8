package dev.dosql.examples.r2;

import dev.dosql.examples.quickstart.TodoServer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Starts the todo service of the quick start with a bucket, on port 8787, or the port in the first
 * argument or in {@code PORT}. {@link Settings} says what else is read from the environment.
 */
public final class Main {
  private static final String BASE_DOMAIN = "localhost";

  private Main() {}

  /** Starts the service and waits for its end; says then how shipping stands. */
  public static void main(String[] args) throws InterruptedException {
    Settings settings = Settings.of(System.getenv(), home());
    System.out.println(settings + ", pid " + ProcessHandle.current().pid());
    TodoServer.start(settings.options(), BASE_DOMAIN, TodoServer.port(args))
        .serve(tenants -> Figures.of(tenants.shipping()).forEach(System.out::println));
  }

  /** This example's folder, whether it was started there or from the root of the repository. */
  private static Path home() {
    Path fromRoot = Path.of("examples", "r2");
    return Files.isDirectory(fromRoot) ? fromRoot : Path.of("");
  }
}
