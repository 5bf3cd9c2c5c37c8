package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What one of many threads does to tenants that they share, and what became of each of its writes.
 *
 * <p>Every write is of a number of its own: acknowledged, it must be there once; failed, it must
 * not. Each comes with a second row in another table, so that a reader can tell half a transaction.
 */
final class ConcurrentOperations {
  static final List<String> NAMES = List.of("acme", "globex", "initech");
  static final String SCHEMA =
      """
      CREATE TABLE w(id INTEGER PRIMARY KEY, thread INTEGER NOT NULL, v INTEGER CHECK (v >= 0));
      CREATE TABLE twin(id INTEGER NOT NULL);
      CREATE TABLE counter(k TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TRIGGER w_twin AFTER INSERT ON w BEGIN INSERT INTO twin VALUES (NEW.id); END;
      CREATE TRIGGER w_ends BEFORE INSERT ON w WHEN NEW.v = 666
        BEGIN SELECT RAISE(ROLLBACK, 'ended'); END;
      """;

  /** Numbers that each thread has for itself. */
  private static final long BLOCK = 1_000_000;

  private static final String INSERT = "INSERT INTO w VALUES (?, ?, ?)";
  private static final String COUNT =
      "INSERT INTO counter VALUES ('all', ?) ON CONFLICT (k) DO UPDATE SET n = n + excluded.n";

  private final Instances instances;
  private final SplittableRandom random;
  private final int thread;
  private final Map<String, Set<Long>> acknowledged = new ConcurrentHashMap<>();
  private final Map<String, Long> counted = new ConcurrentHashMap<>();
  private long last;

  ConcurrentOperations(Instances instances, long seed, int thread) {
    this.instances = instances;
    this.random = new SplittableRandom(seed + thread);
    this.thread = thread;
    this.last = thread * BLOCK;
    NAMES.forEach(name -> acknowledged.put(name, new HashSet<>()));
  }

  /** The numbers that were acknowledged. */
  Set<Long> acknowledged(String name) {
    return acknowledged.get(name);
  }

  /** What was added to the counter. */
  long counted(String name) {
    return counted.getOrDefault(name, 0L);
  }

  /** Does one thing; what it may fail with is expected, and then nothing of it is left. */
  void step() {
    String name = NAMES.get(random.nextInt(NAMES.size()));
    boolean interrupted = random.nextInt(20) == 0;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    try {
      DB db = instances.current().db(name);
      Set<Long> written = new HashSet<>();
      long added = act(db, written);
      acknowledged.get(name).addAll(written);
      counted.merge(name, added, Long::sum);
    } catch (ConstraintViolationException
        | TransactionEndedException
        | DatabaseClosedException
        | Planned e) {
      // As planned, or because another thread opens the directory anew.
    } catch (InterruptedQueryException e) {
      assertThat(interrupted).as("interrupted by nobody").isTrue();
    } finally {
      Thread.interrupted();
    }
  }

  /** Writes numbers and adds to the counter; returns what it has added. */
  private long act(DB db, Set<Long> written) {
    switch (random.nextInt(9)) {
      case 0 -> {
        long id = next(written);
        assertThat(db.run(INSERT, id, thread, value())).isEqualTo(new RunResult(1, id));
      }
      case 1 -> {
        long id = next(written);
        assertThat(db.query(Long.class, INSERT + " RETURNING id", id, thread, value()))
            .containsExactly(id);
      }
      case 2 ->
          db.run("INSERT OR ROLLBACK INTO w VALUES (?, ?, ?)", next(written), thread, value());
      case 3 ->
          db.batch(
              INSERT,
              List.of(
                  List.of(next(written), thread, value()),
                  List.of(next(written), thread, value())));
      case 4 -> db.exec(literal(written) + literal(written));
      case 5 -> {
        db.run(COUNT, 1);
        return 1;
      }
      case 6 -> seeWhole(db);
      default -> {
        return transaction(db, written);
      }
    }
    return 0;
  }

  private long next(Set<Long> written) {
    last++;
    written.add(last);
    return last;
  }

  /** Now and then one that fails, or that ends the transaction. */
  private long value() {
    return switch (random.nextInt(12)) {
      case 0 -> -1;
      case 1 -> 666;
      default -> random.nextInt(100);
    };
  }

  private String literal(Set<Long> written) {
    return "INSERT INTO w VALUES (" + next(written) + ", " + thread + ", " + value() + ");\n";
  }

  private long transaction(DB db, Set<Long> written) {
    return db.transaction(
        tx -> {
          long before = tx.queryOne(Long.class, "SELECT coalesce(sum(n), 0) FROM counter").get();
          tx.run(INSERT, next(written), thread, random.nextInt(100));
          Set<Long> undone = new HashSet<>();
          try {
            tx.useTransaction(
                inner -> {
                  inner.run(INSERT, next(undone), thread, value());
                  throw new Planned();
                });
          } catch (Planned | ConstraintViolationException e) {
            // Undone, or the whole transaction is lost and cannot commit.
          }
          tx.run(COUNT, 2);
          if (random.nextInt(6) == 0) {
            throw new Planned();
          }
          long after = tx.queryOne(Long.class, "SELECT n FROM counter").get();
          assertThat(after).as("nobody else writes meanwhile").isEqualTo(before + 2);
          return 2L;
        });
  }

  /**
   * A snapshot has whole transactions alone, the same ones each time, and all that this thread did.
   */
  private void seeWhole(DB db) {
    Set<Long> mine = acknowledged.get(db.name());
    db.read(
        reads -> {
          long rows = reads.queryOne(Long.class, "SELECT count(*) FROM w").get();
          List<Long> own = reads.query(Long.class, "SELECT id FROM w WHERE thread = ?", thread);
          assertThat(own).containsExactlyInAnyOrderElementsOf(mine);
          assertThat(reads.queryOne(Long.class, "SELECT count(*) FROM twin")).hasValue(rows);
          try (RowStream<Long> stream = reads.stream(Long.class, "SELECT id FROM w")) {
            assertThat(stream.stream().count()).isEqualTo(rows);
          }
          return rows;
        });
  }

  /** One instance after the other on one directory. */
  static final class Instances implements AutoCloseable {
    private final DBOptions options;
    private volatile DoSQL current;

    Instances(Path directory, Path migrations) {
      options =
          DBOptions.builder()
              .directory(directory)
              .migrations(migrations.toString())
              .openTenantsMax(2)
              .idleTimeout(Duration.ofMillis(10))
              .writeLockTimeout(Duration.ofSeconds(60))
              .build();
      current = DoSQL.open(options);
    }

    DoSQL current() {
      return current;
    }

    void reopen() {
      current.close();
      current = DoSQL.open(options);
    }

    @Override
    public void close() {
      current.close();
    }
  }

  private static final class Planned extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
