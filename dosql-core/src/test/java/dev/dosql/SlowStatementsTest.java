package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** The log of slow statements. */
@Timeout(60)
final class SlowStatementsTest {
  private final Logger log = (Logger) LoggerFactory.getLogger("dev.dosql.slow");
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  @BeforeEach
  void listen() {
    lines.start();
    log.addAppender(lines);
    log.setAdditive(false);
  }

  @AfterEach
  void stopListening() {
    log.detachAppender(lines);
    log.setAdditive(true);
  }

  private static DB memory(Duration threshold) {
    DB db = DB.memory(DBOptions.builder().slowQueryThreshold(threshold).build());
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE INDEX t_v ON t (v);");
    db.run("INSERT INTO t (v) VALUES (?)", "x");
    return db;
  }

  private List<String> texts() {
    return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Test
  void statement_slow_isLoggedWithItsPlanAndWithoutValues() {
    try (DB db = memory(Duration.ofNanos(1))) {
      lines.list.clear();
      db.query("SELECT id FROM t WHERE v = 'secret' AND id <> 4711 /* secret */");
      db.query("SELECT id FROM t WHERE v = ?", "secret");
      db.run("UPDATE t SET v = ? WHERE v = 'secret'", "secret");
      db.read(reads -> reads.query("SELECT count(*) FROM t"));
      db.useTransaction(tx -> tx.run("DELETE FROM t WHERE v = x'5ec7'"));
      db.exec("DELETE FROM t WHERE id = 9;");
      try (RowStream<Row> rows = db.stream("SELECT v FROM t ORDER BY v")) {
        assertThat(rows.hasNext()).isTrue();
      }
      catchThrowable(() -> db.query("SELECT abs(-9223372036854775808)"));
    }
    assertThat(lines.list).allMatch(line -> line.getLevel() == Level.WARN);
    assertThat(texts())
        .hasSize(8)
        .noneMatch(text -> text.contains("secret") || text.contains("4711"))
        .allMatch(text -> text.startsWith("slow statement (tenant=memory, millis="));
    assertThat(texts().get(0))
        .contains("rows=0", "sql=SELECT id FROM t WHERE v = ? AND id <> ?,")
        .contains("plan=SEARCH t USING COVERING INDEX t_v (v=?)");
    assertThat(texts().get(2)).contains("sql=UPDATE t SET v = ? WHERE v = ?");
    assertThat(texts().get(4)).contains("sql=DELETE FROM t WHERE v = ?");
    assertThat(texts().get(6)).contains("plan=SCAN t USING COVERING INDEX t_v");
    assertThat(texts().get(7)).contains("failed");
  }

  @Test
  void statement_fast_isNotLogged() {
    try (DB db = memory(Duration.ofSeconds(30))) {
      db.query("SELECT * FROM t");
    }
    assertThat(texts()).isEmpty();
  }

  @Test
  void statement_slowerThanTheThreshold_isLogged() {
    try (DB db = memory(Duration.ofMillis(100))) {
      lines.list.clear();
      db.query(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000000)"
              + " SELECT count(*) FROM n");
      assertThat(texts()).hasSize(1);
    }
  }
}
