package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.Oracle.Expected;
import dev.dosql.Oracle.Statement;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Does one thing after the other to a directory of tenants, all drawn from a seed, and compares
 * every answer with that of an {@link Oracle}.
 */
final class RandomOperations implements AutoCloseable {
  /** Names that a careless encoding would take for each other. */
  private static final List<String> NAMES = List.of("a", "A", "a/b", "../a");

  private static final int DEPTH_MAX = 4;
  private static final int HELD_MAX = 2;

  private final SplittableRandom random;
  private final DBOptions options;
  private final Map<String, Oracle> tenants = new HashMap<>();
  private final Set<String> suspended = new HashSet<>();
  private final List<Held> held = new ArrayList<>();
  private final Deque<String> recently = new ArrayDeque<>();
  private DoSQL dosql;

  RandomOperations(long seed, Path directory, Path migrations) {
    this.random = new SplittableRandom(seed);
    this.options =
        DBOptions.builder()
            .directory(directory)
            .migrations(migrations.toString())
            .createIfMissing(false)
            .openTenantsMax(2)
            .idleTimeout(Duration.ofMillis(20))
            .durability(random.nextBoolean() ? Durability.LOCAL : Durability.PROCESS)
            .build();
    this.dosql = DoSQL.open(options);
  }

  /** What was done last, for the report of a failure. */
  String story() {
    return String.join("\n  ", recently);
  }

  private void note(String what) {
    recently.add(what);
    if (recently.size() > 40) {
      recently.remove();
    }
  }

  /** Does one thing. */
  void step() {
    String name = NAMES.get(random.nextInt(NAMES.size()));
    if (random.nextInt(25) == 0) {
      live(name);
    } else if (!tenants.containsKey(name)) {
      note("use absent " + name);
      assertThatThrownBy(() -> dosql.db(name).query("SELECT 1"))
          .isInstanceOf(TenantNotFoundException.class);
      create(name);
    } else if (suspended.contains(name)) {
      note("use suspended " + name);
      assertThatThrownBy(() -> dosql.db(name).run("DELETE FROM item"))
          .isInstanceOf(TenantSuspendedException.class);
      resume(name);
    } else {
      use(name);
      compare(dosql.db(name), tenants.get(name));
    }
  }

  private void live(String name) {
    switch (random.nextInt(6)) {
      case 0 -> reopen();
      case 1 -> pause();
      case 4 -> resume(name);
      case 2 -> create(name);
      case 3 -> suspend(name);
      default -> delete(name);
    }
  }

  private void reopen() {
    note("reopen");
    releaseAll(null);
    dosql.close();
    dosql = DoSQL.open(options);
    compareAll();
  }

