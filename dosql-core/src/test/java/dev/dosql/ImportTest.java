package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.internal.tenant.TenantName;
import dev.dosql.testing.Callers;
import dev.dosql.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class ImportTest {
  @TempDir Path parent;
  private Path data;
  private Path source;
  private Path migrations;

  @BeforeEach
  void makePlaces() throws IOException {
    data = parent.resolve("data");
    source = parent.resolve("source ?x=1 é.sqlite");
    migrations = Files.createDirectory(parent.resolve("migrations"));
    Files.writeString(migrations.resolve("001_start.sql"), "CREATE TABLE t(x);");
  }

  private DoSQL plain() {
    return DoSQL.open(DBOptions.builder().directory(data).build());
  }

  private DoSQL migrated() {
    return DoSQL.open(DBOptions.builder().directory(data).migrations(migrations).build());
  }

  /** A file made by another program, as far as SQLite can tell. */
  private Connection sqlite(String... setup) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + source.toUri());
    for (String sql : setup) {
      run(connection, sql);
    }
    return connection;
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void makeSource(String... setup) throws SQLException {
    sqlite(setup).close();
  }

  /** That there is neither a tenant of that name nor anything in the making. */
  private void assertNothing(DoSQL dosql, String tenant) throws IOException {
    assertThat(dosql.find(tenant)).isEmpty();
    try (Stream<Path> own = Files.list(data.resolve(".dosql"))) {
      assertThat(own.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.startsWith("tmp-"));
    }
  }

  private <T extends Throwable> T refused(Class<T> type) throws IOException {
    try (DoSQL dosql = migrated()) {
      Throwable thrown = catchThrowable(() -> dosql.importFile("acme", source));
      assertThat(thrown).isInstanceOf(type).hasMessageContaining("acme");
      assertNothing(dosql, "acme");
      dosql.create("acme"); // Nothing is in the way of another try.
      return type.cast(thrown);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"DELETE", "WAL"})
  void file_ofAnotherProgram_becomesATenantAndStaysAsItIs(String journal) throws Exception {
    makeSource(
        "PRAGMA journal_mode=" + journal,
        "PRAGMA user_version=7",
        "CREATE TABLE notes(id INTEGER PRIMARY KEY, text)",
        "INSERT INTO notes VALUES(1, 'one'), (2, 'two')");
    byte[] before = Files.readAllBytes(source);

    try (DoSQL dosql = plain()) {
      dosql.importFile("acme", source);
      DB acme = dosql.db("acme");
      assertThat(acme.query(String.class, "SELECT text FROM notes ORDER BY id"))
          .containsExactly("one", "two");
      assertThat(acme.queryOne(Integer.class, "PRAGMA user_version")).contains(7);
      assertThat(acme.queryOne(String.class, "PRAGMA journal_mode")).contains("wal");
      acme.run("INSERT INTO notes(text) VALUES('three')");
      assertThat(acme.integrityCheck()).isEmpty();
    }
    assertThat(Files.readAllBytes(source)).isEqualTo(before);
    try (DoSQL dosql = plain()) {
      assertThat(dosql.db("acme").query("SELECT * FROM notes")).hasSize(3);
    }
  }

  @Test
  void file_withALiveWriterAndALog_isReadAsOfItsLastCommit() throws Exception {
    try (Connection writer =
        sqlite(
            "PRAGMA journal_mode=WAL",
            "PRAGMA wal_autocheckpoint=0",
            "CREATE TABLE t(x)",
            "INSERT INTO t VALUES('committed')",
            "BEGIN IMMEDIATE",
            "INSERT INTO t VALUES('not committed')")) {
      try (DoSQL dosql = plain()) {
        dosql.importFile("acme", source);
        assertThat(dosql.db("acme").query(String.class, "SELECT x FROM t"))
            .containsExactly("committed");
      }
      run(writer, "COMMIT"); // It was not disturbed.
    }
    try (DoSQL dosql = plain()) {
      dosql.importFile("later", source);
      assertThat(dosql.db("later").query("SELECT x FROM t")).hasSize(2);
    }
  }

  @Test
  void file_whoseProgramDiedAndLeftALog_isReadWithItAndLeftAsItIs() throws Exception {
    Path living = source;
    source = parent.resolve("living.sqlite");
    try (Connection writer =
        sqlite(
            "PRAGMA journal_mode=WAL",
            "PRAGMA wal_autocheckpoint=0",
            "CREATE TABLE t(x)",
            "INSERT INTO t VALUES('only in the log')")) {
      assertThat(writer.isClosed()).isFalse();
      Files.copy(source, living);
      Files.copy(Path.of(source + "-wal"), Path.of(living + "-wal"));
    }
    source = living;
    byte[] file = Files.readAllBytes(source);
    byte[] log = Files.readAllBytes(Path.of(source + "-wal"));
    assertThat(log).isNotEmpty();

    try (DoSQL dosql = plain()) {
      dosql.importFile("acme", source);
      assertThat(dosql.db("acme").query(String.class, "SELECT x FROM t"))
          .containsExactly("only in the log");
    }
    assertThat(Files.readAllBytes(source)).isEqualTo(file);
    assertThat(Files.readAllBytes(Path.of(source + "-wal"))).isEqualTo(log);
  }

  @Test
  void file_thatWeExported_isATenantAgainAndNotMigratedAnew() throws Exception {
    try (DoSQL dosql = migrated()) {
      DB acme = dosql.create("acme");
      acme.run("INSERT INTO t VALUES('kept')");
      acme.once("key", Long.class, tx -> 7L);
      acme.exportTo(source);
      dosql.importFile("copy", source);

      DB copy = dosql.db("copy");
      assertThat(copy.once("key", Long.class, tx -> 8L)).isEqualTo(new Once<>(7L, true));
      assertThat(copy.query(String.class, "SELECT x FROM t")).containsExactly("kept");
      copy.run("DELETE FROM t");
      assertThat(acme.query("SELECT x FROM t")).hasSize(1);
      assertThat(copy.query("SELECT version FROM _dosql_migrations")).hasSize(1);
    }
  }

  @Test
  void file_ofAnOlderSchema_isMigratedAndOneOfANewerIsRefused() throws Exception {
    try (DoSQL dosql = migrated()) {
      dosql.create("acme").exportTo(source);
      dosql.delete("acme");
    }
    Files.writeString(migrations.resolve("002_more.sql"), "ALTER TABLE t ADD COLUMN y DEFAULT 2;");
    Path newer = parent.resolve("newer.sqlite");
    try (DoSQL dosql = migrated()) {
      dosql.importFile("acme", source);
      assertThat(dosql.db("acme").query("SELECT y FROM t")).isEmpty();
      dosql.db("acme").exportTo(newer);
      dosql.delete("acme");
    }
    Files.delete(migrations.resolve("002_more.sql"));
    source = newer;
    assertThat(refused(MigrationException.class).kind())
        .isEqualTo(MigrationException.Kind.NEWER_SCHEMA);
  }

  @Test
  void file_thatDoesNotFitTheMigrations_isRefusedWithTheFile() throws Exception {
    makeSource("CREATE TABLE t(mine)");
    assertThat(refused(MigrationException.class).file()).contains("001_start.sql");
  }

  private static Arguments of(String what, UnaryOperator<byte[]> damage) {
    return Arguments.of(what, damage);
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        of("empty", bytes -> new byte[0]),
        of("one byte", bytes -> new byte[] {'S'}),
        of("text", bytes -> "hello, this is not a database".repeat(200).getBytes()),
        of("random", bytes -> random(bytes.length)),
        of("zeros", bytes -> new byte[bytes.length]),
        of("header only", bytes -> Arrays.copyOf(bytes, 100)),
        of("cut in half", bytes -> Arrays.copyOf(bytes, bytes.length / 2)),
        of("schema gone", bytes -> fill(bytes, 100, 4_096)),
        of("a page of rows gone", bytes -> fill(bytes, 4_096, 8_192)));
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(3).nextBytes(bytes);
    return bytes;
  }

  private static byte[] fill(byte[] bytes, int from, int to) {
    Arrays.fill(bytes, from, to, (byte) 0x5a);
    return bytes;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void file_thatIsNoDatabaseOrDamaged_isRefusedAndNothingIsLeft(
      String what, UnaryOperator<byte[]> damage) throws Exception {
    makeSource(
        "CREATE TABLE big(x)",
        "CREATE INDEX i ON big(x)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
            + " INSERT INTO big SELECT 'row ' || i FROM n");
    byte[] damaged = damage.apply(Files.readAllBytes(source));
    Files.write(source, damaged);

    refused(CorruptDatabaseException.class);
    assertThat(Files.readAllBytes(source)).isEqualTo(damaged);
  }

  static Stream<Arguments> strangers() {
    return Stream.of(
        Arguments.of("_dosql_other", "CREATE TABLE _dosql_other(x)"),
        Arguments.of("_dosql_meta", "CREATE TABLE _dosql_meta(mine)"),
        Arguments.of("_DoSQL_meta", "CREATE TABLE _DoSQL_meta(x)"),
        Arguments.of("_dosql_migrations", "CREATE VIEW _dosql_migrations AS SELECT 1"),
        Arguments.of("UTF-16le", "PRAGMA encoding='UTF-16le'; CREATE TABLE x(y)"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("strangers")
  void file_withWhatWouldBreakUs_isRefusedAndNamed(String seen, String script) throws Exception {
    makeSource(script.split("(?<=[^1]);"));
    CorruptDatabaseException e = refused(CorruptDatabaseException.class);
    assertThat(e).hasMessageContaining(seen);
  }

  private static final String ONCE =
      "CREATE TABLE _dosql_once (key TEXT PRIMARY KEY NOT NULL, type TEXT NOT NULL,"
          + " fingerprint BLOB, at INTEGER NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID";
  private static final String ONCE_AT = "CREATE INDEX _dosql_once_at ON _dosql_once (at)";
  private static final String MIGRATIONS =
      "CREATE TABLE _dosql_migrations (\"installed_rank\" INT NOT NULL PRIMARY KEY,"
          + " \"version\" VARCHAR(50), \"description\" VARCHAR(200) NOT NULL,"
          + " \"type\" VARCHAR(20) NOT NULL, \"script\" VARCHAR(1000) NOT NULL,"
          + " \"checksum\" INT, \"installed_by\" VARCHAR(100) NOT NULL, \"installed_on\" TEXT"
          + " NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now')),"
          + " \"execution_time\" INT NOT NULL, \"success\" BOOLEAN NOT NULL)";

  private static Arguments once(String misfit, String from, String to) {
    assertThat(ONCE).contains(from);
    return Arguments.of("_dosql_once defined otherwise", misfit, ONCE.replace(from, to));
  }

  private static Arguments beside(String seen, String... made) {
    String[] all = Stream.concat(Stream.of(ONCE, ONCE_AT), Stream.of(made)).toArray(String[]::new);
    return Arguments.of(seen, made[made.length - 1], String.join(";\n", all));
  }

  /** What has our names or touches our tables, and would have us do what nobody asked for. */
  static Stream<Arguments> impostors() {
    return Stream.of(
        Arguments.of(
            "_dosql_once defined otherwise",
            "no primary key",
            ONCE.replace(" PRIMARY KEY", "").replace(", WITHOUT ROWID", "")),
        Arguments.of(
            "_dosql_once defined otherwise",
            "other key",
            ONCE.replace(" PRIMARY KEY", "").replace(") STRICT", ", PRIMARY KEY (at)) STRICT")),
        once("other type", "at INTEGER", "at TEXT"),
        once("not strict", "STRICT, ", ""),
        once("with rowids", ", WITHOUT ROWID", ""),
        once("collation", "key TEXT", "key TEXT COLLATE NOCASE"),
        once("conflict clause", "PRIMARY KEY", "PRIMARY KEY ON CONFLICT IGNORE"),
        once("check", "at INTEGER NOT NULL", "at INTEGER NOT NULL CHECK(at < 9)"),
        once("default", "fingerprint BLOB", "fingerprint BLOB DEFAULT (zeroblob(9))"),
        once("another column", ") STRICT", ", more TEXT) STRICT"),
        once("generated column", ") STRICT", ", g INT AS (length(value))) STRICT"),
        once("unique", "at INTEGER NOT NULL", "at INTEGER NOT NULL UNIQUE"),
        once("foreign key", "type TEXT NOT NULL", "type TEXT NOT NULL REFERENCES x(y)"),
        Arguments.of(
            "_dosql_migrations defined otherwise",
            "a constraint that quotes make a part of the type",
            MIGRATIONS.replace("INT NOT NULL PRIMARY KEY", "INT \"PRIMARY\" \"KEY\" NOT NULL")),
        Arguments.of("_dosql_once without _dosql_once_at", "no index", ONCE),
        Arguments.of(
            "index _dosql_once_at defined otherwise",
            "unique index",
            ONCE + ";\nCREATE UNIQUE INDEX _dosql_once_at ON _dosql_once (at)"),
        Arguments.of(
            "index _dosql_once_at defined otherwise",
            "partial index",
            ONCE + ";\n" + ONCE_AT + " WHERE at > 5"),
        Arguments.of(
            "index _dosql_once_at defined otherwise",
            "index elsewhere",
            "CREATE TABLE x(at);\nCREATE INDEX _dosql_once_at ON x (at)"),
        Arguments.of("view _dosql_once", "view", "CREATE VIEW _dosql_once AS SELECT 1 AS key"),
        beside("index more", "CREATE INDEX more ON _dosql_once (type)"),
        beside("index more", "CREATE UNIQUE INDEX more ON _dosql_once (type)"),
        beside(
            "trigger mine",
            "CREATE TRIGGER mine BEFORE INSERT ON _dosql_once BEGIN SELECT RAISE(IGNORE); END"),
        beside(
            "trigger mine that changes or refers to _dosql_once",
            "CREATE TABLE x(y)",
            "CREATE TRIGGER mine AFTER INSERT ON x BEGIN DELETE FROM _dosql_once; END"),
        beside(
            "trigger mine that changes or refers to _DOSQL_Once",
            "CREATE TABLE x(y)",
            "CREATE TRIGGER mine AFTER INSERT ON x BEGIN SELECT 1;"
                + " UPDATE OR IGNORE [_DOSQL_Once] SET at = 0; END"),
        beside(
            "trigger mine",
            "CREATE VIEW x AS SELECT * FROM _dosql_once",
            "CREATE TRIGGER mine INSTEAD OF INSERT ON x BEGIN"
                + " INSERT OR REPLACE INTO '_dosql_once' VALUES(1, 2, 3, 4, 5); END"),
        beside("table x", "CREATE TABLE x(y REFERENCES _dosql_once(key) ON DELETE RESTRICT)"));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("impostors")
  void file_whoseOwnTablesAreNotOurs_isRefusedAndNamed(String seen, String what, String script)
      throws Exception {
    makeSource(script.split(";\n"));
    assertThat(refused(CorruptDatabaseException.class)).hasMessageContaining("seen " + seen(seen));
  }

  private static String seen(String seen) {
    return seen.startsWith("_") ? "table " + seen : seen;
  }

  /** What a tenant's file may have, since no call refuses it. */
  @Test
  void file_whoseViewsAndTriggersReadOurTables_isTaken() throws Exception {
    try (DoSQL dosql = migrated()) {
      DB acme = dosql.create("acme");
      acme.once("key", Long.class, tx -> 7L);
      acme.exec(
          "CREATE VIEW keys AS SELECT key FROM _dosql_once;"
              + "CREATE TABLE seen(version);"
              + "CREATE TRIGGER look AFTER INSERT ON t BEGIN"
              + " INSERT INTO seen SELECT version FROM _dosql_migrations; END");
      acme.exportTo(source);
      dosql.importFile("copy", source);

      dosql.db("copy").run("INSERT INTO t VALUES(1)");
      assertThat(dosql.db("copy").query(String.class, "SELECT key FROM keys, seen"))
          .containsExactly("key");
    }
  }

  /** The history is made in two ways, by Flyway and by us. */
  @Test
  void file_thatHadTablesBeforeItsFirstMigration_isExportedAndTaken() throws Exception {
    makeSource("CREATE TABLE mine(x)");
    Path again = parent.resolve("again.sqlite");
    try (DoSQL dosql = migrated()) {
      dosql.importFile("acme", source);
      dosql.db("acme").exportTo(again);
      dosql.importFile("copy", again);
      assertThat(dosql.db("copy").query("SELECT version FROM _dosql_migrations")).hasSize(1);
    }
  }

  @Test
  void file_thatIsMissingOrADirectory_isAStorageError() throws Exception {
    refused(StorageException.class);
    Files.createDirectory(source);
    try (DoSQL dosql = plain()) {
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> dosql.importFile("other", source));
      Path nowhere = parent.resolve("nowhere").resolve("x.db");
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> dosql.importFile("other", nowhere));
      assertNothing(dosql, "other");
    }
  }

  @Test
  void file_leftInTheMiddleOfATransaction_isRefusedAndSaysSo() throws Exception {
    makeSource("CREATE TABLE t(x)", "INSERT INTO t VALUES(zeroblob(100000))");
    Path living = parent.resolve("living.sqlite");
    Files.move(source, living);
    Path torn = source;
    source = living;
    try (Connection writer =
        sqlite("PRAGMA cache_size=1", "BEGIN", "UPDATE t SET x = randomblob(200000)")) {
      assertThat(writer.isClosed()).isFalse();
      Files.copy(source, torn);
      Files.copy(Path.of(source + "-journal"), Path.of(torn + "-journal"));
    }
    source = torn;
    byte[] before = Files.readAllBytes(torn);
    assertThat(refused(StorageException.class)).hasMessageContaining("middle of a transaction");
    assertThat(Files.readAllBytes(torn)).isEqualTo(before);
  }

  @Test
  void import_whoseFilesCannotBeWritten_leavesNothing() throws Exception {
    makeSource("CREATE TABLE t(x)");
    String hashed = "Ä".repeat(90);
    try (DoSQL dosql = plain()) {
      Path inTheWay = data.resolve(new TenantName(hashed).encoded() + ".name");
      Files.createDirectories(inTheWay.resolve("full"));
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> dosql.importFile(hashed, source));
      assertNothing(dosql, hashed);
      Files.delete(inTheWay.resolve("full"));
      Files.delete(inTheWay);
      dosql.importFile(hashed, source);
      assertThat(dosql.tenants().map(TenantInfo::name)).containsExactly(hashed);
    }
  }

  @Test
  void target_thatExists_isRefusedAndUntouched() throws Exception {
    makeSource("CREATE TABLE t(x)");
    try (DoSQL dosql = plain()) {
      dosql.db("acme").exec("CREATE TABLE mine(x)");
      assertThatExceptionOfType(TenantExistsException.class)
          .isThrownBy(() -> dosql.importFile("acme", source));
      assertThat(dosql.db("acme").query("SELECT * FROM mine")).isEmpty();
      assertThatExceptionOfType(InvalidTenantNameException.class)
          .isThrownBy(() -> dosql.importFile("", source));
    }
  }

  @Test
  void source_amongTheTenants_isRefused() {
    try (DoSQL dosql = plain()) {
      dosql.db("acme").exec("CREATE TABLE mine(x)");
      for (String file : List.of("acme.db", "acme.db-wal", ".dosql/lock")) {
        assertThatExceptionOfType(IllegalArgumentException.class)
            .isThrownBy(() -> dosql.importFile("copy", data.resolve(file)))
            .withMessageContaining("directory of tenants");
      }
      assertThat(dosql.find("copy")).isEmpty();
    }
  }

  @Test
  void import_insideATransaction_isRefusedAndItGoesOn() throws Exception {
    makeSource("CREATE TABLE t(x)");
    try (DoSQL dosql = plain()) {
      dosql.db("acme").exec("CREATE TABLE t(x)");
      dosql
          .db("acme")
          .useTransaction(
              tx -> {
                assertThatExceptionOfType(TransactionScopeException.class)
                    .isThrownBy(() -> dosql.importFile("copy", source));
                tx.run("INSERT INTO t VALUES(1)");
              });
      assertThat(dosql.db("acme").query("SELECT x FROM t")).hasSize(1);
      assertNothing(dosql, "copy");
    }
  }

  @Test
  void import_ofEightAtOnce_isDoneByOne() throws Exception {
    makeSource("CREATE TABLE t(x)", "INSERT INTO t VALUES(1)");
    try (DoSQL dosql = plain()) {
      List<Boolean> done =
          Callers.together(
              8,
              number -> {
                try {
                  dosql.importFile("acme", source);
                  return true;
                } catch (TenantExistsException e) {
                  return false;
                }
              });
      assertThat(done).containsOnlyOnce(true);
      assertThat(dosql.db("acme").query("SELECT x FROM t")).hasSize(1);
      assertNothing(dosql, "other");
    }
  }

  @Test
  void import_threadInterrupted_isATypedErrorAndNothingIsLeft() throws Exception {
    makeSource("CREATE TABLE big(x)", "INSERT INTO big VALUES(1)");
    try (DoSQL dosql = migrated()) {
      Thread.currentThread().interrupt();
      Throwable thrown = catchThrowable(() -> dosql.importFile("acme", source));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(thrown).isInstanceOf(InterruptedQueryException.class);
      assertNothing(dosql, "acme");
    }
  }

  @Test
  void process_killedWhileItImports_leavesWholeTenantsAndNothingInTheMaking() throws Exception {
    makeSource(
        "CREATE TABLE t(x)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
            + " INSERT INTO t SELECT 'row ' || i FROM n");
    Random random = new Random(5);
    int acknowledged = 0;
    for (int kill = 0; kill < 5; kill++) {
      try (ChildJvm child = FleetChild.importing(data, source)) {
        child.line();
        Thread.sleep(random.nextInt(120));
        child.kill();
        acknowledged += 1 + child.rest().size();
      }
    }
    try (DoSQL dosql = plain()) {
      List<String> tenants = dosql.tenants().map(TenantInfo::name).toList();
      assertThat(tenants).hasSizeBetween(acknowledged, acknowledged + 5);
      for (String tenant : tenants) {
        DB db = dosql.db(tenant);
        assertThat(db.queryOne(Integer.class, "SELECT count(*) FROM t")).contains(20_000);
        assertThat(db.integrityCheck()).isEmpty();
      }
      assertNothing(dosql, "other");
    }
  }
}
