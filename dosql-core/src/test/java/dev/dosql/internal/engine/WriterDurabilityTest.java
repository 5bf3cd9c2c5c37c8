package dev.dosql.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.CommitInDoubtException;
import dev.dosql.DBOptions;
import dev.dosql.Durability;
import dev.dosql.StorageException;
import dev.dosql.internal.sql.Binder;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sqlite.DriverConnection;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real database whose log, or whose COMMIT, fails when it is told to. */
@Timeout(60)
class WriterDurabilityTest {
  private static final ParsedSql INSERT = ParsedSql.parse("INSERT INTO t (v) VALUES (1)");

  @TempDir Path directory;
  private Path file;
  private SqliteConnection real;
  private final AtomicInteger forces = new AtomicInteger();
  private volatile WalSync.Log log = () -> {};
  private volatile String failing = "";
  private volatile boolean failsAfterwards;
  private volatile Runnable behindCommit = () -> {};

  @BeforeEach
  void open() throws SqliteException {
    file = directory.resolve("t.db");
    real = DriverConnection.open(file, true, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
    real.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
  }

  @AfterEach
  void close() throws SqliteException {
    real.close();
  }

  private Writer writer(Durability durability) {
    return new Writer(
        () -> failing(real, SqliteConnection.class),
        () -> {
          forces.incrementAndGet();
          log.force();
        },
        durability,
        null,
        Duration.ofSeconds(30),
        Duration.ofSeconds(5),
        new StatementWatch("acme", DBOptions.builder().build()),
        new SchemaEpoch(),
        new Readers(
            1,
            Duration.ofSeconds(5),
            WriterDurabilityTest::noReader,
            new ReadLock(WriterDurabilityTest::noReader, "acme"),
            new SchemaEpoch(),
            "t"),
        "acme");
  }

  private static SqliteConnection noReader() {
    throw new IllegalStateException("no reader is needed");
  }

  /** The real one, but that starting a certain statement fails with an I/O error. */
  private <T> T failing(T target, Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              boolean fails =
                  method.getName().equals("start")
                      && ((SqliteStatement) target).sql().equals(failing);
              if (fails && !failsAfterwards) {
                throw new SqliteException(SqliteException.IOERR | 4 << 8, "disk I/O error");
              }
              Object result;
              try {
                result = method.invoke(target, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
              if (method.getName().equals("start")
                  && ((SqliteStatement) target).sql().equals("COMMIT")) {
                behindCommit.run();
              }
              if (fails) {
                throw new SqliteException(SqliteException.IOERR | 4 << 8, "disk I/O error");
              }
              return result instanceof SqliteStatement statement
                  ? failing(statement, SqliteStatement.class)
                  : result;
            }));
  }

  private static Bound bound(ParsedSql parsed) {
    return parsed.bind(new Object[0], new Binder(value -> value, null, 32_766));
  }

  private static Outcome insert(Writer writer) throws SqliteException {
    return writer.execute(INSERT, bound(INSERT), false, Integer.MAX_VALUE);
  }

  private static Void vacuum(Writer writer) throws SqliteException {
    return writer.hold(
        hold -> {
          writer.vacuum();
          return null;
        });
  }

  @Test
  void vacuum_isForcedBeforeItIsAnswered() throws SqliteException {
    Writer writer = writer(Durability.LOCAL);
    insert(writer);
    long before = forces.get();
    long epoch = writer.epoch();
    vacuum(writer);
    assertThat(forces.get()).isEqualTo(before + 1);
    assertThat(writer.epoch()).isEqualTo(epoch + 2);

    log =
        () -> {
          throw new IOException("disk");
        };
    assertThatThrownBy(() -> vacuum(writer)).isInstanceOf(CommitInDoubtException.class);
    assertThat(writer.hasFailed()).isTrue();
  }

  private static Void insertInTransaction(Writer writer) throws SqliteException {
    return writer.hold(
        turn -> {
          writer.begin(() -> false);
          WriteStatements.step(writer.connection(), INSERT.sql());
          writer.commit();
          return null;
        });
  }

  private long stored() throws SqliteException {
    try (DriverConnection fresh = DriverConnection.open(file, false, "")) {
      return WriteStatements.number(fresh, "SELECT count(*) FROM t");
    }
  }

  @Test
  void process_commits_areNotForced() throws Exception {
    Writer writer = writer(Durability.PROCESS);
    insert(writer);
    insertInTransaction(writer);
    assertThat(forces).hasValue(0);
  }

