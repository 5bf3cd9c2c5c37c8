package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.testing.ChildJvm;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MemoryTest {
  @TempDir Path migrations;

  /**
   * The directories there are, but for those of other processes, which come and go as they like.
   */
  private static List<Path> temporary() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("dosql-memory-"))
          .filter(file -> !isOfAnother(file))
          .toList();
    }
  }

  private static boolean isOfAnother(Path directory) {
    try {
      String holder = Files.readString(directory.resolve(".dosql/holder"));
      return !holder.startsWith("pid=" + ProcessHandle.current().pid() + ",");
    } catch (IOException e) {
      return false;
    }
  }

  /** Waits for other processes that are about to say that a directory is theirs. */
  private static void assertNoneLeft(List<Path> before) throws Exception {
    Waits.until(
        "directories are deleted",
        () -> {
          try {
            return before.containsAll(temporary());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  @Test
  void memory_twoOfThem_areIndependentAndLeaveNothing() throws Exception {
    List<Path> before = temporary();
    try (DB first = DB.memory();
        DB second = DB.memory()) {
      first.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
      second.exec("CREATE TABLE t(x)");

      assertThat(first.query("SELECT x FROM t")).hasSize(1);
      assertThat(second.query("SELECT x FROM t")).isEmpty();
      assertThat(temporary())
          .filteredOn(directory -> !before.contains(directory))
          .hasSizeGreaterThanOrEqualTo(2);
    }
    assertNoneLeft(before);
  }

  @Test
  void memory_closed_refusesCallsAndANewOneIsEmpty() {
    DB db = DB.memory();
    db.exec("CREATE TABLE t(x)");
    db.close();
    db.close();
    assertThatExceptionOfType(DatabaseClosedException.class).isThrownBy(() -> db.query("SELECT 1"));
    try (DB next = DB.memory()) {
      assertThatExceptionOfType(StatementException.class)
          .isThrownBy(() -> next.query("SELECT * FROM t"));
    }
  }

  @Test
  void memory_withMigrations_hasTheSchema() throws Exception {
    Files.writeString(migrations.resolve("001_start.sql"), "CREATE TABLE t(x);");
    DBOptions options = DBOptions.builder().migrations(migrations.toString()).build();
    try (DB db = DB.memory(options);
        DoSQL tenants = DoSQL.memory(options)) {
      db.run("INSERT INTO t VALUES(1)");
      tenants.create("acme").run("INSERT INTO t VALUES(1)");
      tenants.create("globex");

      assertThat(db.query("SELECT x FROM t")).hasSize(1);
      assertThat(tenants.db("acme").query("SELECT x FROM t")).hasSize(1);
      assertThat(tenants.db("globex").query("SELECT x FROM t")).isEmpty();
    }
  }

  @Test
  void memory_wrongMigrations_leaveNothing() throws Exception {
    List<Path> before = temporary();
    Files.writeString(migrations.resolve("wrong.sql"), "CREATE TABLE t(x);");
    DBOptions options = DBOptions.builder().migrations(migrations.toString()).build();
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> DB.memory(options).close());
    assertNoneLeft(before);
  }

  @Test
  void memory_whatOnlyOpeningRefuses_leavesNeitherADirectoryNorItsLock() throws Exception {
    List<Path> before = temporary();
    Converter<String> refused =
        new Converter<>() {
          @Override
          public Class<String> type() {
            return String.class;
          }

          @Override
          public Object toColumn(String value) {
            return value;
          }

          @Override
          public String fromColumn(Object column) {
            return column.toString();
          }
        };
    DBOptions options = DBOptions.builder().converter(refused).build();
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> DB.memory(options).close())
        .withMessageContaining("converter");
    assertNoneLeft(before);
    if (Files.isDirectory(Path.of("/proc/self/fd"))) {
      assertThat(openLocks()).noneMatch(lock -> before.stream().noneMatch(lock::startsWith));
    }
  }

  /** The lock files of databases in memory that this process has open. */
  private static List<Path> openLocks() throws IOException {
    List<Path> locks = new ArrayList<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path each : descriptors.toList()) {
        try {
          Path file = Files.readSymbolicLink(each);
          if (file.toString().contains("dosql-memory-")) {
            locks.add(file);
          }
        } catch (IOException e) {
          // Closed meanwhile.
        }
      }
    }
    return locks;
  }

  @Test
  void memory_createIfMissingOff_isThereAllTheSame() throws Exception {
    List<Path> before = temporary();
    try (DB db = DB.memory(DBOptions.builder().createIfMissing(false).build())) {
      assertThat(db.query("SELECT 1")).hasSize(1);
    }
    Files.writeString(migrations.resolve("001_bad.sql"), "INSERT INTO missing VALUES(1);");
    DBOptions bad =
        DBOptions.builder().createIfMissing(false).migrations(migrations.toString()).build();
    assertThatExceptionOfType(MigrationException.class).isThrownBy(() -> DB.memory(bad).close());
    assertNoneLeft(before);
  }

  @Test
  void memory_sameOptionsDirectory_isNeitherUsedNorLocked(@TempDir Path parent) {
    DBOptions options = DBOptions.builder().directory(parent.resolve("data")).build();
    try (DB first = DB.memory(options);
        DB second = DB.memory(options)) {
      first.exec("CREATE TABLE t(x)");
      second.exec("CREATE TABLE t(x)");
      assertThat(parent.resolve("data")).doesNotExist();
    }
  }

  /** A process that has a database in memory, and its directory. */
  private static Path directoryOf(ChildJvm child) throws InterruptedException {
    return Path.of(child.line());
  }

  private static void age(Path directory) throws IOException {
    FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
    Files.setLastModifiedTime(directory.resolve(".dosql/lock"), longAgo);
  }

  @Test
  void directories_ofProcessesThatWereKilled_areSweptByALaterOneAndNoOthers(@TempDir Path temporary)
      throws Exception {
    try (ChildJvm killed = Child.memory(temporary);
        ChildJvm alive = Child.memory(temporary);
        ChildJvm killedJustNow = Child.memory(temporary)) {
      Path left = directoryOf(killed);
      Path used = directoryOf(alive);
      Path young = directoryOf(killedJustNow);
      killed.kill();
      killedJustNow.kill();
      assertThat(left).isDirectory();
      age(left);
      age(used);
      Path notOurs = Files.createDirectories(temporary.resolve("dosql-memory-notes/inside"));
      Files.setLastModifiedTime(notOurs.getParent(), FileTime.fromMillis(0));

      try (ChildJvm later = Child.memory(temporary)) {
        Path own = directoryOf(later);
        assertThat(left).doesNotExist();
        assertThat(young).isDirectory();
        assertThat(notOurs).isDirectory();
        assertThat(used).isDirectory();
        assertThat(alive.ask("SELECT count(*) FROM t")).isEqualTo("1");
        assertThat(later.ask("SELECT count(*) FROM t")).isEqualTo("1");
        assertThat(own).isDirectory();
      }
      assertThat(Child.isLocked(used.resolve(".dosql/lock"))).isTrue();
    }
  }
}
