package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MemoryTest {
  @TempDir Path migrations;

  private static List<Path> temporary() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("dosql-memory-"))
          .toList();
    }
  }

  @Test
  void memory_twoOfThem_areIndependentAndLeaveNothing() throws IOException {
    List<Path> before = temporary();
    try (DB first = DB.memory();
        DB second = DB.memory()) {
      first.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
      second.exec("CREATE TABLE t(x)");

      assertThat(first.query("SELECT x FROM t")).hasSize(1);
      assertThat(second.query("SELECT x FROM t")).isEmpty();
      assertThat(temporary()).hasSizeGreaterThanOrEqualTo(before.size() + 2);
    }
    assertThat(temporary()).isSubsetOf(before);
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
  void memory_withMigrations_hasTheSchema() throws IOException {
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
  void memory_wrongMigrations_leaveNothing() throws IOException {
    List<Path> before = temporary();
    Files.writeString(migrations.resolve("wrong.sql"), "CREATE TABLE t(x);");
    DBOptions options = DBOptions.builder().migrations(migrations.toString()).build();
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> DB.memory(options).close());
    assertThat(temporary()).isSubsetOf(before);
  }

  @Test
  void memory_createIfMissingOff_isThereAllTheSame() throws IOException {
    List<Path> before = temporary();
    try (DB db = DB.memory(DBOptions.builder().createIfMissing(false).build())) {
      assertThat(db.query("SELECT 1")).hasSize(1);
    }
    Files.writeString(migrations.resolve("001_bad.sql"), "INSERT INTO missing VALUES(1);");
    DBOptions bad =
        DBOptions.builder().createIfMissing(false).migrations(migrations.toString()).build();
    assertThatExceptionOfType(MigrationException.class).isThrownBy(() -> DB.memory(bad).close());
    assertThat(temporary()).isSubsetOf(before);
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
}
