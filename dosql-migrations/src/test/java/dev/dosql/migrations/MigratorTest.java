package dev.dosql.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.migrations.MigrationFailure.Kind;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

class MigratorTest {
  private static final String DB = "x.db";

  @TempDir Path dir;
  private Folder folder;

  @BeforeEach
  void makeFolder() {
    folder = new Folder(dir);
  }

  @Test
  void migrate_newDatabase_appliesEveryFileOnce() throws Exception {
    folder
        .file("001_a.sql", "CREATE TABLE a(x);")
        .file("V2__b.sql", "CREATE TABLE b(x);\nINSERT INTO b VALUES('${kept}');")
        .file("R__v.sql", "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 1 AS one;");

    MigrationResult first = folder.migrate(DB);
    MigrationResult second = folder.migrate(DB);

    assertThat(first.applied()).isEqualTo(3);
    assertThat(first.version()).contains("2");
    assertThat(first.newerThanSet()).isFalse();
    assertThat(second.applied()).isZero();
    assertThat(second.version()).contains("2");
    assertThat(folder.tables(DB)).containsExactly("a", "b");
    assertThat(folder.query(DB, "SELECT x FROM b")).containsExactly("${kept}");
    assertThat(folder.history(DB)).containsExactly("001_a.sql", "V2__b.sql", "R__v.sql");
    assertThat(folder.query(DB, "SELECT version FROM _dosql_migrations LIMIT 1"))
        .containsExactly("001");
  }

  @Test
  void migrate_versionZero_isApplied() throws Exception {
    folder.file("000_a.sql", "CREATE TABLE a(x);").file("001_b.sql", "CREATE TABLE b(x);");

    assertThat(folder.migrate(DB).applied()).isEqualTo(2);
  }

  @Test
  void migrate_changedRepeatable_runsAgain() throws Exception {
    folder.file("R__v.sql", "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 1 AS one;").migrate(DB);

    folder.file("R__v.sql", "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 2 AS one;");

    assertThat(folder.migrate(DB).applied()).isOne();
    assertThat(folder.migrate(DB).applied()).isZero();
    assertThat(folder.query(DB, "SELECT one FROM v")).containsExactly("2");
  }

  @Test
  void migrate_fileRenamedToItsOtherSpelling_isStillTheSame() throws Exception {
    folder.file("V1__make_a.sql", "CREATE TABLE a(x);").migrate(DB);

    folder.without("V1__make_a.sql").file("001_make_a.sql", "CREATE TABLE a(x);");

    assertThat(folder.migrate(DB).applied()).isZero();
  }

  @Test
  void migrate_emptySet_touchesNothing() throws Exception {
    assertThat(folder.migrate(DB))
        .isEqualTo(new MigrationResult(0, java.util.Optional.empty(), false));
    assertThat(folder.query(DB, "SELECT name FROM sqlite_master")).isEmpty();
  }

  @Test
  void migrate_databaseThatAlreadyHasTables_startsAtTheFirstFile() throws Exception {
    folder.sql(DB, "CREATE TABLE _dosql_meta(x)", "CREATE TABLE mine(x)");

    assertThat(folder.file("001_a.sql", "CREATE TABLE a(x);").migrate(DB).applied()).isOne();
    assertThat(folder.migrate(DB).applied()).isZero();
    assertThat(folder.tables(DB)).containsExactly("a", "mine");
  }

  @Test
  void history_besideOtherTables_isFlywaysOwnDefinition() throws Exception {
    folder.file("001_a.sql", "CREATE TABLE a(x);").migrate("empty.db");
    folder.sql(DB, "CREATE TABLE mine(x)").migrate(DB);

    String columns =
        "SELECT group_concat(name||type||\"notnull\"||coalesce(dflt_value,'')||pk) FROM";
    String table = columns + " pragma_table_info('_dosql_migrations')";
    assertThat(folder.query(DB, table)).isEqualTo(folder.query("empty.db", table));
    String index = "SELECT name FROM sqlite_master WHERE type='index' ORDER BY 1";
    assertThat(folder.query(DB, index)).isEqualTo(folder.query("empty.db", index));
  }

  @Test
  void history_readByPlainFlyway_isValid() throws Exception {
    folder.file("V1__a.sql", "CREATE TABLE a(x);\r\n-- é\n").migrate(DB);

    var result =
        Flyway.configure()
            .dataSource(folder.database(DB))
            .table("_dosql_migrations")
            .locations("filesystem:" + folder.path())
            .load()
            .validateWithResult();

    assertThat(result.validationSuccessful).isTrue();
    assertThat(result.validateCount).isOne();
  }

