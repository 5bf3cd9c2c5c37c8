package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TemplateTest {
  @TempDir Path parent;
  private Path own;
  private Path migrations;

  @BeforeEach
  void makeMigrations() throws IOException {
    own = parent.resolve("data/.dosql");
    migrations = Files.createDirectory(parent.resolve("migrations"));
    migration("001_start.sql", "CREATE TABLE t(x); INSERT INTO t VALUES('first');");
  }

  private void migration(String name, String sql) throws IOException {
    Files.writeString(migrations.resolve(name), sql);
  }

  private DBOptions.Builder options() {
    return DBOptions.builder().directory(parent.resolve("data")).migrations(migrations.toString());
  }

  private List<String> ownFiles() throws IOException {
    try (Stream<Path> files = Files.list(own)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.equals("lock") && !name.equals("holder"))
          .toList();
    }
  }

  @Test
  void newTenants_areCopiesOfOneTemplate() throws IOException {
    try (DoSQL tenants = DoSQL.open(options().build())) {
      for (int i = 0; i < 5; i++) {
        DB db = tenants.create("tenant-" + i);
        assertThat(db.query(String.class, "SELECT x FROM t")).containsExactly("first");
        db.run("INSERT INTO t VALUES('own')");
      }
      assertThat(ownFiles()).singleElement().asString().matches("template-[0-9a-f]{64}\\.db");
    }
    Path template = own.resolve(ownFiles().get(0));
    byte[] before = Files.readAllBytes(template);
    try (DoSQL tenants = DoSQL.open(options().build())) {
      assertThat(tenants.create("later").query("SELECT x FROM t")).hasSize(1);
    }
    assertThat(Files.readAllBytes(template)).isEqualTo(before);
  }

  @Test
  void migrationsChanged_makeANewTemplateAndTheOldOneGoes() throws IOException {
    try (DoSQL tenants = DoSQL.open(options().build())) {
      tenants.create("old");
    }
    List<String> before = ownFiles();
    migration("002_more.sql", "INSERT INTO t VALUES('second');");
    try (DoSQL tenants = DoSQL.open(options().build())) {
      assertThat(tenants.create("new").query("SELECT x FROM t")).hasSize(2);
      assertThat(tenants.db("old").query("SELECT x FROM t")).hasSize(2);
    }
    assertThat(ownFiles()).hasSize(1).doesNotContainAnyElementsOf(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "random()",
        "hex(randomblob(16))",
        "strftime('%f %J', 'now')",
        "next()",
        "strftime('%f %J', CURRENT_TIMESTAMP) || RANDOM ()"
      })
  void migrationsWithValuesThatMustDiffer_areRunForEachTenant(String expression) throws Exception {
    migration("002_value.sql", "INSERT INTO t VALUES(" + expression + ");");
    AtomicInteger next = new AtomicInteger();
    DBOptions options =
        options().function("next", 0, false, arguments -> next.incrementAndGet()).build();
    Set<Object> values = new HashSet<>();
    try (DoSQL tenants = DoSQL.open(options)) {
      for (int i = 0; i < 5; i++) {
        DB db = tenants.create("tenant-" + i);
        values.add(db.queryOne("SELECT x FROM t WHERE x <> 'first'").orElseThrow().get(0));
        Thread.sleep(5);
      }
    }
    assertThat(values).hasSize(5);
  }

  @Test
  void columnDefaultOfNow_isTheTimeOfEachRow() throws Exception {
    migration(
        "001_start.sql",
        "CREATE TABLE d(x, at TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')));");
    try (DoSQL tenants = DoSQL.open(options().build())) {
      DB db = tenants.create("acme");
      db.run("INSERT INTO d(x) VALUES(1)");
      Thread.sleep(5);
      db.run("INSERT INTO d(x) VALUES(2)");
      assertThat(db.query("SELECT DISTINCT at FROM d")).hasSize(2);
      assertThat(ownFiles().get(0)).matches("template-[0-9a-f]{64}\\.db");
    }
  }

  @Test
  void template_whoseMakingFails_leavesNothingAndIsTriedAgain() throws IOException {
    migration("002_bad.sql", "INSERT INTO missing VALUES(1);");
    try (DoSQL tenants = DoSQL.open(options().build())) {
      for (int i = 0; i < 2; i++) {
        assertThatExceptionOfType(MigrationException.class)
            .isThrownBy(() -> tenants.create("acme"))
            .satisfies(e -> assertThat(e.file()).contains("002_bad.sql"));
        assertThat(ownFiles()).isEmpty();
      }
    }
    migration("002_bad.sql", "INSERT INTO t VALUES(1);");
    try (DoSQL tenants = DoSQL.open(options().build())) {
      assertThat(tenants.create("acme").query("SELECT x FROM t")).hasSize(2);
    }
  }

  @Test
  void filesInTheMaking_ofAProcessThatDied_areSwept() throws IOException {
    Files.createDirectories(own);
    for (String suffix : List.of("", "-wal", "-shm")) {
      Files.writeString(own.resolve("tmp-0b9c5d9e" + suffix), "half made");
    }
    try (DoSQL tenants = DoSQL.open(options().build())) {
      assertThat(ownFiles()).isEmpty();
      assertThat(tenants.create("acme").query("SELECT x FROM t")).hasSize(1);
      assertThat(ownFiles()).hasSize(1);
    }
  }

  @Test
  void template_deletedMeanwhile_isMadeAgain() throws IOException {
    try (DoSQL tenants = DoSQL.open(options().build())) {
      tenants.create("acme");
      Files.delete(own.resolve(ownFiles().get(0)));
      assertThat(tenants.create("globex").query("SELECT x FROM t")).hasSize(1);
    }
  }

  @Test
  void tenantsWithoutMigrations_areEmpty() {
    DBOptions plain = DBOptions.builder().directory(parent.resolve("data")).build();
    try (DoSQL tenants = DoSQL.open(plain)) {
      assertThat(
              tenants
                  .create("acme")
                  .query(
                      "SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\_dosql\\_%' ESCAPE '\\'"))
          .isEmpty();
    }
  }
}
