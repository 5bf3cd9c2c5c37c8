package dev.dosql;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dosql.storage.internal.FailPoints;
import dev.dosql.testing.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A process that commits, captures, checkpoints, puts, takes snapshots and evicts until it dies: by
 * itself at one of the named moments of capturing and putting, or killed from outside. It says each
 * commit that it was told is done. {@link ShippingKillTest} knows what must be there afterwards.
 */
final class ShippingVictim {
  /** Tenants that every process writes to; the first never rests, the others are evicted. */
  static final List<String> TENANTS = List.of("hot", "t1", "t2", "t3");

  /**
   * Each commit is a row of {@code log}, numbered without a gap in the order of commits, with as
   * many members as it says.
   */
  static final String SCHEMA =
      """
      CREATE TABLE log(
        id INTEGER PRIMARY KEY, thread INTEGER NOT NULL, seq INTEGER NOT NULL,
        size INTEGER NOT NULL, UNIQUE(thread, seq));
      CREATE TABLE member(
        id INTEGER PRIMARY KEY, log_id INTEGER NOT NULL REFERENCES log(id), x TEXT NOT NULL);
      CREATE INDEX member_log ON member(log_id);
      CREATE TABLE fill(id INTEGER PRIMARY KEY, x TEXT NOT NULL);
      """;

  /** More than any thread of a process, so that each of a test has a number of its own. */
  static final long THREADS_PER_ROUND = 100;

  private static final int HOT_THREADS = 8;
  private static final int OTHER_THREADS = 4;
  private static final int NEW_TENANTS = 3;
  private static final int DIED = 3;

  private ShippingVictim() {}

  /** The same in both processes: as much of everything as there can be. */
  static DBOptions options(
      Path directory, Path migrations, Path bucket, Durability durability, StorageListener heard) {
    return DBOptions.builder()
        .directory(directory)
        .migrations(migrations)
        .cold(bucket.toUri().toString())
        .durability(durability)
        .openTenantsMax(2)
        .idleTimeout(Duration.ofMillis(20))
        .shipping(
            Shipping.builder()
                .shipInterval(Duration.ofMillis(20))
                .shipBytes(16_384)
                .putsPerSecondMax(2_000)
                .build())
        .storageListener(heard)
        .build();
  }

  /**
   * Starts the process, which says that it is ready, and begins when it is told to.
   *
   * @param point at which moment it dies, or anything else
   * @param times the how manieth of these it is
   */
  static ChildJvm start(
      Path directory,
      Path migrations,
      Path bucket,
      Durability durability,
      long round,
      String point,
      int times)
      throws IOException {
    return ChildJvm.start(
        ShippingVictim.class, directory, migrations, bucket, durability, round, point, times);
  }

  public static void main(String[] arguments) throws Exception {
    DBOptions options =
        options(
            Path.of(arguments[0]),
            Path.of(arguments[1]),
            Path.of(arguments[2]),
            Durability.valueOf(arguments[3]),
            event -> say("event " + event.kind() + " " + event.tenant() + " " + event.detail()));
    long round = Long.parseLong(arguments[4]);
    DriverManager.getConnection("jdbc:sqlite::memory:").close(); // Which loads SQLite.
    say("ready");
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    if (input.readLine() == null) {
      return; // Nobody wants it.
    }
    say("going");
    dieAt(arguments[5], Integer.parseInt(arguments[6]));
    work(DoSQL.open(options), round);
  }

  private static void dieAt(String point, int times) {
    AtomicInteger left = new AtomicInteger(times);
    FailPoints.onReached(
        reached -> {
          if (reached.equals(point) && left.decrementAndGet() == 0) {
            Runtime.getRuntime().halt(DIED);
          }
        });
  }

  private static void work(DoSQL tenants, long round) {
    for (int i = 0; i < HOT_THREADS + OTHER_THREADS; i++) {
      int number = i;
      long thread = round * THREADS_PER_ROUND + i;
      Random random = new Random(thread);
      new Thread(
              () -> {
                if (number < HOT_THREADS) {
                  commitToOne(tenants.db(TENANTS.get(0)), thread, random, number == 0);
                } else {
                  commitToMany(tenants, thread, random);
                }
              })
          .start();
    }
    new Thread(() -> make(tenants, round)).start();
  }

  private static void commitToOne(DB db, long thread, Random random, boolean vacuums) {
    for (int seq = 0; ; seq++) {
      commit(db, thread, seq, random);
      if (vacuums && seq % 150 == 149) {
        db.vacuum();
      }
    }
  }

  /** A few commits to one, then to another, so that they come and go. */
  private static void commitToMany(DoSQL tenants, long thread, Random random) {
    int[] next = new int[TENANTS.size()];
    while (true) {
      int which = 1 + random.nextInt(TENANTS.size() - 1);
      DB db = tenants.db(TENANTS.get(which));
      for (int i = random.nextInt(6); i >= 0; i--) {
        commit(db, thread, next[which]++, random);
      }
    }
  }

  private static void make(DoSQL tenants, long round) {
    Random random = new Random(round);
    for (int i = 0; i < NEW_TENANTS; i++) {
      DB db = tenants.db("new-" + round + "-" + i);
      for (int seq = 0; seq < 10; seq++) {
        commit(db, round * THREADS_PER_ROUND + THREADS_PER_ROUND - 1, seq, random);
      }
    }
  }

  private static void commit(DB db, long thread, int seq, Random random) {
    int kind = random.nextInt(10);
    if (kind < 4) {
      db.run("INSERT INTO log(thread, seq, size) VALUES(?, ?, 0)", thread, seq);
    } else {
      int size = random.nextInt(5);
      db.useTransaction(
          tx -> {
            long id =
                tx.run("INSERT INTO log(thread, seq, size) VALUES(?, ?, ?)", thread, seq, size)
                    .lastInsertRowid();
            for (int i = 0; i < size; i++) {
              tx.run(
                  "INSERT INTO member(log_id, x) VALUES(?, ?)", id, thread + "." + seq + "." + i);
            }
            if (kind == 9) { // Many pages, of which a snapshot has few more.
              String fill = Long.toString(random.nextLong()).repeat(5_000);
              tx.run("INSERT OR REPLACE INTO fill(id, x) VALUES(?, ?)", random.nextInt(3), fill);
            }
          });
    }
    say("done " + db.name() + " " + thread + " " + seq);
  }

  /** One write of the whole line, so that a line is there or not. */
  private static void say(String line) {
    synchronized (System.out) {
      System.out.print(line + "\n");
      System.out.flush();
    }
  }
}