  @Test
  void migrate_failingStatement_namesItAndLeavesTheLastGoodVersion() throws Exception {
    folder
        .file("001_a.sql", "CREATE TABLE a(x UNIQUE);")
        .file(
            "002_b.sql",
            """
            -- a comment; with a semicolon
            CREATE TABLE b(x); /* more
              lines */

            INSERT INTO a VALUES(1);
              -- and here
              INSERT INTO a
                -- again
                VALUES(1);
            CREATE TABLE c(x);
            """)
        .file("003_c.sql", "CREATE TABLE d(x);");

    MigrationFailure failure = folder.migrateFailure(DB);

    assertThat(failure.kind()).isEqualTo(Kind.STATEMENT_FAILED);
    assertThat(failure.file()).isEqualTo("002_b.sql");
    assertThat(failure.line()).isEqualTo(7);
    assertThat(failure.statement()).startsWith("INSERT INTO a\n").endsWith("VALUES(1)");
    assertThat(failure)
        .hasMessageContaining("UNIQUE constraint failed: a.x")
        .hasMessageContaining("file=002_b.sql, line=7")
        .hasCauseInstanceOf(SQLException.class);
    assertThat(folder.tables(DB)).containsExactly("a");
    assertThat(folder.history(DB)).containsExactly("001_a.sql");
    assertThat(folder.query(DB, "SELECT count(*) FROM a")).containsExactly("0");

    folder.file("002_b.sql", "CREATE TABLE b(x);");
    assertThat(folder.migrate(DB).applied()).isEqualTo(2);
    assertThat(folder.tables(DB)).containsExactly("a", "b", "d");
  }

  @Test
  void migrate_failureThatEndsTheTransaction_leavesTheLastGoodVersion() throws Exception {
    folder.file(
        "001_a.sql",
        "CREATE TABLE a(x UNIQUE); INSERT INTO a VALUES(1);\nINSERT OR ROLLBACK INTO a VALUES(1);");

    MigrationFailure failure = folder.migrateFailure(DB);

    assertThat(failure.kind()).isEqualTo(Kind.STATEMENT_FAILED);
    assertThat(failure.line()).isEqualTo(2);
    assertThat(folder.tables(DB)).isEmpty();
    assertThat(folder.history(DB)).isEmpty();
  }

  @Test
  void migrate_syntaxErrorAtWindowsLineEnds_hasTheRightLine() {
    folder.file("001_a.sql", "CREATE TABLE a(x);\r\n\r\n/*\r\n*/ CREATE TABEL b(x);\r\n");

    MigrationFailure failure = folder.migrateFailure(DB);

    assertThat(failure.kind()).isEqualTo(Kind.STATEMENT_FAILED);
    assertThat(failure.line()).isEqualTo(4);
    assertThat(failure.statement()).isEqualTo("CREATE TABEL b(x)");
  }

  @Test
  void migrate_driverCommand_isNotRun() {
    Path target = dir.resolve("stolen.db");
    folder.file("001_a.sql", "backup to '" + target + "';");

    assertThat(folder.migrateFailure(DB).kind()).isEqualTo(Kind.STATEMENT_FAILED);
    assertThat(target).doesNotExist();
  }

  @Test
  void migrate_editedFile_isRefused() throws Exception {
    folder
        .file("001_a.sql", "CREATE TABLE a(x);")
        .file("002_b.sql", "CREATE TABLE b(x);")
        .migrate(DB);

    MigrationFailure failure =
        folder
            .file("001_a.sql", "CREATE TABLE a(x, y);")
            .file("003_c.sql", "CREATE TABLE c(x);")
            .migrateFailure(DB);

    assertThat(failure.kind()).isEqualTo(Kind.EDITED);
    assertThat(failure.file()).isEqualTo("001_a.sql");
    assertThat(failure).hasMessageContaining("001_a.sql");
    assertThat(failure.getMessage()).doesNotContain("http").doesNotContain("repair");
    assertThat(folder.tables(DB)).containsExactly("a", "b");

    folder.file("001_a.sql", "CREATE TABLE a(x);");
    assertThat(folder.migrate(DB).applied()).isOne();
  }

  @Test
  void migrate_missingFile_isRefused() throws Exception {
    folder
        .file("001_make_a.sql", "CREATE TABLE a(x);")
        .file("002_b.sql", "CREATE TABLE b(x);")
        .migrate(DB);

    MigrationFailure failure = folder.without("001_make_a.sql").migrateFailure(DB);

    assertThat(failure.kind()).isEqualTo(Kind.MISSING);
    assertThat(failure.file()).isEqualTo("001_make_a.sql");
    assertThat(failure)
        .hasMessageContaining("version=001")
        .hasMessageContaining("description=make a");

    folder.file("001_make_a.sql", "CREATE TABLE a(x);");
    assertThat(folder.migrate(DB).applied()).isZero();
  }