  /** Long enough for idle tenants to be evicted. */
  private void pause() {
    note("pause");
    try {
      Thread.sleep(30);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void create(String name) {
    note("create " + name);
    if (tenants.containsKey(name)) {
      assertThatThrownBy(() -> dosql.create(name)).isInstanceOf(TenantExistsException.class);
    } else {
      assertThat(dosql.find(name)).isEmpty();
      dosql.create(name);
      tenants.put(name, new Oracle());
    }
  }

  private void suspend(String name) {
    note("suspend " + name);
    if (tenants.containsKey(name)) {
      releaseAll(name);
      dosql.suspend(name);
      suspended.add(name);
    } else {
      assertThatThrownBy(() -> dosql.suspend(name)).isInstanceOf(TenantNotFoundException.class);
    }
  }

  private void resume(String name) {
    note("resume " + name);
    if (tenants.containsKey(name)) {
      dosql.resume(name);
      suspended.remove(name);
    } else {
      assertThatThrownBy(() -> dosql.resume(name)).isInstanceOf(TenantNotFoundException.class);
    }
  }

  private void delete(String name) {
    note("delete " + name);
    if (tenants.containsKey(name)) {
      releaseAll(name);
      dosql.delete(name);
      tenants.remove(name);
      suspended.remove(name);
    } else {
      assertThatThrownBy(() -> dosql.delete(name)).isInstanceOf(TenantNotFoundException.class);
    }
  }

  private void use(String name) {
    DB db = dosql.db(name);
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> write(db, tenants.get(name), null);
      case 3, 4, 5 -> transaction(db, tenants.get(name));
      case 6, 7 -> snapshot(db, tenants.get(name));
      case 8 -> hold(db, tenants.get(name));
      default -> advance();
    }
  }

  /** One statement, batch or script, on a handle or, with {@code tx}, in a transaction. */
  private void write(Queries queries, Oracle oracle, Tx tx) {
    switch (random.nextInt(5)) {
      case 0 -> batch(queries, oracle, tx);
      case 1 -> exec(queries, oracle, tx);
      default -> statement(queries, oracle, tx);
    }
  }

  private void statement(Queries queries, Oracle oracle, Tx tx) {
    Statement statement = Oracle.any(random, oracle);
    Oracle after = oracle.copy();
    Expected expected = statement.effect().apply(after);
    // Decided before the commit may fail: queryOne refuses several rows first.
    boolean one = expected.returned().size() <= 1 && random.nextBoolean();
    if (tx == null && expected.succeeds() && after.isBroken()) {
      expected = Expected.fails(ForeignKeyViolationException.class, false);
      after = oracle.copy();
    }
    note(queries + " " + statement.literal() + " -> " + expected);
    Expected answer = expected;
    failsAs(expected, tx, () -> execute(queries, statement, answer, one));
    oracle.become(after);
  }

  private void execute(Queries queries, Statement statement, Expected expected, boolean one) {
    Object[] params = statement.params().toArray();
    if (!statement.returning()) {
      RunResult result =
          random.nextBoolean()
              ? queries.run(statement.sql(), params)
              : queries.prepare(statement.sql()).run(params);
      assertThat(result).isEqualTo(new RunResult(expected.changes(), expected.rowid()));
    } else if (one) {
      assertThat(queries.queryOne(Long.class, statement.sql(), params).stream().toList())
          .isEqualTo(expected.returned());
    } else {
      assertThat(queries.query(row -> row.getLong("id"), statement.sql(), params))
          .containsExactlyInAnyOrderElementsOf(expected.returned());
    }
  }

  private void batch(Queries queries, Oracle oracle, Tx tx) {
    List<Statement> statements = new ArrayList<>();
    Statement first = Oracle.anyInsert(random);
    while (first.returning()) {
      first = Oracle.anyInsert(random);
    }
    for (int i = random.nextInt(4); i >= 0; i--) {
      Statement next = Oracle.anyInsert(random);
      if (next.sql().equals(first.sql())) {
        statements.add(next);
      }
    }
    statements.add(first);
    String sql = first.sql();
    allOrNothing(
        queries,
        oracle,
        tx,
        statements,
        expected -> {
          BatchResult result =
              queries.batch(sql, statements.stream().map(each -> each.params().toArray()).toList());
          assertThat(result.executions()).isEqualTo(statements.size());
          assertThat(result.changes()).isEqualTo(expected.changes());
          assertThat(result.lastInsertRowid()).isEqualTo(expected.rowid());
        });
  }

  private void exec(Queries queries, Oracle oracle, Tx tx) {
    Oracle plan = oracle.copy();
    List<Statement> statements = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      Statement next = Oracle.any(random, plan);
      next.effect().apply(plan);
      statements.add(next);
    }
    String script =
        String.join(" ; -- more\n", statements.stream().map(Statement::literal).toList());
    allOrNothing(queries, oracle, tx, statements, expected -> queries.exec(script));
  }

  private void allOrNothing(
      Queries queries, Oracle oracle, Tx tx, List<Statement> statements, Run run) {
    Oracle after = oracle.copy();
    Expected expected = Expected.done(0, 0, List.of());
    for (Statement statement : statements) {
      Expected one = statement.effect().apply(after);
      if (!one.succeeds()) {
        expected = one;
        break;
      }
      long rowid = one.rowid() == 0 ? expected.rowid() : one.rowid();
      expected = Expected.done(expected.changes() + one.changes(), rowid, List.of());
    }
    if (tx == null && expected.succeeds() && after.isBroken()) {
      expected = Expected.fails(ForeignKeyViolationException.class, false);
    }
    note(queries + " " + statements.stream().map(Statement::literal).toList() + " -> " + expected);
    Expected answer = expected;
    failsAs(expected, tx, () -> run.run(answer));
    if (expected.succeeds()) {
      oracle.become(after);
    }
  }

