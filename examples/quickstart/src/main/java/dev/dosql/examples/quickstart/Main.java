package dev.dosql.examples.quickstart;

import dev.dosql.DBOptions;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Starts the todo service on port 8787, or the port in the first argument or in {@code PORT}. It
 * runs until it is told to stop (Ctrl-C, SIGTERM).
 */
public final class Main {
  private static final String BASE_DOMAIN = "localhost";

  private Main() {}

  /** Starts the service and waits for its end. */
  public static void main(String[] args) throws InterruptedException {
    TodoServer.start(options(home()), BASE_DOMAIN, TodoServer.port(args)).serve(tenants -> {});
  }

  static DBOptions options(Path home) {
    return DBOptions.builder()
        .directory(home.resolve(".do/data"))
        .migrations(home.resolve(".do/migrations").toString())
        .build();
  }

  /** This example's folder, whether it was started there or from the root of the repository. */
  private static Path home() {
    Path fromRoot = Path.of("examples", "quickstart");
    return Files.isDirectory(fromRoot.resolve(".do")) ? fromRoot : Path.of("");
  }
}
