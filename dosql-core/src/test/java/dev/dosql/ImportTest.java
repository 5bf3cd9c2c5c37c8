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
        Arguments.of(
            "mine",
            "CREATE TABLE _dosql_meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
                + "CREATE TRIGGER mine AFTER INSERT ON _dosql_meta BEGIN SELECT 1; END"),
        Arguments.of("UTF-16le", "PRAGMA encoding='UTF-16le'; CREATE TABLE x(y)"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("strangers")
  void file_withWhatWouldBreakUs_isRefusedAndNamed(String seen, String script) throws Exception {
    makeSource(script.split("(?<=[^1]);"));
    CorruptDatabaseException e = refused(CorruptDatabaseException.class);
    assertThat(e).hasMessageContaining(seen);
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
