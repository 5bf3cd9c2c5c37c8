package dev.dosql.examples.quickstart;

import dev.dosql.DBOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * Starts the todo service on port 8787, or the port in the first argument or in {@code PORT}. It
 * runs until it is told to stop (Ctrl-C, SIGTERM).
 */
public final class Main {
  private static final String BASE_DOMAIN = "localhost";
  private static final int DEFAULT_PORT = 8787;

  private Main() {}

  /** Starts the service and waits for its end. */
  public static void main(String[] args) throws InterruptedException {
    TodoServer server = TodoServer.start(options(home()), BASE_DOMAIN, port(args));
    CountDownLatch closed = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, closed), "stop"));
    System.out.println("Todo service on http://<tenant>.localhost:" + server.port() + "/todos");
    closed.await();
  }

  private static void stop(TodoServer server, CountDownLatch closed) {
    try {
      server.close();
      System.out.println("Todo service stopped");
    } finally {
      closed.countDown();
    }
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

  private static int port(String[] args) {
    String fromEnvironment = System.getenv("PORT");
    if (args.length > 0) {
      return Integer.parseInt(args[0]);
    }
    return fromEnvironment == null ? DEFAULT_PORT : Integer.parseInt(fromEnvironment);
  }
}
