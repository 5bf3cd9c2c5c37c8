package dev.dosql.bench.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rows that a contestant begins with, and those that it is left with. */
final class Rows {
  static final int TENANTS = 500;
  static final int OF_THE_FIRST = 100;
  static final int OF_EACH = 2;

  private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
  private static final int CLIENTS = 16;

  private final String url;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Rows(String url) {
    this.url = url;
  }

  /**
   * Posts the rows of some tenants, reads each of them again, and asks for one that is not there.
   *
   * @return how many were posted
   * @throws IllegalStateException if an answer is not as it should be
   */
  static long prepare(String url, int tenants) throws Exception {
    Rows rows = new Rows(url);
    List<Callable<Integer>> each = new ArrayList<>();
    for (int i = 1; i <= tenants; i++) {
      int tenant = i;
      each.add(() -> rows.prepare(tenant));
    }
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try {
      long posted = 0;
      for (Future<Integer> tenant : clients.invokeAll(each)) {
        posted += tenant.get();
      }
      return posted;
    } finally {
      clients.shutdown();
    }
  }

  private int prepare(int tenant) throws Exception {
    String todos = "/t" + tenant + "/todos";
    String title = "\"title\":\"todo of t" + tenant + "\"";
    int count = tenant == 1 ? OF_THE_FIRST : OF_EACH;
    for (int id = 1; id <= count; id++) {
      String todo = "{\"id\":" + id + "," + title + ",\"done\":false}";
      expect(201, todo, send(todos, "{" + title + "}"));
      expect(200, todo, send(todos + "/" + id, null));
    }
    expect(404, "{\"error\":\"no such todo\"}", send(todos + "/" + (count + 1), null));
    return count;
  }

  private HttpResponse<String> send(String path, @Nullable String body) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path));
    if (body != null) {
      request.header("Content-Type", "application/json").POST(BodyPublishers.ofString(body));
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private static void expect(int status, String body, HttpResponse<String> seen) {
    if (seen.statusCode() != status || !seen.body().equals(body)) {
      throw new IllegalStateException(
          "wrong answer: status=%d body=%s, needed %d %s"
              .formatted(seen.statusCode(), seen.body(), status, body));
    }
  }

  /**
   * The rows in all SQLite files of a folder that nobody uses any more.
   *
   * @throws IllegalStateException if a file has rows of more than one tenant
   */
  static long stored(Path folder) throws IOException, SQLException {
    long rows = 0;
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.filter(Rows::isDatabase).toList();
    }
    for (Path file : files) {
      rows += storedIn(file);
    }
    return rows;
  }

  private static boolean isDatabase(Path file) {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long storedIn(Path file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      try (ResultSet table =
          statement.executeQuery("SELECT 1 FROM sqlite_schema WHERE name = 'todos'")) {
        if (!table.next()) {
          return 0;
        }
      }
      try (ResultSet rows =
          statement.executeQuery("SELECT count(*), count(DISTINCT title) FROM todos")) {
        rows.next();
        if (rows.getInt(2) > 1) {
          throw new IllegalStateException("rows of several tenants: file=" + file);
        }
        return rows.getLong(1);
      }
    }
  }
}
