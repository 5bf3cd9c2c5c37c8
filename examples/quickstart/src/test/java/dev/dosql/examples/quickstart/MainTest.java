package dev.dosql.examples.quickstart;

import static dev.dosql.examples.quickstart.Http.Answer.json;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
  private static final Pattern STARTED = Pattern.compile("Todo service on .*:(\\d+)/todos");
  private static final String TODO = "{\"id\":1,\"title\":\"Learn DoSQL\",\"done\":false}";

  @TempDir Path home;

  @BeforeEach
  void copyMigrations() throws IOException {
    Path file = Path.of(".do", "migrations", "001_create_todos.sql");
    Files.createDirectories(home.resolve(file).getParent());
    Files.copy(file, home.resolve(file));
  }

  @Test
  void service_stoppedBySigterm_andStartedAgain_hasItsTodos() throws Exception {
    try (Service first = new Service(home)) {
      assertThat(first.http().post("acme.localhost", "{\"title\":\"Learn DoSQL\"}"))
          .isEqualTo(json(201, TODO));
      first.terminate();
    }
    try (Service second = new Service(home)) {
      assertThat(second.http().get("acme.localhost", "/todos"))
          .isEqualTo(json(200, "[" + TODO + "]"));
      second.terminate();
    }
    assertThat(home.resolve(".do/data")).isDirectory();
  }

  /** The service in a process of its own. */
  private static final class Service implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;
    private final Http http;

    Service(Path home) throws IOException {
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  Main.class.getName(),
                  "0")
              .directory(home.toFile())
              .redirectErrorStream(true)
              .start();
      output = process.inputReader();
      http = new Http(port());
    }

    private int port() throws IOException {
      StringBuilder seen = new StringBuilder();
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        Matcher started = STARTED.matcher(line);
        if (started.find()) {
          return Integer.parseInt(started.group(1));
        }
        seen.append(line).append('\n');
      }
      throw new AssertionError("the service did not start: " + seen);
    }

    Http http() {
      return http;
    }

    void terminate() throws Exception {
      process.toHandle().destroy(); // SIGTERM; Process.destroy would close the output too
      assertThat(output.lines()).containsExactly("Todo service stopped");
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(128 + 15);
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
