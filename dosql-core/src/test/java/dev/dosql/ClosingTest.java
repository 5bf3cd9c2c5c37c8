package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.testing.Callers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ClosingTest {
  @TempDir Path data;

  private DBOptions options() {
    return DBOptions.builder().directory(data).build();
  }

  @Test
  void close_transactionRunning_waitsAndItsCommitIsThere() throws Exception {
    DoSQL tenants = DoSQL.open(options());
    DB acme = tenants.db("acme");
    acme.exec("CREATE TABLE t(x)");
    CountDownLatch inside = new CountDownLatch(1);
    AtomicBoolean committed = new AtomicBoolean();
    Callers.together(
        2,
        number -> {
          if (number == 0) {
            acme.useTransaction(
                tx -> {
                  inside.countDown();
                  Thread.sleep(300);
                  tx.run("INSERT INTO t VALUES('late')");
                });
            committed.set(true);
          } else {
            inside.await(30, TimeUnit.SECONDS);
            tenants.close();
          }
          return number;
        });
    assertThat(committed).isTrue();
    try (DoSQL again = DoSQL.open(options())) {
      assertThat(again.db("acme").query(String.class, "SELECT x FROM t")).containsExactly("late");
    }
  }

  @Test
  void close_readOfSeveralQueriesRunning_letsItFinish() throws Exception {
    DoSQL tenants = DoSQL.open(options());
    DB acme = tenants.db("acme");
    acme.exec("CREATE TABLE t(x)");
    CountDownLatch inside = new CountDownLatch(1);
    List<Object> results =
        Callers.together(
            2,
            number -> {
              if (number == 1) {
                inside.await(30, TimeUnit.SECONDS);
                tenants.close();
                return 0;
              }
              return acme.read(
                  reads -> {
                    inside.countDown();
                    Thread.sleep(300);
                    return acme.query("SELECT x FROM t").size();
                  });
            });
    assertThat(results).containsOnly(0);
  }

  @Test
  void close_streamLeftOpen_isBoundedAndItsNextRowIsATypedError() {
    DoSQL tenants = DoSQL.open(options());
    DB acme = tenants.db("acme");
    acme.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1), (2), (3)");
    RowStream<Integer> rows = acme.stream(Integer.class, "SELECT x FROM t");
    assertThat(rows.next()).isEqualTo(1);

    long begun = System.nanoTime();
    tenants.close();

    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(20));
    Throwable failure = catchThrowable(() -> rows.forEachRemaining(row -> {}));
    assertThat(failure).isInstanceOf(DatabaseClosedException.class);
    rows.close();
    try (DoSQL again = DoSQL.open(options())) {
      assertThat(again.db("acme").query("SELECT x FROM t")).hasSize(3);
    }
  }

  @Test
  void call_afterClose_isATypedError() {
    DoSQL tenants = DoSQL.open(options());
    DB acme = tenants.db("acme");
    acme.exec("CREATE TABLE t(x)");
    tenants.close();

    List<Runnable> calls =
        List.of(
            () -> acme.query("SELECT 1"),
            () -> acme.queryOne("SELECT 1"),
            () -> acme.run("INSERT INTO t VALUES(1)"),
            () -> acme.exec("SELECT 1"),
            () -> acme.stream("SELECT 1"),
            () -> acme.batch("INSERT INTO t VALUES(?)", List.of(1)),
            () -> acme.useTransaction(tx -> tx.query("SELECT 1")),
            () -> acme.read(reads -> reads.query("SELECT 1")),
            () -> tenants.db("other").query("SELECT 1"),
            () -> tenants.create("other"),
            () -> tenants.find("acme"),
            tenants::tenants,
            () -> tenants.suspend("acme"),
            () -> tenants.resume("acme"),
            () -> tenants.delete("acme"));
    for (Runnable call : calls) {
      assertThatExceptionOfType(DatabaseClosedException.class).isThrownBy(call::run);
    }
  }

  @Test
  void close_twice_doesNothingMore() {
    DoSQL tenants = DoSQL.open(options());
    tenants.close();
    tenants.close();
    DB handle = DB.open("acme", options());
    DB other = DB.open("acme", options());
    handle.close();
    handle.close();
    assertThat(other.query("SELECT 1")).hasSize(1);
    assertThatExceptionOfType(DatabaseClosedException.class)
        .isThrownBy(() -> handle.query("SELECT 1"));
    other.close();
  }

  @Test
  void close_threadInterrupted_closesAllTheSame() {
    DoSQL tenants = DoSQL.open(options());
    DB acme = tenants.db("acme");
    acme.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
    Thread.currentThread().interrupt();
    try {
      tenants.close();
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } finally {
      Thread.interrupted();
    }
    assertThat(data.resolve("acme.db-wal")).doesNotExist();
    try (DoSQL again = DoSQL.open(options())) {
      assertThat(again.db("acme").query("SELECT x FROM t")).hasSize(1);
    }
  }

  @Test
  void openAndClose_threadInterrupted_work() {
    Thread.currentThread().interrupt();
    try (DoSQL tenants = DoSQL.open(options())) {
      assertThat(tenants.find("acme")).isEmpty();
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void close_whileThreadsOpenTenants_leavesNoneOpen() throws Exception {
    for (int round = 0; round < 10; round++) {
      DoSQL tenants = DoSQL.open(options());
      CountDownLatch running = new CountDownLatch(4);
      Callers.together(
          5,
          number -> {
            if (number == 4) {
              running.await(30, TimeUnit.SECONDS);
              Thread.sleep(5);
              tenants.close();
              return 0;
            }
            running.countDown();
            for (int i = 0; ; i++) {
              try {
                tenants.db("tenant-" + number + "-" + i % 50).query("SELECT 1");
              } catch (DatabaseClosedException e) {
                return i;
              }
              if (i % 50 == 49) {
                // Virtual threads that never wait keep the carriers from the one that closes.
                Thread.sleep(1);
              }
            }
          });
      assertThat(data.toFile().list((directory, name) -> name.endsWith("-wal"))).isEmpty();
    }
  }
}