  @Test
  void local_everyCommit_isAnsweredBehindAForceThatBeganAfterIt() throws Exception {
    AtomicReference<String> order = new AtomicReference<>("");
    log = () -> order.accumulateAndGet("force" + storedQuietly(), (all, one) -> all + one + " ");
    Writer writer = writer(Durability.LOCAL);
    insert(writer);
    order.accumulateAndGet("answer", (all, one) -> all + one + " ");
    insertInTransaction(writer);
    order.accumulateAndGet("answer", (all, one) -> all + one + " ");
    assertThat(order.get()).isEqualTo("force1 answer force2 answer ");
  }

  private long storedQuietly() {
    try {
      return stored();
    } catch (SqliteException e) {
      throw new AssertionError(e);
    }
  }

  /** Then it has no number yet by which its force could be waited for. */
  @Test
  void seen_whileACommitIsExecuted_isNotTakenForDurable() throws Exception {
    for (Durability durability : Durability.values()) {
      Writer writer = writer(durability);
      long before = stored();
      List<Object> seen = new ArrayList<>();
      behindCommit =
          () -> {
            seen.add(storedQuietly());
            seen.add(writer.awaitSeen());
          };
      insertInTransaction(writer);
      assertThat(seen).containsExactly(before + 1, false);
      assertThat(writer.awaitSeen()).isTrue();
    }
    assertThat(forces).hasValue(1);
  }

