package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.MemoryObjectStore;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.S3ObjectStore;
import dev.dosql.storage.testing.S3TestServer;
import dev.dosql.testing.Callers;
import dev.dosql.testing.Dump;
import dev.dosql.testing.TroubledStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A store that does what it is asked and does not say so, once for each request: nothing is put
 * twice, nobody is taken for another, and what is restored is exact.
 */
@Timeout(300)
class LostAnswersTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** What is asked when a directory is opened; an error then is for the one who opens. */
  private static final String PROBE = ".dosql-probe";

  private static final int THREADS = 4;
  private static final int COMMITS = 12;

  @TempDir Path parent;

  private final List<StorageEvent> events = new CopyOnWriteArrayList<>();

  private DBOptions options(String directory, ObjectStore store) {
    return DBOptions.builder()
        .directory(parent.resolve(directory))
        .durability(Durability.BUCKET)
        .openTenantsMax(1)
        .cold(store)
        .shipping(
            Shipping.builder().shipInterval(Duration.ofMillis(20)).bucketTimeout(SOON).build())
        .storageListener(events::add)
        .build();
  }

  /** Commits, a snapshot, evictions, a restart, a deletion, a restore, and a takeover. */
  private void live(ObjectStore store) throws Exception {
    try (DoSQL tenants = DoSQL.open(options("one", store))) {
      tenants.db("acme").exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
      commit(tenants);
      tenants.db("other").exec("CREATE TABLE t(id)");
      commit(tenants);
      tenants.delete("other");
    }
    try (DoSQL tenants = DoSQL.open(options("one", store))) {
      commit(tenants);
    }
    assertRestores("one", store);
    assertThat(kinds())
        .doesNotContain(
            StorageEvent.Kind.DIVERGED,
            StorageEvent.Kind.FENCED,
            StorageEvent.Kind.WHOLE_IMAGE,
            StorageEvent.Kind.ROLLED_FORWARD,
            StorageEvent.Kind.DEGRADED);
    try (DoSQL tenants = DoSQL.open(options("two", store))) {
      commit(tenants);
      assertThat(tenants.find("other")).isEmpty();
      assertThat(tenants.db("acme").queryOne(Long.class, "SELECT count(*) FROM t"))
          .contains(4L * THREADS * COMMITS);
    }
    assertRestores("two", store);
    assertThat(kinds())
        .contains(StorageEvent.Kind.HYDRATED)
        .doesNotContain(StorageEvent.Kind.DIVERGED, StorageEvent.Kind.FENCED);
  }

  private List<StorageEvent.Kind> kinds() {
    return events.stream().map(StorageEvent::kind).toList();
  }

  private static void commit(DoSQL tenants) throws Exception {
    Callers.together(
        THREADS,
        number -> {
          for (int i = 0; i < COMMITS; i++) {
            tenants.db("acme").run("INSERT INTO t(v) VALUES(hex(randomblob(1000)))");
          }
          return number;
        });
  }

  private void assertRestores(String directory, ObjectStore store) throws Exception {
    Path live = parent.resolve("live-" + directory);
    Path restored = parent.resolve("restored-" + directory);
    try (DoSQL tenants = DoSQL.open(options(directory, store))) {
      tenants.restoreTo("acme", restored);
      tenants.db("acme").exportTo(live);
    }
    assertThat(Dump.difference(restored, live)).isEqualTo(Dump.SAME);
  }

  @Test
  void answers_lostOnceEach_inMemory_changeNothing() throws Exception {
    MemoryObjectStore memory = MemoryObjectStore.create();
    TroubledStore store = new TroubledStore(memory).firstAnswersLost(true).sparing(PROBE);
    live(store);
    System.out.println("LostAnswersTest: " + store.answersLost() + " answers lost, in memory");
    assertThat(store.answersLost()).isGreaterThan(30);
    assertThat(memory.list("", "", 1_000)).anyMatch(each -> each.key().contains("/0009/"));
  }

  @Test
  void answers_lostOnceEach_overS3_changeNothing() throws Exception {
    Set<String> lost = ConcurrentHashMap.newKeySet();
    try (S3TestServer server = S3TestServer.start();
        ObjectStore store =
            S3ObjectStore.builder(S3TestServer.BUCKET)
                .prefix("tenants")
                .endpoint(server.endpoint())
                .region("us-east-1")
                .credentials(S3TestServer.ACCESS_KEY, S3TestServer.SECRET_KEY)
                .build()) {
      server.inject(
          S3TestServer.Fault.resetAfterCommit(),
          Integer.MAX_VALUE,
          request ->
              !request.key().contains(PROBE)
                  && lost.add(
                      request.method()
                          + request.key()
                          + request.query()
                          + request.headers().get("range")
                          + request.headers().get("content-length")
                          + request.headers().get("if-match")));
      live(store);
      System.out.println("LostAnswersTest: " + lost.size() + " answers lost, over S3");
      assertThat(lost).hasSizeGreaterThan(30);
      assertThat(server.keys(S3TestServer.BUCKET)).anyMatch(key -> key.contains("/0009/"));
    }
  }
}
