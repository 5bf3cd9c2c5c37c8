package dev.dosql.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.InterruptedQueryException;
import dev.dosql.WriteLockTimeoutException;
import dev.dosql.internal.engine.WriteQueue.Place;
import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who holds the writer, and whose work is done by whom. */
@Timeout(60)
class WriteQueueTest {
  private final WriteQueue queue = new WriteQueue(Duration.ofSeconds(10), "acme");

  @Test
  void enter_free_holdsAtOnce() {
    assertThat(queue.enter(null)).isTrue();
    assertThat(queue.nextOrLeave(true)).isNull();
    assertThat(queue.enter(null)).isTrue();
  }

  @Test
  void enter_held_workIsDoneByTheHolderInOrder() throws Exception {
    queue.enter(null);
    List<Integer> done = Collections.synchronizedList(new ArrayList<>());
    List<Boolean> held = Collections.synchronizedList(new ArrayList<>());
    List<Caller> waiting = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int number = i;
      Caller thread = Callers.start(() -> held.add(queue.enter(cancelled -> done.add(number))));
      Waits.untilParked(thread);
      waiting.add(thread);
    }
    List<Place> served = new ArrayList<>();
    for (Place next = queue.nextOrLeave(true); next != null; next = queue.nextOrLeave(true)) {
      next.execute();
      served.add(next);
    }
    assertThat(done).containsExactly(0, 1, 2, 3);
    assertThat(held).as("nobody is answered before the outcome is durable").isEmpty();
    served.forEach(Place::done);
    Caller.joinAll(waiting);
    assertThat(held).containsExactly(false, false, false, false);
  }

  @Test
  void nextOrLeave_workOnlyItsOwnerCanDo_givesTheWriterOn() throws Exception {
    queue.enter(null);
    AtomicReference<Boolean> held = new AtomicReference<>();
    Caller owner = Callers.start(() -> held.set(queue.enter(null)));
    Waits.untilParked(owner);
    assertThat(queue.nextOrLeave(true)).isNull();
    owner.join();
    assertThat(held.get()).isTrue();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Caller late = Callers.start(() -> failure.set(catchThrowable(() -> queue.enter(null))));
    Waits.untilParked(late);
    late.interrupt();
    late.join();
    assertThat(failure.get())
        .as("the writer was not free")
        .isInstanceOf(InterruptedQueryException.class);
  }

  @Test
  void nextOrLeave_holderHasServedEnough_givesTheWriterOnThoughWorkCouldBeDone() throws Exception {
    queue.enter(null);
    AtomicReference<Boolean> held = new AtomicReference<>();
    Caller owner = Callers.start(() -> held.set(queue.enter(cancelled -> {})));
    Waits.untilParked(owner);
    assertThat(queue.nextOrLeave(false)).isNull();
    owner.join();
    assertThat(held.get()).isTrue();
  }

  @Test
  void enter_heldTooLong_timesOutAndLeavesTheQueue() {
    WriteQueue impatient = new WriteQueue(Duration.ofMillis(50), "acme");
    impatient.enter(null);
    AtomicInteger done = new AtomicInteger();
    assertThatThrownBy(
            () -> callElsewhere(() -> impatient.enter(cancelled -> done.incrementAndGet())))
        .isInstanceOfSatisfying(
            WriteLockTimeoutException.class,
            e -> {
              assertThat(e.allowed()).isEqualTo(Duration.ofMillis(50));
              assertThat(e.seen()).isBetween(e.allowed(), Duration.ofSeconds(30));
              assertThat(e)
                  .hasMessageContaining("tenant=acme")
                  .hasMessageContaining("waited " + e.seen() + ", allowed PT0.05S");
            });
    assertThat(impatient.nextOrLeave(true)).isNull();
    assertThat(done).hasValue(0);
  }

  private static void callElsewhere(Runnable work) throws Exception {
    Callers.together(
        1,
        number -> {
          work.run();
          return null;
        });
  }

  @Test
  void enter_interruptedWhileTheWorkIsDone_waitsAndTheWorkKnows() throws Exception {
    queue.enter(null);
    AtomicReference<Boolean> flag = new AtomicReference<>();
    Caller owner =
        Callers.start(
            () -> {
              queue.enter(
                  cancelled -> {
                    try {
                      Waits.until("owner is seen as interrupted", cancelled::getAsBoolean);
                    } catch (InterruptedException e) {
                      throw new AssertionError(e);
                    }
                  });
              flag.set(Thread.currentThread().isInterrupted());
            });
    Waits.untilParked(owner);
    Place place = queue.nextOrLeave(true);
    assertThat(place).isNotNull();
    owner.interrupt();
    place.execute();
    assertThat(owner.runsFor(50)).as("until it is told").isTrue();
    place.done();
    owner.join();
    assertThat(flag.get()).isTrue();
  }
}
