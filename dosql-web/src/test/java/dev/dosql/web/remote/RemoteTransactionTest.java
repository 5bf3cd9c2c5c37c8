package dev.dosql.web.remote;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.CommitInDoubtException;
import dev.dosql.DatabaseClosedException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.QueryTimeoutException;
import dev.dosql.Transaction;
import dev.dosql.TransactionEndedException;
import dev.dosql.TransactionScopeException;
import dev.dosql.web.remote.Endpoint.Answer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions that an endpoint holds, and what becomes of calls that are not answered. */
@Timeout(60)
class RemoteTransactionTest {
  private static final String FOREVER =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
  private static final String FOREVER_WRITTEN =
      "INSERT INTO log WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"
          + " count(*) FROM n";

  private static Endpoint endpoint(Duration idle, Duration deadline) {
    Endpoint endpoint = new Endpoint(server -> server.allowAll().transactionTimes(idle, deadline));
    endpoint.local().exec("CREATE TABLE log (x)");
    return endpoint;
  }

  private static Endpoint endpoint() {
    return endpoint(Duration.ofSeconds(30), Duration.ofSeconds(60));
  }

  private static List<String> log(Endpoint endpoint) {
    return endpoint.local().query(String.class, "SELECT x FROM log ORDER BY x");
  }

  private static void add(Transaction tx, String text) {
    tx.run("INSERT INTO log VALUES (?)", text);
  }

  // ---- clients that are silent, slow or gone

  @Test
  void clientThatIsSilent_losesItsTransaction_andTheWriterIsFree() {
    try (Endpoint endpoint = endpoint(Duration.ofMillis(200), Duration.ofSeconds(30));
        RemoteDB db = endpoint.client()) {
      assertThatExceptionOfType(TransactionEndedException.class)
          .isThrownBy(
              () ->
                  db.useTransaction(
                      tx -> {
                        add(tx, "a");
                        endpoint.local().run("INSERT INTO log VALUES ('b')"); // waits for it
                        assertThatExceptionOfType(TransactionEndedException.class)
                            .isThrownBy(() -> add(tx, "c"));
                      }))
          .withMessageContaining("silent");
      assertThat(log(endpoint)).containsExactly("b");
      assertThat(endpoint.server.openTransactions()).isZero();
    }
  }

  @Test
  void transaction_isEndedAtItsDeadline_alsoInsideAStatement() {
    try (Endpoint endpoint = endpoint(Duration.ofSeconds(10), Duration.ofMillis(400));
        RemoteDB db = endpoint.client()) {
      long from = System.nanoTime();
      for (String slow : List.of(FOREVER, FOREVER_WRITTEN)) {
        assertThatExceptionOfType(TransactionEndedException.class)
            .isThrownBy(
                () ->
                    db.useTransaction(
                        tx -> {
                          add(tx, "a");
                          tx.prepare(slow);
                          if (slow.startsWith("INSERT")) {
                            tx.run(slow);
                          } else {
                            tx.query(slow);
                          }
                        }))
            .withMessageContaining("deadline");
        endpoint.local().run("INSERT INTO log VALUES ('free')");
      }
      assertThat(log(endpoint)).containsExactly("free", "free");
      Duration taken = Duration.ofNanos(System.nanoTime() - from);
      assertThat(taken).as("not only when the statement ends").isLessThan(Duration.ofSeconds(10));
    }
  }

