package dev.dosql;

import dev.dosql.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A process that works until it is killed, and says each thing it was told is done before it does
 * the next. What it does is one of these; {@link KillTest} knows what must be there afterwards.
 */
enum Victim {
  /** Sixteen threads commit to one tenant, as single statements, transactions and batches. */
  COMMIT {
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
  FIRST_OPEN {
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
  MIGRATE {
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
  CREATE {
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
  EVICT {
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
  DELETE {
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
  };

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

  /** Does it until the process is killed. */
  abstract void work(DBOptions options, long round) throws Exception;

  /** Whether the process is to be killed before it has done much. */
  boolean endsSoon() {
    return this == FIRST_OPEN || this == MIGRATE;
  }

  /** Starts the process. */
  ChildJvm start(Path directory, Path migrations, long round) throws IOException {
    return ChildJvm.start(Victim.class, name(), directory, migrations, round);
  }

  public static void main(String[] arguments) throws Exception {
    DBOptions options =
        DBOptions.builder().directory(Path.of(arguments[1])).migrations(arguments[2]).build();
    say("ready");
    valueOf(arguments[0]).work(options, Long.parseLong(arguments[3]));
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
