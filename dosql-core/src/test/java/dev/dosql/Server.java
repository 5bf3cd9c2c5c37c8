package dev.dosql;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dosql.testing.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Another process that has a directory of tenants and does what it is asked, line by line; for
 * limits and permissions that only a process of its own can have. An error is answered by its type
 * and message.
 */
final class Server implements AutoCloseable {
  static final String TABLE =
      "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, grp INTEGER, x BLOB)";

  /** Needs 16 MB that are not in memory. */
  private static final String SORT =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
          + " SELECT i FROM n ORDER BY hex(randomblob(20000)) LIMIT -1";

  private static final String ANSWER = "> ";

  private final ChildJvm child;

  private Server(ChildJvm child) {
    this.child = child;
  }

  /** Starts it behind a command, and opens nothing yet. */
  static Server start(List<String> wrapper, String classPath, Path directory)
      throws IOException, InterruptedException {
    Server server = new Server(ChildJvm.start(wrapper, classPath, Server.class, directory));
    String line = server.child.line();
    if (!line.equals(ANSWER + "ready")) {
      server.child.kill();
      throw new AssertionError(line + "\n" + String.join("\n", server.child.rest()));
    }
    return server;
  }

  /** Asks, and passes over what is logged meanwhile. */
  private String ask(String line) throws InterruptedException {
    String answer = child.ask(line);
    while (!answer.startsWith(ANSWER)) {
      answer = child.line();
    }
    return answer.substring(ANSWER.length());
  }

  /** Opens the directory, anew if it is open. */
  String open() throws InterruptedException {
    return ask("open");
  }

  /** The same with a folder of migrations. */
  String open(Path migrations) throws InterruptedException {
    return ask("open " + migrations);
  }

  /** Stores a row of so many bytes. */
  String write(String tenant, long id, int bytes) throws InterruptedException {
    return ask("write " + tenant + " " + id + " " + bytes);
  }

  /** Stores three rows from an id on, in one transaction. */
  String transaction(String tenant, long id, int bytes) throws InterruptedException {
    return ask("transaction " + tenant + " " + id + " " + bytes);
  }

  /** The same as a batch. */
  String batch(String tenant, long id, int bytes) throws InterruptedException {
    return ask("batch " + tenant + " " + id + " " + bytes);
  }

  /** The ids that are stored. */
  List<Long> read(String tenant) throws InterruptedException {
    String answer = ask("read " + tenant);
    if (!answer.matches("[\\d ]*")) {
      throw new AssertionError(answer);
    }
    return answer.isEmpty() ? List.of() : numbers(answer);
  }

  private static List<Long> numbers(String line) {
    List<Long> numbers = new ArrayList<>();
    for (String each : line.split(" ")) {
      numbers.add(Long.valueOf(each));
    }
    return numbers;
  }

  /**
   * Does something else with a tenant: {@code create}, {@code close}, {@code check}, {@code read}
   * it, {@code vacuum} it, or {@code sort} in a read and {@code sorted} in a write.
   */
  String ask(String what, String tenant) throws InterruptedException {
    return ask(what + " " + tenant);
  }

  /** The same with a second tenant, to {@code rename}, or a file, to {@code import, export}. */
  String ask(String what, String tenant, Object other) throws InterruptedException {
    return ask(what + " " + tenant + " " + other);
  }

  long pid() {
    return child.pid();
  }

  void kill() throws InterruptedException {
    child.kill();
  }

  @Override
  public void close() {
    child.close();
  }

  // ---- in the other process

  private static DoSQL tenants;

  public static void main(String[] arguments) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    System.out.println(ANSWER + "ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String answer;
      try {
        answer = answer(Path.of(arguments[0]), line.split(" "));
      } catch (RuntimeException | Error e) {
        answer = e.getClass().getSimpleName() + ": " + e.getMessage();
      }
      System.out.println(ANSWER + answer.replace('\n', ' '));
    }
    closeInstance();
  }

  private static void closeInstance() {
    if (tenants != null) {
      tenants.close();
      tenants = null;
    }
  }

  private static String answer(Path directory, String[] words) {
    if (words[0].equals("open")) {
      closeInstance();
      DBOptions.Builder options = DBOptions.builder().directory(directory);
      tenants = DoSQL.open((words.length > 1 ? options.migrations(words[1]) : options).build());
      return "ok";
    }
    DB db = tenants.db(words[1]);
    switch (words[0]) {
      case "create" -> tenants.create(words[1]).exec(TABLE);
      case "close" -> {
        tenants.suspend(words[1]); // Which closes it, and moves its log into the file.
        tenants.resume(words[1]);
      }
      case "sort" -> db.query(SORT);
      case "sorted" -> db.run("INSERT INTO t(id) SELECT i FROM (" + SORT + ") WHERE i < 0");
      case "vacuum" -> db.vacuum();
      case "rename" -> tenants.rename(words[1], words[2]);
      case "import" -> tenants.importFile(words[1], Path.of(words[2]));
      case "export" -> db.exportTo(Path.of(words[2]));
      case "check" -> {
        return String.join(",", db.query(String.class, "PRAGMA integrity_check"));
      }
      case "read" -> {
        return db.query(Long.class, "SELECT id FROM t ORDER BY id").stream()
            .map(String::valueOf)
            .collect(Collectors.joining(" "));
      }
      default -> write(db, words[0], Long.parseLong(words[2]), Integer.parseInt(words[3]));
    }
    return "ok";
  }

  private static void write(DB db, String how, long id, int bytes) {
    String insert = "INSERT INTO t(id, grp, x) VALUES(?, ?, ?)";
    switch (how) {
      case "write" -> db.run(insert, id, id, new byte[bytes]);
      case "transaction" ->
          db.useTransaction(
              tx ->
                  LongStream.range(id, id + 3)
                      .forEach(i -> tx.run(insert, i, id, new byte[bytes])));
      case "batch" ->
          db.batch(
              insert,
              LongStream.range(id, id + 3)
                  .mapToObj(i -> new Object[] {i, id, new byte[bytes]})
                  .toList());
      default -> throw new IllegalArgumentException(how);
    }
  }
}