  /** Runs something that fails or not, as expected; in a transaction the failure may go on. */
  private void failsAs(Expected expected, Tx tx, Runnable work) {
    Class<?> failure = tx != null && tx.lost ? TransactionEndedException.class : expected.failure();
    Throwable thrown = catchThrowable(work::run);
    if (failure == null) {
      if (thrown != null) {
        throw new AssertionError("failed, and should not: " + thrown, thrown);
      }
      return;
    }
    assertThat(thrown).isInstanceOf(failure);
    if (tx != null) {
      tx.lost |= expected.endsTransaction();
      passOn(tx, thrown);
    }
  }

  /** Throws it, or swallows it. */
  private void passOn(Tx tx, Throwable failure) {
    if (random.nextInt(3) == 0) {
      note("thrown on: " + failure);
      tx.leaving = failure;
      throw (RuntimeException) failure;
    }
  }

  private void transaction(DB db, Oracle oracle) {
    note("transaction " + db);
    Oracle inside = oracle.copy();
    Tx tx = new Tx(db);
    Throwable thrown =
        catchThrowable(() -> db.useTransaction(t -> inTransaction(t, inside, tx, 0)));
    note("transaction ended: " + thrown);
    if (tx.leaving != null) {
      assertThat(thrown).isSameAs(tx.leaving);
    } else if (tx.lost) {
      assertThat(thrown).isInstanceOf(TransactionEndedException.class);
    } else if (inside.isBroken()) {
      assertThat(thrown).isInstanceOf(ForeignKeyViolationException.class);
    } else {
      if (thrown != null) {
        throw new AssertionError("transaction failed, and should not: " + thrown, thrown);
      }
      oracle.become(inside);
    }
  }

  private void inTransaction(Transaction t, Oracle oracle, Tx tx, int depth) {
    for (int i = random.nextInt(6); i > 0; i--) {
      switch (random.nextInt(10)) {
        case 0, 1, 2, 3 -> write(t, oracle, tx);
        case 4, 5 -> nested(t, oracle, tx, depth);
        case 6, 7 -> readInside(t, oracle, tx);
        case 8 -> refuseOthers(tx);
        default -> {
          if (random.nextInt(3) == 0) {
            tx.leaving = new Planned();
            throw (Planned) tx.leaving;
          }
        }
      }
    }
  }

  private void nested(Transaction t, Oracle oracle, Tx tx, int depth) {
    if (depth == DEPTH_MAX) {
      return;
    }
    note("savepoint " + depth);
    boolean lostBefore = tx.lost;
    Oracle inside = oracle.copy();
    Throwable thrown =
        catchThrowable(() -> t.useTransaction(n -> inTransaction(n, inside, tx, depth + 1)));
    note("savepoint " + depth + " ended: " + thrown);
    if (tx.leaving != null) {
      assertThat(thrown).isSameAs(tx.leaving);
      tx.leaving = null;
      passOn(tx, thrown);
    } else if (lostBefore || tx.lost) {
      assertThat(thrown).isInstanceOf(TransactionEndedException.class);
      passOn(tx, thrown);
    } else if (thrown != null) {
      throw new AssertionError("savepoint failed, and should not: " + thrown, thrown);
    } else {
      oracle.become(inside);
    }
  }

  private void readInside(Transaction t, Oracle oracle, Tx tx) {
    if (!tx.lost) {
      compare(t, oracle);
      return;
    }
    Throwable thrown = catchThrowable(() -> t.query("SELECT 1"));
    assertThat(thrown).isInstanceOf(TransactionEndedException.class);
    passOn(tx, thrown);
  }

