package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.testing.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class CrashTest {
  private static final long SEED = 11;
  private static final int KILLS = 10;

  @TempDir Path parent;

  @Test
  void process_killedWhileItOpensMakesAndEvictsTenants_losesNothingAcknowledged() throws Exception {
    Path data = parent.resolve("data");
    Path migrations = Files.createDirectory(parent.resolve("migrations"));
    Files.writeString(
        migrations.resolve("001_start.sql"), "CREATE TABLE log(tenant TEXT, row INTEGER);");
    Files.writeString(
        migrations.resolve("002_own.sql"),
        "CREATE TABLE id(id TEXT); INSERT INTO id VALUES(hex(randomblob(8)));");
    Random random = new Random(SEED);
    Map<String, List<Long>> acknowledged = new TreeMap<>();
    for (int kill = 1; kill <= KILLS; kill++) {
      try (ChildJvm child = Child.working(data, kill)) {
        List<String> lines = new ArrayList<>(List.of(child.line()));
        Thread.sleep(random.nextInt(150));
        child.kill();
        lines.addAll(child.rest());
        lines.forEach(line -> note(line, acknowledged));
      }
    }
    assertThat(acknowledged).isNotEmpty();
    DBOptions options =
        DBOptions.builder().directory(data).migrations(migrations.toString()).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      acknowledged.forEach(
          (tenant, rows) -> {
            DB db = tenants.find(tenant).orElseThrow();
            assertThat(db.query(Long.class, "SELECT row FROM log"))
                .as("tenant=%s, seed=%s", tenant, SEED)
                .containsAll(rows)
                .doesNotHaveDuplicates();
            assertThat(db.query(String.class, "SELECT DISTINCT tenant FROM log"))
                .containsExactly(tenant);
            assertThat(db.query("SELECT id FROM id")).hasSize(1);
          });
    }
    assertSound(data);
  }

  private static void note(String line, Map<String, List<Long>> acknowledged) {
    String[] words = line.split(" ", 2);
    if (words.length == 2 && words[0].matches("\\d{7,}")) {
      acknowledged.computeIfAbsent(words[1], any -> new ArrayList<>()).add(Long.valueOf(words[0]));
    }
  }

  private static void assertSound(Path data) throws Exception {
    List<Path> files;
    try (Stream<Path> all = Files.list(data)) {
      files = all.filter(file -> file.toString().endsWith(".db")).toList();
    }
    for (Path file : files) {
      try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("PRAGMA integrity_check")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).as(file.toString()).isEqualTo("ok");
      }
    }
    try (Stream<Path> own = Files.list(data.resolve(".dosql"))) {
      assertThat(own.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.startsWith("tmp-"));
    }
  }
}
