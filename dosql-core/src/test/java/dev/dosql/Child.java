package dev.dosql;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dosql.testing.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the other processes of tests do, each in a JVM of its own. */
final class Child {
  /** The bytes that every connection to a database in WAL mode holds a shared lock on. */
  private static final long SHARED_FIRST = 0x40000002L;

  private static final long SHARED_SIZE = 510;

  /** The byte of the {@code -shm} that tells that somebody has the log open. */
  private static final long DEAD_MAN_SWITCH = 128;

  private Child() {}

  /** A process that has opened the directory and holds it until it is closed or killed. */
  static ChildJvm holding(Path directory) throws IOException, InterruptedException {
    ChildJvm child = ChildJvm.start(Child.class, "hold", directory);
    expect("held", child);
    return child;
  }

  /** What another process gets that opens the directory now: "opened", or the error. */
  static String probe(Path directory) throws IOException, InterruptedException {
    try (ChildJvm child = ChildJvm.start(Child.class, "probe", directory)) {
      return child.line();
    }
  }

  /** A process with a plain connection to a database file; it executes what it is asked. */
  static ChildJvm sqlite(Path file) throws IOException, InterruptedException {
    ChildJvm child = ChildJvm.start(Child.class, "sqlite", file);
    expect("ready", child);
    return child;
  }

  /** Which of SQLite's locks on an open database another process finds held: "db shm", at best. */
  static String locks(Path file) throws IOException, InterruptedException {
    try (ChildJvm child = ChildJvm.start(Child.class, "locks", file)) {
      return child.line();
    }
  }

  /** A process that makes tenants and writes until it is killed; says what was acknowledged. */
  static ChildJvm working(Path directory, long seed) throws IOException {
    return ChildJvm.start(Child.class, "work", directory, seed);
  }

  /** A process that writes and reads back in a directory of that name; answers what it read. */
  static String roundTrip(Path parent, String name) throws IOException, InterruptedException {
    try (ChildJvm child = ChildJvm.start(Child.class, "roundTrip", parent)) {
      return child.ask(name);
    }
  }

  /** A process with a database in memory, below a directory, which it says; it answers queries. */
  static ChildJvm memory(Path temporary) throws IOException {
    return ChildJvm.startIn(temporary, Child.class, "memory", temporary);
  }

  /** Whether another process holds a file; the caller's own process must not. */
  static boolean isLocked(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      return channel.tryLock() == null;
    }
  }

  private static void expect(String word, ChildJvm child) throws InterruptedException {
    String line = child.line();
    if (!line.equals(word)) {
      throw new AssertionError(line + "\n" + String.join("\n", child.rest()));
    }
  }

  public static void main(String[] arguments) throws Exception {
    Path path = Path.of(arguments[1]);
    switch (arguments[0]) {
      case "hold" -> hold(path);
      case "probe" -> probeHere(path);
      case "sqlite" -> execute(path);
      case "locks" -> say(heldLocks(path));
      case "work" -> work(path, Long.parseLong(arguments[2]));
      case "roundTrip" -> roundTripHere(path);
      case "memory" -> memoryHere(path);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static BufferedReader input() {
    return new BufferedReader(new InputStreamReader(System.in, UTF_8));
  }

  private static void say(Object line) {
    synchronized (System.out) {
      System.out.println(line);
      System.out.flush();
    }
  }

  private static DBOptions at(Path directory) {
    return DBOptions.builder().directory(directory).build();
  }

  private static void hold(Path directory) throws IOException {
    try (DoSQL tenants = DoSQL.open(at(directory))) {
      tenants.db("held").exec("CREATE TABLE IF NOT EXISTS t(x)");
      say("held");
      while (input().readLine() != null) {
        // Until it is closed.
      }
    }
  }

  private static void probeHere(Path directory) {
    try (DoSQL tenants = DoSQL.open(at(directory))) {
      say(tenants.find("nobody").isPresent() ? "unexpected" : "opened");
    } catch (DoSQLException e) {
      say(e.getClass().getSimpleName() + ": " + e.getMessage());
    }
  }

  private static void execute(Path file) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout=0");
      say("ready");
      BufferedReader input = input();
      for (String sql = input.readLine(); sql != null; sql = input.readLine()) {
        say(answer(statement, sql));
      }
    }
  }

  private static String heldLocks(Path file) throws IOException {
    boolean shared = isHeld(file, SHARED_FIRST, SHARED_SIZE);
    boolean index = isHeld(Path.of(file + "-shm"), DEAD_MAN_SWITCH, 1);
    return ((shared ? "db " : "") + (index ? "shm" : "")).strip();
  }

  private static boolean isHeld(Path file, long position, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      return channel.tryLock(position, size, false) == null;
    }
  }

  private static String answer(Statement statement, String sql) {
    try {
      if (!statement.execute(sql)) {
        return "ok";
      }
      try (ResultSet rows = statement.getResultSet()) {
        return rows.next() ? String.valueOf(rows.getString(1)) : "none";
      }
    } catch (java.sql.SQLException e) {
      return "error: " + e.getMessage();
    }
  }

  private static void work(Path directory, long seed) throws Exception {
    DBOptions options =
        at(directory).toBuilder()
            .migrations(directory.resolveSibling("migrations").toString())
            .openTenantsMax(3)
            .idleTimeout(Duration.ofMillis(5))
            .build();
    Random random = new Random(seed);
    DoSQL tenants = DoSQL.open(options);
    for (int i = 0; ; i++) {
      String tenant = "t" + random.nextInt(12) + (random.nextBoolean() ? "" : "-é".repeat(30));
      long row = seed * 1_000_000 + i;
      tenants.db(tenant).run("INSERT INTO log(tenant, row) VALUES(?, ?)", tenant, row);
      say(row + " " + tenant);
    }
  }

  private static void roundTripHere(Path parent) throws IOException {
    Path directory = parent.resolve(input().readLine());
    try (DoSQL tenants = DoSQL.open(at(directory))) {
      tenants.db("acme").exec("CREATE TABLE t(x); INSERT INTO t VALUES('kept')");
    }
    try (DoSQL tenants = DoSQL.open(at(directory))) {
      String read = tenants.db("acme").query(String.class, "SELECT x FROM t").get(0);
      String names = tenants.tenants().map(TenantInfo::name).collect(Collectors.joining(","));
      say(read + " " + names + " " + directory.resolve("acme.db").toFile().exists());
    }
  }

  private static void memoryHere(Path temporary) throws IOException {
    try (DB db = DB.memory()) {
      db.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
      try (Stream<Path> all = Files.list(temporary)) {
        String own = "pid=" + ProcessHandle.current().pid() + ",";
        for (Path each : (Iterable<Path>) all::iterator) {
          Path holder = each.resolve(".dosql/holder");
          if (Files.exists(holder) && Files.readString(holder).startsWith(own)) {
            say(each);
          }
        }
      }
      BufferedReader input = input();
      for (String sql = input.readLine(); sql != null; sql = input.readLine()) {
        say(db.query(Long.class, sql).get(0));
      }
    }
  }
}