  /** The tenant's own handle, and writes of other tenants, are refused; their reads are not. */
  private void refuseOthers(Tx tx) {
    assertThatThrownBy(() -> tx.db.run("DELETE FROM item"))
        .isInstanceOf(TransactionScopeException.class);
    assertThatThrownBy(() -> tx.db.query("SELECT 1")).isInstanceOf(TransactionScopeException.class);
    String other = NAMES.get(random.nextInt(NAMES.size()));
    if (tenants.containsKey(other) && !suspended.contains(other) && !other.equals(tx.db.name())) {
      assertThatThrownBy(() -> dosql.db(other).run("DELETE FROM item"))
          .isInstanceOf(TransactionScopeException.class);
      compare(dosql.db(other), tenants.get(other));
    }
  }

  /** A snapshot stays as it was, whatever this thread commits meanwhile. */
  private void snapshot(DB db, Oracle oracle) {
    note("snapshot " + db);
    Oracle start = oracle.copy();
    db.read(
        reads -> {
          compare(reads, start);
          for (int i = random.nextInt(4); i > 0; i--) {
            if (random.nextBoolean()) {
              write(db, oracle, null);
            } else {
              transaction(db, oracle);
            }
            compare(reads, start);
            compare(db, start); // On this thread the handle sees the snapshot too.
          }
          db.read(
              again -> {
                compareFully(again, start);
                return again;
              });
          return reads;
        });
    note("snapshot ended");
  }

  /** Opens a stream that goes on over later steps, and must not see what they do. */
  private void hold(DB db, Oracle oracle) {
    if (held.size() == HELD_MAX) {
      advance();
      return;
    }
    note("stream held " + db);
    RowStream<Row> stream = db.stream("SELECT id, v FROM item ORDER BY id");
    held.add(new Held(db.name(), stream, new TreeMap<>(oracle.items()).entrySet().iterator()));
  }

  private void advance() {
    if (held.isEmpty()) {
      return;
    }
    Held one = held.get(random.nextInt(held.size()));
    note("stream goes on " + one.tenant);
    for (int i = random.nextInt(6); i > 0; i--) {
      assertThat(one.stream.hasNext()).isEqualTo(one.expected.hasNext());
      if (one.expected.hasNext()) {
        Row row = one.stream.next();
        Map.Entry<Long, Oracle.Item> expected = one.expected.next();
        assertThat(row.getLong(0)).isEqualTo(expected.getKey());
        assertThat(row.getLong(1)).isEqualTo(expected.getValue().v());
      }
    }
    if (random.nextBoolean()) {
      one.stream.close();
      held.remove(one);
    }
  }

  /** Closes the streams of one tenant, or of all. */
  private void releaseAll(String tenant) {
    held.removeIf(
        one -> {
          boolean its = tenant == null || one.tenant.equals(tenant);
          if (its) {
            one.stream.close();
          }
          return its;
        });
  }

  private void compareAll() {
    tenants.forEach(
        (name, oracle) -> {
          if (!suspended.contains(name)) {
            compareFully(dosql.db(name), oracle);
          }
        });
  }

  private static void compareFully(Reads reads, Oracle oracle) {
    assertThat(reads.query("SELECT * FROM item ORDER BY id").stream().map(Row::toMap).toList())
        .isEqualTo(oracle.itemRows());
    assertThat(pairs(reads, "note")).isEqualTo(oracle.notes());
    assertThat(pairs(reads, "later")).isEqualTo(oracle.laters());
  }

  private static Map<Long, Long> pairs(Reads reads, String table) {
    Map<Long, Long> pairs = new TreeMap<>();
    for (Row row : reads.query("SELECT id, item_id FROM " + table)) {
      pairs.put(row.getLong(0), row.getLong(1));
    }
    return pairs;
  }

  /** Compares through one of the ways to read. */
  private void compare(Reads reads, Oracle oracle) {
    switch (random.nextInt(7)) {
      case 0 -> compareFully(reads, oracle);
      case 1 -> compareMapped(reads, oracle);
      case 2 -> compareStreamed(reads, oracle);
      case 3 -> abandonStream(reads, oracle);
      case 4 -> compareOne(reads, oracle);
      case 5 -> compareSums(reads, oracle);
      default -> compareSelected(reads, oracle);
    }
  }

