package dev.dosql.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.file.Path;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class FlywayLogTest {
  @TempDir Path dir;
  private Folder folder;
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
  private final Logger root = context.getLogger("ROOT");
  private final Logger ours = context.getLogger("dev.dosql.migrations");

  @BeforeEach
  void listen() {
    folder = new Folder(dir);
    lines.start();
    root.addAppender(lines);
    root.setLevel(Level.DEBUG); // at TRACE the driver speaks too
    root.getAppender("STDOUT").stop();
    ours.setLevel(Level.TRACE);
  }

  @AfterEach
  void stopListening() {
    root.detachAppender(lines);
    root.setLevel(Level.WARN);
    root.getAppender("STDOUT").start();
    ours.setLevel(Level.OFF);
  }

  @Test
  void log_ofAWholeRun_isEmpty() throws Exception {
    folder.file("001_a.sql", "CREATE TABLE a(x);").migrate("x.db");
    folder.migrate("x.db");

    assertThat(lines.list).isEmpty();
  }

  @Test
  void log_ofAFailure_isAnErrorOfOurs() {
    folder.file("001_a.sql", "CREATE TABEL a(x);").migrateFailure("x.db");

    assertThat(lines.list).isNotEmpty();
    assertThat(lines.list)
        .allSatisfy(
            line -> {
              assertThat(line.getLoggerName()).isEqualTo("dev.dosql.migrations");
              assertThat(line.getLevel().isGreaterOrEqual(Level.WARN)).isTrue();
            });
  }

  @Test
  void log_ofTheUsersOwnFlyway_isUnchanged() throws Exception {
    Flyway theirs =
        Flyway.configure().dataSource(folder.database("y.db")).locations(new String[0]).load();
    folder.file("001_a.sql", "CREATE TABLE a(x);").migrate("x.db");
    lines.list.clear();

    theirs.migrate();

    assertThat(lines.list)
        .anyMatch(line -> line.getLoggerName().startsWith("org.flywaydb."))
        .noneMatch(line -> line.getLoggerName().startsWith("dev.dosql"));
  }
}
