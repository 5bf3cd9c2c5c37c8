package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.internal.engine.Faults;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.session.TenantDB;
import dev.dosql.internal.tenant.Instance;
import dev.dosql.internal.tenant.TenantName;
import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.ChildJvm;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left of keys when the process or the disk fails. */
@Timeout(120)
class OnceDurabilityTest {
  @TempDir Path directory;

  /** What {@link #main} makes of a key. */
  record Answer(long id, String key) {}

  private static DBOptions options(Path directory) {
    return DBOptions.builder().directory(directory).build();
  }

  private static Answer order(Transaction tx, String key) {
    return new Answer(tx.run("INSERT INTO orders (key) VALUES (?)", key).lastInsertRowid(), key);
  }

  private static Once<Answer> once(DB db, String key) {
    return db.once(key, Answer.class, tx -> order(tx, key));
  }

  /**
   * A process that orders, once for each of many keys, until it is killed; or once for one, and
   * ends at once when that is committed and nobody was answered yet, or when its work is done.
   */
  public static void main(String[] arguments) {
    if (arguments[1].equals("committed")) {
      Instance instance =
          Instance.open(options(Path.of(arguments[0])), "a", InstantSource.system());
      beforeForce(instance, OnceDurabilityTest::die);
      once(db(instance), "a");
    } else if (arguments[1].equals("worked")) {
      DB db = DoSQL.open(options(Path.of(arguments[0]))).db("acme");
      db.once(
          "a",
          Answer.class,
          tx -> {
            Answer answer = order(tx, "a");
            die();
            return answer;
          });
    } else {
      orderForEver(arguments);
    }
  }

  private static void die() {
    System.out.println("ends");
    System.out.flush();
    Runtime.getRuntime().halt(9);
  }

  private static void orderForEver(String[] arguments) {
    DB db = DoSQL.open(options(Path.of(arguments[0]))).db("acme");
    db.exec("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, key TEXT)");
    for (int i = 0; ; i++) {
      Once<Answer> once = once(db, arguments[1] + "-" + i);
      System.out.println(once.value().key() + " " + once.value().id());
      System.out.flush();
    }
  }

  @Test
  void process_killedRightAfterAnswers_repeatsThemAndRunsNothingTwice() throws Exception {
    Random random = new Random(5);
    Map<String, Long> answered = new HashMap<>();
    for (int kill = 0; kill < 4; kill++) {
      try (ChildJvm child = ChildJvm.start(OnceDurabilityTest.class, directory, "run" + kill)) {
        note(child.line(), answered);
        Thread.sleep(random.nextInt(100));
        child.kill();
        child.rest().forEach(line -> note(line, answered));
      }
    }
    assertThat(answered).hasSizeGreaterThanOrEqualTo(4);
    try (DoSQL tenants = DoSQL.open(options(directory))) {
      DB db = tenants.db("acme");
      answered.forEach(
          (key, id) -> assertThat(once(db, key)).isEqualTo(new Once<>(new Answer(id, key), true)));
      assertThat(db.query(String.class, "SELECT key FROM orders ORDER BY key"))
          .isEqualTo(db.query(String.class, "SELECT key FROM _dosql_once ORDER BY key"));
      assertThat(db.queryOne(String.class, "PRAGMA integrity_check")).hasValue("ok");
    }
  }

  /** What was done and told to nobody is told to who asks again, and not done again. */
  @Test
  void process_killedBetweenCommitAndAnswer_repeatsTheValueWhenAskedAgain() throws Exception {
    open().close();
    killWhen("committed");
    try (DoSQL tenants = DoSQL.open(options(directory))) {
      DB db = tenants.db("acme");
      assertThat(db.query(String.class, "SELECT key FROM orders")).containsExactly("a");
      assertThat(once(db, "a")).isEqualTo(new Once<>(new Answer(1, "a"), true));
      assertThat(db.query("SELECT * FROM orders")).hasSize(1);
    }
  }

  @Test
  void process_killedBetweenWorkAndCommit_leavesNothingAndRunsWhenAskedAgain() throws Exception {
    open().close();
    killWhen("worked");
    try (DoSQL tenants = DoSQL.open(options(directory))) {
      DB db = tenants.db("acme");
      assertThat(db.query("SELECT * FROM orders")).isEmpty();
      assertThat(once(db, "a")).isEqualTo(new Once<>(new Answer(1, "a"), false));
    }
  }

  private void killWhen(String moment) throws Exception {
    try (ChildJvm child = ChildJvm.start(OnceDurabilityTest.class, directory, moment)) {
      assertThat(child.rest()).contains("ends");
    }
  }

  private static void note(String line, Map<String, Long> answered) {
    String[] words = line.split(" ");
    if (words.length == 2) {
      answered.put(words[0], Long.valueOf(words[1]));
    }
  }