  @Test
  void seen_beforeItsForce_isWaitedFor() throws Exception {
    CountDownLatch letGo = new CountDownLatch(1);
    log =
        () -> {
          try {
            letGo.await(20, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
        };
    Writer writer = writer(Durability.LOCAL);
    Caller first = Callers.start(() -> insert(writer));
    Waits.untilParked(first);
    AtomicReference<Boolean> told = new AtomicReference<>();
    Caller reader = Callers.start(() -> told.set(writer.awaitSeen()));
    Waits.untilParked(reader);
    assertThat(told).hasValue(null);
    letGo.countDown();
    first.join();
    reader.join();
    assertThat(told).hasValue(true);
    assertThat(forces).hasValue(1);
  }

  @Test
  void local_statementThatWroteNothing_isNotForced() throws Exception {
    Writer writer = writer(Durability.LOCAL);
    ParsedSql update = ParsedSql.parse("UPDATE t SET v = 1 WHERE 0");
    writer.execute(update, bound(update), false, Integer.MAX_VALUE);
    assertThat(forces).hasValue(0);
    assertThat(stored()).isZero();
  }

  @Test
  void local_orFailThatKeepsRows_isForcedBeforeItsErrorIsTold() throws Exception {
    AtomicReference<String> order = new AtomicReference<>("");
    log = () -> order.accumulateAndGet("force" + storedQuietly(), (all, one) -> all + one + " ");
    real.execute("CREATE UNIQUE INDEX once ON t (v)");
    Writer writer = writer(Durability.LOCAL);
    ParsedSql fails = ParsedSql.parse("INSERT OR FAIL INTO t (v) VALUES (1), (2), (1), (3)");
    assertThatThrownBy(() -> writer.execute(fails, bound(fails), false, Integer.MAX_VALUE))
        .isInstanceOf(SqliteException.class);
    order.accumulateAndGet("answer", (all, one) -> all + one + " ");
    assertThat(order.get()).isEqualTo("force2 answer ");
    assertThat(stored()).isEqualTo(2);
  }

  @Test
  void local_failureThatKeepsNothing_isNotForced() throws Exception {
    real.execute("CREATE UNIQUE INDEX once ON t (v)");
    Writer writer = writer(Durability.LOCAL);
    insert(writer);
    ParsedSql fails = ParsedSql.parse("INSERT OR ABORT INTO t (v) VALUES (2), (1)");
    assertThatThrownBy(() -> writer.execute(fails, bound(fails), false, Integer.MAX_VALUE))
        .isInstanceOf(SqliteException.class);
    assertThat(forces).hasValue(1);
    assertThat(stored()).isEqualTo(1);
  }

  @Test
  void local_orFailWhoseForceFails_isTheLastOfItsWriter() throws Exception {
    log =
        () -> {
          throw new IOException("disk");
        };
    real.execute("CREATE UNIQUE INDEX once ON t (v)");
    Writer writer = writer(Durability.LOCAL);
    ParsedSql fails = ParsedSql.parse("INSERT OR FAIL INTO t (v) VALUES (1), (1)");
    assertThatThrownBy(() -> writer.execute(fails, bound(fails), false, Integer.MAX_VALUE))
        .isInstanceOf(SqliteException.class);
    assertThat(writer.hasFailed()).isTrue();
    assertThatThrownBy(() -> insert(writer)).isInstanceOf(StorageException.class);
  }

  @Test
  void local_manyCallers_shareForces() throws Exception {
    log = () -> sleep(3);
    Writer writer = writer(Durability.LOCAL);
    Callers.together(
        16,
        number -> {
          for (int i = 0; i < 40; i++) {
            if (i % 8 == 0) {
              insertInTransaction(writer);
            } else {
              insert(writer);
            }
          }
          return null;
        });
    assertThat(stored()).isEqualTo(640);
    assertThat(forces.get()).isLessThan(320);
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void turn_commitsOnAnotherConnection_areAnsweredBehindAForceThatBeganAfterThem()
      throws Exception {
    AtomicReference<String> order = new AtomicReference<>("");
    log = () -> order.accumulateAndGet("force" + storedQuietly(), (all, one) -> all + one + " ");
    Writer writer = writer(Durability.LOCAL);
    try (DriverConnection other = DriverConnection.open(file, false, "")) {
      Writer.Turn turn = writer.takeTurn(other, Patience.LASTING);
      turn.begin(() -> false);
      WriteStatements.step(other, INSERT.sql());
      turn.commit();
      assertThat(order.get()).isEmpty();
      turn.end();
      order.accumulateAndGet("answer", (all, one) -> all + one + " ");
      assertThat(order.get()).isEqualTo("force1 answer ");
      insert(writer); // The turn was given on.

      Writer.Turn single = writer.takeTurn(other, Patience.LASTING);
      WriteStatements.step(other, INSERT.sql());
      single.countCommit();
      single.end();
      assertThat(order.get()).isEqualTo("force1 answer force2 force3 ");

      Writer.Turn schema = writer.takeTurn(other, Patience.LASTING);
      schema.schemaChanging();
      WriteStatements.step(other, "CREATE TABLE u (a)");
      schema.countCommit();
      schema.end();
      assertThat(forces).hasValue(4);
      assertThat(writer.epoch()).isEqualTo(2);
    }
  }

  @Test
  void turn_thatChangedNothingOrWasUndone_isNotForcedAndGivenOn() throws Exception {
    Writer writer = writer(Durability.LOCAL);
    try (DriverConnection other = DriverConnection.open(file, false, "")) {
      Writer.Turn nothing = writer.takeTurn(other, Patience.LASTING);
      nothing.begin(() -> false);
      nothing.commit();
      nothing.end();
      Writer.Turn undone = writer.takeTurn(other, Patience.LASTING);
      undone.begin(() -> false);
      WriteStatements.step(other, INSERT.sql());
      WriteStatements.step(other, "ROLLBACK");
      undone.abandon();
      undone.abandon();
      undone.end();
      assertThat(forces).hasValue(0);
      insert(writer);
      assertThat(stored()).isEqualTo(1);
    }
  }

  @Test
  void turn_whoseCommitOrForceFails_isInDoubt() throws Exception {
    Writer writer = writer(Durability.LOCAL);
    try (DriverConnection other = DriverConnection.open(file, false, "")) {
      Writer.Turn turn = writer.takeTurn(failing(other, SqliteConnection.class), Patience.LASTING);
      turn.begin(() -> false);
      WriteStatements.step(other, INSERT.sql());
      failing = "COMMIT";
      assertThatThrownBy(turn::commit).isInstanceOf(CommitInDoubtException.class);
      turn.abandon();
      failing = "";
      assertThat(writer.hasFailed()).isTrue();
      assertThatThrownBy(() -> writer.takeTurn(other, Patience.LASTING))
          .isInstanceOf(StorageException.class);
      WriteStatements.step(other, "ROLLBACK");

      Writer second = writer(Durability.LOCAL);
      log =
          () -> {
            throw new IOException("disk");
          };
      Writer.Turn unforced = second.takeTurn(other, Patience.LASTING);
      WriteStatements.step(other, INSERT.sql());
      unforced.countCommit();
      assertThatThrownBy(unforced::end).isInstanceOf(CommitInDoubtException.class);
      assertThat(second.hasFailed()).isTrue();
    }
  }

  @Test
  void force_fails_callersAreInDoubtAndThoseBehindExecuteNothing() throws Exception {
    CountDownLatch letGo = new CountDownLatch(1);
    log =
        () -> {
          try {
            letGo.await(20, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          throw new IOException("disk");
        };
    Writer writer = writer(Durability.LOCAL);
    List<Throwable> failures = new ArrayList<>();
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      int number = i;
      Caller caller =
          Callers.start(
              () -> {
                Throwable failure =
                    catchThrowable(
                        () -> {
                          if (number % 2 == 0) {
                            insert(writer);
                          } else {
                            insertInTransaction(writer);
                          }
                        });
                synchronized (failures) {
                  failures.add(failure);
                }
              });
      Waits.untilParked(caller);
      callers.add(caller);
    }
    letGo.countDown();
    Caller.joinAll(callers);
    assertThat(failures).hasSize(6).allMatch(e -> e instanceof CommitInDoubtException);
    assertThat(writer.hasFailed()).isTrue();
    long executed = stored();
    assertThatThrownBy(() -> insert(writer)).isInstanceOf(StorageException.class);
    assertThatThrownBy(() -> insertInTransaction(writer)).isInstanceOf(StorageException.class);
    assertThat(stored()).isEqualTo(executed);
  }

  @Test
  void commitOfATransaction_ioError_isInDoubtWhetherOrNotItIsStored() throws Exception {
    for (boolean after : new boolean[] {false, true}) {
      failing = "COMMIT";
      failsAfterwards = after;
      Writer writer = writer(Durability.LOCAL);
      long before = stored();
      assertThatThrownBy(() -> insertInTransaction(writer))
          .isInstanceOf(CommitInDoubtException.class);
      assertThat(writer.hasFailed()).isTrue();
      assertThatThrownBy(() -> insert(writer)).isInstanceOf(StorageException.class);
      failing = "";
      if (!after) {
        real.execute("ROLLBACK");
      }
      assertThat(stored()).isEqualTo(before + (after ? 1 : 0));
    }
  }

  @Test
  void rollback_fails_nobodyIsServedInsideTheTransactionThatIsLeft() throws Exception {
    failing = "ROLLBACK";
    Writer writer = writer(Durability.LOCAL);
    assertThatThrownBy(
            () ->
                writer.hold(
                    turn -> {
                      writer.begin(() -> false);
                      WriteStatements.step(writer.connection(), INSERT.sql());
                      writer.rollback();
                      return null;
                    }))
        .isInstanceOf(SqliteException.class);
    assertThat(writer.hasFailed()).isTrue();
    assertThatThrownBy(() -> insert(writer)).isInstanceOf(StorageException.class);
    assertThat(stored()).isZero();
  }

  @Test
  void statementAlone_ioError_isInDoubt() throws Exception {
    for (Durability durability : Durability.values()) {
      failing = INSERT.sql();
      failsAfterwards = durability == Durability.LOCAL;
      Writer writer = writer(durability);
      assertThatThrownBy(() -> insert(writer)).isInstanceOf(CommitInDoubtException.class);
      assertThat(writer.hasFailed()).isTrue();
      failing = "";
      assertThatThrownBy(() -> insert(writer)).isInstanceOf(StorageException.class);
    }
  }

  @Test
  void callersQueuedBehindAFailedCommit_executeNothing() throws Exception {
    failing = "COMMIT";
    failsAfterwards = true;
    Writer writer = writer(Durability.LOCAL);
    CountDownLatch letGo = new CountDownLatch(1);
    AtomicReference<Throwable> first = new AtomicReference<>();
    Caller holder =
        Callers.start(
            () ->
                first.set(
                    catchThrowable(
                        () ->
                            writer.hold(
                                turn -> {
                                  writer.begin(() -> false);
                                  WriteStatements.step(writer.connection(), INSERT.sql());
                                  letGo.await(20, TimeUnit.SECONDS);
                                  writer.commit();
                                  return null;
                                }))));
    Waits.untilParked(holder);
    List<Caller> queued = new ArrayList<>();
    List<Throwable> failures = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int number = i;
      Caller caller =
          Callers.start(
              () -> {
                Throwable failure =
                    catchThrowable(
                        () -> {
                          if (number % 2 == 0) {
                            insert(writer);
                          } else {
                            insertInTransaction(writer);
                          }
                        });
                synchronized (failures) {
                  failures.add(failure);
                }
              });
      Waits.untilParked(caller);
      queued.add(caller);
    }
    letGo.countDown();
    holder.join();
    Caller.joinAll(queued);
    assertThat(first.get()).isInstanceOf(CommitInDoubtException.class);
    assertThat(failures).hasSize(4).allMatch(e -> e instanceof StorageException);
    assertThat(stored()).isEqualTo(1);
  }
}
