package dev.dosql.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One force for many, and what is known when one fails. */
@Timeout(60)
class WalSyncTest {
  @Test
  void await_nothingExecuted_doesNotForce() {
    AtomicInteger forces = new AtomicInteger();
    WalSync sync = new WalSync("acme", forces::incrementAndGet);
    sync.await(sync.executed());
    assertThat(forces).hasValue(0);
  }

  @Test
  void await_manyCommitsAtOnce_shareForcesAndNoneIsAnsweredEarly() throws Exception {
    AtomicInteger forces = new AtomicInteger();
    AtomicLong onDisk = new AtomicLong();
    WalSync[] sync = new WalSync[1];
    sync[0] =
        new WalSync(
            "acme",
            () -> {
              long seen = sync[0].executed(); // what a force that begins now can cover
              sleep(2);
              forces.incrementAndGet();
              onDisk.accumulateAndGet(seen, Math::max);
            });
    Object writer = new Object();
    int threads = 16;
    int each = 100;
    Callers.together(
        threads,
        number -> {
          for (int i = 0; i < each; i++) {
            long commit;
            synchronized (writer) {
              sync[0].committed();
              commit = sync[0].executed();
            }
            sync[0].await(commit);
            assertThat(onDisk.get()).isGreaterThanOrEqualTo(commit);
            assertThat(sync[0].isForced(commit)).isTrue();
          }
          return null;
        });
    assertThat(forces.get()).isLessThan(threads * each / 4);
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void await_commitDuringAForce_waitsForTheNextOne() throws Exception {
    Semaphore permits = new Semaphore(0);
    AtomicInteger begun = new AtomicInteger();
    WalSync sync =
        new WalSync(
            "acme",
            () -> {
              begun.incrementAndGet();
              permits.acquireUninterruptibly();
            });
    sync.committed();
    Caller first = Callers.start(() -> sync.await(1));
    Waits.until("force begins", () -> begun.get() == 1);
    sync.committed();
    Caller second = Callers.start(() -> sync.await(2));
    Waits.untilParked(second);
    permits.release();
    first.join();
    assertThat(sync.isForced(1)).isTrue();
    assertThat(sync.isForced(2)).as("the force had begun before it").isFalse();
    Waits.until("second force begins", () -> begun.get() == 2);
    permits.release();
    second.join();
    assertThat(sync.isForced(2)).isTrue();
  }

  @Test
  void await_interruptedWhileOthersForce_waitsOnAndKeepsTheFlag() throws Exception {
    CountDownLatch letGo = new CountDownLatch(1);
    AtomicInteger begun = new AtomicInteger();
    WalSync sync =
        new WalSync(
            "acme",
            () -> {
              begun.incrementAndGet();
              await(letGo);
            });
    sync.committed();
    Caller leader = Callers.start(() -> sync.await(1));
    Waits.until("force begins", () -> begun.get() == 1);
    boolean[] flag = {false};
    Caller follower =
        Callers.start(
            () -> {
              sync.await(1);
              flag[0] = Thread.currentThread().isInterrupted();
            });
    Waits.untilParked(follower);
    follower.interrupt();
    assertThat(follower.runsFor(100)).isTrue();
    letGo.countDown();
    leader.join();
    follower.join();
    assertThat(flag[0]).isTrue();
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new IOException("waited too long");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void force_fails_everybodyWhoWaitsAndAllWhoComeLaterKnow() throws Exception {
    CountDownLatch letGo = new CountDownLatch(1);
    AtomicInteger forces = new AtomicInteger();
    WalSync sync =
        new WalSync(
            "acme",
            () -> {
              if (forces.incrementAndGet() == 2) {
                await(letGo);
                throw new IOException("disk");
              }
            });
    sync.committed();
    sync.await(1);
    sync.committed();
    List<Caller> waiting = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Caller thread = Callers.start(() -> sync.await(2));
      Waits.untilParked(thread);
      waiting.add(thread);
    }
    letGo.countDown();
    Caller.joinAll(waiting);
    assertThat(sync.failure()).hasMessage("disk");
    assertThat(sync.isForced(1)).isTrue();
    assertThat(sync.isForced(2)).isFalse();
    sync.committed();
    sync.await(3);
    assertThat(sync.isForced(3)).as("a later force would prove nothing").isFalse();
    assertThat(forces).hasValue(2);
  }

  @Test
  void force_throwsSomethingElse_isAFailureToo() {
    WalSync sync =
        new WalSync(
            "acme",
            () -> {
              throw new IllegalStateException("bug");
            });
    sync.committed();
    assertThatThrownBy(() -> sync.await(1)).isInstanceOf(IllegalStateException.class);
    assertThat(sync.failure()).hasCauseInstanceOf(IllegalStateException.class);
    sync.await(1);
    assertThat(sync.isForced(1)).isFalse();
  }
}
