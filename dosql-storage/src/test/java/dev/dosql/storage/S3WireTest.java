package dev.dosql.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.storage.testing.S3TestServer;
import dev.dosql.storage.testing.S3TestServer.Fault;
import dev.dosql.storage.testing.S3TestServer.Injection;
import dev.dosql.storage.testing.S3TestServer.Kind;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What S3 and the way to it can do to a store, and what the store makes of it. */
final class S3WireTest {

  private static final String BUCKET = S3TestServer.BUCKET;

  @TempDir Path files;

  private S3TestServer server;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    server = S3TestServer.start();
    store = builder().build();
  }

  @AfterEach
  void stop() throws IOException {
    store.close();
    server.close();
  }

  private S3ObjectStore.Builder builder() {
    return S3ObjectStore.builder(BUCKET)
        .endpoint(server.endpoint())
        .credentials(S3TestServer.ACCESS_KEY, S3TestServer.SECRET_KEY);
  }

  // Reads: what may pass is tried again.

  static Stream<Fault> passingFaults() {
    return Stream.of(
        Fault.answer(500, "InternalError"),
        Fault.answer(503, "SlowDown"),
        Fault.answer(503, ""),
        Fault.answer(502, ""),
        Fault.answer(429, "TooManyRequests"),
        Fault.answer(429, ""),
        Fault.answer(408, "RequestTimeout"),
        Fault.resetBeforeCommit(),
        Fault.resetAfterCommit(),
        Fault.truncatedBody());
  }

  @ParameterizedTest
  @MethodSource("passingFaults")
  void reads_faultThatPasses_succeedByAnotherRequest(Fault fault) throws IOException {
    server.put(BUCKET, "k", bytes("0123456789"));

    server.inject(fault, 2, Kind.GET);
    assertThat(text("k")).isEqualTo("0123456789");
    server.inject(fault, 1, Kind.GET);
    assertThat(store.get("k", 2, 3).orElseThrow().bytes()).isEqualTo(bytes("234"));
    server.inject(fault, 1, Kind.GET);
    try (OpenObject object = store.open("k").orElseThrow()) {
      assertThat(object.body().readAllBytes()).isEqualTo(bytes("0123456789"));
    }
    server.inject(fault, 1, Kind.LIST);
    assertThat(store.list("", "", 10)).containsExactly(new ListedObject("k", 10));
    assertThat(server.count(Kind.GET)).isEqualTo(7);
    assertThat(server.count(Kind.LIST)).isEqualTo(2);
  }

  @Test
  void get_faultThatStays_failsAfterABoundedNumberOfAttempts() {
    Injection fault = server.inject(Fault.answer(503, "SlowDown"), 1000, Kind.GET);

    assertThatThrownBy(() -> store.get("k"))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll(
            "status=503", "code=SlowDown", "attempts=6", "key=k", "s3://bucket");
    assertThat(fault.hits()).isEqualTo(S3Calls.ATTEMPTS_MAX);
  }

  @Test
  void get_answerThatDoesNotCome_failsWithinTheCallTimeout() throws IOException {
    server.inject(Fault.delay(Duration.ofSeconds(30)), 1000, Kind.GET);
    long start = System.nanoTime();
    try (ObjectStore hasty =
        builder()
            .requestTimeout(Duration.ofMillis(300))
            .callTimeout(Duration.ofSeconds(2))
            .build()) {
      assertThatThrownBy(() -> hasty.get("k")).isInstanceOf(IOException.class);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
  }

  @Test
  void get_slowAnswerOnce_succeedsByAnotherRequest() throws IOException {
    server.put(BUCKET, "k", bytes("1"));
    server.inject(Fault.delay(Duration.ofSeconds(20)), 1, Kind.GET);

    try (ObjectStore hasty = builder().requestTimeout(Duration.ofSeconds(2)).build()) {
      assertThat(hasty.get("k").orElseThrow().bytes()).isEqualTo(bytes("1"));
    }
    assertThat(server.count(Kind.GET)).isEqualTo(2);
  }

  @Test
  void get_bucketThatIsNotThere_isAFailureAndNotAbsence() throws IOException {
    try (ObjectStore other = other("none")) {
      assertThatThrownBy(() -> other.get("k")).hasMessageContaining("code=NoSuchBucket");
      assertThatThrownBy(() -> other.open("k")).hasMessageContaining("code=NoSuchBucket");
      assertThatThrownBy(() -> other.list("", "", 1)).hasMessageContaining("code=NoSuchBucket");
      assertThatThrownBy(() -> other.put("k", bytes("1"), PutOptions.unconditional()))
          .hasMessageContaining("code=NoSuchBucket");
    }
    server.inject(Fault.answer(404, ""), 1, Kind.GET);
    assertThatThrownBy(() -> store.get("k")).hasMessageContaining("status=404");
  }

  private ObjectStore other(String bucket) {
    return S3ObjectStore.builder(bucket)
        .endpoint(server.endpoint())
        .credentials(S3TestServer.ACCESS_KEY, S3TestServer.SECRET_KEY)
        .build();
  }

  @Test
  void get_wrongBytes_areNotNoticedHere() throws IOException {
    // The files that are kept in buckets carry checksums of their own; stores do not.
    server.put(BUCKET, "k", bytes("0123456789"));
    server.inject(Fault.wrongBytes(), 1, Kind.GET);

    assertThat(text("k")).hasSize(10).isNotEqualTo("0123456789");
  }

  @Test
  void list_pagesShorterThanAsked_areJoined() throws IOException {
    for (int i = 10; i < 60; i++) {
      server.put(BUCKET, "k" + i, new byte[i]);
    }
    server.setPageMax(7);

    assertThat(store.list("k", "k19", 30)).hasSize(30).startsWith(new ListedObject("k20", 20));
    assertThat(store.list("", "", 1000)).hasSize(50);
  }

  @Test
  void list_frozen_isWhatTheServerSays() throws IOException {
    server.put(BUCKET, "a", bytes("1"));
    server.freezeLists();
    store.put("b", bytes("2"), PutOptions.ifAbsent());

    assertThat(store.list("", "", 10)).containsExactly(new ListedObject("a", 1));
    server.thawLists();
    assertThat(store.list("", "", 10)).hasSize(2);
  }

  @Test
  void list_namesThatAreNoKeys_areLeftOut() throws IOException {
    for (String name : List.of("folder/", "a//b", "/a", "..", "ok")) {
      server.put(BUCKET, name, bytes("1"));
    }

    assertThat(store.list("", "", 10)).containsExactly(new ListedObject("ok", 1));
    assertThat(store.list("", "", 1)).containsExactly(new ListedObject("ok", 1));
  }

  // Streams.

  @Test
  void stream_longerThanAChunk_isFetchedAsItIsRead() throws IOException {
    byte[] bytes = random(2 * S3ObjectStore.CHUNK_BYTES + 12_345);
    server.put(BUCKET, "k", bytes);

    try (OpenObject object = store.open("k").orElseThrow()) {
      assertThat(server.count(Kind.GET)).isEqualTo(1);
      assertThat(object.info().size()).isEqualTo(bytes.length);
      server.inject(Fault.truncatedBody(), 1, Kind.GET);
      store.close();
      assertThat(Arrays.equals(object.body().readAllBytes(), bytes)).isTrue();
    }
    assertThat(server.count(Kind.GET)).isEqualTo(4);
    assertThatIllegalStateException().isThrownBy(() -> store.get("k"));
  }

  @Test
  void get_longerThanAChunk_isWhole() throws IOException {
    byte[] bytes = random(2 * S3ObjectStore.CHUNK_BYTES + 12_345);
    server.put(BUCKET, "k", bytes);

    assertThat(Arrays.equals(store.get("k").orElseThrow().bytes(), bytes)).isTrue();
    byte[] range = store.get("k", 5, S3ObjectStore.CHUNK_BYTES + 5).orElseThrow().bytes();
    assertThat(Arrays.equals(range, 0, range.length, bytes, 5, 5 + range.length)).isTrue();
    assertThat(range).hasSize(S3ObjectStore.CHUNK_BYTES + 5);
  }

  @Test
  void stream_objectReplacedBetweenChunks_fails() throws IOException {
    server.put(BUCKET, "k", new byte[S3ObjectStore.CHUNK_BYTES + 1]);

    try (OpenObject object = store.open("k").orElseThrow()) {
      server.put(BUCKET, "k", random(S3ObjectStore.CHUNK_BYTES + 1));
      assertThatThrownBy(() -> object.body().readAllBytes())
          .isInstanceOf(IOException.class)
          .hasMessageContainingAll("status=412", "key=k");
    }
  }

  @Test
  void file_large_isPutAndReadAsAStream() throws IOException {
    byte[] bytes = random(40 << 20);
    Path file = Files.write(files.resolve("large"), bytes);

    String etag = store.put("k", file, PutOptions.ifAbsent());

    assertThat(server.bytes(BUCKET, "k").orElseThrow()).isEqualTo(bytes);
    try (OpenObject object = store.open("k").orElseThrow()) {
      assertThat(object.info().etag()).isEqualTo(etag);
      assertThat(Arrays.equals(object.body().readAllBytes(), bytes)).isTrue();
    }
  }

  // Writes: what is ambiguous is said to be, and not tried again.

  static Stream<Fault> ambiguousWithoutCommit() {
    return Stream.of(
        Fault.answer(500, "InternalError"),
        Fault.answer(503, ""),
        Fault.answer(503, "ServiceUnavailable"),
        Fault.answer(504, ""),
        Fault.resetBeforeCommit());
  }

  @ParameterizedTest
  @MethodSource("ambiguousWithoutCommit")
  void put_ambiguousAndNotDone_failsAfterOneRequest(Fault fault) {
    for (PutOptions options : List.of(PutOptions.ifAbsent(), PutOptions.unconditional())) {
      server.resetCounts();
      server.inject(fault, 1, Kind.PUT);

      assertAmbiguous(() -> store.put("k", bytes("1"), options));
      assertThat(server.count(Kind.PUT)).isEqualTo(1);
      assertThat(server.keys(BUCKET)).isEmpty();
    }
  }

  static Stream<Fault> ambiguousAfterCommit() {
    return Stream.of(
        Fault.resetAfterCommit(),
        Fault.answerAfterCommit(500, "InternalError"),
        Fault.answerAfterCommit(503, ""),
        Fault.delayedAnswer(Duration.ofSeconds(20)));
  }

  @ParameterizedTest
  @MethodSource("ambiguousAfterCommit")
  void put_ambiguousAndDone_failsAfterOneRequestAndIsFoundByReading(Fault fault)
      throws IOException {
    server.inject(fault, 1, Kind.PUT);
    try (ObjectStore hasty = builder().requestTimeout(Duration.ofSeconds(2)).build()) {
      assertAmbiguous(() -> hasty.put("k", bytes("1"), PutOptions.ifAbsent()));
      assertThat(server.count(Kind.PUT)).isEqualTo(1);
      assertThat(text("k")).isEqualTo("1");

      String etag = store.get("k").orElseThrow().info().etag();
      server.inject(fault, 1, Kind.PUT);
      assertAmbiguous(() -> hasty.put("k", bytes("2"), PutOptions.ifMatch(etag)));
      assertThat(text("k")).isEqualTo("2");
    }
  }

  private static void assertAmbiguous(Put put) {
    assertThatThrownBy(put::run)
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(PreconditionFailedException.class)
        .hasMessageContainingAll("put failed", "key=k");
  }

  private interface Put {
    void run() throws IOException;
  }

  static Stream<Fault> turnedAway() {
    return Stream.of(
        Fault.answer(429, ""),
        Fault.answer(429, "TooManyRequests"),
        Fault.answer(503, "SlowDown"),
        Fault.answer(409, "ConditionalRequestConflict"),
        Fault.answer(409, "OperationAborted"));
  }

  @ParameterizedTest
  @MethodSource("turnedAway")
  void write_turnedAway_succeedsByAnotherRequest(Fault fault) throws IOException {
    server.inject(fault, 2, Kind.PUT);
    String etag = store.put("k", bytes("1"), PutOptions.ifAbsent());
    server.inject(fault, 1, Kind.PUT);
    store.put("k", bytes("2"), PutOptions.ifMatch(etag));
    server.inject(fault, 1, Kind.DELETE);
    store.delete("k");

    assertThat(server.count(Kind.PUT)).isEqualTo(5);
    assertThat(server.count(Kind.DELETE)).isEqualTo(2);
    assertThat(server.keys(BUCKET)).isEmpty();
  }

  @Test
  void put_conflictThatStays_isNoPreconditionFailure() {
    server.inject(Fault.answer(409, "ConditionalRequestConflict"), 1000, Kind.PUT);

    assertAmbiguous(() -> store.put("k", bytes("1"), PutOptions.ifAbsent()));
    assertThat(server.count(Kind.PUT)).isEqualTo(S3Calls.ATTEMPTS_MAX);
  }

  @Test
  void delete_lostAnswer_failsAfterOneRequest() {
    server.put(BUCKET, "k", bytes("1"));
    server.inject(Fault.resetAfterCommit(), 1, Kind.DELETE);

    assertThatThrownBy(() -> store.delete("k")).hasMessageContaining("delete failed");
    assertThat(server.count(Kind.DELETE)).isEqualTo(1);
    assertThat(server.keys(BUCKET)).isEmpty();
  }

  @Test
  void calls_serverGoneOrDown_failAndGoOnAfterwards() throws IOException {
    store.put("k", bytes("1"), PutOptions.ifAbsent());
    server.setDown(true);
    assertThatThrownBy(() -> store.get("k")).isInstanceOf(IOException.class);
    assertAmbiguous(() -> store.put("k", bytes("2"), PutOptions.unconditional()));
    server.setDown(false);
    assertThat(text("k")).isEqualTo("1");

    int port = server.endpoint().getPort();
    server.close();
    assertThatThrownBy(() -> store.get("k")).hasMessageContaining("ConnectException");
    // It was never sent; so it was tried again.
    assertThatThrownBy(() -> store.put("k", bytes("2"), PutOptions.unconditional()))
        .hasMessageContainingAll("ConnectException", "attempts=6");
    server = S3TestServer.start(port);
    store.put("k", bytes("2"), PutOptions.ifAbsent());
    assertThat(text("k")).isEqualTo("2");
  }

  @Test
  void outcomes_underRandomFaults_areNeverWrong() throws Exception {
    long seed = System.nanoTime();
    System.out.println("S3WireTest seed=" + seed);
    int writers = 8;
    AtomicInteger ambiguous = new AtomicInteger();
    injectAtRandom(new Random(seed));
    ExecutorService executor = Executors.newFixedThreadPool(writers);
    try {
      List<Future<String>> all = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        int name = writer;
        all.add(executor.submit(() -> writes(name, ambiguous)));
      }
      for (Future<String> writer : all) {
        assertThat(writer.get(120, TimeUnit.SECONDS)).as("seed=%d", seed).isEmpty();
      }
    } finally {
      executor.shutdownNow();
    }
    assertThat(ambiguous).hasPositiveValue();
  }

  private void injectAtRandom(Random random) {
    List<Fault> faults =
        List.of(
            Fault.resetAfterCommit(),
            Fault.resetBeforeCommit(),
            Fault.answerAfterCommit(500, "InternalError"),
            Fault.answer(429, ""),
            Fault.answer(409, "ConditionalRequestConflict"),
            Fault.delay(Duration.ofMillis(3)));
    for (Fault fault : faults) {
      server.inject(
          fault,
          Integer.MAX_VALUE,
          request -> {
            synchronized (random) {
              return request.kind() == Kind.PUT && random.nextInt(15) == 0;
            }
          });
    }
  }

  /** Creates and replaces, and compares what was said with what is there; tells what was wrong. */
  private String writes(int writer, AtomicInteger ambiguous) throws IOException {
    for (int i = 0; i < 40; i++) {
      String key = "k" + i;
      byte[] mine = bytes("created by " + writer);
      try {
        store.put(key, mine, PutOptions.ifAbsent());
        if (!server.bytes(BUCKET, key).map(b -> Arrays.equals(b, mine)).orElse(false)) {
          return "created and not there: " + key;
        }
      } catch (PreconditionFailedException e) {
        byte[] there = server.bytes(BUCKET, key).orElse(mine);
        if (Arrays.equals(there, mine)) {
          return "said to be another's: " + key;
        }
      } catch (IOException e) {
        ambiguous.incrementAndGet();
      }
    }
    return "";
  }

  // Addresses, credentials, conditions.

  @Test
  void store_openedAndClosed_makesNoRequest() throws IOException {
    builder().build().close();

    assertThat(server.count()).isZero();
  }

  @Test
  void prefix_ofTheStore_isBeforeAllKeysAndUnseen() throws IOException {
    server.put(BUCKET, "a/c", bytes("0"));
    server.put(BUCKET, "a/b0", bytes("0"));
    try (ObjectStore below = builder().prefix("a/b").build()) {
      below.put("k", bytes("1"), PutOptions.ifAbsent());
      below.put("k2", bytes("1"), PutOptions.ifAbsent());

      assertThat(server.keys(BUCKET)).containsExactly("a/b/k", "a/b/k2", "a/b0", "a/c");
      assertThat(below.list("", "", 10)).extracting(ListedObject::key).containsExactly("k", "k2");
      assertThat(below.list("k", "k", 10)).extracting(ListedObject::key).containsExactly("k2");
      assertThat(below.get("k").orElseThrow().info().key()).isEqualTo("k");
      assertThat(below)
          .hasToString("s3://bucket/a/b?endpoint=" + server.endpoint() + "&region=us-east-1");
      String longest = "x".repeat(255) + ("/" + "x".repeat(255)).repeat(3);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> below.get(longest))
          .withMessageContaining("1027 bytes with the prefix");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void checksums_onOrOff_bodiesArrive(boolean checksums) throws IOException {
    try (ObjectStore other = builder().checksums(checksums).build()) {
      byte[] bytes = random(3 << 20);
      Path file = Files.write(files.resolve("content"), bytes);
      other.put("bytes", bytes, PutOptions.ifAbsent());
      other.put("file", file, PutOptions.ifAbsent());

      assertThat(server.bytes(BUCKET, "bytes").orElseThrow()).isEqualTo(bytes);
      assertThat(server.bytes(BUCKET, "file").orElseThrow()).isEqualTo(bytes);
      assertThat(Arrays.equals(other.get("bytes").orElseThrow().bytes(), bytes)).isTrue();
    }
  }

  @Test
  void put_withoutChecksums_isSentAsOldServicesKnowIt() throws IOException {
    List<Map<String, String>> seen = new CopyOnWriteArrayList<>();
    server.inject(Fault.delay(Duration.ZERO), 10, request -> seen.add(request.headers()));

    store.put("k", bytes("hello"), PutOptions.ifAbsent().withMetadata("a", "b"));
    store.get("k");

    assertThat(seen.get(0))
        .containsEntry("if-none-match", "*")
        .containsEntry("content-length", "5")
        .containsEntry("content-type", "application/octet-stream")
        .containsEntry("x-amz-meta-a", "b")
        .containsEntry(
            "x-amz-content-sha256",
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        .doesNotContainKeys("expect", "content-encoding", "x-amz-trailer", "transfer-encoding");
    assertThat(seen.get(0).keySet()).noneMatch(name -> name.startsWith("x-amz-checksum"));
    assertThat(seen.get(1)).doesNotContainKeys("x-amz-checksum-mode", "if-match");
  }

  @Test
  void tags_withoutQuotes_areSentSo() throws IOException {
    server.setRefusingQuotedTags(true);
    String etag = store.put("k", bytes("1"), PutOptions.ifAbsent());
    assertThat(etag).doesNotContain("\"");
    assertThatThrownBy(() -> store.put("k", bytes("2"), PutOptions.ifMatch(etag)))
        .isInstanceOf(PreconditionFailedException.class);

    try (ObjectStore bare = builder().quotedTags(false).build()) {
      bare.put("k", bytes("2"), PutOptions.ifMatch(etag));
      assertThat(text("k")).isEqualTo("2");
    }
  }

  @Test
  void credentials_wrongSecret_failAtOnceAndStayUntold() throws IOException {
    String secret = "wJalrXUtnFEMI-K7MDENG";
    String token = "FwoGZXIvYXdzE";
    for (String id : List.of(S3TestServer.ACCESS_KEY, "AKIAIOSFODNN7EXAMPLE")) {
      try (ObjectStore other = builder().credentials(id, secret, token).build()) {
        Throwable failure = catchFailure(() -> other.put("k", bytes("1"), PutOptions.ifAbsent()));
        StringWriter trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace));

        assertThat(failure).hasMessageContaining("status=403");
        assertThat(trace + other.toString()).doesNotContain(secret, token, id);
      }
    }
    assertThat(server.count(Kind.PUT)).isEqualTo(2);
  }

  private static Throwable catchFailure(Put put) {
    try {
      put.run();
      throw new AssertionError("needed a failure");
    } catch (IOException e) {
      return e;
    }
  }

  @Test
  void credentials_ofTheSystem_areFound() throws IOException {
    System.setProperty("aws.accessKeyId", S3TestServer.ACCESS_KEY);
    System.setProperty("aws.secretAccessKey", S3TestServer.SECRET_KEY);
    try (ObjectStore other = ObjectStores.open(server.uri("a"))) {
      other.put("k", bytes("1"), PutOptions.ifAbsent());
      assertThat(server.keys(BUCKET)).containsExactly("a/k");
    } finally {
      System.clearProperty("aws.accessKeyId");
      System.clearProperty("aws.secretAccessKey");
    }
  }

  @Test
  void builder_badSettings_areRefused() {
    S3ObjectStore.Builder builder = S3ObjectStore.builder(BUCKET);
    for (String endpoint :
        List.of("ftp://host", "http:host", "http://id:secret@host", "http://host?a=b", "host")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder.endpoint(URI.create(endpoint)))
          .withMessageNotContaining("secret");
    }
    for (String bucket : List.of("", "a", "a/b", "id:secret@b", "-a")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> S3ObjectStore.builder(bucket))
          .withMessageNotContaining("secret");
    }
    assertThatIllegalArgumentException().isThrownBy(() -> builder.prefix("/a"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.region("a b"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.requestTimeout(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.connectionsMax(0));
  }

  @Test
  void calls_moreThanConnections_waitForTheirTurn() throws Exception {
    server.put(BUCKET, "k", bytes("1"));
    server.setLatency(Duration.ofMillis(5));
    ExecutorService executor = Executors.newFixedThreadPool(32);
    try (ObjectStore narrow = builder().connectionsMax(2).build()) {
      List<Future<Integer>> all = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        all.add(executor.submit(() -> narrow.get("k").orElseThrow().bytes().length));
      }
      for (Future<Integer> one : all) {
        assertThat(one.get(60, TimeUnit.SECONDS)).isEqualTo(1);
      }
    } finally {
      executor.shutdownNow();
    }
  }

  private String text(String key) throws IOException {
    return new String(store.get(key).orElseThrow().bytes(), UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }
}
