package dev.dosql;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dosql.testing.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A process that works until it is killed, and says each thing it was told is done before it does
 * the next. What it does is one of these; {@link KillTest} knows what must be there afterwards.
 */
enum Victim {
  /** Sixteen threads commit to one tenant, as single statements, transactions and batches. */
  COMMIT("engine.Writer#execute", "engine.Writer#hold") {
    @Override
    void work(DBOptions options, long round) {
      DB db = DoSQL.open(options).db("acme");
      for (int i = 0; i < WRITERS; i++) {
        Random random = new Random(round * WRITERS + i);
        long first = (round * WRITERS + i) * 1_000_000;
        new Thread(() -> commit(db, random, first)).start();
      }
    }
  },

  /** Opens the directory for the first time and makes the template and its first tenant. */
  FIRST_OPEN("tenant.Template#make") {
    @Override
    void work(DBOptions options, long round) {
      for (int i = 0; ; i++) {
        Path directory = options.directory().resolve("r" + round + "-" + i);
        DoSQL tenants = DoSQL.open(options.toBuilder().directory(directory).build());
        tenants.db("acme").run("INSERT INTO groups(id, size) VALUES(1, 0)");
        say("done " + directory.getFileName());
        tenants.close();
      }
    }
  },

  /** Brings tenants up to date that stand at the first of several files. */
  MIGRATE("tenant.Schema#bringUpToDate") {
    @Override
    void work(DBOptions options, long round) {
      DoSQL tenants = DoSQL.open(options);
      for (int i = 0; ; i++) {
        String name = "t" + i;
        if (tenants.find(name).isEmpty()) {
          say("end");
          return;
        }
        tenants.db(name).query("SELECT count(*) FROM groups");
        say("done " + name);
      }
    }
  },

  /** Makes tenants, and writes to each. */
  CREATE("tenant.TenantFiles#create") {
    @Override
    void work(DBOptions options, long round) {
      DoSQL tenants = DoSQL.open(options);
      for (int i = 0; i < 4; i++) {
        String prefix = "r" + round + "-" + i + (i % 2 == 0 ? "-" : "-é".repeat(30));
        new Thread(
                () -> {
                  for (int k = 0; ; k++) {
                    tenants.create(prefix + k);
                    say("made " + prefix + k);
                    tenants.db(prefix + k).run("INSERT INTO groups(id, size) VALUES(1, 0)");
                    say("done " + prefix + k);
                  }
                })
            .start();
      }
    }
  },

  /** Writes to more tenants than may be open. */
  EVICT("tenant.Tenants#evict") {
    @Override
    void work(DBOptions options, long round) {
      DoSQL tenants =
          DoSQL.open(
              options.toBuilder().openTenantsMax(2).idleTimeout(Duration.ofMillis(3)).build());
      for (int i = 0; i < 4; i++) {
        Random random = new Random(round * 4 + i);
        long first = (round * 4 + i) * 1_000_000;
        new Thread(
                () -> {
                  for (long id = first; ; id += 10) {
                    String name = "t" + random.nextInt(12);
                    group(tenants.db(name), id, 3);
                    say("done " + name + " " + id);
                  }
                })
            .start();
      }
    }
  },

  /** Makes a tenant, writes to it, deletes it, and again. */
  DELETE("tenant.TenantFiles#delete") {
    @Override
    void work(DBOptions options, long round) {
      DoSQL tenants = DoSQL.open(options);
      for (int i = 0; i < 4; i++) {
        String name = "t" + i + (i % 2 == 0 ? "" : "-é".repeat(30));
        long first = (round * 4 + i) * 1_000_000;
        new Thread(
                () -> {
                  for (long id = first; ; id += 10) {
                    group(tenants.db(name), id, 3);
                    say("written " + name + " " + id);
                    say("deleting " + name);
                    tenants.delete(name);
                    say("deleted " + name);
                  }
                })
            .start();
      }
    }
  },

