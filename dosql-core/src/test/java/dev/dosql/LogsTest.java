package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.read.ListAppender;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class LogsTest {
  private static final String SECRET = "hunter2";

  @TempDir Path parent;
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
  private final Logger root = context.getLogger("ROOT");

  @BeforeEach
  void listen() {
    lines.start();
    root.addAppender(lines);
    root.getAppender("STDOUT").stop();
    root.setLevel(Level.DEBUG); // at TRACE the driver speaks too
    context.getLogger("dev.dosql").setLevel(Level.TRACE);
  }

  @AfterEach
  void stopListening() {
    root.detachAppender(lines);
    root.setLevel(Level.WARN);
    root.getAppender("STDOUT").start();
    context.getLogger("dev.dosql").setLevel(null);
  }

  @Test
  void log_ofCallsThatSucceedAndFail_holdsNoBoundValueAndIsOfARoom() throws Exception {
    Path migrations = Files.createDirectories(parent.resolve("migrations"));
    Files.writeString(
        migrations.resolve("001_start.sql"), "CREATE TABLE t (x TEXT UNIQUE, y CHECK (y < 9));");
    DBOptions options =
        DBOptions.builder()
            .directory(parent.resolve("data"))
            .migrations(migrations.toString())
            .build();
    try (DoSQL tenants = DoSQL.open(options)) {
      use(tenants.db("acme"));
      tenants.suspend("acme");
      tenants.resume("acme");
    }
    Files.writeString(migrations.resolve("002_bad.sql"), "nonsense;");
    try (DoSQL tenants = DoSQL.open(options)) {
      assertThat(catchThrowable(() -> tenants.db("acme").run("DELETE FROM t WHERE x = ?", SECRET)))
          .isInstanceOf(MigrationException.class);
    }

    List<ILoggingEvent> seen = List.copyOf(lines.list);
    assertThat(seen).isNotEmpty();
    assertThat(seen).extracting(LogsTest::text).noneMatch(text -> text.contains(SECRET));
    assertThat(seen)
        .extracting(ILoggingEvent::getLoggerName)
        .allMatch(name -> name.matches("dev\\.dosql\\.(tenant|writer|migrations)"));
  }

  private static String text(ILoggingEvent line) {
    IThrowableProxy thrown = line.getThrowableProxy();
    return line.getFormattedMessage() + (thrown == null ? "" : thrown.getMessage());
  }

  private static void use(DB db) {
    db.run("INSERT INTO t VALUES (?, 1)", SECRET);
    db.query("SELECT * FROM t WHERE x = :x", Map.of("x", SECRET));
    List<Throwable> failures =
        List.of(
            catchThrowable(() -> db.run("INSERT INTO t VALUES (?, 1)", SECRET)),
            catchThrowable(() -> db.run("INSERT INTO t VALUES (?, 10)", SECRET + 2)),
            catchThrowable(() -> db.batch("INSERT INTO t VALUES (?, 1)", List.of("a", SECRET))),
            catchThrowable(() -> db.useTransaction(tx -> tx.run("UPDATE t SET y = ?", "z", 1))),
            catchThrowable(() -> db.query(long.class, "SELECT ?", SECRET)));
    assertThat(failures).allMatch(failure -> failure instanceof DoSQLException);
  }
}
