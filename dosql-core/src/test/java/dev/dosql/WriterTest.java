package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.HeldWriter;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Waiting for the writer, and commits on a disk that fails. */
@Timeout(90)
class WriterTest {
  @TempDir Path directory;

  private DBOptions.Builder options() {
    return DBOptions.builder().directory(directory);
  }

  private static List<Long> ids(DB db) {
    return db.query(long.class, "SELECT id FROM t ORDER BY id");
  }

  @Test
  void write_writerIsHeldTooLong_timesOutAndNothingIsExecuted() {
    Duration bound = Duration.ofMillis(200);
    try (DB db = DB.memory(options().writeLockTimeout(bound).build())) {
      db.run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
      HeldWriter held = HeldWriter.of(db);
      for (org.assertj.core.api.ThrowableAssert.ThrowingCallable write :
          List.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
              () -> db.run("INSERT INTO t VALUES (1)"),
              () -> db.query("INSERT INTO t VALUES (1) RETURNING id"),
              () -> db.exec("INSERT INTO t VALUES (1)"),
              () -> db.batch("INSERT INTO t VALUES (?)", List.of(1)),
              () -> db.useTransaction(tx -> tx.run("INSERT INTO t VALUES (1)")))) {
        long before = System.nanoTime();
        assertThatThrownBy(write)
            .isInstanceOf(WriteLockTimeoutException.class)
            .hasMessageContaining("tenant=memory");
        assertThat(Duration.ofNanos(System.nanoTime() - before))
            .isBetween(bound, Duration.ofSeconds(5));
      }
      assertThat(ids(db)).as("readers do not wait").isEmpty();
      held.close();
      db.run("INSERT INTO t VALUES (2)");
      assertThat(ids(db)).containsExactly(2L);
    }
  }

  @Test
  void writersWaiting_getTheirTurnInTheOrderInWhichTheyCame() throws Exception {
    try (DB db = DB.memory()) {
      db.run("CREATE TABLE t (id INTEGER PRIMARY KEY, caller)");
      HeldWriter held = HeldWriter.of(db);
      List<Caller> waiting = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        int number = i;
        String insert = "INSERT INTO t (caller) VALUES (?)";
        Caller thread =
            Callers.start(
                () -> {
                  if (number % 3 == 0) {
                    db.useTransaction(tx -> tx.run(insert, number));
                  } else {
                    db.run(insert, number);
                  }
                });
        Waits.untilParked(thread);
        waiting.add(thread);
      }
      held.close();
      Caller.joinAll(waiting);
      assertThat(db.query(int.class, "SELECT caller FROM t ORDER BY id"))
          .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    }
  }

  @Test
  void waiterThatGivesUp_leavesTheOthersTheirPlaces() throws Exception {
    try (DB db = DB.memory()) {
      db.run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
      HeldWriter held = HeldWriter.of(db);
      Caller first = Callers.start(() -> catchThrowable(() -> db.run("INSERT INTO t VALUES (1)")));
      Waits.untilParked(first);
      Caller second = Callers.start(() -> db.run("INSERT INTO t VALUES (2)"));
      Waits.untilParked(second);
      first.interrupt();
      first.join();
      held.close();
      second.join();
      assertThat(ids(db)).containsExactly(2L);
    }
  }

  @Test
  void manyWritersUnderLocalDurability_everyAcknowledgedRowIsThereOnce() throws Exception {
    Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
    try (DB db = DB.open("many", options().build())) {
      db.run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
      Callers.together(
          16,
          number -> {
            for (int i = 0; i < 200; i++) {
              acknowledged.add(db.run("INSERT INTO t DEFAULT VALUES").lastInsertRowid());
            }
            return null;
          });
      assertThat(acknowledged).hasSize(3_200);
    }
    try (DB db = DB.open("many", options().build())) {
      assertThat(ids(db)).containsExactlyInAnyOrderElementsOf(acknowledged);
      assertThat(db.queryOne(String.class, "PRAGMA integrity_check")).hasValue("ok");
    }
  }

  /** Has the connection that writes opened, by a write that changes nothing and forces nothing. */
  private static void openWriter(DB db) {
    assertThat(db.run("DELETE FROM t WHERE id < 0").changes()).isZero();
  }

  /** The tenant's log, found by its name. */
  private Path wal() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> file.toString().endsWith("-wal")).findFirst().orElseThrow();
    }
  }

  /**
   * The log is moved aside before it was first forced, so that the force finds no file: the one way
   * to have a real force fail through real means.
   */
  @Test
  void force_fails_commitIsInDoubtAndTheTenantReopensWithWholeTransactions() throws Exception {
    try (DB db = DB.open("doubt", options().build())) {
      db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
    }
    for (int round = 0; round < 4; round++) {
      long id = 10 + 2 * round;
      try (DB db = DB.open("doubt", options().build())) {
        openWriter(db);
        Path wal = wal();
        Path aside = directory.resolve("aside-wal");
        Files.move(wal, aside);
        boolean inTransaction = round % 2 == 0;
        assertThatThrownBy(
                () -> {
                  if (inTransaction) {
                    db.useTransaction(
                        tx -> {
                          tx.run("INSERT INTO t VALUES (?)", id);
                          tx.run("INSERT INTO t VALUES (?)", id + 1);
                        });
                  } else {
                    db.run("INSERT INTO t VALUES (?), (?)", id, id + 1);
                  }
                })
            .isInstanceOf(CommitInDoubtException.class)
            .hasMessageContaining("tenant=doubt");
        Files.move(aside, wal);
        List<Long> seen = ids(db);
        assertThat(Files.size(wal)).as("the log is left to be checked").isPositive();
        assertThat(seen.contains(id)).as("whole or nothing").isEqualTo(seen.contains(id + 1));
        db.run("INSERT INTO t VALUES (?)", 100 + round);
        assertThat(ids(db)).contains(1L, 100L + round);
        assertThat(db.queryOne(String.class, "PRAGMA integrity_check")).hasValue("ok");
      }
    }
  }

  @Test
  void force_failsUnderManyCallers_eachIsToldAndNoneIsLostThatWasAcknowledged() throws Exception {
    try (DB db = DB.open("crowd", options().build())) {
      db.run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    }
    try (DB db = DB.open("crowd", options().build())) {
      openWriter(db);
      Path wal = wal();
      Path aside = directory.resolve("aside-wal");
      Files.move(wal, aside);
      Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
      Set<Long> inDoubt = ConcurrentHashMap.newKeySet();
      HeldWriter held = HeldWriter.of(db);
      List<Caller> callers = new ArrayList<>();
      for (long i = 1; i <= 16; i++) {
        long id = i;
        callers.add(
            Callers.start(
                () -> {
                  Throwable failure = catchThrowable(() -> db.run("INSERT INTO t VALUES (?)", id));
                  if (failure == null) {
                    acknowledged.add(id);
                  } else if (failure instanceof CommitInDoubtException) {
                    inDoubt.add(id);
                  } else {
                    assertThat(failure).isInstanceOf(StorageException.class);
                  }
                }));
      }
      for (Caller caller : callers) {
        Waits.untilParked(caller);
      }
      held.close();
      Caller.joinAll(callers);
      assertThat(held.failure()).as("it wrote nothing").isNull();
      assertThat(inDoubt).isNotEmpty();
      if (!Files.exists(wal)) {
        Files.move(aside, wal);
      }
      List<Long> seen = ids(db);
      assertThat(seen).containsAll(acknowledged);
      assertThat(seen).allMatch(id -> acknowledged.contains(id) || inDoubt.contains(id));
      db.run("INSERT INTO t VALUES (100)");
    }
  }
}