  /** Writes to tenants and gives them another name, to and fro; every fourth while suspended. */
  RENAME("tenant.TenantFiles#rename") {
    @Override
    void work(DBOptions options, long round) {
      DoSQL tenants = DoSQL.open(options.toBuilder().createIfMissing(false).build());
      for (int i = 0; i < 4; i++) {
        String one = "t" + i;
        boolean suspended = i == 3;
        long first = (round * 4 + i) * 1_000_000;
        new Thread(() -> rename(tenants, one, suspended, first)).start();
      }
    }
  },

  /** Makes tenants of a file. */
  IMPORT("tenant.Importer#copy", "tenant.FileImport#publish") {
    @Override
    void work(DBOptions options, long round) {
      DoSQL tenants = DoSQL.open(options);
      Path source = options.directory().resolveSibling(SOURCE);
      for (int i = 0; i < 3; i++) {
        String prefix = "r" + round + "-" + i + (i % 2 == 0 ? "-" : "-é".repeat(30));
        new Thread(
                () -> {
                  for (int k = 0; ; k++) {
                    tenants.importFile(prefix + k, source);
                    say("made " + prefix + k);
                  }
                })
            .start();
      }
    }
  },

  /** Writes to a tenant and makes files of it, while others write. */
  EXPORT("session.TenantDB#exportTo") {
    @Override
    void work(DBOptions options, long round) {
      DB db = DoSQL.open(options).db("acme");
      Path out = options.directory().resolveSibling(OUT);
      new Thread(() -> commit(db, new Random(round), round * 4_000_000)).start();
      for (int i = 1; i < 4; i++) {
        long first = (round * 4 + i) * 1_000_000;
        new Thread(
                () -> {
                  for (long id = first; ; id += 10) {
                    group(db, id, 3);
                    db.exportTo(out.resolve(id + ".sqlite"));
                    say("exported " + id);
                  }
                })
            .start();
      }
    }
  },

  /** Writes a tenant's file anew without what it has just deleted, while others write. */
  VACUUM("engine.Writer#vacuum") {
    @Override
    void work(DBOptions options, long round) {
      DB db = DoSQL.open(options).db("acme");
      for (int i = 1; i < 4; i++) {
        Random random = new Random(round * 4 + i);
        long first = (round * 4 + i) * 1_000_000;
        new Thread(() -> commit(db, random, first)).start();
      }
      for (long id = round * 4_000_000; ; id += 1_000) {
        fill(db, id);
        for (int i = 0; i < 4; i++) {
          db.vacuum();
        }
        say("done acme " + id);
      }
    }
  },

  /** Brings all tenants up to date, several at a time. */
  MIGRATE_ALL("tenant.TenantOpener#bringUpToDate") {
    @Override
    void work(DBOptions options, long round) {
      DoSQL.open(options)
          .migrateAll(
              FleetOptions.builder().progress(seen -> say("done " + seen.tenant())).build());
      say("end");
    }
  };

  /** What imports are made of, beside the directory. */
  static final String SOURCE = "source.sqlite";

  /** Where exports are put, beside the directory. */
  static final String OUT = "out";

  /**
   * Every tenant of these tests: groups that have as many members as their size says, or, where
   * that is negative, so many or none yet.
   */
  static final String SCHEMA =
      """
      CREATE TABLE groups(id INTEGER PRIMARY KEY, size INTEGER NOT NULL);
      CREATE TABLE members(
        id INTEGER PRIMARY KEY, grp INTEGER NOT NULL REFERENCES groups(id), x TEXT NOT NULL);
      CREATE INDEX members_grp ON members(grp);
      """;

  private static final int WRITERS = 16;
  private static final String INTERNAL = "dev.dosql.internal.";

  /** Between two looks at what the threads are doing. */
  private static final long LOOK_NANOS = 500_000;

  private final List<String> phase;

  /**
   * Names what the kills are meant for.
   *
   * @param phase methods that do it
   */
  Victim(String... phase) {
    this.phase = List.of(phase);
  }

  /** Does it until the process is killed. */
  abstract void work(DBOptions options, long round) throws Exception;

