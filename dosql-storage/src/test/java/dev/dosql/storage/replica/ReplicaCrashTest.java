package dev.dosql.storage.replica;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.internal.FailPoints;
import dev.dosql.storage.replica.Comparison.State;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process that ends at a named moment, and the next one that does all of it again. */
final class ReplicaCrashTest extends ReplicaFixture {

  /** The end of the process; nothing catches it. */
  private static final class CrashError extends Error {
    private static final long serialVersionUID = 1L;
  }

  @AfterEach
  void forget() {
    FailPoints.onReached(null);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "replica.claimed",
        "replica.put",
        "replica.head",
        "replica.fenced",
        "replica.restored",
        "replica.placed"
      })
  void crash_atEachMoment_isMadeGoodByTheNextProcess(String moment) throws IOException {
    Random random = seeded(1);
    History history = history();
    fill(history, 3, random);
    int crashes = 0;
    while (crashesAgain(moment, 1 + crashes % 3, crashes, history)) {
      assertThat(++crashes).isLessThan(50);
    }
    assertThat(crashes).isPositive();

    FailPoints.onReached(null);
    Restored restored = restore();
    assertThat(restored.ignored()).isEmpty();
    assertThat(target()).hasBinaryContent(history.state(3));
    assertNothingElse();
    System.out.println(moment + ": crashes=" + crashes + " " + restored.position());
  }

  /** The work of one process of another node: take over, restore, snapshot, give back. */
  private boolean crashesAgain(String moment, int nth, int crashes, History history)
      throws IOException {
    AtomicInteger reached = new AtomicInteger();
    FailPoints.onReached(
        name -> {
          // The work gets further each time, and in the end is done.
          if (crashes < 12 && name.equals(moment) && reached.incrementAndGet() == nth) {
            throw new CrashError();
          }
        });
    try {
      Replica mine = replica(store);
      Head seen = mine.readHead().orElseThrow();
      Claim claim = mine.claim(seen, "b");
      Files.deleteIfExists(target());
      Restored restored = mine.restore(claim.head(), target(), RestoreProgress.NONE).orElseThrow();
      Head head = mine.makeSnapshot(claim.head(), directory, RestoreProgress.NONE);
      assertThat(mine.compare(history.at(3), 3, List.of()).state()).isEqualTo(State.BEHIND);
      mine.release(head, restored.position());
      return false;
    } catch (CrashError e) {
      return true;
    }
  }
}