  @Test
  void migrate_missingRepeatableFile_isRefused() throws Exception {
    folder.file("001_a.sql", "CREATE TABLE a(x);").file("R__v.sql", "SELECT 1;").migrate(DB);

    MigrationFailure failure = folder.without("R__v.sql").migrateFailure(DB);

    assertThat(failure.kind()).isEqualTo(Kind.MISSING);
    assertThat(failure.file()).isEqualTo("R__v.sql");
  }

  @Test
  void migrate_fileOlderThanTheNewest_isOutOfOrder() throws Exception {
    folder
        .file("001_a.sql", "CREATE TABLE a(x);")
        .file("003_c.sql", "CREATE TABLE c(x);")
        .migrate(DB);

    MigrationFailure failure = folder.file("002_b.sql", "CREATE TABLE b(x);").migrateFailure(DB);

    assertThat(failure.kind()).isEqualTo(Kind.OUT_OF_ORDER);
    assertThat(failure.file()).isEqualTo("002_b.sql");
    assertThat(failure).hasMessageContaining("after 003");
    assertThat(folder.tables(DB)).containsExactly("a", "c");

    folder.without("002_b.sql").file("004_b.sql", "CREATE TABLE b(x);");
    assertThat(folder.migrate(DB).applied()).isOne();
  }

  @Test
  void migrate_newerDatabase_isRefusedOrLetPass() throws Exception {
    folder
        .file("001_a.sql", "CREATE TABLE a(x);")
        .file("002_b.sql", "CREATE TABLE b(x);")
        .file("R__new.sql", "SELECT 1;")
        .file("R__v.sql", "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 2 AS one;")
        .migrate(DB);
    folder
        .without("002_b.sql")
        .without("R__new.sql")
        .file("R__v.sql", "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 1 AS one;");

    MigrationFailure failure = folder.migrateFailure(DB);
    assertThat(failure.kind()).isEqualTo(Kind.NEWER_SCHEMA);
    assertThat(failure).hasMessageContaining("seen=002").hasMessageContaining("needed=001");

    MigrationResult allowed = Migrator.migrate(folder.load(), folder.database(DB), true);
    assertThat(allowed.applied()).isZero();
    assertThat(allowed.version()).contains("002");
    assertThat(allowed.newerThanSet()).isTrue();
    assertThat(folder.query(DB, "SELECT one FROM v")).containsExactly("2");
  }

  @Test
  void migrate_newerDatabaseLetPass_isStillCompared() throws Exception {
    folder
        .file("001_a.sql", "CREATE TABLE a(x);")
        .file("003_c.sql", "CREATE TABLE c(x);")
        .migrate(DB);
    MigrationSet older =
        folder.without("003_c.sql").file("001_a.sql", "CREATE TABLE a(x, y);").load();

    MigrationFailure failure =
        catchThrowableOfType(
            MigrationFailure.class, () -> Migrator.migrate(older, folder.database(DB), true));

    assertThat(failure.kind()).isEqualTo(Kind.EDITED);
  }

  @Test
  void migrate_emptySetOnAMigratedDatabase_isNewer() throws Exception {
    folder.file("001_a.sql", "CREATE TABLE a(x);").migrate(DB);

    assertThat(folder.without("001_a.sql").migrateFailure(DB).kind()).isEqualTo(Kind.NEWER_SCHEMA);
  }

  @Test
  void migrate_rebuiltParentTable_keepsTheChildRows() throws Exception {
    folder.file(
        "001_a.sql",
        """
        CREATE TABLE p(id INTEGER PRIMARY KEY, a);
        CREATE TABLE q(p_id INTEGER REFERENCES p(id) ON DELETE CASCADE);
        INSERT INTO p VALUES(1, 'x');
        INSERT INTO q VALUES(1);
        """);
    folder.migrate(DB);

    folder.file(
        "002_b.sql",
        """
        CREATE TABLE p2(id INTEGER PRIMARY KEY, a NOT NULL);
        INSERT INTO p2 SELECT * FROM p;
        DROP TABLE p;
        ALTER TABLE p2 RENAME TO p;
        """);

    assertThat(folder.migrate(DB).applied()).isOne();
    assertThat(folder.query(DB, "SELECT p_id FROM q")).containsExactly("1");
    assertThat(folder.query(DB, "PRAGMA foreign_key_check")).isEmpty();
  }

