package dev.dosql.examples.api;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Starts the service; {@link Settings} says what is read from the environment. It runs until it is
 * told to stop (Ctrl-C, SIGTERM).
 */
public final class Main {
  private Main() {}

  /** Starts the service and waits for its end. */
  public static void main(String[] args) throws InterruptedException {
    Settings settings = Settings.of(System.getenv(), home());
    System.out.println(settings + ", pid " + ProcessHandle.current().pid());
    ApiServer.start(settings).serve();
  }

  /** This example's folder, whether it was started there or from the root of the repository. */
  private static Path home() {
    Path fromRoot = Path.of("examples", "rest-api");
    return Files.isDirectory(fromRoot) ? fromRoot : Path.of("");
  }
}
