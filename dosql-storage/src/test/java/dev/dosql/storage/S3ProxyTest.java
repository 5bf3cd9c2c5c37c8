package dev.dosql.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * S3Proxy, a server of the protocol by others: that it takes our signatures and framings, and that
 * create-if-absent has one winner. Not compare-and-set, which it does not apply atomically: on its
 * own word it looks at the tag first and writes then.
 */
@Tag("interop")
final class S3ProxyTest {

  private static final String ID = "proxy-id";
  private static final String SECRET = "proxy-secret";

  @TempDir static Path directory;

  private static Process proxy;
  private static URI endpoint;

  @BeforeAll
  static void start() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    endpoint = URI.create("http://127.0.0.1:" + port);
    Path bucket = Files.createDirectories(directory.resolve("data/bucket"));
    Path settings = directory.resolve("s3proxy.conf");
    Files.writeString(
        settings,
        """
        s3proxy.endpoint=%s
        s3proxy.authorization=aws-v4
        s3proxy.identity=%s
        s3proxy.credential=%s
        jclouds.provider=filesystem-nio2
        jclouds.identity=none
        jclouds.credential=none
        jclouds.filesystem.basedir=%s
        """
            .formatted(endpoint, ID, SECRET, bucket.getParent()));
    proxy =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath(),
                "org.gaul.s3proxy.Main",
                "--properties",
                settings.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    awaitAnswer();
  }

  private static String classPath() {
    return System.getProperty("java.class.path")
        + File.pathSeparator
        + System.getProperty("jdk.module.path", "");
  }

  private static void awaitAnswer() throws Exception {
    try (ObjectStore store = store(false)) {
      for (int attempt = 0; ; attempt++) {
        try {
          store.list("", "", 1);
          return;
        } catch (IOException e) {
          if (attempt == 10 || !proxy.isAlive()) {
            throw new AssertionError(Files.readString(directory.resolve("log")), e);
          }
          TimeUnit.MILLISECONDS.sleep(300);
        }
      }
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (proxy != null) {
      proxy.destroy();
      proxy.waitFor(10, TimeUnit.SECONDS);
    }
  }

  private static ObjectStore store(boolean checksums) {
    return S3ObjectStore.builder("bucket")
        .endpoint(endpoint)
        .checksums(checksums)
        .credentials(ID, SECRET)
        .build();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void objects_signedAndFramed_arePutReadListedAndDeleted(boolean checksums) throws IOException {
    byte[] large = new byte[3 << 20];
    new Random(1).nextBytes(large);
    Path file = Files.write(directory.resolve("large"), large);
    try (ObjectStore store = store(checksums)) {
      String prefix = "of-" + checksums + "/";
      String etag =
          store.put(
              prefix + "a b+c/ü.ltx",
              "small".getBytes(UTF_8),
              PutOptions.ifAbsent().withMetadata("dosql-chain", "00ff"));
      store.put(prefix + "large", file, PutOptions.ifAbsent());

      StoredObject small = store.get(prefix + "a b+c/ü.ltx").orElseThrow();
      assertThat(small.bytes()).isEqualTo("small".getBytes(UTF_8));
      assertThat(small.info().etag()).isEqualTo(etag);
      assertThat(small.info().metadata()).isEqualTo(Map.of("dosql-chain", "00ff"));
      assertThat(Arrays.equals(store.get(prefix + "large").orElseThrow().bytes(), large)).isTrue();
      assertThat(store.get(prefix + "large", 1 << 20, 5).orElseThrow().bytes())
          .isEqualTo(Arrays.copyOfRange(large, 1 << 20, (1 << 20) + 5));
      assertThat(store.list(prefix, "", 10))
          .containsExactly(
              new ListedObject(prefix + "a b+c/ü.ltx", 5),
              new ListedObject(prefix + "large", large.length));
      assertThat(store.list(prefix, prefix + "b", 10)).hasSize(1);
      store.delete(prefix + "large");
      assertThat(store.get(prefix + "large")).isEmpty();
      assertThatThrownBy(() -> store.get(prefix + "a b+c/ü.ltx", 5, 1))
          .isInstanceOf(RangeOutsideObjectException.class);
    }
  }

  @Test
  void put_staleTag_isRefused() throws IOException {
    try (ObjectStore store = store(false)) {
      String etag = store.put("tag", new byte[1], PutOptions.ifAbsent());
      store.put("tag", new byte[2], PutOptions.ifMatch(etag));
      assertThatThrownBy(() -> store.put("tag", new byte[3], PutOptions.ifMatch(etag)))
          .isInstanceOf(PreconditionFailedException.class);
    }
  }

  @Test
  void secret_wrong_isRefused() throws IOException {
    try (ObjectStore store =
        S3ObjectStore.builder("bucket").endpoint(endpoint).credentials(ID, "other").build()) {
      assertThatThrownBy(() -> store.put("k", new byte[1], PutOptions.unconditional()))
          .hasMessageContainingAll("status=403", "code=SignatureDoesNotMatch");
    }
  }

  @Test
  void putIfAbsent_raceForEachOf50Keys_hasOneWinner() throws Exception {
    int threads = 16;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try (ObjectStore store = store(false)) {
      for (int i = 0; i < 50; i++) {
        String key = "race/" + i;
        List<Future<Boolean>> racers = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
          byte[] mine = {(byte) thread};
          racers.add(executor.submit(() -> creates(store, key, mine)));
        }
        int winners = 0;
        for (Future<Boolean> racer : racers) {
          winners += racer.get(60, TimeUnit.SECONDS) ? 1 : 0;
        }
        assertThat(winners).as(key).isEqualTo(1);
      }
    } finally {
      executor.shutdownNow();
    }
  }

  private static boolean creates(ObjectStore store, String key, byte[] bytes) throws IOException {
    try {
      store.put(key, bytes, PutOptions.ifAbsent());
      return true;
    } catch (PreconditionFailedException e) {
      return false;
    }
  }
}
