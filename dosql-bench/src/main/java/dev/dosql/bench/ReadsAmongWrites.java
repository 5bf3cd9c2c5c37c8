package dev.dosql.bench;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.sqlite.SQLiteConfig.SynchronousMode;

/**
 * The slowest hundredth of point queries, with nobody else there and while others write to the same
 * tenant, and what the writers have of it; both on JDBC too.
 *
 * <p>Readers ask once without a pause, as fast as they are answered, and once at a steady pace, as
 * the callers of a service do: there a query that could not begin in time has waited since it
 * should have, and alone the readers leave the cores idle that writers then take.
 */
final class ReadsAmongWrites implements AutoCloseable {
  private static final int ROWS = 10_000;
  private static final int THREADS = 8;
  private static final String UPDATE = "UPDATE account SET balance = balance + 1 WHERE id = ?";

  /** Of each reader: 8,000 queries a second in all. */
  private static final long PACE_NANOS = 1_000_000;

  /** Of each reader in a round; one that has so many ends early. */
  private static final int LATENCIES_MAX = 1_000_000;

  private final Settings settings;
  private final Folder folder = new Folder();
  private final DoSQL dosql =
      DoSQL.open(DBOptions.builder().directory(folder.file("tenants")).build());
  private final DB db = dosql.db("acme");
  private final Jdbc jdbc = new Jdbc();

  ReadsAmongWrites(Settings settings) throws SQLException {
    this.settings = settings;
    db.exec(Accounts.CREATE_SQLITE);
    db.batch(Accounts.INSERT, Accounts.rows(ROWS));
    jdbc.open(folder.file("peer.db"));
  }

  Map<String, Figures> run() throws Exception {
    return new Contest()
        .with("alone", () -> read(this::query, 0))
        .with("amongWrites", () -> beside(this::update, () -> read(this::query, 0)))
        .with("jdbcAmongWrites", () -> beside(jdbc::update, () -> read(jdbc::query, 0)))
        .with("pacedAlone", () -> read(this::query, PACE_NANOS))
        .with("pacedAmongWrites", () -> beside(this::update, () -> read(this::query, PACE_NANOS)))
        .with("writesAmongReads", () -> beside(this::query, () -> write(this::update)))
        .with("jdbcWritesAmongReads", () -> beside(jdbc::query, () -> write(jdbc::update)))
        .run(settings.warmUp(), settings.timedRounds());
  }

  /** Measures while as many threads do something else. */
  private static double beside(Load.Operation others, Callable<Double> measured) throws Exception {
    AtomicBoolean ended = new AtomicBoolean();
    List<Future<Void>> threads =
        Load.start(THREADS, thread -> repeat(() -> others.run(thread), ended));
    try {
      return measured.call();
    } finally {
      ended.set(true);
      for (Future<Void> each : threads) {
        Load.result(each);
      }
    }
  }

  private static Void repeat(Step step, AtomicBoolean ended) throws Exception {
    while (!ended.get()) {
      step.run();
    }
    return null;
  }

  private double write(Load.Operation update) throws Exception {
    return Load.nanosPerOperation(THREADS, settings.slot(), update);
  }

  private double read(Load.Operation query, long paceNanos) throws Exception {
    long end = System.nanoTime() + settings.slot().toNanos();
    List<long[]> all = new ArrayList<>();
    for (Future<long[]> each :
        Load.start(THREADS, thread -> latencies(() -> query.run(thread), end, paceNanos))) {
      all.add(Load.result(each));
    }
    long[] sorted = all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
    return sorted[(int) (sorted.length * 0.99)];
  }

  private static long[] latencies(Step query, long end, long paceNanos) throws Exception {
    long[] latencies = new long[LATENCIES_MAX];
    int count = 0;
    long due = System.nanoTime() + ThreadLocalRandom.current().nextLong(PACE_NANOS);
    while (due < end && count < latencies.length) {
      waitUntil(due);
      query.run();
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

  private void query(int thread) {
    if (db.queryOne(Account.class, Accounts.BY_KEY, key()).isEmpty()) {
      throw new IllegalStateException("a row is missing");
    }
  }

  private void update(int thread) {
    db.run(UPDATE, key());
  }

  private static long key() {
    return ThreadLocalRandom.current().nextLong(ROWS) + 1;
  }

  @Override
  public void close() throws SQLException {
    jdbc.close();
    dosql.close();
    folder.close();
  }

  /** What a thread does again and again. */
  @FunctionalInterface
  private interface Step {
    void run() throws Exception;
  }

  /** A connection for each thread, which reads or writes. */
  private static final class Jdbc implements AutoCloseable {
    private final List<Connection> connections = new ArrayList<>();
    private final List<Contenders.Statements> queries = new ArrayList<>();
    private final List<PreparedStatement> updates = new ArrayList<>();

    void open(Path file) throws SQLException {
      for (int i = 0; i < THREADS; i++) {
        Connection writer = Peers.sqlite(file, SynchronousMode.FULL);
        connections.add(writer);
        if (i == 0) {
          Accounts.create(writer, Accounts.CREATE_SQLITE, ROWS);
        }
        updates.add(writer.prepareStatement(UPDATE));
        Connection reader = Peers.sqlite(file, SynchronousMode.FULL);
        connections.add(reader);
        queries.add(new Contenders.Statements(reader));
      }
    }

    void query(int thread) throws SQLException {
      queries.get(thread).byKey(key());
    }

    void update(int thread) throws SQLException {
      updates.get(thread).setLong(1, key());
      updates.get(thread).executeUpdate();
    }

    @Override
    public void close() throws SQLException {
      for (Connection each : connections) {
        each.close();
      }
    }
  }
}
