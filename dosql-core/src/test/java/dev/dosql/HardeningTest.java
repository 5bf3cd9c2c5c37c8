package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What SQL and values could do to the process, rather than to the data. */
class HardeningTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT fts3_tokenizer(?)",
        "SELECT \"FTS3_TOKENIZER\"(?)",
        "SELECT 1 WHERE [fts3_tokenizer](?) IS NULL",
        "INSERT INTO t SELECT fts3_tokenizer(?)"
      })
  void addressOfNativeCode_inAValue_isRefused(String sql) {
    try (DB db = DB.memory()) {
      assertThatExceptionOfType(StatementException.class)
          .isThrownBy(() -> db.query(sql, "simple"))
          .withMessageContaining("not available through SQL");
    }
  }

  @Test
  void patternThatWouldOverflowTheStack_isAnError() throws Exception {
    try (DB db = DB.memory()) {
      String text = "a".repeat(20_000);
      String pattern = "%a".repeat(20_000);
      AtomicReference<Throwable> failure = new AtomicReference<>();
      Runnable match =
          () -> failure.set(catchThrowable(() -> db.query("SELECT ? LIKE ?", text, pattern)));
      Thread small = new Thread(null, match, "small-stack", 256 * 1024);
      small.start();
      small.join(20_000);
      assertThat(failure.get()).isInstanceOf(StatementException.class);
      assertThat(db.query(Long.class, "SELECT 'abc' LIKE '%b%'")).containsExactly(1L);
    }
  }

  @Test
  void tenant_closedUnderTransactionsThatDoNotEnd_failsThemAndNotTheProcess() throws Exception {
    DBOptions options = DBOptions.builder().directory(directory).build();
    DoSQL dosql = DoSQL.open(options);
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch running = new CountDownLatch(8);
    List<Caller> callers = new ArrayList<>();
    List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 8; i++) {
      DB db = dosql.db("t" + i);
      db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
      callers.add(
          Callers.startPlatform(
              () ->
                  failures.add(
                      catchThrowable(
                          () ->
                              db.useTransaction(
                                  tx -> {
                                    running.countDown();
                                    while (!stop.get()) {
                                      tx.run("INSERT INTO t (v) VALUES (1)");
                                    }
                                  })))));
    }
    assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();
    dosql.close();
    stop.set(true);
    Caller.joinAll(callers);
    assertThat(failures).hasSize(8).allMatch(DoSQLException.class::isInstance);
    try (DoSQL again = DoSQL.open(options)) {
      assertThat(again.db("t0").query("SELECT * FROM t")).isEmpty();
    }
  }

  @Test
  void streams_moreThanTheStatementCacheHolds_areAllUsable() {
    try (DB db = DB.memory()) {
      List<Long> seen =
          db.read(
              reads -> {
                List<RowStream<Long>> open = new ArrayList<>();
                for (int i = 0; i < 80; i++) {
                  open.add(
                      reads.stream(Long.class, "SELECT " + i + " UNION ALL SELECT " + (i + 1)));
                }
                return open.stream().map(RowStream::next).toList();
              });
      assertThat(seen).hasSize(80).startsWith(0L, 1L).endsWith(79L);
    }
  }

  @Test
  void log_whileReadsNeverPause_staysBounded() throws Exception {
    DBOptions options = DBOptions.builder().directory(directory).build();
    try (DB db = DB.open("busy", options)) {
      db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
      db.batch("INSERT INTO t (v) VALUES (?)", List.of(1, 2, 3, 4, 5, 6, 7, 8));
      AtomicBoolean stop = new AtomicBoolean();
      List<Caller> readers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        readers.add(
            Callers.startPlatform(
                () -> {
                  while (!stop.get()) {
                    db.query(
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000)"
                            + " SELECT count(*), (SELECT count(*) FROM t) FROM n");
                  }
                }));
      }
      byte[] block = new byte[400_000];
      for (int i = 0; i < 750; i++) {
        Arrays.fill(block, (byte) i); // SQLite does not write a page again that stays as it is.
        db.run("UPDATE t SET v = ? WHERE id = ?", block, 1 + i % 8);
      }
      stop.set(true);
      Caller.joinAll(readers);
      // Written: 300 MB. At every 64 it is tried to find a quiet moment; three times is enough.
      assertThat(Files.size(directory.resolve("busy.db-wal"))).isLessThan(200L << 20);
    }
  }

  @Test
  void tenant_closedUnderAFunctionThatHangs_isClosedInBoundedTime() throws Exception {
    CountDownLatch hanging = new CountDownLatch(1);
    CountDownLatch letGo = new CountDownLatch(1);
    DBOptions options =
        DBOptions.builder()
            .directory(directory)
            .function(
                "hang",
                0,
                false,
                arguments -> {
                  hanging.countDown();
                  letGo.await();
                  return 1;
                })
            .build();
    DoSQL dosql = DoSQL.open(options);
    DB db = dosql.db("t");
    Caller caller = Callers.startPlatform(() -> catchThrowable(() -> db.query("SELECT hang()")));
    assertThat(hanging.await(20, TimeUnit.SECONDS)).isTrue();
    long start = System.nanoTime();
    dosql.close();
    assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)).isLessThan(30);
    letGo.countDown();
    caller.join();
  }
}
