package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dosql.testing.ChildJvm;
import dev.dosql.testing.Commands;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A disk that is full, made in two ways: a process that may not write files beyond a size, which
 * any user can have, and a small file system in memory, which only root can mount. The first has
 * SQLite tell of an I/O error, the second of a full disk.
 */
@Timeout(180)
class DiskFullTest {
  private static final int LIMIT_KIB = 4_096;
  private static final int ROW_BYTES = 40_000;
  private static final int WRITES_MAX = 1_000;

  @TempDir Path parent;
  private Path data;
  private Path mounted;
  private final List<Long> acknowledged = new ArrayList<>();
  private long nextId = 1;

  /** What is full. */
  enum Full {
    LARGEST_FILE,
    FILE_SYSTEM
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted != null) {
      assertThat(Commands.run("umount", mounted.toString())).isEmpty();
    }
  }

  private void mount(Path directory, int kib) throws Exception {
    assumeTrue(Commands.isRoot(), "only root can mount a small file system; LARGEST_FILE has run");
    String size = "size=" + kib + "k";
    String where = directory.toString();
    String said = Commands.run("mount", "-t", "tmpfs", "-o", size, "dosql-test", where);
    assumeTrue(said.isEmpty(), "a small file system cannot be mounted here: " + said);
    mounted = directory;
  }

  private static List<String> limited() {
    assumeTrue(Commands.exist("bash", "prlimit"), "needs bash and prlimit");
    String script = "ulimit -S -f " + LIMIT_KIB + "; exec \"$@\"";
    return List.of("bash", "-c", script, "bash");
  }

  private Server start(Full full) throws Exception {
    data = Files.createDirectory(parent.resolve("data"));
    if (full == Full.LARGEST_FILE) {
      return Server.start(limited(), ChildJvm.classPath(), data);
    }
    mount(data, 2 * LIMIT_KIB);
    Files.write(data.resolve("ballast"), new byte[LIMIT_KIB * 1_024]);
    return Server.start(List.of(), ChildJvm.classPath(), data);
  }

  private void makeRoom(Full full, Server server) throws Exception {
    if (full == Full.LARGEST_FILE) {
      String pid = String.valueOf(server.pid());
      assertThat(Commands.run("prlimit", "--pid", pid, "--fsize=unlimited")).isEmpty();
    } else {
      Files.delete(data.resolve("ballast"));
      Files.deleteIfExists(data.resolve("more"));
    }
  }

  /** Takes the last bytes, so that not even a small file can be made. */
  private void takeTheRest() throws IOException {
    FileStore store = Files.getFileStore(data);
    try (OutputStream out = Files.newOutputStream(data.resolve("more"))) {
      for (int i = 0; i < 2 * LIMIT_KIB && store.getUsableSpace() > 0; i++) {
        out.write(new byte[1_024]);
      }
    }
    assertThat(store.getUsableSpace()).as("bytes that are left").isZero();
  }

  private void acknowledge(String answer, int rows) {
    assertThat(answer).isEqualTo("ok");
    for (int i = 0; i < rows; i++) {
      acknowledged.add(nextId++);
    }
  }

  private void fill(Server server) throws InterruptedException {
    for (int i = 0; i < WRITES_MAX; i++) {
      String answer = server.write("acme", nextId, ROW_BYTES);
      if (!answer.equals("ok")) {
        assertThat(answer).startsWith("DiskFullException: ").contains("tenant=acme");
        return;
      }
      acknowledge(answer, 1);
    }
    throw new AssertionError("the disk did not fill");
  }

  private void assertSound(Server server) throws InterruptedException {
    assertThat(server.read("acme")).isEqualTo(acknowledged);
    assertThat(server.ask("check", "acme")).isEqualTo("ok");
  }

  /** As a process without limits finds it. */
  private void assertSoundAfterwards() {
    try (DoSQL tenants = DoSQL.open(DBOptions.builder().directory(data).build())) {
      DB acme = tenants.db("acme");
      assertThat(acme.query(Long.class, "SELECT id FROM t ORDER BY id")).isEqualTo(acknowledged);
      assertThat(acme.query(String.class, "PRAGMA integrity_check")).containsExactly("ok");
    }
    assertThat(probes()).isEmpty();
  }

  private List<Path> probes() {
    try (Stream<Path> files = Files.walk(data)) {
      return files.filter(file -> file.getFileName().toString().matches("(probe|tmp)-.*")).toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void write_diskIsFull_isATypedErrorWithoutLossAndGoesOnWhenThereIsRoom(Full full)
      throws Exception {
    try (Server server = start(full)) {
      server.open();
      assertThat(server.ask("create", "acme")).isEqualTo("ok");
      assertThat(server.ask("create", "other")).isEqualTo("ok");
      fill(server);
      for (int i = 0; i < 3; i++) {
        assertThat(server.write("acme", nextId, 10 * ROW_BYTES)).startsWith("DiskFullException: ");
        assertThat(server.transaction("acme", nextId, 4 * ROW_BYTES))
            .startsWith("DiskFullException: ");
        assertThat(server.batch("acme", nextId, 4 * ROW_BYTES)).startsWith("DiskFullException: ");
        // Larger than SQLite's cache, so that the log is written before the commit.
        assertThat(server.transaction("acme", nextId, 60 * ROW_BYTES))
            .startsWith("DiskFullException: ");
        assertSound(server);
      }
      assertThat(server.read("other")).isEmpty();
      makeRoom(full, server);
      acknowledge(server.write("acme", nextId, ROW_BYTES), 1);
      acknowledge(server.transaction("acme", nextId, ROW_BYTES), 3);
      acknowledge(server.batch("acme", nextId, ROW_BYTES), 3);
      assertSound(server);
    }
    assertSoundAfterwards();
  }

  @ParameterizedTest
  @EnumSource
  void process_killedWithAFullDisk_losesNothingAcknowledged(Full full) throws Exception {
    try (Server server = start(full)) {
      server.open();
      server.ask("create", "acme");
      fill(server);
      assertThat(server.transaction("acme", nextId, 60 * ROW_BYTES))
          .startsWith("DiskFullException: ");
      server.kill();
    }
    if (full == Full.FILE_SYSTEM) {
      Files.delete(data.resolve("ballast"));
    }
    assertSoundAfterwards();
  }

  /** The log cannot be moved into the file, so it stays, and is moved when there is room. */
  @ParameterizedTest
  @EnumSource
  void tenant_closedWithAFullDisk_losesNothingAndOpensAgain(Full full) throws Exception {
    try (Server server = start(full)) {
      server.open();
      server.ask("create", "acme");
      for (int round = 0; round < 3; round++) {
        fill(server); // By file, until file and log are both full.
        assertThat(server.ask("close", "acme")).isEqualTo("ok");
        assertSound(server);
      }
      assertThat(Files.size(data.resolve("acme.db-wal"))).as("the log stayed").isPositive();
      makeRoom(full, server);
      acknowledge(server.write("acme", nextId, ROW_BYTES), 1);
      assertThat(server.ask("close", "acme")).isEqualTo("ok");
      assertThat(data.resolve("acme.db-wal")).as("the log was moved").doesNotExist();
      assertSound(server);
    }
    assertSoundAfterwards();
  }

  @ParameterizedTest
  @EnumSource
  void tenant_createdWithAFullDisk_isATypedErrorAndNoTenant(Full full) throws Exception {
    Path migrations = Files.createDirectory(parent.resolve("migrations"));
    // The template alone is larger than the largest file may be.
    String rows = full == Full.LARGEST_FILE ? "zeroblob(5000000)" : "1";
    Files.writeString(
        migrations.resolve("001_start.sql"),
        Server.TABLE + "; CREATE TABLE much(x); INSERT INTO much VALUES(" + rows + ");");
    try (Server server = start(full)) {
      server.open(migrations);
      if (full == Full.FILE_SYSTEM) {
        assertThat(server.ask("create", "acme")).isEqualTo("ok");
        fill(server);
        takeTheRest();
      }
      for (int i = 0; i < 2; i++) {
        assertThat(server.ask("create", "newcomer")).startsWith("DiskFullException: ");
        assertThat(server.write("newcomer", 1, 1)).startsWith("DiskFullException: ");
        assertThat(data.resolve("newcomer.db")).doesNotExist();
        assertThat(probes()).as("files in the making").isEmpty();
      }
      makeRoom(full, server);
      assertThat(server.ask("create", "newcomer")).isEqualTo("ok");
      assertThat(server.write("newcomer", 1, ROW_BYTES)).isEqualTo("ok");
      assertThat(server.read("newcomer")).containsExactly(1L);
    }
  }

  /**
   * SQLite sorts and vacuums in temporary files elsewhere, and says of a disk that is full there
   * what it says of one that is full here, and of a database that is as large as it may be. Of a
   * temporary file that was at its largest nobody can tell how far it reached, so that it is an I/O
   * error as any other; in a write that is a commit in doubt.
   */
  @ParameterizedTest
  @EnumSource
  void temporaryDirectory_isFull_isATypedErrorWithoutLossAndGoesOnWhenThereIsRoom(Full full)
      throws Exception {
    data = Files.createDirectory(parent.resolve("data"));
    Path temporary = Files.createDirectory(parent.resolve("temporary"));
    List<String> wrapper = new ArrayList<>(List.of("env", "SQLITE_TMPDIR=" + temporary));
    if (full == Full.LARGEST_FILE) {
      wrapper.addAll(limited());
    } else {
      mount(temporary, 1_024);
    }
    try (Server server = Server.start(wrapper, ChildJvm.classPath(), data)) {
      server.open();
      assertThat(server.ask("create", "acme")).isEqualTo("ok");
      for (int i = 0; i < 60; i++) {
        acknowledge(server.write("acme", nextId, ROW_BYTES), 1);
      }
      for (int i = 0; i < 2; i++) {
        if (full == Full.FILE_SYSTEM) {
          for (String work : List.of("sort", "sorted", "vacuum")) {
            assertThat(server.ask(work, "acme"))
                .as(work)
                .startsWith("DiskFullException: ")
                .contains("tenant=acme");
          }
        } else {
          assertThat(server.ask("sort", "acme")).startsWith("StorageException: ");
          assertThat(server.ask("sorted", "acme")).startsWith("CommitInDoubtException: ");
        }
        assertSound(server);
        acknowledge(server.write("acme", nextId, 10), 1);
      }
      if (full == Full.LARGEST_FILE) {
        makeRoom(full, server);
      } else {
        String size = "remount,size=" + 16 * LIMIT_KIB + "k";
        assertThat(Commands.run("mount", "-o", size, temporary.toString())).isEmpty();
      }
      for (String work : List.of("sort", "sorted", "vacuum")) {
        assertThat(server.ask(work, "acme")).isEqualTo("ok");
      }
      assertSound(server);
    }
    assertSoundAfterwards();
    try (Stream<Path> left = Files.list(temporary)) {
      assertThat(left).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void fileImportedAndExported_diskIsFull_isATypedErrorAndNothingIsLeft(Full full)
      throws Exception {
    Path elsewhere = Files.createDirectory(parent.resolve("elsewhere"));
    Path large = parent.resolve("large.sqlite");
    try (DoSQL tenants = DoSQL.open(DBOptions.builder().directory(elsewhere).build())) {
      DB db = tenants.create("large");
      db.exec(Server.TABLE);
      db.run("INSERT INTO t(id, x) VALUES(1, zeroblob(6000000))");
      db.exportTo(large);
    }
    try (Server server = start(full)) {
      server.open();
      assertThat(server.ask("create", "acme")).isEqualTo("ok");
      for (int i = 0; i < 2; i++) {
        assertThat(server.ask("import", "large", large))
            .startsWith("DiskFullException: ")
            .contains("tenant=large");
        assertThat(data.resolve("large.db")).doesNotExist();
        assertThat(probes()).as("files in the making").isEmpty();
      }
      makeRoom(full, server);
      assertThat(server.ask("import", "large", large)).isEqualTo("ok");
      assertThat(server.read("large")).containsExactly(1L);
      acknowledge(server.write("acme", nextId, 1), 1);
    }
    assertSoundAfterwards();
    assertThat(exportTo(full, large)).isEmpty();
  }

  /** Exports to where there is no room, then to where there is; what is left of the first. */
  private List<Path> exportTo(Full full, Path large) throws Exception {
    Path out = Files.createDirectory(parent.resolve("out"));
    List<String> wrapper = full == Full.LARGEST_FILE ? limited() : List.of();
    if (full == Full.FILE_SYSTEM) {
      unmount();
      mount(out, LIMIT_KIB);
    }
    try (Server server = Server.start(wrapper, ChildJvm.classPath(), parent.resolve("elsewhere"))) {
      server.open();
      for (int i = 0; i < 2; i++) {
        assertThat(server.ask("export", "large", out.resolve("copy.sqlite")))
            .startsWith("DiskFullException: ")
            .contains("tenant=large");
      }
      assertThat(server.ask("export", "large", large)).startsWith("StorageException: ");
      assertThat(server.read("large")).containsExactly(1L);
    }
    try (Stream<Path> left = Files.list(out)) {
      return left.toList();
    }
  }

  @ParameterizedTest
  @EnumSource
  void migration_diskIsFull_isATypedErrorAndLeavesTheLastGoodVersion(Full full) throws Exception {
    Path migrations = Files.createDirectory(parent.resolve("migrations"));
    Files.writeString(migrations.resolve("001_start.sql"), Server.TABLE + ";");
    try (Server server = start(full)) {
      server.open(migrations);
      assertThat(server.ask("create", "acme")).isEqualTo("ok");
      fill(server);
      Files.writeString(migrations.resolve("002_small.sql"), "CREATE TABLE small(x);");
      Files.writeString(
          migrations.resolve("003_large.sql"),
          "CREATE TABLE large(x); INSERT INTO large VALUES(zeroblob("
              + (full == Full.LARGEST_FILE ? 5_000_000 : 2_000_000)
              + "));");
      assertThat(server.open(migrations)).isEqualTo("ok");
      for (int i = 0; i < 2; i++) {
        assertThat(server.ask("read", "acme"))
            .startsWith("DiskFullException: ")
            .contains("tenant=acme");
      }
      makeRoom(full, server);
      assertSound(server);
      acknowledge(server.write("acme", nextId, ROW_BYTES), 1);
    }
    try (DoSQL tenants = DoSQL.open(DBOptions.builder().directory(data).build())) {
      assertThat(tenants.db("acme").query("SELECT x FROM large, (SELECT count(*) FROM small)"))
          .hasSize(1);
    }
    assertSoundAfterwards();
  }
}
