package dev.dosql.storage.replica;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.LostOwnershipException;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.capture.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes that take a tenant from one another while they write, over a store that loses answers. */
final class TakeoverTest extends ReplicaFixture {

  private static final int NODES = 3;
  private static final int CONFIRMED_MIN = 40;

  private final Queue<Position> confirmed = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean ending = new AtomicBoolean();

  /** Claims, restores, writes until it has lost it, and begins anew. */
  private final class Node extends Thread {
    private final String node;
    private final Random random;
    private final Replica mine;
    private int claims;

    Node(int number, long seed) {
      super("node" + number);
      node = "node" + number;
      random = new Random(seed + number);
      HostileStore hostile = new HostileStore(store, seed + number);
      hostile.failBefore = 5;
      hostile.failAfter = 10;
      mine = new Replica(hostile, PREFIX, "acme", PATIENT);
    }

    @Override
    public void run() {
      try {
        while (!ending.get()) {
          own();
          pause(200);
        }
      } catch (Throwable e) {
        failures.add(e);
        ending.set(true);
      }
    }

    private void own() throws IOException {
      try {
        Head seen = mine.readHead().orElseThrow();
        if (random.nextBoolean()) {
          Claim claim = mine.claim(seen, node);
          pause(3);
          write(claim, restored(claim));
        } else {
          TakenOver taken = mine.takeOver(seen, node, file(), progress -> pause(2));
          write(taken.claim(), history(Objects.requireNonNull(taken.restored())));
        }
      } catch (LostOwnershipException e) {
        // another one has it
      }
    }

    private History restored(Claim claim) throws IOException {
      return history(mine.restore(claim.head(), file(), RestoreProgress.NONE).orElseThrow());
    }

    private Path file() {
      return directory.resolve(node + ".db");
    }

    private History history(Restored restored) throws IOException {
      assertThat(restored.ignored()).isEmpty();
      claims++;
      Path segments = directory.resolve(node + "-" + claims);
      return History.from(segments, restored.position(), Files.readAllBytes(file()));
    }

    private void write(Claim claim, History history) throws IOException {
      for (int i = 0; i < 10 && !ending.get(); i++) {
        Segment segment = history.commit(random);
        mine.put(segment, claim.head());
        pause(2);
        mine.checkOwned(claim.head());
        confirmed.add(history.position());
        if (random.nextInt(10) == 0) {
          Path snapshot = history.snapshotNow();
          mine.putSnapshot(claim.head(), history.position(), snapshot);
        }
      }
    }

    private void pause(int millis) {
      try {
        Thread.sleep(random.nextInt(millis));
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void confirmedSegments_ofEveryOwner_stayInTheHistory(long seed) throws Exception {
    fill(history(), 2, seeded(seed));
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      nodes.add(new Node(i, seed));
      nodes.get(i).start();
    }
    long end = System.nanoTime() + 60_000_000_000L;
    while (confirmed.size() < CONFIRMED_MIN && !ending.get() && System.nanoTime() < end) {
      Thread.sleep(10);
    }
    ending.set(true);
    for (Node node : nodes) {
      node.join();
    }

    assertThat(failures).isEmpty();
    assertThat(confirmed).hasSizeGreaterThanOrEqualTo(CONFIRMED_MIN);
    Map<Long, String> chains = chains();
    assertThat(confirmed)
        .allSatisfy(each -> assertThat(chains).containsEntry(each.txid(), each.chain()));
    Restored restored = restore();
    assertThat(restored.position().txid()).isEqualTo(chains.size());
    assertThat(restored.ignored()).isEmpty();
    System.out.println(
        "takeovers: epoch=%d confirmed=%d txid=%d"
            .formatted(replica.readHead().orElseThrow().epoch(), confirmed.size(), chains.size()));
  }

  private Map<Long, String> chains() throws IOException {
    Map<Long, String> chains = new HashMap<>();
    for (long txid = 1; store.get(key(txid)).isPresent(); txid++) {
      chains.put(txid, Marks.of(store.get(key(txid)).orElseThrow().info(), "").chain());
    }
    return chains;
  }
}