  @Test
  void clientThatIsKilledInItsTransaction_freesTheWriter() throws Exception {
    try (Endpoint endpoint = endpoint(Duration.ofSeconds(1), Duration.ofSeconds(60))) {
      Process client = Victim.start(endpoint.base());
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(client.getInputStream(), UTF_8))) {
        assertThat(lines.readLine()).isEqualTo("inside");
        assertThat(endpoint.server.openTransactions()).isEqualTo(1);
        client.toHandle().destroyForcibly();
        assertThat(client.waitFor(30, TimeUnit.SECONDS)).isTrue();
        endpoint.local().run("INSERT INTO log VALUES ('after')");
        assertThat(log(endpoint)).containsExactly("after");
      } finally {
        client.toHandle().destroyForcibly();
      }
    }
  }

  /** Begins a transaction, says so, and never ends it. */
  static final class Victim {
    private Victim() {}

    static Process start(URI base) throws IOException {
      return new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-XX:TieredStopAtLevel=1",
              "-cp",
              System.getProperty("java.class.path"),
              Victim.class.getName(),
              base.toString())
          .redirectErrorStream(true)
          .start();
    }

    public static void main(String[] arguments) throws InterruptedException {
      RemoteDB db = Endpoint.client(URI.create(arguments[0]), builder -> {});
      db.useTransaction(
          tx -> {
            add(tx, "never");
            System.out.println("inside");
            new CountDownLatch(1).await();
          });
    }
  }

  @Test
  void transactionsLongerThanTheIdleTime_goOnAsLongAsTheirClientCalls() {
    try (Endpoint endpoint = endpoint(Duration.ofMillis(500), Duration.ofSeconds(60));
        RemoteDB db = endpoint.client()) {
      long until = System.nanoTime() + Duration.ofMillis(1_200).toNanos();
      db.useTransaction(
          tx -> {
            add(tx, "a");
            while (System.nanoTime() - until < 0) {
              tx.query("SELECT 1");
            }
          });
      assertThat(log(endpoint)).containsExactly("a");
    }
  }

  // ---- lost answers

  @Test
  void commitWhoseAnswerIsLost_isAskedForAgain_andDoneOnce() throws Exception {
    try (Endpoint endpoint = endpoint();
        LossyProxy proxy = new LossyProxy(endpoint.port());
        RemoteDB db = Endpoint.client(proxy.base(), builder -> {})) {
      for (int times = 1; times <= 3; times++) {
        proxy.lose("/transaction/commit", times);
        String value =
            db.transaction(
                tx -> {
                  add(tx, "a");
                  return "value";
                });
        assertThat(value).isEqualTo("value");
      }
      assertThat(proxy.lost()).isEqualTo(6);
      assertThat(log(endpoint)).containsExactly("a", "a", "a");
    }
  }

  @Test
  void commitThatFails_andWhoseAnswerIsLost_isThatErrorAllTheSame() throws Exception {
    try (Endpoint endpoint = endpoint();
        LossyProxy proxy = new LossyProxy(endpoint.port());
        RemoteDB db = Endpoint.client(proxy.base(), builder -> {})) {
      endpoint
          .local()
          .exec(
              "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p DEFERRABLE"
                  + " INITIALLY DEFERRED)");
      proxy.lose("/transaction/commit", 1);
      assertThatExceptionOfType(dev.dosql.ForeignKeyViolationException.class)
          .isThrownBy(() -> db.useTransaction(tx -> tx.run("INSERT INTO c VALUES (1)")));
      assertThat(proxy.lost()).isEqualTo(1);
      assertThat(endpoint.local().query("SELECT 1 FROM c")).isEmpty();
    }
  }

  /** The endpoint restarts with the commit: another one, which does not know the transaction. */
  @Test
  void commitWhoseAnswerIsLost_ofAnEndpointThatKnowsItNoMore_isInDoubt() throws Exception {
    try (Endpoint endpoint = endpoint();
        Endpoint restarted = endpoint();
        LossyProxy proxy = new LossyProxy(endpoint.port());
        RemoteDB db = Endpoint.client(proxy.base(), builder -> {})) {
      assertThatExceptionOfType(CommitInDoubtException.class)
          .isThrownBy(
              () ->
                  db.useTransaction(
                      tx -> {
                        add(tx, "a");
                        proxy.lose("/transaction/commit", 1);
                        proxy.redirect(restarted.port());
                      }));
      Endpoint.await("committed", () -> log(endpoint).equals(List.of("a")));
      assertThat(log(restarted)).isEmpty();
    }
  }

  /**
   * The endpoint is another one before a commit was sent, so there is none to be in doubt about.
   */
  @Test
  void transaction_ofAnEndpointThatRestarted_hasEnded() throws Exception {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    try (Endpoint endpoint = endpoint();
        Endpoint restarted = endpoint();
        LossyProxy proxy = new LossyProxy(endpoint.port());
        RemoteDB globex =
            RemoteDB.builder(proxy.base(), "globex", Endpoint.SECRET).httpClient(http).build();
        RemoteDB db = Endpoint.client(proxy.base(), builder -> builder.httpClient(http))) {
      assertThatExceptionOfType(TransactionEndedException.class)
          .isThrownBy(
              () ->
                  db.useTransaction(
                      tx -> {
                        add(tx, "a");
                        proxy.redirect(restarted.port());
                        Endpoint.await("connected anew", () -> answers(globex));
                      }))
          .withMessageContaining("no such transaction");
      endpoint.server.close();
      assertThat(log(endpoint)).isEmpty();
      assertThat(log(restarted)).isEmpty();
    }
  }

  private static boolean answers(RemoteDB db) {
    try {
      return db.query("SELECT 1").size() == 1;
    } catch (RemoteCallException e) {
      return false;
    }
  }

  @Test
  void callWhoseAnswerIsLostInATransaction_losesAllOfIt() throws Exception {
    try (Endpoint endpoint = endpoint();
        LossyProxy proxy = new LossyProxy(endpoint.port());
        RemoteDB db = Endpoint.client(proxy.base(), builder -> {})) {
      assertThatExceptionOfType(TransactionEndedException.class)
          .isThrownBy(
              () ->
                  db.useTransaction(
                      tx -> {
                        proxy.lose("/run", 1);
                        assertThatExceptionOfType(RemoteCallException.class)
                            .isThrownBy(() -> add(tx, "a"))
                            .matches(e -> e.status() == 0);
                        assertThatExceptionOfType(TransactionEndedException.class)
                            .isThrownBy(() -> add(tx, "b"));
                      }));
      endpoint.local().run("INSERT INTO log VALUES ('free')");
      assertThat(log(endpoint)).containsExactly("free");
    }
  }

  @Test
  void writeWhoseAnswerIsLost_isInDoubt_andNotSentAgain_aReadIsHarmless() throws Exception {
    try (Endpoint endpoint = endpoint();
        LossyProxy proxy = new LossyProxy(endpoint.port());
        RemoteDB db = Endpoint.client(proxy.base(), builder -> {})) {
      proxy.lose("/run", 1);
      assertThatExceptionOfType(CommitInDoubtException.class)
          .isThrownBy(() -> db.run("INSERT INTO log VALUES ('a')"));
      proxy.lose("/query", 1);
      assertThatExceptionOfType(CommitInDoubtException.class)
          .isThrownBy(() -> db.query("INSERT INTO log VALUES ('b') RETURNING x"));
      proxy.lose("/exec", 1);
      assertThatExceptionOfType(CommitInDoubtException.class)
          .isThrownBy(() -> db.exec("INSERT INTO log VALUES ('c')"));
      proxy.lose("/query", 1);
      assertThatExceptionOfType(RemoteCallException.class)
          .isThrownBy(() -> db.query("SELECT x FROM log"));
      assertThat(proxy.lost()).isEqualTo(4);
      Endpoint.await("done once each", () -> log(endpoint).equals(List.of("a", "b", "c")));
    }
  }

  @Test
  void endpointThatIsNotThere_isAnErrorWithoutDoubt() throws Exception {
    int nobody;
    try (ServerSocket socket = new ServerSocket(0)) {
      nobody = socket.getLocalPort();
    }
    try (RemoteDB db = Endpoint.client(Endpoint.base(nobody), builder -> {})) {
      RemoteCallException failure =
          catchThrowableOfType(
              RemoteCallException.class, () -> db.run("INSERT INTO log VALUES (1)"));
      assertThat(failure.status()).isZero();
      assertThatExceptionOfType(RemoteCallException.class)
          .isThrownBy(() -> db.useTransaction(tx -> {}));
    }
  }

  @Test
  void somebodyElse_whoAnswers_isNotBelieved() throws Exception {
    try (Endpoint endpoint = endpoint()) {
      URI wrong = URI.create("http://127.0.0.1:" + endpoint.port() + "/elsewhere");
      try (RemoteDB db = Endpoint.client(wrong, builder -> {})) {
        assertThatExceptionOfType(RemoteCallException.class)
            .isThrownBy(() -> db.run("INSERT INTO log VALUES ('a')"))
            .matches(e -> e.status() == 404);
      }
      assertThat(log(endpoint)).isEmpty();
    }
  }

  static Stream<Arguments> answersOfSomebodyElse() {
    String problem = "application/problem+json";
    return Stream.of(
        Arguments.of(408, "text/html", "late"),
        Arguments.of(499, "text/html", ""),
        Arguments.of(400, "text/html", "bad"),
        Arguments.of(409, "application/json", "{}"),
        Arguments.of(410, "text/html", "gone"),
        Arguments.of(422, "text/plain", "no"),
        Arguments.of(302, "text/html", ""),
        Arguments.of(504, "text/html", "late"),
        Arguments.of(499, problem, "{\"status\":499,\"detail\":\"client closed\"}"),
        Arguments.of(400, problem, "{\"status\":400,\"code\":\"E1\",\"error\":\"bad\"}"),
        Arguments.of(410, problem, "{\"status\":410,\"title\":\"Gone\"}"),
        Arguments.of(503, problem, "{\"status\":503,\"title\":\"Away\"}"));
  }

  /** A proxy that has given a call up, which the endpoint has done all the same. */
  @ParameterizedTest
  @MethodSource("answersOfSomebodyElse")
  void answerOfSomebodyElse_toAWrite_isInDoubt_andACommitIsAskedForAgain(
      int status, String type, String body) throws Exception {
    String answer = LossyProxy.answer(status, type, body);
    try (Endpoint endpoint = endpoint();
        LossyProxy proxy = new LossyProxy(endpoint.port());
        RemoteDB db = Endpoint.client(proxy.base(), builder -> {})) {
      proxy.answerInstead("/run", answer);
      assertThatExceptionOfType(CommitInDoubtException.class)
          .isThrownBy(() -> db.run("INSERT INTO log VALUES ('a')"));
      proxy.answerInstead("/transaction/commit", answer);
      db.useTransaction(tx -> add(tx, "b"));
      assertThat(proxy.lost()).isEqualTo(2);
      assertThat(log(endpoint)).containsExactly("a", "b");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 405, 413, 414, 415, 429, 431})
  void refusalOfSomebodyElse_whoPassesNothingOn_isCertain(int status) throws Exception {
    try (Endpoint endpoint = endpoint();
        LossyProxy proxy = new LossyProxy(endpoint.port());
        RemoteDB db = Endpoint.client(proxy.base(), builder -> {})) {
      proxy.refuse("/run", LossyProxy.answer(status, "text/html", "no"));
      assertThatExceptionOfType(RemoteCallException.class)
          .isThrownBy(() -> db.run("INSERT INTO log VALUES ('a')"))
          .matches(e -> e.status() == status);
      assertThat(log(endpoint)).isEmpty();
    }
  }

  /** The transaction may be idle for 30 seconds, and does not keep the writer for them. */
  @Test
  void commitThatIsRefused_rollsBack_andTheWriterIsFree() throws Exception {
    String busy =
        "{\"status\":409,\"error\":\"m\",\"code\":\"transaction_busy\",\"exception\":"
            + "{\"type\":\"TransactionScopeException\",\"message\":\"m\"}}";
    try (Endpoint endpoint = endpoint();
        LossyProxy proxy = new LossyProxy(endpoint.port());
        RemoteDB db = Endpoint.client(proxy.base(), builder -> {})) {
      proxy.refuse("/transaction/commit", LossyProxy.answer(429, "text/html", "too many"));
      assertThatExceptionOfType(RemoteCallException.class)
          .isThrownBy(() -> db.useTransaction(tx -> add(tx, "a")))
          .matches(e -> e.status() == 429);
      assertThat(endpoint.server.openTransactions()).isZero();
      proxy.refuse("/transaction/commit", LossyProxy.answer(409, "application/problem+json", busy));
      assertThatExceptionOfType(TransactionScopeException.class)
          .isThrownBy(() -> db.useTransaction(tx -> add(tx, "b")));
      assertThat(endpoint.server.openTransactions()).isZero();
      assertThat(log(endpoint)).isEmpty();
    }
  }

  /** Or the calls that follow would be inside the savepoint that is still open. */
  @Test
  void savepointThatCannotBeEnded_losesTheTransaction() throws Exception {
    String refusal = LossyProxy.answer(429, "text/html", "too many");
    try (Endpoint endpoint = endpoint();
        LossyProxy proxy = new LossyProxy(endpoint.port());
        RemoteDB db = Endpoint.client(proxy.base(), builder -> {})) {
      for (String path : List.of("/transaction/undo", "/transaction/release")) {
        assertThatExceptionOfType(TransactionEndedException.class)
            .isThrownBy(
                () ->
                    db.useTransaction(
                        tx -> {
                          proxy.refuse(path, refusal);
                          assertThatExceptionOfType(RuntimeException.class)
                              .isThrownBy(() -> tx.useTransaction(inner -> end(inner, path)));
                          assertThatExceptionOfType(TransactionEndedException.class)
                              .isThrownBy(() -> add(tx, "outer"));
                        }));
        assertThat(endpoint.server.openTransactions()).isZero();
      }
      assertThat(log(endpoint)).isEmpty();
    }
  }

  private static void end(Transaction inner, String path) {
    add(inner, "inner");
    if (path.endsWith("undo")) {
      throw new IllegalStateException("of the work");
    }
  }

  // ---- timeouts and interrupts of the client

  @Test
  void nestedTransaction_thatEndsInterrupted_isKept_andTheInterruptToo() {
    try (Endpoint endpoint = endpoint();
        RemoteDB db = endpoint.client()) {
      db.useTransaction(
          tx -> {
            add(tx, "a");
            tx.useTransaction(
                inner -> {
                  add(inner, "b");
                  Thread.currentThread().interrupt();
                });
            assertThat(Thread.interrupted()).isTrue();
            assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(
                    () ->
                        tx.useTransaction(
                            inner -> {
                              add(inner, "undone");
                              Thread.currentThread().interrupt();
                              throw new IllegalStateException("of the work");
                            }));
            assertThat(Thread.interrupted()).isTrue();
            add(tx, "c");
          });
      assertThat(log(endpoint)).containsExactly("a", "b", "c");
    } finally {
      Thread.interrupted(); // nothing of it for other tests, whatever happened
    }
  }

  @Test
  void callThatTakesTooLong_endsForTheClient() {
    try (Endpoint endpoint = endpoint();
        RemoteDB db = endpoint.client(b -> b.callTimeout(Duration.ofMillis(300)))) {
      QueryTimeoutException read =
          catchThrowableOfType(QueryTimeoutException.class, () -> db.query(FOREVER));
      assertThat(read.allowed()).isEqualTo(Duration.ofMillis(300));
      assertThat(read.seen()).isGreaterThanOrEqualTo(read.allowed());
      assertThatExceptionOfType(QueryTimeoutException.class)
          .isThrownBy(
              () ->
                  db.useTransaction(
                      tx -> {
                        add(tx, "a");
                        tx.run(FOREVER_WRITTEN);
                      }));
      endpoint.local().run("INSERT INTO log VALUES ('free')"); // long before the deadline
      assertThat(log(endpoint)).containsExactly("free");
    }
  }

  @Test
  void interruptedCall_ends_andUndoesItsTransaction() throws Exception {
    try (Endpoint endpoint = endpoint();
        RemoteDB db = endpoint.client()) {
      CountDownLatch inside = new CountDownLatch(1);
      CompletableFuture<Throwable> seen = new CompletableFuture<>();
      Thread caller =
          new Thread(
              () -> {
                Throwable thrown =
                    catchThrowableOfType(
                        Throwable.class,
                        () ->
                            db.useTransaction(
                                tx -> {
                                  add(tx, "a");
                                  inside.countDown();
                                  tx.query(FOREVER);
                                }));
                seen.complete(Thread.currentThread().isInterrupted() ? thrown : null);
              });
      caller.start();
      inside.await();
      caller.interrupt();
      assertThat(seen.get()).isInstanceOf(InterruptedQueryException.class);
      endpoint.local().run("INSERT INTO log VALUES ('free')");
      assertThat(log(endpoint)).containsExactly("free");
    }
  }

  // ---- the protocol of transactions

  @Test
  void commit_askedAgain_answersAsTheFirstTime() {
    try (Endpoint endpoint = endpoint()) {
      String id = endpoint.begin();
      String of = "{\"transaction\":\"" + id + "\"}";
      String insert = "{\"transaction\":\"" + id + "\",\"sql\":\"INSERT INTO log VALUES ('a')\"}";
      assertThat(endpoint.plain("/run", insert).status()).isEqualTo(200);
      for (int i = 0; i < 3; i++) {
        assertThat(endpoint.plain("/transaction/commit", of))
            .isEqualTo(new Answer(200, Endpoint.JSON, "{}"));
      }
      assertThat(endpoint.plain("/run", insert).status()).isEqualTo(410);
      assertThat(endpoint.plain("/transaction/rollback", of).status()).isEqualTo(410);
      assertThat(log(endpoint)).containsExactly("a");

      String undone = "{\"transaction\":\"" + endpoint.begin() + "\"}";
      assertThat(endpoint.plain("/transaction/rollback", undone).status()).isEqualTo(200);
      Answer late = endpoint.plain("/transaction/commit", undone);
      assertThat(late.status()).isEqualTo(410);
      assertThat(late.body()).contains("transaction_ended", "rolled back");
    }
  }

  @Test
  void commitsAtOnce_areOne() {
    try (Endpoint endpoint = endpoint()) {
      String id = endpoint.begin();
      String of = "{\"transaction\":\"" + id + "\"}";
      endpoint.plain(
          "/run", "{\"transaction\":\"" + id + "\",\"sql\":\"INSERT INTO log VALUES ('a')\"}");
      List<CompletableFuture<Integer>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        all.add(
            CompletableFuture.supplyAsync(
                () -> endpoint.plain("/transaction/commit", of).status()));
      }
      assertThat(all.stream().map(CompletableFuture::join)).containsOnly(200);
      assertThat(log(endpoint)).containsExactly("a");
    }
  }

  @Test
  void transaction_isThatOfItsServiceAndTenant() {
    try (Endpoint endpoint = endpoint()) {
      String id = endpoint.begin("globex", Endpoint.OTHER_SECRET);
      String of = "{\"transaction\":\"" + id + "\"}";
      String query = "{\"transaction\":\"" + id + "\",\"sql\":\"SELECT 1\"}";
      String unknown = query.replace(id, "0".repeat(32));
      String globex = "/dosql/globex";
      String billing = "Bearer " + Endpoint.SECRET;
      for (String path : List.of("/transaction/commit", "/transaction/rollback")) {
        assertThat(endpoint.post(globex + path, of, billing, Endpoint.JSON, "*/*").status())
            .isEqualTo(410);
        assertThat(endpoint.plain(path, of).status()).isEqualTo(410);
      }
      Answer ofOther = endpoint.post(globex + "/query", query, billing, Endpoint.JSON, "*/*");
      assertThat(ofOther.status()).isEqualTo(410);
      assertThat(ofOther)
          .isEqualTo(endpoint.post(globex + "/query", unknown, billing, Endpoint.JSON, "*/*"));
      String reports = "Bearer " + Endpoint.OTHER_SECRET;
      assertThat(endpoint.post(globex + "/query", query, reports, Endpoint.JSON, "*/*").status())
          .isEqualTo(200);
      assertThat(
              endpoint
                  .post(globex + "/transaction/rollback", of, reports, Endpoint.JSON, "*/*")
                  .status())
          .isEqualTo(200);
    }
  }

  @Test
  void savepointsThatAreNotOpen_andCallsAtOnce_areRefused() throws Exception {
    try (Endpoint endpoint = endpoint()) {
      String id = endpoint.begin();
      String of = "{\"transaction\":\"" + id + "\"}";
      assertThat(endpoint.plain("/transaction/release", of).status()).isEqualTo(409);
      assertThat(endpoint.plain("/transaction/undo", of).status()).isEqualTo(409);
      assertThat(endpoint.plain("/transaction/savepoint", of).status()).isEqualTo(200);
      assertThat(endpoint.plain("/transaction/commit", of).status()).isEqualTo(409);
      for (int depth = 2; depth <= 32; depth++) {
        assertThat(endpoint.plain("/transaction/savepoint", of).status()).isEqualTo(200);
      }
      assertThat(endpoint.plain("/transaction/savepoint", of).status()).isEqualTo(409);
      String slow = "{\"transaction\":\"" + id + "\",\"sql\":\"" + FOREVER + "\"}";
      CompletableFuture<Answer> running =
          CompletableFuture.supplyAsync(
              () -> askedUntilNot(409, () -> endpoint.plain("/query", slow)));
      String quick = "{\"transaction\":\"" + id + "\",\"sql\":\"SELECT 1\"}";
      Endpoint.await("busy", () -> endpoint.plain("/query", quick).status() == 409);
      assertThat(running).isNotDone();
      assertThat(endpoint.plain("/transaction/rollback", of).status()).isEqualTo(200);
      assertThat(running.get(30, TimeUnit.SECONDS).status()).isGreaterThanOrEqualTo(400);
      assertThat(endpoint.server.openTransactions()).isZero();
    }
  }

  @Test
  void transactions_areBounded_ofATenantAndOfAService() {
    try (Endpoint endpoint =
        new Endpoint(server -> server.allowAll().transactionsMax(1, 2).callsMax(5))) {
      endpoint.tenants.create("third");
      String first = endpoint.begin("acme", Endpoint.SECRET);
      Answer more = endpoint.plain("/transaction/begin", "{}");
      assertThat(more.status()).isEqualTo(429);
      assertThat(more.body()).contains("too_many_transactions");
      endpoint.begin("globex", Endpoint.SECRET);
      assertThat(
              endpoint
                  .post(
                      "/dosql/third/transaction/begin",
                      "{}",
                      "Bearer " + Endpoint.SECRET,
                      Endpoint.JSON,
                      "*/*")
                  .status())
          .isEqualTo(429);
      endpoint.plain("/transaction/rollback", "{\"transaction\":\"" + first + "\"}");
      assertThat(endpoint.begin("acme", Endpoint.SECRET)).isNotEqualTo(first);
    }
  }

  @Test
  void calls_areBounded_andOneMoreIsRefusedAtOnce() throws Exception {
    try (Endpoint endpoint = new Endpoint(server -> server.allowAll().callsMax(1))) {
      CompletableFuture<Void> end = new CompletableFuture<>();
      CompletableFuture<Void> holding = new CompletableFuture<>();
      CompletableFuture<Void> holder =
          CompletableFuture.runAsync(
              () ->
                  endpoint
                      .local()
                      .useTransaction(
                          tx -> {
                            tx.run("CREATE TABLE held(x)");
                            holding.complete(null);
                            end.join();
                          }));
      holding.get(10, TimeUnit.SECONDS);
      String insert = "{\"sql\":\"INSERT INTO held VALUES (1)\"}";
      CompletableFuture<Answer> waiting =
          CompletableFuture.supplyAsync(
              () -> askedUntilNot(429, () -> endpoint.plain("/run", insert)));
      String other = "{\"sql\":\"SELECT 1\"}";
      Endpoint.await("full", () -> endpoint.plain("/query", other).status() == 429);
      assertThat(endpoint.plain("/query", other).body()).contains("too_many_calls");
      end.complete(null);
      holder.get(10, TimeUnit.SECONDS);
      assertThat(waiting.get(10, TimeUnit.SECONDS).status()).isEqualTo(200);
      assertThat(endpoint.plain("/query", other).status()).isEqualTo(200);
    }
  }

  /** Asks again as long as the answer is this status, for half a minute at most. */
  private static Answer askedUntilNot(int refused, Supplier<Answer> call) {
    long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    Answer answer = call.get();
    while (answer.status() == refused && System.nanoTime() < until) {
      answer = call.get();
    }
    return answer;
  }

  // ---- many at once

  @Test
  void sixteenThreads_onOneClient_loseNothing() throws Exception {
    try (Endpoint endpoint = endpoint();
        RemoteDB db = endpoint.client(b -> b.busyTimeout(Duration.ofSeconds(40)))) {
      db.exec("CREATE TABLE counter (n INTEGER); INSERT INTO counter VALUES (0)");
      ExecutorService threads = Executors.newFixedThreadPool(16);
      try {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int thread = 0; thread < 16; thread++) {
          all.add(CompletableFuture.runAsync(() -> count(db), threads));
        }
        for (CompletableFuture<Void> each : all) {
          each.get(50, TimeUnit.SECONDS);
        }
      } finally {
        threads.shutdownNow();
      }
      assertThat(endpoint.local().query(Long.class, "SELECT n FROM counter"))
          .containsExactly(16 * 10 * 2L);
    }
  }

  private static void count(RemoteDB db) {
    for (int i = 0; i < 10; i++) {
      db.run("UPDATE counter SET n = n + 1");
      db.useTransaction(
          tx -> {
            long n = tx.queryOne(Long.class, "SELECT n FROM counter").orElseThrow();
            tx.run("UPDATE counter SET n = ?", n + 1);
          });
    }
  }

  @Test
  void close_underWork_endsWhatIsOpen_andKeepsWhatWasAcknowledged() throws Exception {
    Endpoint endpoint = endpoint();
    AtomicInteger acknowledged = new AtomicInteger();
    CountDownLatch working = new CountDownLatch(8);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<CompletableFuture<Throwable>> ends = new ArrayList<>();
    try (RemoteDB db = endpoint.client()) {
      for (int i = 0; i < 4; i++) {
        ends.add(CompletableFuture.supplyAsync(() -> workOn(db, working, acknowledged), threads));
      }
      working.await();
      String silent = endpoint.begin("globex", Endpoint.SECRET); // for 30 seconds, if it may
      long from = System.nanoTime();
      endpoint.server.close();
      Duration taken = Duration.ofNanos(System.nanoTime() - from);
      assertThat(taken).isLessThan(Duration.ofSeconds(15));
      Answer late =
          endpoint.post(
              "/dosql/globex/transaction/commit",
              "{\"transaction\":\"" + silent + "\"}",
              "Bearer " + Endpoint.SECRET,
              Endpoint.JSON,
              "*/*");
      assertThat(late.status()).isEqualTo(410);
      assertThat(late.body()).contains("closing");
      assertThat(endpoint.server.openTransactions()).isZero();
      for (CompletableFuture<Throwable> each : ends) {
        assertThat(each.get(30, TimeUnit.SECONDS))
            .isInstanceOfAny(TransactionEndedException.class, RemoteCallException.class);
      }
      assertThat(log(endpoint)).hasSize(acknowledged.get());
      assertThatExceptionOfType(RemoteCallException.class)
          .isThrownBy(() -> db.query("SELECT 1"))
          .matches(e -> e.status() == 503 && e.code().equals("closing"));
    } finally {
      threads.shutdownNow();
      endpoint.close();
    }
  }

  private static Throwable workOn(RemoteDB db, CountDownLatch working, AtomicInteger acknowledged) {
    while (true) {
      try {
        db.useTransaction(tx -> add(tx, "a"));
        acknowledged.incrementAndGet();
        working.countDown();
      } catch (RuntimeException e) {
        return e;
      }
    }
  }

  @Test
  void clientThatIsClosed_makesNoCallsAnyMore() {
    try (Endpoint endpoint = endpoint()) {
      RemoteDB db = endpoint.client();
      assertThat(db.tenant()).isEqualTo("acme");
      db.query("SELECT 1");
      db.close();
      db.close();
      assertThatExceptionOfType(DatabaseClosedException.class)
          .isThrownBy(() -> db.query("SELECT 1"));
    }
  }

  @Test
  void anotherTenant_isReadInsideATransaction_andNotWritten() {
    try (Endpoint endpoint = endpoint();
        RemoteDB db = endpoint.client();
        RemoteDB globex = RemoteDB.builder(endpoint.base(), "globex", Endpoint.SECRET).build()) {
      db.useTransaction(
          tx -> {
            assertThat(globex.query(Long.class, "SELECT 1")).containsExactly(1L);
            assertThatExceptionOfType(TransactionScopeException.class)
                .isThrownBy(() -> globex.exec("CREATE TABLE t (x)"));
            assertThatExceptionOfType(TransactionScopeException.class)
                .isThrownBy(() -> globex.useTransaction(inner -> {}));
          });
    }
  }

  @Test
  void db_ofARemoteTransaction_isNotThere() {
    try (Endpoint endpoint = endpoint();
        RemoteDB db = endpoint.client()) {
      db.useTransaction(
          tx -> assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(tx::db));
    }
  }
}
