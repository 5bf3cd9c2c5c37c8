package dev.dosql.examples.r2;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The service in a process of its own, and a client of it. */
final class Service implements AutoCloseable {
  private static final Pattern STARTED = Pattern.compile("Todo service on .*:(\\d+)/todos");

  static {
    System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host,connection");
  }

  private final HttpClient client = HttpClient.newBuilder().version(Version.HTTP_1_1).build();
  private final Process process;
  private final BufferedReader output;
  private final int port;

  Service(Path home, Map<String, String> environment) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "0")
            .directory(home.toFile())
            .redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("DOSQL_"));
    builder.environment().putAll(environment);
    process = builder.start();
    output = process.inputReader();
    port = awaitPort();
  }

  private int awaitPort() throws IOException {
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

  /** The body of the answer, which must have that status. */
  String post(String tenant, String title, int status) throws Exception {
    return send(tenant, "POST", BodyPublishers.ofString("{\"title\":\"" + title + "\"}"), status);
  }

  String todos(String tenant) throws Exception {
    return send(tenant, "GET", BodyPublishers.noBody(), 200);
  }

  private String send(String tenant, String method, BodyPublisher body, int status)
      throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/todos"))
            .header("Host", tenant + ".localhost:" + port)
            .header("Connection", "close")
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(60))
            .method(method, body)
            .build();
    var response = client.send(request, BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return response.body();
  }

  /** SIGKILL: it can do nothing any more. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  /** SIGTERM; what it printed since it was started. */
  List<String> terminate() throws InterruptedException {
    process.toHandle().destroy(); // Process.destroy would close the output too
    List<String> lines = output.lines().toList();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return lines;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
