package dev.dosql.bench;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The slowest hundredth of point queries, with nobody else there and while others write to the same
 * tenant.
 *
 * <p>Readers ask once without a pause, as fast as they are answered, and once at a steady pace, as
 * the callers of a service do: there a query that could not begin in time has waited since it
 * should have, and alone the readers leave the cores idle that writers then take. What the writers
 * have of it is measured too.
 */
final class ReadsAmongWrites implements AutoCloseable {
  private static final int ROWS = 10_000;
  private static final int THREADS = 8;

  /** Of each reader: 8,000 queries a second in all. */
  private static final long PACE_NANOS = 1_000_000;

  /** Of each reader in a round; one that has so many ends early. */
  private static final int LATENCIES_MAX = 1_000_000;

  private final Settings settings;
  private final Folder folder = new Folder();
  private final DoSQL dosql =
      DoSQL.open(DBOptions.builder().directory(folder.file("tenants")).build());
  private final DB db = dosql.db("acme");

  ReadsAmongWrites(Settings settings) {
    this.settings = settings;
    db.exec(Accounts.CREATE_SQLITE);
    db.batch(Accounts.INSERT, Accounts.rows(ROWS));
  }

  Map<String, Figures> run() throws Exception {
    return new Contest()
        .with("alone", () -> read(0))
        .with("amongWrites", () -> readAmongWrites(0))
        .with("pacedAlone", () -> read(PACE_NANOS))
        .with("pacedAmongWrites", () -> readAmongWrites(PACE_NANOS))
        .with("writesAlone", this::write)
        .with("writesAmongReads", this::writeAmongReads)
        .run(settings.warmUp(), settings.rounds());
  }

  private double readAmongWrites(long paceNanos) throws Exception {
    return beside(this::update, () -> read(paceNanos));
  }

  private double writeAmongReads() throws Exception {
    return beside(this::query, this::write);
  }

  private double write() throws Exception {
    return Load.nanosPerOperation(THREADS, settings.slot(), thread -> update());
  }

  /** Measures while as many threads do something else. */
  private static double beside(Runnable others, Callable<Double> measured) throws Exception {
    AtomicBoolean ended = new AtomicBoolean();
    List<Future<Void>> threads = Load.start(THREADS, thread -> repeat(others, ended));
    try {
      return measured.call();
    } finally {
      ended.set(true);
      for (Future<Void> each : threads) {
        Load.result(each);
      }
    }
  }

  private static Void repeat(Runnable work, AtomicBoolean ended) {
    while (!ended.get()) {
      work.run();
    }
    return null;
  }

  private void update() {
    db.run("UPDATE account SET balance = balance + 1 WHERE id = ?", key());
  }

  private void query() {
    if (db.queryOne(Account.class, Accounts.BY_KEY, key()).isEmpty()) {
      throw new IllegalStateException("a row is missing");
    }
  }

  private double read(long paceNanos) throws Exception {
    long end = System.nanoTime() + settings.slot().toNanos();
    List<long[]> all = new ArrayList<>();
    for (Future<long[]> each : Load.start(THREADS, thread -> latencies(end, paceNanos))) {
      all.add(Load.result(each));
    }
    long[] sorted = all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
    return sorted[(int) (sorted.length * 0.99)];
  }

  private long[] latencies(long end, long paceNanos) {
    long[] latencies = new long[LATENCIES_MAX];
    int count = 0;
    long due = System.nanoTime() + ThreadLocalRandom.current().nextLong(PACE_NANOS);
    while (due < end && count < latencies.length) {
      waitUntil(due);
      query();
      latencies[count++] = System.nanoTime() - due;
      due = paceNanos == 0 ? System.nanoTime() : due + paceNanos;
    }
    return Arrays.copyOf(latencies, count);
  }

  private static void waitUntil(long due) {
    for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static long key() {
    return ThreadLocalRandom.current().nextLong(ROWS) + 1;
  }

  @Override
  public void close() {
    dosql.close();
    folder.close();
  }
}
