package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.dosql.testing.Callers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class SharedHandlesTest {
  @TempDir Path parent;

  private DBOptions at(String name) {
    return DBOptions.builder().directory(parent.resolve(name)).build();
  }

  @Test
  void handles_onOneDirectory_shareItUntilTheLastIsClosed() {
    DB acme = DB.open("acme", at("data"));
    DB globex = DB.open("globex", at("data"));
    DB again = DB.open("acme", at("data"));
    acme.exec("CREATE TABLE t(x)");
    acme.close();

    again.run("INSERT INTO t VALUES(1)");
    assertThat(again.query("SELECT x FROM t")).hasSize(1);
    assertThat(globex.query("SELECT 1 FROM sqlite_schema WHERE name = 't'")).isEmpty();
    again.close();
    globex.close();

    try (DoSQL tenants = DoSQL.open(at("data"))) {
      assertThat(tenants.tenants()).hasSize(2);
    }
  }

  @Test
  void directory_openWithOtherOptions_isAnErrorThatNamesThem() {
    try (DB acme = DB.open("acme", at("data"))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> DB.open("acme", at("data").toBuilder().readersMax(2).build()).close())
          .withMessageContaining("readersMax=2")
          .withMessageContaining("open with 8");
      assertThat(acme.query("SELECT 1")).hasSize(1);
    }
    DoSQL.open(at("data")).close();
  }

  @Test
  void directory_byAnotherPath_isTheSame() throws Exception {
    Files.createDirectories(parent.resolve("data"));
    Files.createDirectories(parent.resolve("other"));
    Files.createSymbolicLink(parent.resolve("link"), parent.resolve("data"));
    try (DB acme = DB.open("acme", at("data"));
        DB byLink = DB.open("acme", at("link"));
        DB byDots = DB.open("acme", at("other/../data/."))) {
      acme.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)");

      assertThat(byLink.query("SELECT x FROM t")).hasSize(1);
      assertThat(byDots.query("SELECT x FROM t")).hasSize(1);
    }
    DoSQL.open(at("link")).close();
  }

  @Test
  void handles_openedAndClosedByManyThreads_neverFindItLocked() throws Exception {
    CyclicBarrier start = new CyclicBarrier(8);
    Callers.together(
        8,
        number -> {
          start.await(30, TimeUnit.SECONDS);
          for (int i = 0; i < 60; i++) {
            try (DB acme = DB.open("acme", at("data"))) {
              acme.exec("CREATE TABLE IF NOT EXISTS t(x)");
              acme.run("INSERT INTO t VALUES(1)");
            }
          }
          return number;
        });
    try (DB acme = DB.open("acme", at("data"))) {
      assertThat(acme.query("SELECT x FROM t")).hasSize(480);
    }
  }

  @Test
  void directory_thatTakesLongToClose_doesNotKeepOthersWaiting() throws Exception {
    DB slow = DB.open("slow", at("slow"));
    slow.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1), (2)");
    RowStream<Integer> rows = slow.stream(Integer.class, "SELECT x FROM t");
    CountDownLatch otherDone = new CountDownLatch(1);
    Callers.together(
        3,
        number -> {
          if (number == 0) {
            slow.close(); // Waits for the stream.
          } else if (number == 1) {
            Thread.sleep(200);
            long begun = System.nanoTime();
            DB.open("other", at("other")).close();
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .isLessThan(Duration.ofSeconds(5));
            otherDone.countDown();
          } else {
            assertThat(otherDone.await(8, TimeUnit.SECONDS)).isTrue();
            rows.close();
          }
          return number;
        });
    DoSQL.open(at("slow")).close();
  }

  @Test
  void directory_openedWhileItCloses_isOpenedAnew() throws Exception {
    DB first = DB.open("acme", at("data"));
    first.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1), (2)");
    RowStream<Integer> rows = first.stream(Integer.class, "SELECT x FROM t");
    Callers.together(
        3,
        number -> {
          if (number == 0) {
            first.close();
          } else if (number == 1) {
            Thread.sleep(300);
            try (DB second = DB.open("acme", at("data").toBuilder().readersMax(2).build())) {
              assertThat(second.query("SELECT x FROM t")).hasSize(2);
            }
          } else {
            Thread.sleep(600);
            rows.close();
          }
          return number;
        });
  }
}
