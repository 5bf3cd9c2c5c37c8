package dev.dosql.outside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQLException;
import dev.dosql.ForeignKeyViolationException;
import dev.dosql.StatementException;
import dev.dosql.junit.DoSqlExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What every connection is set to, shown by what it does. */
@Timeout(60)
class ConnectionSettingsTest {
  @RegisterExtension
  static final DoSqlExtension dosql =
      DoSqlExtension.with(
          DBOptions.builder()
              .idleTimeout(Duration.ofMillis(20))
              .function("own", 1, true, arguments -> arguments.get(0))
              .build());

  private final DB db;

  ConnectionSettingsTest(DB db) {
    this.db = db;
  }

  /** The tenant is opened again now and then, so that later connections are looked at as well. */
  private void onEveryConnection(Runnable check) throws InterruptedException {
    check.run();
    Thread.sleep(100);
    check.run();
  }

  @Test
  void defect49_foreignKeys_areKept() throws Exception {
    db.exec(
        "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
            + "CREATE TABLE child(id INTEGER REFERENCES parent(id) ON DELETE CASCADE)");
    onEveryConnection(
        () -> {
          assertThatExceptionOfType(ForeignKeyViolationException.class)
              .isThrownBy(() -> db.run("INSERT INTO child VALUES(9)"));
          assertThatExceptionOfType(ForeignKeyViolationException.class)
              .isThrownBy(() -> db.useTransaction(tx -> tx.run("INSERT INTO child VALUES(9)")));
          db.exec("INSERT INTO parent VALUES(1); INSERT INTO child VALUES(1)");
          db.run("DELETE FROM parent");
          assertThat(db.query("SELECT * FROM child")).isEmpty();
        });
  }

  @Test
  void triggers_doNotFireThemselves() throws Exception {
    db.exec(
        "CREATE TABLE t(x, updates INTEGER DEFAULT 0);"
            + "CREATE TRIGGER touch AFTER UPDATE ON t BEGIN"
            + "  UPDATE t SET updates = updates + 1 WHERE rowid = new.rowid; END;"
            + "INSERT INTO t(x) VALUES('a')");
    onEveryConnection(
        () -> {
          int before = db.queryOne(Integer.class, "SELECT updates FROM t").orElseThrow();
          db.run("UPDATE t SET x = 'b'");
          assertThat(db.query(Integer.class, "SELECT updates FROM t")).containsExactly(before + 1);
        });
  }

  @Test
  void functions_areNotRunByWhatStandsInTheFile() throws Exception {
    db.exec(
        "CREATE TABLE t(x); CREATE VIEW v AS SELECT own(x) FROM t;"
            + "CREATE TABLE u(x); CREATE TRIGGER g AFTER INSERT ON u BEGIN"
            + "  INSERT INTO t VALUES(own(new.x)); END; INSERT INTO t VALUES(1)");
    onEveryConnection(
        () -> {
          assertThat(db.query(Integer.class, "SELECT own(x) FROM t")).containsExactly(1);
          assertThatExceptionOfType(StatementException.class)
              .isThrownBy(() -> db.query("SELECT * FROM v"))
              .withMessageContaining("unsafe use of own");
          assertThatExceptionOfType(StatementException.class)
              .isThrownBy(() -> db.run("INSERT INTO u VALUES(1)"))
              .withMessageContaining("unsafe use of own");
        });
  }

  @Test
  void readers_cannotWrite() throws Exception {
    db.exec("CREATE TABLE t(x)");
    onEveryConnection(
        () -> {
          List<Runnable> writes =
              List.of(
                  () -> db.query("INSERT INTO t VALUES(1)"),
                  () -> db.stream("INSERT INTO t VALUES(1) RETURNING x").close(),
                  () -> db.read(reads -> reads.query("INSERT INTO t VALUES(1) RETURNING x")),
                  () ->
                      db.read(
                          reads -> reads.query("WITH a AS (SELECT 1) DELETE FROM t RETURNING x")),
                  () -> db.query("CREATE TABLE u(x)"));
          for (Runnable write : writes) {
            assertThatExceptionOfType(DoSQLException.class).isThrownBy(write::run);
          }
          assertThat(db.query("SELECT * FROM t")).isEmpty();
          assertThat(db.query("SELECT 1 FROM sqlite_schema WHERE name = 'u'")).isEmpty();
        });
  }
}