  @Test
  void migrate_brokenForeignKey_isRolledBack() throws Exception {
    folder.file(
        "001_a.sql",
        """
        CREATE TABLE parent(id INTEGER PRIMARY KEY);
        CREATE TABLE child(p INTEGER REFERENCES parent(id));
        """);
    folder.file("002_b.sql", "CREATE TABLE c(x);\nINSERT INTO child VALUES(4711);");

    MigrationFailure failure = folder.migrateFailure(DB);

    assertThat(failure.kind()).isEqualTo(Kind.FOREIGN_KEY_VIOLATED);
    assertThat(failure.file()).isEqualTo("002_b.sql");
    assertThat(failure).hasMessageContaining("child").hasMessageContaining("in parent");
    assertThat(failure.getMessage()).doesNotContain("4711");
    assertThat(folder.tables(DB)).containsExactly("child", "parent");
    assertThat(folder.history(DB)).containsExactly("001_a.sql");

    folder.file("002_b.sql", "CREATE TABLE c(x);");
    assertThat(folder.migrate(DB).applied()).isOne();
  }

  @Test
  void migrate_foreignKeyToNoKey_isRolledBack() throws Exception {
    folder.file(
        "001_a.sql",
        "CREATE TABLE p(a); CREATE TABLE q(b REFERENCES p(a)); INSERT INTO q VALUES(1);");

    MigrationFailure failure = folder.migrateFailure(DB);

    assertThat(failure.kind()).isEqualTo(Kind.FOREIGN_KEY_VIOLATED);
    assertThat(failure).hasMessageContaining("foreign key mismatch");
    assertThat(folder.tables(DB)).isEmpty();
  }

  @Test
  void migrate_connectionThatEnforcesForeignKeys_isRefused() throws Exception {
    MigrationSet set = folder.file("001_a.sql", "CREATE TABLE a(x);").load();
    SQLiteDataSource enforcing = folder.database(DB);
    enforcing.setEnforceForeignKeys(true);

    MigrationFailure failure =
        catchThrowableOfType(MigrationFailure.class, () -> Migrator.migrate(set, enforcing, false));

    assertThat(failure.kind()).isEqualTo(Kind.DATABASE);
    assertThat(failure).hasMessageContaining("foreign_keys=1");
    assertThat(folder.query(DB, "SELECT name FROM sqlite_master")).isEmpty();
  }

  @Test
  void migrate_closedDataSource_isAFailureOfTheDatabase() throws Exception {
    MigrationSet set = folder.file("001_a.sql", "SELECT 1;").load();
    SQLiteDataSource first = folder.database(DB);
    SQLiteDataSource broken =
        new SQLiteDataSource() {
          private int connections;

          @Override
          public Connection getConnection() throws SQLException {
            if (connections++ > 0) {
              throw new SQLException("the pool is closed");
            }
            return first.getConnection();
          }
        };

    for (int run = 0; run < 2; run++) { // closed inside Flyway, then before it
      MigrationFailure failure =
          catchThrowableOfType(MigrationFailure.class, () -> Migrator.migrate(set, broken, false));
      assertThat(failure.kind()).isEqualTo(Kind.DATABASE);
      assertThat(failure)
          .hasMessageContaining("the pool is closed")
          .hasCauseInstanceOf(Exception.class);
    }
  }

  @Test
  void migrate_notADatabase_isAFailureOfTheDatabase() throws Exception {
    java.nio.file.Files.writeString(dir.resolve(DB), "no database ".repeat(1000));

    MigrationFailure failure = folder.file("001_a.sql", "SELECT 1;").migrateFailure(DB);

    assertThat(failure.kind()).isEqualTo(Kind.DATABASE);
    assertThat(failure).hasCauseInstanceOf(SQLException.class);
  }

  @Test
  void migrate_fullDatabase_isNotTheStatementsFault() throws Exception {
    SQLiteDataSource small = folder.database(DB);
    small.getConfig().setPragma(org.sqlite.SQLiteConfig.Pragma.MAX_PAGE_COUNT, "20");
    folder.file("001_a.sql", "CREATE TABLE a(x);\nINSERT INTO a VALUES(zeroblob(1000000));");

    MigrationFailure failure =
        catchThrowableOfType(
            MigrationFailure.class, () -> Migrator.migrate(folder.load(), small, false));

    assertThat(failure.kind()).isEqualTo(Kind.DATABASE);
    assertThat(failure.line()).isEqualTo(2);
    assertThat(folder.tables(DB)).isEmpty();
    assertThat(folder.migrate(DB).applied()).isOne();
  }

