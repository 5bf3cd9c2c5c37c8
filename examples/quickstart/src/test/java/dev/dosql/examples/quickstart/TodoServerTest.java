package dev.dosql.examples.quickstart;

import static dev.dosql.examples.quickstart.Http.Answer.error;
import static dev.dosql.examples.quickstart.Http.Answer.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.TenantInfo;
import dev.dosql.examples.quickstart.Http.Answer;
import dev.dosql.junit.DoSqlTest;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DoSqlTest
class TodoServerTest {
  private static final String ACME = "acme.localhost";
  private static final String GLOBEX = "globex.localhost";

  @TempDir Path data;
  private TodoServer server;
  private Http http;

  @BeforeEach
  void start(DoSQL tenants) {
    server = TodoServer.start(tenants, "localhost", 0);
    http = new Http(server.port());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private DBOptions options() {
    return Main.options(Path.of("")).toBuilder().directory(data).build();
  }

  /** Starts it anew, on files that outlive it. */
  private void restart(DBOptions options) {
    server.close();
    server = TodoServer.start(options, "localhost", 0);
    http = new Http(server.port());
  }

  private List<String> tenants() {
    return server.tenants().tenants().map(TenantInfo::name).sorted().toList();
  }

  @Test
  void todos_ofTwoTenants_areApartAndOutliveARestart() {
    restart(options());
    assertThat(http.post(ACME, "{\"title\":\"Learn DoSQL\"}"))
        .isEqualTo(json(201, "{\"id\":1,\"title\":\"Learn DoSQL\",\"done\":false}"));
    assertThat(http.post(GLOBEX, "{\"title\":\"Ship it\"}"))
        .isEqualTo(json(201, "{\"id\":1,\"title\":\"Ship it\",\"done\":false}"));

    restart(options());

    assertThat(http.get(ACME, "/todos"))
        .isEqualTo(json(200, "[{\"id\":1,\"title\":\"Learn DoSQL\",\"done\":false}]"));
    assertThat(http.get(GLOBEX, "/todos"))
        .isEqualTo(json(200, "[{\"id\":1,\"title\":\"Ship it\",\"done\":false}]"));
    assertThat(tenants()).containsExactly("acme", "globex");
  }

  @Test
  void list_isNewestFirst_andBounded() {
    DB acme = server.tenants().db("acme");
    acme.batch(
        "INSERT INTO todos (title) VALUES (?)",
        IntStream.rangeClosed(1, Todos.PAGE + 2).boxed().map(i -> "t" + i).toList());

    String newest = http.get(ACME, "/todos").body();
    assertThat(newest)
        .startsWith("[{\"id\":102,")
        .endsWith("{\"id\":3,\"title\":\"t3\",\"done\":false}]");
    assertThat(http.get(ACME, "/todos?before=3").body())
        .isEqualTo(
            "[{\"id\":2,\"title\":\"t2\",\"done\":false},{\"id\":1,\"title\":\"t1\",\"done\":false}]");
    assertThat(http.get(ACME, "/todos?before=1")).isEqualTo(json(200, "[]"));
    assertThat(http.get(ACME, "/todos?before=two"))
        .isEqualTo(error(400, "before must be the id of a todo"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        ".localhost",
        "a.b.localhost",
        "-a.localhost",
        "a-.localhost",
        "a_b.localhost",
        "acme.localhost.",
        "acme.example",
        "acmelocalhost",
        "127.0.0.1",
        "[::1]"
      })
  void host_withoutExactlyOneLabel_isNoTenant(String host) {
    assertThat(http.get(host, "/todos")).isEqualTo(error(404, "no tenant in the host name"));
    assertThat(http.post(host, "{\"title\":\"x\"}"))
        .isEqualTo(error(404, "no tenant in the host name"));
    assertThat(tenants()).isEmpty();
  }

  @Test
  void host_inUpperCase_isTheSameTenant() {
    http.post("ACME.LocalHost", "{\"title\":\"x\"}");

    assertThat(tenants()).containsExactly("acme");
  }

  @Test
  void host_overridden_isNotAskedElsewhere() {
    assertThat(http.get("localhost", "/todos?tenant=acme").status()).isEqualTo(404);
    assertThat(http.get(ACME, "/todos")).isEqualTo(error(404, "no such tenant"));
    assertThat(tenants()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{                | body is not JSON",
        "{\"title\":\"x\"}{ | body is not JSON",
        "''               | title must be a text that is not blank",
        "null             | title must be a text that is not blank",
        "[]               | title must be a text that is not blank",
        "{}               | title must be a text that is not blank",
        "{\"title\":null} | title must be a text that is not blank",
        "{\"title\":5}    | title must be a text that is not blank",
        "{\"title\":\" \"} | title must be a text that is not blank",
      })
  void post_ofNoTodo_isRefused_andMakesNoTenant(String body, String message) {
    assertThat(http.post(ACME, body)).isEqualTo(error(400, message));
    assertThat(tenants()).isEmpty();
  }

  @Test
  void post_thatBreaksACheck_namesTheRule_andStoresNothing() {
    String title = "x".repeat(201);

    assertThat(http.post(ACME, "{\"title\":\"" + title + "\"}"))
        .isEqualTo(error(400, "broken rule: title_length"));
    assertThat(http.get(ACME, "/todos")).isEqualTo(json(200, "[]"));
  }

  @Test
  void post_thatBreaksAnotherConstraint_isAConflict() {
    DB acme = server.tenants().db("acme");
    acme.run("CREATE UNIQUE INDEX one_title ON todos (title)");
    http.post(ACME, "{\"title\":\"x\"}");

    assertThat(http.post(ACME, "{\"title\":\"x\"}"))
        .isEqualTo(error(409, "conflict: UNIQUE [title]"));
  }

  @Test
  void post_ofMoreThanTheCap_isRefused_whetherOrNotItSaysItsLength() {
    byte[] big = new byte[TodoServer.REQUEST_BYTES_MAX + 1];
    Arrays.fill(big, (byte) ' ');

    Answer tooLarge = error(413, "Content Too Large");
    assertThat(http.send("POST", ACME, "/todos", BodyPublishers.ofByteArray(big)))
        .isEqualTo(tooLarge);
    assertThat(
            http.send(
                "POST",
                ACME,
                "/todos",
                BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(big))))
        .isEqualTo(tooLarge);
  }

  @Test
  void unknownRoutesAndMethods_areJsonErrorsToo() {
    assertThat(http.get(ACME, "/nothing")).isEqualTo(error(404, "Endpoint GET /nothing not found"));
    assertThat(http.send("DELETE", ACME, "/todos", BodyPublishers.noBody()))
        .isEqualTo(error(405, "Method Not Allowed"));
  }

  @Test
  void suspendedTenant_isForbidden() {
    http.post(ACME, "{\"title\":\"x\"}");
    server.tenants().suspend("acme");

    assertThat(http.get(ACME, "/todos")).isEqualTo(error(403, "tenant is suspended"));
    assertThat(http.post(ACME, "{\"title\":\"y\"}")).isEqualTo(error(403, "tenant is suspended"));
  }

  @Test
  void failureOfOurOwn_tellsTheClientNothing() {
    server.tenants().db("acme").run("DROP TABLE todos");

    assertThat(http.get(ACME, "/todos")).isEqualTo(error(500, "internal error"));
  }

  @Test
  void writerThatIsHeld_isBusy() throws Exception {
    restart(options().toBuilder().writeLockTimeout(Duration.ofMillis(100)).build());
    CountDownLatch release = new CountDownLatch(1);
    CompletableFuture<Void> holder = holdWriter(release);

    assertThat(http.post(ACME, "{\"title\":\"x\"}")).isEqualTo(error(503, "busy, try again"));

    release.countDown();
    holder.get(30, TimeUnit.SECONDS);
  }

  @Test
  void close_letsARunningRequestFinish() throws Exception {
    restart(options());
    CountDownLatch release = new CountDownLatch(1);
    holdWriter(release);
    CompletableFuture<Answer> answer =
        CompletableFuture.supplyAsync(() -> http.post(ACME, "{\"title\":\"last\"}"));
    awaitFrame(Todos.class, "add");
    CompletableFuture<Void> closed = CompletableFuture.runAsync(server::close);
    awaitFrame(TodoServer.class, "close");

    release.countDown();

    assertThat(answer.get(30, TimeUnit.SECONDS).status()).isEqualTo(201);
    closed.get(30, TimeUnit.SECONDS);
    restart(options());
    assertThat(http.get(ACME, "/todos").body()).contains("last");
  }

  /** Returns when the writer of acme is held; it is until the latch is released. */
  private CompletableFuture<Void> holdWriter(CountDownLatch release) throws InterruptedException {
    CountDownLatch held = new CountDownLatch(1);
    DB acme = server.tenants().db("acme");
    CompletableFuture<Void> holder =
        CompletableFuture.runAsync(
            () ->
                acme.useTransaction(
                    tx -> {
                      held.countDown();
                      assertThat(awaitQuietly(release)).isTrue();
                    }));
    assertThat(held.await(30, TimeUnit.SECONDS)).isTrue();
    return holder;
  }

  private static boolean awaitQuietly(CountDownLatch latch) {
    try {
      return latch.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until some thread is inside a method. */
  private static void awaitFrame(Class<?> type, String method) throws InterruptedException {
    for (int i = 0; i < 3_000; i++) {
      if (someThreadIsIn(type, method)) {
        return;
      }
      Thread.sleep(10);
    }
    throw new AssertionError("no thread came to " + type + "." + method);
  }

  private static boolean someThreadIsIn(Class<?> type, String method) {
    Map<Thread, StackTraceElement[]> stacks = Thread.getAllStackTraces();
    return stacks.values().stream()
        .flatMap(Arrays::stream)
        .anyMatch(f -> f.getClassName().equals(type.getName()) && f.getMethodName().equals(method));
  }
}
