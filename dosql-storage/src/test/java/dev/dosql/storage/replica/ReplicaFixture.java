package dev.dosql.storage.replica;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.ListedObject;
import dev.dosql.storage.MemoryObjectStore;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.PutOptions;
import dev.dosql.storage.StoredObject;
import dev.dosql.storage.capture.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A store, a tenant in it, and what tests do with them. */
abstract class ReplicaFixture {

  static final String PREFIX = "root/acme";
  static final String LINEAGE = "00112233445566aa";

  /** Quick ones: a test store fails at once. */
  static final ReplicaSettings SETTINGS =
      new ReplicaSettings(
          Clock.systemUTC(), 6, Duration.ofNanos(1), Duration.ofNanos(1), 4, 4096, 3, null);

  /** For stores that fail often. */
  static final ReplicaSettings PATIENT =
      new ReplicaSettings(
          Clock.systemUTC(), 40, Duration.ofNanos(1), Duration.ofNanos(1), 4, 4096, 3, null);

  @TempDir Path directory;

  ObjectStore store;
  Replica replica;

  @BeforeEach
  void open() throws IOException {
    store = openStore();
    replica = replica(store);
  }

  @AfterEach
  void close() throws IOException {
    store.close();
  }

  ObjectStore openStore() throws IOException {
    return MemoryObjectStore.create();
  }

  static Replica replica(ObjectStore store) {
    return new Replica(store, PREFIX, "acme", SETTINGS);
  }

  History history() throws IOException {
    return new History(directory.resolve("segments"), LINEAGE, 512);
  }

  static Random seeded(long seed) {
    System.out.println("seed=" + seed);
    return new Random(seed);
  }

  /** A tenant of node "a" with so many segments, all in the bucket. */
  Head fill(History history, int segments, Random random) throws IOException {
    Head head = replica.create("a", LINEAGE);
    grow(history, head, segments, random);
    return head;
  }

  void grow(History history, Head head, int segments, Random random) throws IOException {
    for (int i = 0; i < segments; i++) {
      replica.put(history.commit(random), head);
    }
  }

  void putAll(List<Segment> segments, Head head) throws IOException {
    for (Segment segment : segments) {
      replica.put(segment, head);
    }
  }

  Path target() {
    return directory.resolve("restored.db");
  }

  Restored restore() throws IOException {
    return restore(replica);
  }

  Restored restore(Replica from) throws IOException {
    return from.restore(from.readHead().orElseThrow(), target(), RestoreProgress.NONE)
        .orElseThrow();
  }

  void assertRestores(History history) throws IOException {
    Files.deleteIfExists(target());
    Restored restored = restore();
    assertThat(restored.position()).isEqualTo(history.position());
    assertThat(target()).hasBinaryContent(history.state());
    assertNothingElse();
  }

  void assertNothingElse() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(each -> each.getFileName().toString()))
          .allMatch(name -> !name.endsWith(".tmp"));
    }
  }

  static String key(long txid) {
    return new ReplicaKeys(PREFIX).segment(LINEAGE, txid);
  }

  static String snapshotKey(long txid) {
    return new ReplicaKeys(PREFIX).snapshot(LINEAGE, txid);
  }

  static String headKey() {
    return new ReplicaKeys(PREFIX).head();
  }

  List<String> keys() throws IOException {
    return store.list("", "", 1000).stream().map(ListedObject::key).toList();
  }

  /** Puts other bytes under the same metadata, as a disk or a person would. */
  void damage(String key, byte[] bytes) throws IOException {
    damage(key, bytes, store.get(key).orElseThrow().info().metadata());
  }

  void damage(String key, byte[] bytes, Map<String, String> metadata) throws IOException {
    PutOptions options = PutOptions.unconditional();
    for (var each : metadata.entrySet()) {
      options = options.withMetadata(each.getKey(), each.getValue());
    }
    store.put(key, bytes, options);
  }

  void putBack(StoredObject object) throws IOException {
    damage(object.info().key(), object.bytes(), object.info().metadata());
  }
}