  @Test
  void migrate_interruptedThread_doesNothing() throws Exception {
    MigrationSet set = folder.file("001_a.sql", "CREATE TABLE a(x);").load();
    Thread.currentThread().interrupt();

    MigrationFailure failure =
        catchThrowableOfType(
            MigrationFailure.class, () -> Migrator.migrate(set, folder.database(DB), false));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(failure.kind()).isEqualTo(Kind.DATABASE);
    assertThat(failure).hasCauseInstanceOf(InterruptedException.class);
    assertThat(folder.tables(DB)).isEmpty();
    assertThat(folder.migrate(DB).applied()).isOne();
  }

  @Test
  void migrate_interruptedInAFile_stopsAfterIt() throws Exception {
    folder
        .file("001_a.sql", "CREATE TABLE a(x); INSERT INTO a VALUES(interrupt_me());")
        .file("002_b.sql", "CREATE TABLE b(x);");
    SQLiteDataSource interrupting =
        new SQLiteDataSource() {
          @Override
          public Connection getConnection() throws SQLException {
            Connection connection = super.getConnection();
            org.sqlite.Function.create(connection, "interrupt_me", new InterruptMe());
            return connection;
          }
        };
    interrupting.setUrl(folder.database(DB).getUrl());

    MigrationFailure failure =
        catchThrowableOfType(
            MigrationFailure.class, () -> Migrator.migrate(folder.load(), interrupting, false));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(failure.kind()).isEqualTo(Kind.DATABASE);
    assertThat(folder.tables(DB)).containsExactly("a");
    assertThat(folder.migrate(DB).applied()).isOne();
  }

  private static final class InterruptMe extends org.sqlite.Function {
    @Override
    protected void xFunc() throws SQLException {
      Thread.currentThread().interrupt();
      result(1);
    }
  }

  @Test
  void migrate_manyThreadsOnOneDatabase_endsAtTheNewestVersion() throws Exception {
    for (int i = 1; i <= 4; i++) {
      folder.file("00" + i + "_t.sql", "CREATE TABLE t" + i + "(x);");
    }
    MigrationSet set = folder.load();
    Callable<MigrationResult> work = () -> Migrator.migrate(set, folder.database(DB), false);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      for (Future<MigrationResult> result : threads.invokeAll(Collections.nCopies(8, work))) {
        try {
          result.get();
        } catch (ExecutionException e) {
          // Not promised to go well: SQLite may find the other one's lock. But typed.
          assertThat(e).hasCauseInstanceOf(MigrationFailure.class);
        }
      }
    } finally {
      threads.shutdown();
    }

    folder.migrate(DB);
    assertThat(folder.history(DB)).hasSize(4).doesNotHaveDuplicates();
    assertThat(folder.tables(DB)).containsExactly("t1", "t2", "t3", "t4");
  }

  @Test
  void migrate_manyThreadsAndDatabases_eachIsWhole() throws Exception {
    for (int i = 1; i <= 4; i++) {
      folder.file("00" + i + "_t.sql", "CREATE TABLE t" + i + "(x);");
    }
    MigrationSet set = folder.load();
    List<Callable<MigrationResult>> work = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      SQLiteDataSource database = folder.database("many" + i + ".db");
      work.add(() -> Migrator.migrate(set, database, false));
    }

    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      for (Future<MigrationResult> result : threads.invokeAll(work)) {
        assertThat(result.get().applied()).isEqualTo(4);
      }
    } finally {
      threads.shutdown();
    }
    for (int i = 0; i < 50; i++) {
      assertThat(folder.tables("many" + i + ".db")).containsExactly("t1", "t2", "t3", "t4");
    }
  }

  @Test
  void migrate_connections_areOpenedInTurnAndClosed() throws Exception {
    MigrationSet set = folder.file("001_a.sql", "CREATE TABLE a(x);").load();
    List<Connection> opened = new ArrayList<>();
    SQLiteDataSource counting =
        new SQLiteDataSource() {
          @Override
          public Connection getConnection() throws SQLException {
            for (Connection earlier : opened) {
              assertThat(earlier.isClosed()).isTrue();
            }
            opened.add(super.getConnection());
            return opened.get(opened.size() - 1);
          }
        };
    counting.setUrl(folder.database(DB).getUrl());

    Migrator.migrate(set, counting, false);

    assertThat(opened).hasSize(2);
    for (Connection connection : opened) {
      assertThat(connection.isClosed()).isTrue();
    }
  }
}