  /**
   * Says "in" when a thread begins to do what the kills are meant for, and "out" when none does.
   */
  private void tell() {
    boolean inside = false;
    while (true) {
      boolean now = Thread.getAllStackTraces().values().stream().anyMatch(this::isInside);
      if (now != inside) {
        say(now ? "in" : "out");
        inside = now;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  private boolean isInside(StackTraceElement[] stack) {
    return Stream.of(stack)
        .anyMatch(
            frame -> {
              String name = frame.getClassName() + "#" + frame.getMethodName();
              return phase.stream().anyMatch(each -> name.equals(INTERNAL + each));
            });
  }

  /** Starts the process, which says that it is ready, and begins when it is told to. */
  ChildJvm start(Path directory, Path migrations, long round) throws IOException {
    return ChildJvm.start(Victim.class, name(), directory, migrations, round);
  }

  public static void main(String[] arguments) throws Exception {
    DBOptions options =
        DBOptions.builder().directory(Path.of(arguments[1])).migrations(arguments[2]).build();
    DriverManager.getConnection("jdbc:sqlite::memory:").close(); // Which loads SQLite.
    say("ready");
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    if (input.readLine() == null) {
      return; // Nobody wants it.
    }
    say("going");
    Victim victim = valueOf(arguments[0]);
    Thread teller = new Thread(victim::tell, "teller");
    teller.setDaemon(true);
    teller.start();
    victim.work(options, Long.parseLong(arguments[3]));
  }

  /** One write of the whole line, so that a line is there or not. */
  private static void say(String line) {
    synchronized (System.out) {
      System.out.print(line + "\n");
      System.out.flush();
    }
  }

  private static void commit(DB db, Random random, long first) {
    for (long id = first; ; id += 10) {
      long group = id;
      switch (random.nextInt(4)) {
        case 0 -> group(db, id, random.nextInt(6));
        case 1 -> {
          db.run("INSERT INTO groups(id, size) VALUES(?, -1)", id);
          say("begun acme " + id);
          db.run("INSERT INTO members(id, grp, x) VALUES(?, ?, ?)", id, id, text(random));
        }
        case 2 -> db.run("INSERT INTO groups(id, size) VALUES(?, 0)", id);
        default -> {
          db.run("INSERT INTO groups(id, size) VALUES(?, -5)", id);
          say("begun acme " + id);
          db.batch(
              "INSERT INTO members(id, grp, x) VALUES(?, ?, ?)",
              IntStream.range(0, 5)
                  .mapToObj(i -> List.<Object>of(group + i, group, text(random)))
                  .toList());
        }
      }
      say("done acme " + id);
    }
  }

  private static void rename(DoSQL tenants, String one, boolean suspended, long first) {
    String other = otherName(one);
    String name = tenants.find(one).isPresent() ? one : other;
    tenants.resume(name);
    for (long id = first; ; id += 10) {
      group(tenants.db(name), id, 3);
      say("written " + one + " " + id);
      if (suspended) {
        tenants.suspend(name);
      }
      String next = name.equals(one) ? other : one;
      tenants.rename(name, next);
      say("renamed " + one + " " + next);
      name = next;
      tenants.resume(name);
    }
  }

  /** The other name of a tenant that is renamed. */
  static String otherName(String one) {
    return one + "-é".repeat(30);
  }

  /** A group that stays, beside many rows that do not. */
  private static void fill(DB db, long id) {
    group(db, id, 3);
    db.run("INSERT INTO groups(id, size) VALUES(?, -200)", id + 10);
    db.batch(
        "INSERT INTO members(id, grp, x) VALUES(?, ?, ?)",
        IntStream.range(0, 200)
            .mapToObj(i -> List.<Object>of(id + 10 + i, id + 10, "y".repeat(2_000)))
            .toList());
    db.run("DELETE FROM members WHERE grp = ?", id + 10);
  }

  private static String text(Random random) {
    return "x".repeat(random.nextInt(50) == 0 ? 20_000 : 30);
  }

  /** A group and its members in one transaction. */
  private static void group(DB db, long id, int size) {
    db.useTransaction(
        tx -> {
          tx.run("INSERT INTO groups(id, size) VALUES(?, ?)", id, size);
          for (int i = 0; i < size; i++) {
            tx.run("INSERT INTO members(id, grp, x) VALUES(?, ?, 'member')", id + i, id);
          }
        });
  }
}
