package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.HeldWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code once} promises to those who call it. */
@Timeout(60)
class OnceTest {
  private static final Duration PATIENCE = Duration.ofMillis(300);

  @TempDir Path directory;
  private DoSQL tenants;
  private DB db;

  record Order(long id, String customer) {}

  @BeforeEach
  void open() {
    tenants =
        DoSQL.open(
            DBOptions.builder()
                .directory(directory)
                .writeLockTimeout(Duration.ofSeconds(20))
                .build());
    db = tenants.db("acme");
    db.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT)");
  }

  @AfterEach
  void close() {
    tenants.close();
  }

  private static long order(Transaction tx) {
    return tx.run("INSERT INTO orders (customer) VALUES ('ada')").lastInsertRowid();
  }

  private static long orders(DB db) {
    return db.queryOne(Long.class, "SELECT count(*) FROM orders").orElseThrow();
  }

  private static List<String> ownTables(DB db) {
    return db.query(String.class, "SELECT name FROM sqlite_schema WHERE name GLOB '*_once*'");
  }

  private void restart(DBOptions options) {
    tenants.close();
    tenants = DoSQL.open(options);
    db = tenants.db("acme");
  }

  @Test
  void call_withTheSameKey_runsTheWorkOnceAndRepeatsItsValue() {
    assertThat(db.once("a", Long.class, OnceTest::order)).isEqualTo(new Once<>(1L, false));
    assertThat(db.once("a", Long.class, OnceTest::order)).isEqualTo(new Once<>(1L, true));
    assertThat(db.once("b", Long.class, OnceTest::order)).isEqualTo(new Once<>(2L, false));
    assertThat(orders(db)).isEqualTo(2);
  }

  @Test
  void key_ofAnotherTenant_isAnother() {
    DB globex = tenants.db("globex");

    assertThat(db.once("a", String.class, tx -> "acme").value()).isEqualTo("acme");
    assertThat(globex.once("a", String.class, tx -> "globex").value()).isEqualTo("globex");
  }

  @Test
  void value_afterARestart_isReplayed() {
    Once<Order> first = db.once("a", Order.class, tx -> new Order(order(tx), "ada"));
    restart(DBOptions.builder().directory(directory).build());

    Once<Order> again =
        db.once(
            "a",
            Order.class,
            tx -> {
              throw new AssertionError("ran again");
            });
    assertThat(again).isEqualTo(new Once<>(first.value(), true));
    assertThat(orders(db)).isEqualTo(1);
  }

  @Test
  void work_thatThrows_isUndoneAndLeavesTheKeyFree() {
    Exception thrown = new Exception("no");

    assertThatThrownBy(
            () ->
                db.once(
                    "a",
                    Long.class,
                    tx -> {
                      order(tx);
                      throw thrown;
                    }))
        .isSameAs(thrown);
    assertThat(orders(db)).isZero();
    assertThat(ownTables(db)).isEmpty();
    assertThat(db.once("a", Long.class, OnceTest::order).replayed()).isFalse();
  }

  @Test
  void work_withSavepoints_keepsWhatIsLeftOfThem() {
    Once<Long> once =
        db.once(
            "a",
            Long.class,
            tx -> {
              tx.useTransaction(OnceTest::order);
              assertThatThrownBy(
                      () ->
                          tx.useTransaction(
                              inner -> {
                                order(inner);
                                throw new IllegalStateException("inner");
                              }))
                  .hasMessage("inner");
              return order(tx);
            });

    assertThat(once.value()).isEqualTo(2);
    assertThat(orders(db)).isEqualTo(2);
  }

  /** SQLite would store the key in a transaction of its own. */
  @Test
  void transaction_thatSqliteEndedUnderTheWork_keepsNoKey() {
    db.exec("CREATE UNIQUE INDEX one ON orders (customer)");
    assertThatThrownBy(
            () ->
                db.once(
                    "a",
                    Boolean.class,
                    tx -> {
                      order(tx);
                      try {
                        tx.run("INSERT OR ROLLBACK INTO orders (customer) VALUES ('ada')");
                      } catch (ConstraintViolationException e) {
                        return true;
                      }
                      return false;
                    }))
        .isInstanceOf(TransactionEndedException.class);
    assertThat(orders(db)).isZero();
    assertThat(ownTables(db)).isEmpty();
  }

  @Test
  void commit_thatIsRefused_keepsNoKey() {
    db.exec("CREATE TABLE lines (o INTEGER REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED)");

    assertThatThrownBy(
            () -> db.once("a", Long.class, tx -> tx.run("INSERT INTO lines VALUES (7)").changes()))
        .isInstanceOf(ForeignKeyViolationException.class);
    assertThat(ownTables(db)).isEmpty();
    assertThat(db.once("a", Long.class, OnceTest::order).replayed()).isFalse();
  }

  @Test
  void work_thatLeavesAStreamOpen_isCommittedWithItsKey() {
    db.exec("INSERT INTO orders (customer) VALUES ('x'), ('y')");

    assertThat(
            db.once(
                    "a",
                    Long.class,
                    tx -> {
                      RowStream<Row> rows = tx.stream("SELECT * FROM orders");
                      return rows.next().getLong("id") + order(tx);
                    })
                .value())
        .isEqualTo(4);
    assertThat(db.once("a", Long.class, OnceTest::order)).isEqualTo(new Once<>(4L, true));
  }

  @Test
  void key_usedForAnotherType_isAConflictThatSaysWhich() {
    db.once("secret", Long.class, OnceTest::order);

    IdempotencyConflictException conflict =
        catchThrowableOfType(
            IdempotencyConflictException.class,
            () -> db.once("secret", Order.class, tx -> new Order(order(tx), "x")));
    assertThat(conflict.kind()).isEqualTo(IdempotencyConflictException.Kind.TYPE);
    assertThat(conflict.key()).isEqualTo("secret");
    assertThat(conflict.seen()).isEqualTo("java.lang.Long");
    assertThat(conflict.needed()).isEqualTo(Order.class.getName());
    assertThat(conflict)
        .hasMessageContaining("tenant=acme")
        .hasMessageContaining("java.lang.Long")
        .hasMessageNotContaining("secret");
    assertThat(orders(db)).isEqualTo(1);
    assertThat(db.once("secret", long.class, OnceTest::order)).isEqualTo(new Once<>(1L, true));
  }

  @Test
  void key_usedWithAnotherFingerprint_isAConflictThatSaysWhich() {
    db.once("secret", "{\"amount\":5}", Long.class, OnceTest::order);

    byte[] same = "{\"amount\":5}".getBytes(StandardCharsets.UTF_8);
    assertThat(db.once("secret", same, Long.class, OnceTest::order).replayed()).isTrue();
    IdempotencyConflictException conflict =
        catchThrowableOfType(
            IdempotencyConflictException.class,
            () -> db.once("secret", "{\"amount\":6}", Long.class, OnceTest::order));
    assertThat(conflict.kind()).isEqualTo(IdempotencyConflictException.Kind.FINGERPRINT);
    assertThat(conflict.seen()).hasSize(64).isNotEqualTo(conflict.needed());
    assertThat(conflict).hasMessageNotContaining("secret").hasMessageNotContaining(conflict.seen());
    IdempotencyConflictException none =
        catchThrowableOfType(
            IdempotencyConflictException.class,
            () -> db.once("secret", Long.class, OnceTest::order));
    assertThat(none.needed()).isEqualTo("none");
    assertThat(orders(db)).isEqualTo(1);
  }

  @Test
  void key_usedWithoutFingerprint_isAConflictForOneThatHasIt() {
    db.once("a", Long.class, OnceTest::order);

    assertThatThrownBy(() -> db.once("a", new byte[0], Long.class, OnceTest::order))
        .isInstanceOf(IdempotencyConflictException.class);
  }

  @Test
  void callers_ofOneKeyAtOnce_runTheWorkOnceAndAllGetItsValue() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    List<Once<Long>> all =
        Callers.together(
            16,
            number ->
                db.once(
                    "a",
                    Long.class,
                    tx -> {
                      runs.incrementAndGet();
                      Thread.sleep(20);
                      return order(tx);
                    }));

    assertThat(runs).hasValue(1);
    assertThat(all).extracting(Once::value).containsOnly(1L);
    assertThat(all).filteredOn(once -> !once.replayed()).hasSize(1);
    assertThat(orders(db)).isEqualTo(1);
  }

  @Test
  void callers_ofOneKeyAtOnce_tryAgainUntilOneSucceeds() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    List<String> all =
        Callers.together(
            12,
            number -> {
              try {
                return db.once(
                        "a",
                        Long.class,
                        tx -> {
                          long id = order(tx);
                          if (runs.incrementAndGet() <= 3) {
                            throw new IllegalStateException("not yet");
                          }
                          return id;
                        })
                    .value()
                    .toString();
              } catch (IllegalStateException e) {
                return e.getMessage();
              }
            });

    assertThat(runs).hasValue(4);
    assertThat(all).filteredOn("not yet"::equals).hasSize(3);
    assertThat(all).filteredOn("1"::equals).hasSize(9);
    assertThat(orders(db)).isEqualTo(1);
  }

  @Test
  void callersOfManyKeys_onceEach_allRun() throws Exception {
    Callers.together(
        8,
        number -> {
          for (int i = 0; i < 40; i++) {
            db.once("key" + i % 20 + "/" + number % 4, Long.class, OnceTest::order);
          }
          return null;
        });
    assertThat(orders(db)).isEqualTo(80);
    assertThat(db.queryOne(Long.class, "SELECT count(*) FROM _dosql_once")).hasValue(80L);
    assertThat(db.queryOne(String.class, "PRAGMA integrity_check")).hasValue("ok");
  }

  @Test
  void callWhoseKeyIsKnown_doesNotWaitForTheWriter() {
    restart(DBOptions.builder().directory(directory).writeLockTimeout(PATIENCE).build());
    db.once("a", Long.class, OnceTest::order);
    try (HeldWriter held = HeldWriter.of(db)) {
      assertThat(db.once("a", Long.class, OnceTest::order).replayed()).isTrue();
      assertThatThrownBy(() -> db.once("b", Long.class, OnceTest::order))
          .isInstanceOf(WriteLockTimeoutException.class);
      assertThat(held.failure()).isNull();
    }
    assertThat(orders(db)).isEqualTo(1);
    assertThat(db.once("b", Long.class, OnceTest::order).replayed()).isFalse();
  }

  @Test
  void call_insideASnapshotThatIsOlder_seesTheKeyAllTheSame() throws Exception {
    db.read(
        reads -> {
          reads.query("SELECT * FROM orders");
          Caller other = Callers.start(() -> db.once("a", Long.class, OnceTest::order));
          other.join();
          assertThat(db.once("a", Long.class, OnceTest::order)).isEqualTo(new Once<>(1L, true));
          return null;
        });
    assertThat(orders(db)).isEqualTo(1);
  }

  @Test
  void call_insideATransactionOfTheThread_isRefusedAndNothingRuns() {
    DB globex = tenants.db("globex");
    for (String key : List.of("known", "new")) {
      db.once("known", Long.class, OnceTest::order);
      assertThatThrownBy(
              () -> db.useTransaction(tx -> tx.db().once(key, Long.class, OnceTest::order)))
          .isInstanceOf(TransactionScopeException.class);
      assertThatThrownBy(
              () -> globex.useTransaction(tx -> db.once(key, Long.class, OnceTest::order)))
          .isInstanceOf(TransactionScopeException.class);
      assertThatThrownBy(
              () -> db.once("outer", Long.class, tx -> db.once(key, Long.class, t -> 1L).value()))
          .isInstanceOf(TransactionScopeException.class);
    }
    assertThat(orders(db)).isEqualTo(1);
  }

  @Test
  void key_thatCannotBeOne_isRefusedBeforeAnythingRuns() {
    for (String key : List.of("", "k".repeat(256), "é".repeat(128), "\ud800", "a\udc00b")) {
      assertThatThrownBy(() -> db.once(key, Long.class, OnceTest::order))
          .isInstanceOf(ParameterException.class)
          .hasMessageContaining("key refused");
    }
    assertThatThrownBy(() -> db.once("a", "\ud800", Long.class, OnceTest::order))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("fingerprint refused");
    assertThatNullPointerException()
        .isThrownBy(() -> db.once(null, Long.class, OnceTest::order))
        .withMessage("key");
    assertThatNullPointerException()
        .isThrownBy(() -> db.once("a", (String) null, Long.class, OnceTest::order))
        .withMessage("fingerprint");
    assertThatNullPointerException()
        .isThrownBy(() -> db.<Long, RuntimeException>once("a", Long.class, null))
        .withMessage("work");
    assertThatNullPointerException()
        .isThrownBy(() -> db.<Long, RuntimeException>once("a", null, OnceTest::order))
        .withMessage("type");
    assertThat(orders(db)).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {" ", "a\0b", "a\0c", "'; DROP TABLE orders; --", "😀", "A", "a", "é", "e\u0301"})
  void key_ofAnyOtherText_isItsOwn(String key) {
    for (String each : List.of("a\0", "b", "a ", "E\u0301", "x".repeat(255), "é".repeat(127))) {
      assertThat(db.once(each, String.class, tx -> each).value()).isEqualTo(each);
    }
    assertThat(db.once(key, String.class, tx -> key)).isEqualTo(new Once<>(key, false));
    assertThat(db.once(key, String.class, tx -> "other")).isEqualTo(new Once<>(key, true));
  }

  @Test
  void tenant_thatNeverUsesIt_hasNoTable() {
    db.run("INSERT INTO orders (customer) VALUES ('x')");
    assertThat(ownTables(db)).isEmpty();
    assertThatThrownBy(() -> db.once("", Long.class, OnceTest::order))
        .isInstanceOf(ParameterException.class);
    assertThat(ownTables(db)).isEmpty();

    db.once("a", Long.class, OnceTest::order);
    assertThat(ownTables(db)).containsExactlyInAnyOrder("_dosql_once", "_dosql_once_at");
    assertThat(
            db.queryOne("SELECT wr, strict FROM pragma_table_list WHERE name = '_dosql_once'")
                .orElseThrow()
                .toMap()
                .values())
        .containsExactly(1L, 1L);
  }

  @Test
  void keys_countForNothingThatTheUserSees() {
    db.once("a", Long.class, OnceTest::order);
    assertThat(db.run("UPDATE orders SET customer = 'x'")).isEqualTo(new RunResult(1, 0));
    assertThat(db.run("INSERT INTO orders (customer) VALUES ('y')")).isEqualTo(new RunResult(1, 2));
    db.once("b", Void.class, tx -> null);
    assertThat(db.queryOne(Long.class, "PRAGMA user_version")).hasValue(0L);
    assertThat(db.query("SELECT * FROM orders").get(0).columns()).containsExactly("id", "customer");
  }

  @Test
  void whatIsKept_ifDamaged_isATypedErrorAndTheWorkDoesNotRun() throws Exception {
    byte[][] wrong = {
      {}, {1, 2, 0}, {2, 0}, {1, 9}, {1, 1}, {1, 1, 1, 0}, {1, 0, 0}, {1, 1, 3, 127, 0, 0, 0}
    };
    db.once("a", Long.class, tx -> 1L);
    for (byte[] bytes : wrong) {
      damage(bytes);
      assertThatThrownBy(() -> db.once("a", Long.class, OnceTest::order))
          .isInstanceOf(CorruptDatabaseException.class)
          .hasMessageContaining("tenant=acme");
    }
    assertThat(orders(db)).isZero();
  }

  private void damage(byte[] value) throws Exception {
    tenants.close();
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("acme.db"));
        PreparedStatement update =
            connection.prepareStatement("UPDATE _dosql_once SET value = ?")) {
      update.setBytes(1, value);
      update.executeUpdate();
    }
    tenants = DoSQL.open(DBOptions.builder().directory(directory).build());
    db = tenants.db("acme");
  }
}
