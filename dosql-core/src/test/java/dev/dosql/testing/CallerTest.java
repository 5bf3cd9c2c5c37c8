package dev.dosql.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** That a failure in a thread of a test fails the test. */
@Timeout(30)
class CallerTest {
  @Test
  void join_workFails_throwsItAsItWas() {
    for (Throwable thrown : List.of(new AssertionError("a"), new IllegalStateException("b"))) {
      Caller caller = Callers.start(() -> sneaky(thrown));
      assertThatThrownBy(caller::join).isSameAs(thrown);
      assertThatThrownBy(caller::join).as("each time").isSameAs(thrown);
    }
    IOException checked = new IOException("c");
    assertThatThrownBy(Callers.start(() -> sneaky(checked))::join)
        .isInstanceOf(AssertionError.class)
        .hasCause(checked);
  }

  private static void sneaky(Throwable thrown) throws IOException {
    if (thrown instanceof IOException checked) {
      throw checked;
    }
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
    throw (Error) thrown;
  }

  @Test
  void joinAll_someFail_waitsForAllAndThrows() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    Caller failing =
        Callers.start(
            () -> {
              throw new AssertionError("one");
            });
    Caller late =
        Callers.start(
            () -> {
              Thread.sleep(100);
              done.set(true);
            });
    assertThatThrownBy(() -> Caller.joinAll(List.of(failing, late))).hasMessage("one");
    assertThat(done).isTrue();
    Caller.joinAll(List.of(late));
  }

  @Test
  void join_workEndsWell_returns() throws Exception {
    CountDownLatch letGo = new CountDownLatch(1);
    for (Caller caller :
        List.of(Callers.start(letGo::await), Callers.startPlatform(letGo::await))) {
      assertThat(caller.runsFor(20)).isTrue();
    }
    letGo.countDown();
    Caller caller = Callers.start(letGo::await);
    caller.join();
    assertThat(caller.runsFor(0)).isFalse();
  }
}