  private static void compareMapped(Reads reads, Oracle oracle) {
    List<Found> found = reads.query(Found.class, "SELECT * FROM item ORDER BY id");
    assertThat(found).isEqualTo(found(oracle));
  }

  private static void compareStreamed(Reads reads, Oracle oracle) {
    try (RowStream<Found> stream =
        reads.stream(Found.class, "SELECT id, k, v FROM item ORDER BY id")) {
      assertThat(stream.stream().toList()).isEqualTo(found(oracle));
    }
  }

  private static List<Found> found(Oracle oracle) {
    return oracle.items().entrySet().stream()
        .map(each -> new Found(each.getKey(), each.getValue().k(), each.getValue().v()))
        .toList();
  }

  private void abandonStream(Reads reads, Oracle oracle) {
    RowStream<Long> stream = reads.stream(Long.class, "SELECT id FROM item ORDER BY id");
    Iterator<Long> expected = oracle.items().keySet().iterator();
    for (int i = random.nextInt(5); i > 0 && expected.hasNext(); i--) {
      assertThat(stream.next()).isEqualTo(expected.next());
    }
    if (reads instanceof DB || random.nextBoolean()) {
      stream.close(); // Otherwise the transaction or the snapshot does.
    }
  }

  private void compareOne(Reads reads, Oracle oracle) {
    long id = random.nextLong(1, 20);
    Oracle.Item item = oracle.items().get(id);
    assertThat(
            reads.queryOne(
                row -> row.getString(0), "SELECT k FROM item WHERE id = :id", Params.of("id", id)))
        .isEqualTo(Optional.ofNullable(item).map(Oracle.Item::k));
    if (oracle.items().size() > 1) {
      assertThatThrownBy(() -> reads.queryOne("SELECT * FROM item"))
          .isInstanceOf(TooManyRowsException.class);
    }
  }

  private static void compareSums(Reads reads, Oracle oracle) {
    long sum = oracle.items().values().stream().mapToLong(Oracle.Item::v).sum();
    assertThat(reads.queryOne("SELECT count(*) AS n, coalesce(sum(v), 0) AS s FROM item"))
        .hasValueSatisfying(
            row -> {
              assertThat(row.getInt("n")).isEqualTo(oracle.items().size());
              assertThat(row.getLong("s")).isEqualTo(sum);
            });
  }

  private static void compareSelected(Reads reads, Oracle oracle) {
    List<Long> some = oracle.items().keySet().stream().filter(id -> id % 3 == 0).toList();
    assertThat(reads.query(Long.class, "SELECT id FROM item WHERE id IN (?) ORDER BY id", some))
        .isEqualTo(some);
  }

  /** Compares all, and checks the files. */
  void finish() {
    releaseAll(null);
    for (String name : List.copyOf(suspended)) {
      dosql.resume(name);
    }
    suspended.clear();
    reopen();
    for (String name : tenants.keySet()) {
      assertThat(dosql.db(name).queryOne(String.class, "PRAGMA integrity_check")).hasValue("ok");
      assertThat(dosql.db(name).query("PRAGMA foreign_key_check")).isEmpty();
    }
    assertThat(dosql.tenants().map(TenantInfo::name))
        .containsExactlyInAnyOrderElementsOf(tenants.keySet());
  }

  @Override
  public void close() {
    releaseAll(null);
    dosql.close();
  }

  /** A row of {@code item}. */
  record Found(long id, String k, long v) {}

  private static final class Planned extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** What a transaction and its savepoints have in common. */
  private static final class Tx {
    private final DB db;
    private boolean lost;
    private Throwable leaving;

    Tx(DB db) {
      this.db = db;
    }
  }

  @FunctionalInterface
  private interface Run {
    void run(Expected expected);
  }

  /** A stream that was left open, and the rows that it must still give. */
  private record Held(
      String tenant, RowStream<Row> stream, Iterator<Map.Entry<Long, Oracle.Item>> expected) {}
}
