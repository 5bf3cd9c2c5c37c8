package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.testing.Callers;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a flight recording sees. */
@Timeout(60)
final class FlightRecorderTest {
  private static final List<String> EVENTS =
      List.of("Query", "Commit", "Force", "Open", "Evict", "Migrate");

  @TempDir Path directory;
  private Path migrations = Path.of("");

  @BeforeEach
  void writeMigrations() throws IOException {
    migrations = Files.createDirectories(directory.resolve("migrations"));
    Files.writeString(
        migrations.resolve("001_t.sql"), "CREATE TABLE t (id INTEGER PRIMARY KEY, v);");
  }

  private DoSQL open() {
    return DoSQL.open(
        DBOptions.builder()
            .directory(directory.resolve("data"))
            .migrations(migrations)
            .idleTimeout(Duration.ofMillis(50))
            .build());
  }

  private List<RecordedEvent> record(Work work) throws Exception {
    Path file = directory.resolve("recording.jfr");
    try (Recording recording = new Recording()) {
      EVENTS.forEach(name -> recording.enable("dev.dosql." + name).withoutThreshold());
      recording.start();
      work.run();
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith("dev.dosql."))
        .toList();
  }

  private static List<RecordedEvent> of(List<RecordedEvent> all, String name) {
    return all.stream().filter(e -> e.getEventType().getName().endsWith("." + name)).toList();
  }

  @Test
  void recording_ofATenantsLife_hasEachEventWithItsFacts() throws Exception {
    List<RecordedEvent> all =
        record(
            () -> {
              try (DoSQL tenants = open()) {
                DB db = tenants.db("acme");
                db.run("INSERT INTO t (v) VALUES (?)", "secret-bound");
                db.run("INSERT INTO t (v) VALUES ('secret-literal'), (4711) -- secret-comment");
                db.query("SELECT * FROM t WHERE v > ?", "a");
                catchThrowable(() -> db.query("SELECT abs(-9223372036854775808)"));
                db.useTransaction(tx -> tx.run("DELETE FROM t WHERE id = 1"));
                Waits.until("acme is evicted", () -> isClosed(tenants));
                db.query("SELECT 1");
              }
            });
    assertThat(all).allMatch(event -> event.getString("tenant").matches("acme|template"));
    assertThat(all).extracting(RecordedEvent::toString).noneMatch(text -> text.contains("secret"));

    assertThat(of(all, "Open")).extracting(e -> e.getBoolean("created")).contains(true, false);
    assertThat(of(all, "Evict")).extracting(e -> e.getString("reason")).contains("idle", "end");
    assertThat(of(all, "Migrate")).hasSize(1);
    assertThat(of(all, "Migrate").get(0).getInt("applied")).isOne();
    assertThat(of(all, "Migrate").get(0).getString("version")).isEqualTo("001");

    List<RecordedEvent> queries = of(all, "Query");
    assertThat(queries)
        .extracting(e -> e.getString("sql"))
        .contains(
            "INSERT INTO t (v) VALUES (?)",
            "INSERT INTO t (v) VALUES (?), (?)",
            "SELECT * FROM t WHERE v > ?",
            "DELETE FROM t WHERE id = ?");
    RecordedEvent two =
        queries.stream().filter(e -> e.getString("sql").endsWith("(?), (?)")).findAny().get();
    assertThat(two.getLong("rows")).isEqualTo(2);
    assertThat(two.getBoolean("write")).isTrue();
    assertThat(queries.stream().filter(e -> e.getBoolean("failed"))).hasSize(1);

    assertThat(of(all, "Commit"))
        .extracting(e -> e.getBoolean("transaction"))
        .contains(true, false);
    assertThat(of(all, "Force")).isNotEmpty().allMatch(e -> e.getLong("commits") >= 1);
  }

  @Test
  void import_isMigratedUnderTheNameOfItsTenant() throws Exception {
    Path source = directory.resolve("source.sqlite");
    try (DB db = DB.memory()) {
      db.exportTo(source);
    }
    List<RecordedEvent> all =
        record(
            () -> {
              try (DoSQL tenants = open()) {
                tenants.importFile("acme", source);
              }
            });
    assertThat(of(all, "Migrate"))
        .extracting(e -> e.getString("tenant"))
        .contains("acme")
        .allMatch(tenant -> List.of("template", "acme").contains(tenant));
  }

  private static boolean isClosed(DoSQL tenants) {
    return tenants.tenants().allMatch(each -> each.state() == TenantInfo.State.CLOSED);
  }

  @Test
  void force_sharedByCallers_countsThem() throws Exception {
    List<RecordedEvent> all =
        record(
            () -> {
              try (DoSQL tenants = open()) {
                DB db = tenants.db("acme");
                Callers.together(
                    8,
                    number -> {
                      for (int i = 0; i < 50; i++) {
                        db.run("INSERT INTO t (v) VALUES (?)", i);
                      }
                      return null;
                    });
              }
            });
    List<RecordedEvent> forces = of(all, "Force");
    assertThat(forces.stream().mapToLong(e -> e.getLong("commits")).sum()).isEqualTo(8 * 50);
    assertThat(forces.size()).isLessThan(8 * 50);
  }

  @Test
  void events_notRecorded_areNotMade() {
    for (String name : EVENTS) {
      assertThat(isEnabled("dev.dosql." + name)).isFalse();
    }
  }

  private static boolean isEnabled(String name) {
    return FlightRecorder.getFlightRecorder().getEventTypes().stream()
        .anyMatch(type -> type.getName().equals(name) && type.isEnabled());
  }

  @FunctionalInterface
  private interface Work {
    void run() throws Exception;
  }
}
