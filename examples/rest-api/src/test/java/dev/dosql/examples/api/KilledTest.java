package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.examples.api.Http.Answer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Defect 57. The service is killed while 8 clients order, and started again; what had no answer is
 * sent again. Nothing is lost, nothing is ordered twice, and stock and orders come to the sum they
 * had.
 */
@Timeout(300)
class KilledTest {
  private static final Pattern STARTED = Pattern.compile("API on .*:(\\d+)/api/v1");
  private static final int CLIENTS = 8;
  private static final int KILLS = 3;
  private static final long STOCK = 1_000_000;

  @TempDir Path home;

  /** Receipts that were answered, by key. */
  private final Map<String, String> acknowledged = new ConcurrentHashMap<>();

  /** Keys whose answer never came. */
  private final ConcurrentLinkedQueue<String> inDoubt = new ConcurrentLinkedQueue<>();

  private final AtomicInteger keys = new AtomicInteger();

  @Test
  void service_killedWhile8ClientsOrder_hasExactlyWhatItAcknowledged() throws Exception {
    long lamp;
    String token;
    try (Child child = new Child(home)) {
      Http admin = TestApi.admin(child.acme());
      lamp = TestApi.product(admin, "lamp", 3, STOCK);
      TestApi.user(child.acme(), "ada");
      token = TestApi.token(child.acme(), "ada@api.example");
      orderUntilKilled(child, token, lamp);
    }
    for (int kill = 1; kill < KILLS; kill++) {
      try (Child child = new Child(home)) {
        sendAgain(child.acme().bearer(token), lamp);
        orderUntilKilled(child, token, lamp);
      }
    }
    try (Child child = new Child(home)) {
      sendAgain(child.acme().bearer(token), lamp);
      acknowledged.forEach((key, receipt) -> assertReplayed(child, token, lamp, key, receipt));
      child.kill();
    }
    assertSums(lamp);
  }

  private void orderUntilKilled(Child child, String token, long lamp) throws Exception {
    int before = acknowledged.size();
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    List<Future<?>> running = new ArrayList<>();
    try {
      for (int i = 0; i < CLIENTS; i++) {
        Http ada = child.acme().bearer(token);
        running.add(clients.submit(() -> orderUntilNoAnswer(ada, lamp)));
      }
      while (acknowledged.size() < before + 100) {
        Thread.sleep(5);
      }
      child.kill();
      for (Future<?> client : running) {
        client.get(60, TimeUnit.SECONDS);
      }
    } finally {
      clients.shutdownNow();
    }
  }

  private void orderUntilNoAnswer(Http ada, long lamp) {
    while (true) {
      String key = "order-" + keys.incrementAndGet();
      try {
        Answer answer = place(ada, key, lamp);
        assertThat(answer.status()).as("%s", answer).isEqualTo(201);
        acknowledged.put(key, answer.body());
      } catch (Http.NoAnswer e) {
        inDoubt.add(key);
        return;
      }
    }
  }

  private void sendAgain(Http ada, long lamp) {
    for (String key = inDoubt.poll(); key != null; key = inDoubt.poll()) {
      Answer answer = place(ada, key, lamp);
      assertThat(answer.status()).as("%s", answer).isEqualTo(201);
      acknowledged.put(key, answer.body());
    }
  }

  private static Answer place(Http ada, String key, long lamp) {
    return ada.with("Idempotency-Key", key).post("/api/v1/orders", TestApi.order(lamp, 2));
  }

  private static void assertReplayed(
      Child child, String token, long lamp, String key, String receipt) {
    Answer answer = place(child.acme().bearer(token), key, lamp);
    assertThat(answer.header("Idempotency-Replayed")).as(key).isEqualTo("true");
    assertThat(answer.body()).isEqualTo(receipt);
  }

  private void assertSums(long lamp) {
    DBOptions options =
        DBOptions.builder().directory(home.resolve(".do/data")).createIfMissing(false).build();
    try (DB db = DB.open("acme", options)) {
      long orders = db.queryOne(Long.class, "SELECT count(*) FROM orders").orElseThrow();
      long ordered = db.queryOne(Long.class, "SELECT sum(quantity) FROM order_items").orElseThrow();
      long stock =
          db.queryOne(Long.class, "SELECT stock FROM products WHERE id = ?", lamp).orElseThrow();

      assertThat(orders).isEqualTo(acknowledged.size());
      assertThat(ordered).isEqualTo(2L * acknowledged.size());
      assertThat(stock + ordered).isEqualTo(STOCK);
      assertThat(db.queryOne(Long.class, "SELECT sum(total_cents) FROM orders"))
          .contains(3 * ordered);
      assertThat(db.integrityCheck()).isEmpty();
    }
  }

  /** The service in a process of its own. */
  private static final class Child implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;
    private final int port;

    Child(Path home) throws IOException {
      ProcessBuilder builder =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  Main.class.getName())
              .directory(home.toFile())
              .redirectErrorStream(true);
      builder.environment().keySet().removeIf(name -> name.startsWith("DOSQL_"));
      builder.environment().putAll(TestApi.environment());
      process = builder.start();
      output = process.inputReader();
      port = awaitPort();
    }

    private int awaitPort() throws IOException {
      StringBuilder seen = new StringBuilder();
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        Matcher started = STARTED.matcher(line);
        if (started.find()) {
          drainOutput();
          return Integer.parseInt(started.group(1));
        }
        seen.append(line).append('\n');
      }
      throw new AssertionError("the service did not start: " + seen);
    }

    /** Its log must not fill the pipe and hold it up. */
    private void drainOutput() {
      Thread drain = new Thread(() -> output.lines().forEach(line -> {}), "output");
      drain.setDaemon(true);
      drain.setUncaughtExceptionHandler((thread, e) -> {}); // The pipe ends with the process.
      drain.start();
    }

    Http acme() {
      return new Http(port, "acme.localhost");
    }

    /** SIGKILL: it can do nothing any more. */
    void kill() throws InterruptedException {
      process.destroyForcibly();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