  private Instance open() {
    Instance instance = Instance.open(options(directory), "test", InstantSource.system());
    db(instance).exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, key TEXT)");
    return instance;
  }

  private static DB db(Instance instance) {
    return new TenantDB(instance, new TenantName("acme"), () -> {});
  }

  @Test
  void commitInDoubt_thatIsStored_isReplayedWhenAskedAgain() {
    try (Instance instance = open()) {
      DB db = db(instance);
      beforeForce(
          instance,
          () -> {
            throw new IOException("disk");
          });

      assertThatThrownBy(() -> once(db, "a")).isInstanceOf(CommitInDoubtException.class);
      assertThat(once(db, "a")).isEqualTo(new Once<>(new Answer(1, "a"), true));
      assertThat(db.query("SELECT * FROM orders")).hasSize(1);
    }
  }

  @Test
  void commitInDoubt_thatIsNotStored_runsWhenAskedAgain() throws Exception {
    try (Instance instance = open()) {
      DB db = db(instance);
      OpenTenant tenant = instance.acquire("acme", true);
      Faults.failCommit(tenant);
      tenant.unpin();

      assertThatThrownBy(() -> once(db, "a")).isInstanceOf(CommitInDoubtException.class);
      assertThat(once(db, "a")).isEqualTo(new Once<>(new Answer(1, "a"), false));
      assertThat(once(db, "a").replayed()).isTrue();
      assertThat(db.query("SELECT * FROM orders")).hasSize(1);
    }
  }

  /** Each asks again after any error, as the documentation tells it to. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void callersOfOneKey_aroundACommitInDoubt_allGetOneValueInTheEnd(boolean stored)
      throws Exception {
    try (Instance instance = open()) {
      DB db = db(instance);
      if (stored) {
        beforeForce(
            instance,
            () -> {
              throw new IOException("disk");
            });
      } else {
        OpenTenant tenant = instance.acquire("acme", true);
        Faults.failCommit(tenant);
        tenant.unpin();
      }
      Set<Class<?>> failures = ConcurrentHashMap.newKeySet();
      List<Once<Answer>> all = Callers.together(12, number -> untilAnswered(db, failures));

      assertThat(failures).contains(CommitInDoubtException.class);
      assertThat(failures).isSubsetOf(CommitInDoubtException.class, StorageException.class);
      assertThat(all).extracting(Once::value).containsOnly(new Answer(1, "a"));
      assertThat(all).filteredOn(once -> !once.replayed()).hasSize(stored ? 0 : 1);
      assertThat(db.query(String.class, "SELECT key FROM orders")).containsExactly("a");
    }
  }

  private static Once<Answer> untilAnswered(DB db, Set<Class<?>> failures) throws Exception {
    for (int i = 0; i < 1_000; i++) {
      try {
        return once(db, "a");
      } catch (CommitInDoubtException | StorageException e) {
        failures.add(e.getClass());
        Thread.sleep(1);
      }
    }
    throw new AssertionError("never answered: " + failures);
  }

  @Test
  void tenantFull_whenTheKeyIsKept_undoesTheWorkAndLeavesTheKeyFree() throws Exception {
    try (Instance instance = open()) {
      DB db = db(instance);
      once(db, "first");
      OpenTenant tenant = instance.acquire("acme", true);
      tenant.writer().connection().execute("PRAGMA max_page_count=1"); // No fewer than there are.
      assertThatThrownBy(
              () -> db.once("a", String.class, tx -> order(tx, "a").key() + "x".repeat(100_000)))
          .isInstanceOf(LimitExceededException.class);
      assertThat(db.query("SELECT * FROM orders")).hasSize(1);
      tenant.writer().connection().execute("PRAGMA max_page_count=1000000");
      tenant.unpin();

      assertThat(once(db, "first").replayed()).isTrue();
      assertThat(once(db, "a")).isEqualTo(new Once<>(new Answer(2, "a"), false));
    }
  }

  /** A reader sees a commit before it is forced. */
  @Test
  void replay_ofACommitThatIsNotForcedYet_isAnsweredBehindTheForce() throws Exception {
    CountDownLatch forced = new CountDownLatch(1);
    try (Instance instance = open()) {
      DB db = db(instance);
      beforeForce(instance, () -> await(forced));
      AtomicReference<Object> second = new AtomicReference<>();
      Caller first = Callers.start(() -> once(db, "a"));
      Waits.until(
          "commit is seen",
          () -> !db.query("SELECT * FROM sqlite_schema WHERE name = '_dosql_once'").isEmpty());
      Caller again = Callers.start(() -> second.set(once(db, "a")));
      Waits.untilParked(again);
      Thread.sleep(50);

      assertThat(second).hasValue(null);
      forced.countDown();
      first.join();
      again.join();
      assertThat(second).hasValue(new Once<>(new Answer(1, "a"), true));
    } finally {
      forced.countDown();
    }
  }

  @Test
  void replay_ofACommitWhoseForceFails_isInDoubtToo() throws Exception {
    CountDownLatch forced = new CountDownLatch(1);
    try (Instance instance = open()) {
      DB db = db(instance);
      beforeForce(
          instance,
          () -> {
            await(forced);
            throw new IOException("disk");
          });
      List<AtomicReference<Throwable>> failures =
          List.of(new AtomicReference<>(), new AtomicReference<>());
      Caller first = Callers.start(() -> fail(db, failures.get(0)));
      Waits.until(
          "commit is seen",
          () -> !db.query("SELECT * FROM sqlite_schema WHERE name = '_dosql_once'").isEmpty());
      Caller again = Callers.start(() -> fail(db, failures.get(1)));
      Waits.untilParked(again);
      forced.countDown();
      first.join();
      again.join();

      assertThat(failures).allMatch(failure -> failure.get() instanceof CommitInDoubtException);
      assertThat(once(db, "a")).isEqualTo(new Once<>(new Answer(1, "a"), true));
    } finally {
      forced.countDown();
    }
  }

  private static void fail(DB db, AtomicReference<Throwable> failure) {
    try {
      once(db, "a");
    } catch (DoSQLException e) {
      failure.set(e);
    }
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

  private static void beforeForce(Instance instance, Faults.Step step) {
    OpenTenant tenant = instance.acquire("acme", true);
    Faults.beforeForce(tenant, step);
    tenant.unpin();
  }
}
