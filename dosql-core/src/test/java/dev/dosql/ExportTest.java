package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ExportTest {
  @TempDir Path parent;
  private Path data;
  private Path out;

  @BeforeEach
  void makePlaces() throws IOException {
    data = parent.resolve("data");
    out = Files.createDirectory(parent.resolve("out"));
  }

  private DoSQL open() {
    return DoSQL.open(DBOptions.builder().directory(data).build());
  }

  private static String first(Path file, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file.toUri());
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getString(1) : "none";
    }
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(out)) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void export_isOneFileThatAnySqliteOpens() throws Exception {
    try (DoSQL dosql = open()) {
      DB acme = dosql.db("acme");
      acme.exec("CREATE TABLE t(x); INSERT INTO t VALUES('é'), (2), (x'00ff')");
      for (String name : List.of("plain.sqlite", "a?mode=memory", "%20 é\u4f60", "-x")) {
        acme.exportTo(out.resolve(name));
        assertThat(files()).containsExactly(name);
        assertThat(first(out.resolve(name), "SELECT count(*) FROM t")).isEqualTo("3");
        assertThat(first(out.resolve(name), "PRAGMA journal_mode")).isEqualTo("delete");
        assertThat(first(out.resolve(name), "PRAGMA integrity_check")).isEqualTo("ok");
        assertThat(files()).containsExactly(name);
        Files.delete(out.resolve(name));
      }
    }
    try (DB memory = DB.memory()) {
      memory.exec("CREATE TABLE t(x)");
      memory.exportTo(out.resolve("memory"));
      assertThat(first(out.resolve("memory"), "SELECT count(*) FROM t")).isEqualTo("0");
    }
  }

  @Test
  void export_whileOthersWrite_isOneStateAndTheyGoOn() throws Exception {
    try (DoSQL dosql = open()) {
      DB acme = dosql.db("acme");
      acme.exec(
          "CREATE TABLE a(id INTEGER PRIMARY KEY, n, pad); CREATE TABLE b(id INTEGER PRIMARY KEY, n)");
      acme.batch(
          "INSERT INTO a VALUES(?, 0, zeroblob(3000))",
          Stream.iterate(1, i -> i + 1).limit(500).toList());
      acme.exec("INSERT INTO b SELECT id, 0 FROM a");
      AtomicBoolean stop = new AtomicBoolean();
      AtomicLong commits = new AtomicLong();
      List<Caller> writers =
          Stream.of(1, 2)
              .map(
                  seed ->
                      Callers.start(
                          () -> {
                            Random random = new Random(seed);
                            while (!stop.get()) {
                              int id = 1 + random.nextInt(500);
                              acme.useTransaction(
                                  tx -> {
                                    tx.run(
                                        "UPDATE a SET n = n + 1, pad = randomblob(3000) WHERE id = ?",
                                        id);
                                    tx.run("UPDATE b SET n = n - 1 WHERE id = ?", id);
                                  });
                              commits.incrementAndGet();
                            }
                          }))
              .toList();
      long before = -1;
      for (int i = 0; i < 10; i++) {
        Path file = out.resolve(i + ".sqlite");
        long seen = commits.get();
        acme.exportTo(file);
        assertThat(first(file, "PRAGMA integrity_check")).isEqualTo("ok");
        // Both halves of every transaction are in it, and all that was acknowledged before.
        assertThat(first(file, "SELECT count(*) FROM a JOIN b USING(id) WHERE a.n + b.n <> 0"))
            .isEqualTo("0");
        long sum = Long.parseLong(first(file, "SELECT sum(n) FROM a"));
        assertThat(sum).isGreaterThanOrEqualTo(seen).isGreaterThanOrEqualTo(before);
        before = sum;
      }
      long during = commits.get();
      stop.set(true);
      Caller.joinAll(writers);
      assertThat(during).isPositive();
      assertThat(files()).hasSize(10);
    }
  }

  @Test
  void export_insideASnapshot_isThatSnapshot() throws Exception {
    try (DoSQL dosql = open()) {
      DB acme = dosql.db("acme");
      acme.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
      acme.read(
          reads -> {
            assertThat(reads.query("SELECT x FROM t")).hasSize(1);
            Callers.together(1, number -> acme.run("INSERT INTO t VALUES(2)"));
            acme.exportTo(out.resolve("snapshot"));
            assertThat(reads.query("SELECT x FROM t")).hasSize(1);
            return 0;
          });
      acme.exportTo(out.resolve("now"));
      assertThat(first(out.resolve("snapshot"), "SELECT count(*) FROM t")).isEqualTo("1");
      assertThat(first(out.resolve("now"), "SELECT count(*) FROM t")).isEqualTo("2");
    }
  }

  @Test
  void target_thatExistsOrCannotBe_isATypedErrorAndNothingIsLeft() throws Exception {
    try (DoSQL dosql = open()) {
      DB acme = dosql.db("acme");
      acme.exec("CREATE TABLE t(x)");
      Path mine = Files.writeString(out.resolve("mine"), "mine");
      Path dangling = Files.createSymbolicLink(out.resolve("dangling"), out.resolve("nowhere"));
      for (Path taken : List.of(mine, out, dangling)) {
        assertThatExceptionOfType(StorageException.class)
            .isThrownBy(() -> acme.exportTo(taken))
            .withMessageContaining("exists")
            .withCauseInstanceOf(FileAlreadyExistsException.class);
      }
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> acme.exportTo(out.resolve("no").resolve("x")))
          .withMessageContaining("directory does not exist");
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> acme.exportTo(data.resolve("globex.db")));
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> acme.exportTo(data.resolve(".dosql").resolve("x")));
      Path link = Files.createSymbolicLink(out.resolve("link"), data);
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> acme.exportTo(link.resolve("globex.db")));
      assertThat(mine).hasContent("mine");
      assertThat(files()).containsExactly("dangling", "link", "mine");
      assertThat(dosql.tenants()).hasSize(1);
    }
  }

  @Test
  void export_ofManyToOneFile_isDoneByOne() throws Exception {
    try (DoSQL dosql = open()) {
      DB acme = dosql.db("acme");
      acme.exec("CREATE TABLE t(x)");
      List<Boolean> done =
          Callers.together(
              6,
              number -> {
                try {
                  acme.exportTo(out.resolve("same"));
                  return true;
                } catch (StorageException e) {
                  assertThat(e).hasCauseInstanceOf(FileAlreadyExistsException.class);
                  return false;
                }
              });
      assertThat(done).containsOnlyOnce(true);
      assertThat(files()).containsExactly("same");
    }
  }

  @Test
  void export_threadInterrupted_isATypedErrorAndNothingIsLeft() throws Exception {
    try (DoSQL dosql = open()) {
      DB acme = dosql.db("acme");
      acme.exec("CREATE TABLE t(x)");
      Thread.currentThread().interrupt();
      Throwable thrown = catchThrowable(() -> acme.exportTo(out.resolve("x")));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(thrown).isInstanceOf(InterruptedQueryException.class);
      assertThat(files()).isEmpty();
    }
  }

  @Test
  void export_insideOwnTransactionOrClosed_isRefused() throws Exception {
    DB kept;
    try (DoSQL dosql = open()) {
      DB acme = dosql.db("acme");
      kept = acme;
      acme.exec("CREATE TABLE t(x)");
      acme.useTransaction(
          tx ->
              assertThatExceptionOfType(TransactionScopeException.class)
                  .isThrownBy(() -> acme.exportTo(out.resolve("x"))));
    }
    assertThatExceptionOfType(DatabaseClosedException.class)
        .isThrownBy(() -> kept.exportTo(out.resolve("x")));
    assertThat(files()).isEmpty();
  }

  @Test
  void process_killedWhileItExports_leavesWholeFilesAndATemporaryAtMost() throws Exception {
    try (DoSQL dosql = open()) {
      DB acme = dosql.db("acme");
      acme.exec("CREATE TABLE t(x)");
      acme.batch(
          "INSERT INTO t VALUES(zeroblob(?))", Stream.generate(() -> 2_000).limit(3_000).toList());
    }
    Random random = new Random(9);
    for (int kill = 0; kill < 4; kill++) {
      try (ChildJvm child = FleetChild.exporting(data, "acme", out)) {
        child.line();
        Thread.sleep(random.nextInt(80));
        child.kill();
        for (String acknowledged : child.rest()) {
          assertThat(Path.of(acknowledged)).exists();
        }
      }
    }
    for (String name : files()) {
      if (name.endsWith(".sqlite")) {
        assertThat(first(out.resolve(name), "SELECT count(*) FROM t")).isEqualTo("3000");
        assertThat(first(out.resolve(name), "PRAGMA integrity_check")).isEqualTo("ok");
      } else {
        assertThat(name).startsWith(".dosql-export-");
      }
    }
  }

  @Test
  void target_inAnArchive_isRefused() throws Exception {
    try (FileSystem archive =
            FileSystems.newFileSystem(parent.resolve("a.zip"), Map.of("create", "true"));
        DB db = DB.memory()) {
      assertThatThrownBy(() -> db.exportTo(archive.getPath("/copy.sqlite")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("local file system");
    }
  }

  @Test
  void log_ofAnEarlierFileOfThatName_isRefusedAndStays() throws Exception {
    Path target = parent.resolve("beside-a-log.sqlite");
    for (String suffix : List.of("-wal", "-journal", "-shm")) {
      Path left = Files.writeString(Path.of(target + suffix), "left");
      try (DB db = DB.memory()) {
        assertThatThrownBy(() -> db.exportTo(target))
            .isInstanceOf(StorageException.class)
            .hasMessageContaining(suffix);
      }
      assertThat(left).hasContent("left");
      assertThat(target).doesNotExist();
      Files.delete(left);
    }
  }

  @Test
  void exportAndCheck_longerThanAnyLimitOfTime_areFinished(@TempDir Path large) throws Exception {
    DBOptions options = DBOptions.builder().directory(large.resolve("data")).build();
    try (DoSQL dosql = DoSQL.open(options)) {
      // A check looks at each of these, and is asked now and then whether it may go on.
      dosql
          .db("acme")
          .exec(
              "CREATE TABLE many(x UNIQUE); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                  + " FROM n WHERE i < 300000) INSERT INTO many SELECT i FROM n");
    }
    Duration limit = Duration.ofMillis(20);
    long megabytes = 4;
    Duration took = Duration.ZERO;
    for (int i = 0; i < 8 && took.compareTo(limit.multipliedBy(5)) < 0; i++, megabytes *= 2) {
      try (DoSQL dosql = DoSQL.open(options)) {
        dosql
            .db("acme")
            .exec(
                "CREATE TABLE IF NOT EXISTS big(x); DELETE FROM big;"
                    + " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                    + megabytes * 8
                    + ") INSERT INTO big SELECT zeroblob(131072) FROM n");
      }
      Limits limits = Limits.builder().transactionTimeout(limit).statementTimeout(limit).build();
      try (DoSQL dosql = DoSQL.open(options.toBuilder().limits(limits).build())) {
        Path file = large.resolve(i + ".sqlite");
        long begun = System.nanoTime();
        dosql.db("acme").exportTo(file);
        took = Duration.ofNanos(System.nanoTime() - begun);
        assertThat(Files.size(file)).isGreaterThan(megabytes << 20);
        Files.delete(file);
        assertThat(dosql.db("acme").integrityCheck()).isEmpty();
      }
    }
    assertThat(took).isGreaterThan(limit.multipliedBy(5));
  }
}
