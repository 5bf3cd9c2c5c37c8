package dev.dosql.storage.replica;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.DirectoryObjectStore;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.S3ObjectStore;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.replica.Comparison.State;
import dev.dosql.storage.testing.S3TestServer;
import dev.dosql.storage.testing.S3TestServer.Fault;
import dev.dosql.storage.testing.S3TestServer.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** One life of a tenant on the stores that are used outside of tests. */
final class ReplicaOnStoresTest extends ReplicaFixture {

  private static S3TestServer server;

  @BeforeAll
  static void start() throws IOException {
    server = S3TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static ObjectStore s3(String bucket) {
    server.createBucket(bucket);
    return S3ObjectStore.builder(bucket)
        .endpoint(server.endpoint())
        .credentials(S3TestServer.ACCESS_KEY, S3TestServer.SECRET_KEY)
        .build();
  }

  private void use(ObjectStore other) throws IOException {
    store.close();
    store = other;
    replica = replica(other);
  }

  @Test
  void life_inADirectory_isExact() throws IOException {
    use(DirectoryObjectStore.open(directory.resolve("store")));

    live(seeded(1));
  }

  @Test
  void life_overTheWire_isExact() throws IOException {
    use(s3("life"));

    live(seeded(2));
  }

  @Test
  void life_overTheWire_withEveryKindOfFault_isExact() throws IOException {
    use(s3("faults"));
    Random random = seeded(3);
    List<Fault> faults =
        List.of(
            Fault.answer(503, "SlowDown"),
            Fault.answer(500, "InternalError"),
            Fault.answer(429, "TooManyRequests"),
            Fault.answerAfterCommit(500, "InternalError"),
            Fault.resetBeforeCommit(),
            Fault.resetAfterCommit(),
            Fault.delay(Duration.ofMillis(20)));
    for (Fault fault : faults) {
      server.inject(fault, Integer.MAX_VALUE, request -> happens(random, 3));
    }
    server.inject(Fault.answer(409, "ConditionalRequestConflict"), 10, Kind.PUT);
    server.inject(Fault.truncatedBody(), 4, Kind.GET);
    server.inject(Fault.wrongBytes(), 1, Kind.GET);
    try {
      live(random);
    } finally {
      server.clearFaults();
    }
    assertThat(server.count(Kind.LIST)).isZero();
  }

  private static boolean happens(Random random, int percent) {
    synchronized (random) {
      return random.nextInt(100) < percent;
    }
  }

  private void live(Random random) throws IOException {
    Random own = new Random(random.nextLong());
    History history = history();
    Head head = fill(history, 12, own);
    head = replica.putSnapshot(head, history.at(7), history.snapshot(7));
    grow(history, head, 5, own);
    head = replica.makeSnapshot(head, directory, RestoreProgress.NONE);
    grow(history, head, 5, own);
    replica.checkOwned(head);
    assertThat(replica.compare(history.position(), 20, history.after(20)).state())
        .isEqualTo(State.EQUAL);
    assertRestores(history);

    Files.write(target(), history.state(3));
    Restored rolled = replica.rollForward(head, target(), history.at(3), RestoreProgress.NONE);
    assertThat(rolled.position()).isEqualTo(history.position());
    assertThat(target()).hasBinaryContent(history.state());

    Claim claim = replica.claim(head, "b");
    Position fence = claim.fence();
    assertThat(replica.compare(history.position(), 22, List.of()).state()).isEqualTo(State.BEHIND);
    Head released = replica.release(claim.head(), fence);
    assertThat(restore().position()).isEqualTo(fence);
    assertThat(target()).hasBinaryContent(history.state());
    replica.tombstone(released);
    assertThat(replica.compare(history.position(), 22, List.of()).state()).isEqualTo(State.DELETED);
  }

  @Test
  void hydrate_ofASmallTenant_overTheWire_takesTwoRoundTrips() throws IOException {
    use(s3("hydrate"));
    Random random = seeded(4);
    History history = new History(directory.resolve("segments"), LINEAGE, 4096);
    Head head = replica.create("a", LINEAGE);
    byte[] database = page(random, new byte[25 * 4096]);
    replica.put(history.commit(database, true), head);
    head = replica.putSnapshot(head, history.position(), history.snapshot(1));
    database = Arrays.copyOf(database, database.length);
    database[5000] ^= 1;
    replica.put(history.commit(database, false), head);
    Replica hydrating = new Replica(store, PREFIX, "acme");
    server.setLatency(Duration.ofMillis(30));
    try {
      double[] millis = new double[21];
      long gets = 0;
      for (int i = -40; i < millis.length; i++) {
        Files.deleteIfExists(target());
        server.resetCounts();
        long start = System.nanoTime();
        restore(hydrating);
        if (i >= 0) {
          millis[i] = (System.nanoTime() - start) / 1e6;
        }
        gets = server.count();
      }
      Arrays.sort(millis);
      System.out.printf(
          "hydrate 100 KB over S3: %d requests, median %.1f ms beyond 2 round trips of 30 ms,"
              + " best %.1f%n",
          gets, millis[millis.length / 2] - 60, millis[0] - 60);
      assertThat(gets).isEqualTo(2 + SegmentScan.LOOK_AHEAD);
    } finally {
      server.setLatency(Duration.ZERO);
    }
  }

  private static byte[] page(Random random, byte[] database) {
    random.nextBytes(database);
    database[16] = 16;
    database[17] = 0;
    return database;
  }
}
