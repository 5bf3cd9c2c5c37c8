package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.internal.tenant.TenantName;
import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class RenameTest {
  private static final String LONG = "Ä long name, hashed ".repeat(6);

  @TempDir Path parent;
  private Path data;

  @BeforeEach
  void makePlaces() {
    data = parent.resolve("data");
  }

  private DBOptions.Builder options() {
    return DBOptions.builder().directory(data);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(data)) {
      return all.map(file -> file.getFileName().toString())
          .filter(name -> !name.equals(".dosql"))
          .sorted()
          .toList();
    }
  }

  private static DB made(DoSQL dosql, String name) {
    DB db = dosql.db(name);
    db.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
    return db;
  }

  @ParameterizedTest
  @CsvSource({"acme,globex", "acme,LONG", "LONG,acme", "LONG,LONG2", "Acme,acme"})
  void tenant_renamed_isTheSameUnderItsNewNameAlone(String one, String other) throws Exception {
    String from = one.replace("LONG", LONG);
    String to = other.replace("LONG", LONG);
    try (DoSQL dosql = DoSQL.open(options().createIfMissing(false).build())) {
      DB old = dosql.create(from);
      old.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
      dosql.rename(from, to);

      assertThat(dosql.db(to).query(Integer.class, "SELECT x FROM t")).containsExactly(1);
      assertThat(dosql.tenants().map(TenantInfo::name)).containsExactly(to);
      assertThatExceptionOfType(TenantNotFoundException.class)
          .isThrownBy(() -> old.query("SELECT x FROM t"));
    }
    assertThat(files()).hasSize(other.startsWith("LONG") ? 2 : 1);
    try (DoSQL dosql = DoSQL.open(options().build())) {
      assertThat(dosql.db(to).query("SELECT x FROM t")).hasSize(1);
    }
  }

  @Test
  void suspension_goesAlong() throws Exception {
    try (DoSQL dosql = DoSQL.open(options().build())) {
      made(dosql, "acme");
      dosql.suspend("acme");
      dosql.rename("acme", "globex");

      assertThatExceptionOfType(TenantSuspendedException.class)
          .isThrownBy(() -> dosql.db("globex").query("SELECT x FROM t"));
      assertThat(files()).containsExactly("globex.db", "globex.suspended");
      assertThat(dosql.db("acme").query("SELECT 1 AS one")).hasSize(1); // Made anew, and in use.
      dosql.resume("globex");
      assertThat(dosql.db("globex").query("SELECT x FROM t")).hasSize(1);
    }
  }

  @Test
  void handleOnTheOldName_createsAnewIfThatIsWanted() {
    try (DoSQL dosql = DoSQL.open(options().build())) {
      DB old = made(dosql, "acme");
      dosql.rename("acme", "globex");
      assertThat(old.queryOne(Integer.class, "SELECT count(*) FROM sqlite_schema WHERE name = 't'"))
          .contains(0);
      assertThat(dosql.db("globex").query("SELECT x FROM t")).hasSize(1);
    }
  }

  @Test
  void rename_thatCannotBe_isATypedErrorAndNothingIsTouched() throws Exception {
    try (DoSQL dosql = DoSQL.open(options().build())) {
      made(dosql, "acme");
      made(dosql, "globex").run("INSERT INTO t VALUES(2)");
      assertThatExceptionOfType(TenantExistsException.class)
          .isThrownBy(() -> dosql.rename("acme", "globex"))
          .satisfies(e -> assertThat(e.tenant()).isEqualTo("globex"));
      assertThatExceptionOfType(TenantExistsException.class)
          .isThrownBy(() -> dosql.rename("acme", "acme"));
      assertThatExceptionOfType(TenantNotFoundException.class)
          .isThrownBy(() -> dosql.rename("nobody", "somebody"))
          .satisfies(e -> assertThat(e.tenant()).isEqualTo("nobody"));
      assertThatExceptionOfType(TenantNotFoundException.class)
          .isThrownBy(() -> dosql.rename("nobody", "nobody"));
      assertThatExceptionOfType(InvalidTenantNameException.class)
          .isThrownBy(() -> dosql.rename("acme", ""));
      assertThat(dosql.tenants()).hasSize(2);
      assertThat(dosql.db("acme").query("SELECT x FROM t")).hasSize(1);
      assertThat(dosql.db("globex").query("SELECT x FROM t")).hasSize(2);
    }
  }

  @Test
  void rename_whoseFilesCannotBeWritten_leavesTheTenantWhereItWas() throws Exception {
    try (DoSQL dosql = DoSQL.open(options().build())) {
      made(dosql, "acme");
      dosql.suspend("acme");
      // The file that keeps the true name cannot be written; then it can.
      Path inTheWay = data.resolve(new TenantName(LONG).encoded() + ".name");
      Files.createDirectories(inTheWay.resolve("full"));
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> dosql.rename("acme", LONG))
          .withMessageContaining("tenant=acme");
      assertThat(dosql.tenants().map(TenantInfo::name)).containsExactly("acme");
      Files.delete(inTheWay.resolve("full"));
      Files.delete(inTheWay);
      dosql.rename("acme", LONG);
      dosql.resume(LONG);
      assertThat(dosql.db(LONG).query("SELECT x FROM t")).hasSize(1);
      assertThat(files()).hasSize(4); // With its log, which is open.
    }
  }

  @Test
  void rename_insideOwnTransactionOrRead_isRefusedAtOnceAndItGoesOn() {
    try (DoSQL dosql = DoSQL.open(options().build())) {
      DB acme = made(dosql, "acme");
      made(dosql, "other");
      acme.useTransaction(
          tx -> {
            for (String from : List.of("acme", "other")) {
              assertThatExceptionOfType(TransactionScopeException.class)
                  .isThrownBy(() -> dosql.rename(from, "globex"));
            }
            tx.run("INSERT INTO t VALUES(2)");
          });
      int seen =
          acme.read(
              reads -> {
                assertThatExceptionOfType(TransactionScopeException.class)
                    .isThrownBy(() -> dosql.rename("acme", "globex"));
                return reads.query("SELECT x FROM t").size();
              });
      assertThat(seen).isEqualTo(2);
    }
  }

  @Test
  void rename_whileOthersWrite_losesNothingAcknowledged() throws Exception {
    try (DoSQL dosql = DoSQL.open(options().createIfMissing(false).build())) {
      dosql.create("a").exec("CREATE TABLE t(x)");
      AtomicBoolean stop = new AtomicBoolean();
      List<Caller> writers = new ArrayList<>();
      List<Integer> acknowledged = Collections.synchronizedList(new ArrayList<>());
      for (int i = 0; i < 4; i++) {
        int first = i * 1_000_000;
        writers.add(
            Callers.start(
                () -> {
                  for (int next = first; !stop.get(); next++) {
                    try {
                      dosql.db(next % 2 == 0 ? "a" : "b").run("INSERT INTO t VALUES(?)", next);
                      acknowledged.add(next);
                    } catch (TenantNotFoundException e) {
                      LockSupport.parkNanos(1_000_000); // It has the other name just now.
                    }
                  }
                }));
      }
      for (int i = 0; i < 15; i++) {
        dosql.rename(i % 2 == 0 ? "a" : "b", i % 2 == 0 ? "b" : "a");
        Thread.sleep(2);
      }
      stop.set(true);
      Caller.joinAll(writers);
      assertThat(acknowledged).isNotEmpty();
      assertThat(dosql.db("b").query(Integer.class, "SELECT x FROM t"))
          .containsExactlyInAnyOrderElementsOf(acknowledged);
      assertThat(dosql.db("b").integrityCheck()).isEmpty();
    }
  }

  @Test
  void renames_thatCross_neverWaitForEachOtherForEver() throws Exception {
    // Not closed if it fails, or closing would wait as well.
    DoSQL dosql = DoSQL.open(options().createIfMissing(false).build());
    List<String> names = IntStream.range(0, 4).mapToObj(i -> "n" + i).toList();
    dosql.create("n0").exec("CREATE TABLE zero(x)");
    dosql.create("n1").exec("CREATE TABLE one(x)");
    Callers.together(
        6,
        number -> {
          Random random = new Random(number);
          for (int i = 0; i < 40; i++) {
            try {
              dosql.rename(names.get(random.nextInt(4)), names.get(random.nextInt(4)));
            } catch (TenantExistsException | TenantNotFoundException e) {
              // As it happens.
            }
          }
          return 0;
        });
    FleetResult<List<String>> tables =
        dosql.eachTenant(
            db ->
                db.query(
                    String.class, "SELECT name FROM sqlite_schema WHERE name IN ('zero', 'one')"),
            FleetOptions.builder().build());
    assertThat(tables.results()).hasSize(2);
    assertThat(tables.results().values().stream().flatMap(List::stream))
        .containsExactlyInAnyOrder("zero", "one");
    dosql.close();
  }

  @Test
  void tenant_whoseFileAnotherProcessHasOpen_keepsItsName() throws Exception {
    try (DoSQL dosql = DoSQL.open(options().build())) {
      made(dosql, "acme");
      try (ChildJvm other = Child.sqlite(data.resolve("acme.db"))) {
        other.ask("SELECT count(*) FROM t");
        assertThatExceptionOfType(DatabaseLockedException.class)
            .isThrownBy(() -> dosql.rename("acme", "globex"))
            .withMessageContaining("tenant=acme");
        assertThat(dosql.find("globex")).isEmpty();
        assertThat(dosql.db("acme").query("SELECT x FROM t")).hasSize(1);
      }
      dosql.rename("acme", "globex");
      assertThat(dosql.db("globex").query("SELECT x FROM t")).hasSize(1);
    }
  }

  @Test
  void tenant_thatIsDamaged_keepsItsName() throws Exception {
    try (DoSQL dosql = DoSQL.open(options().build())) {
      made(dosql, "acme");
    }
    byte[] damaged = "no database at all. ".repeat(500).getBytes();
    Files.write(data.resolve("acme.db"), damaged);
    try (DoSQL dosql = DoSQL.open(options().build())) {
      assertThatExceptionOfType(CorruptDatabaseException.class)
          .isThrownBy(() -> dosql.rename("acme", "globex"));
      assertThat(dosql.tenants().map(TenantInfo::name)).containsExactly("acme");
    }
    assertThat(Files.readAllBytes(data.resolve("acme.db"))).isEqualTo(damaged);
  }

  // Crashes.

  @Test
  void process_killedWhileItRenames_leavesOneWholeTenantAndNoLogUnderTheOtherName()
      throws Exception {
    try (DoSQL dosql = DoSQL.open(options().build())) {
      dosql.db("acme").exec("CREATE TABLE t(x); INSERT INTO t VALUES(0)");
    }
    Random random = new Random(17);
    long renames = 0;
    for (int kill = 0; kill < 8; kill++) {
      try (ChildJvm child = FleetChild.renaming(data, "acme", LONG)) {
        child.line();
        Thread.sleep(random.nextInt(60));
        child.kill();
        renames += 1 + child.rest().size();
      }
      List<String> databases = files().stream().filter(name -> name.endsWith(".db")).toList();
      assertThat(databases).hasSize(1);
      for (String file : files()) {
        if (file.contains(".db-")) {
          assertThat(file).startsWith(databases.get(0));
        }
      }
      try (DoSQL dosql = DoSQL.open(options().build())) {
        TenantInfo only = dosql.tenants().findFirst().orElseThrow();
        DB db = dosql.db(only.name());
        // Each rename came after one row; a row more may have been written.
        assertThat(db.queryOne(Long.class, "SELECT max(x) FROM t").orElseThrow())
            .isBetween(renames, renames + 2 * (kill + 1));
        assertThat(db.integrityCheck()).isEmpty();
      }
    }
  }

  @Test
  void log_leftByACrash_isMovedIntoTheFileBeforeItsNameChanges() throws Exception {
    try (DoSQL dosql = DoSQL.open(options().build())) {
      made(dosql, "acme");
      Files.createDirectory(parent.resolve("crashed"));
      dosql.db("acme").run("INSERT INTO t VALUES(2)");
      // As a crash would leave them: SQLite is not told, and nobody writes.
      Files.copy(data.resolve("acme.db-wal"), parent.resolve("crashed/wal"));
      Files.copy(data.resolve("acme.db"), parent.resolve("crashed/db"));
    }
    Files.copy(parent.resolve("crashed/wal"), data.resolve("copy.db-wal"));
    Files.copy(parent.resolve("crashed/db"), data.resolve("copy.db"));
    try (DoSQL dosql = DoSQL.open(options().build())) {
      dosql.rename("copy", "globex");

      assertThat(files()).containsExactly("acme.db", "globex.db");
      assertThat(dosql.db("globex").query(Integer.class, "SELECT x FROM t")).containsExactly(1, 2);
    }
  }

  /** What a crash can leave between two steps of a rename, made by hand. */
  @Test
  void leftOvers_ofARenameThatACrashEnded_reachNoOtherTenant() throws Exception {
    try (DoSQL dosql = DoSQL.open(options().build())) {
      made(dosql, "acme");
      dosql.suspend("acme");
    }
    // Before the database's own step: the new name has a suspension and a stray log, no database.
    Files.write(data.resolve("globex.suspended"), new byte[0]);
    Files.write(data.resolve("globex.db-wal"), new byte[4_096]);
    try (DoSQL dosql = DoSQL.open(options().build())) {
      assertThat(dosql.tenants().map(TenantInfo::name)).containsExactly("acme");
      made(dosql, "globex");
      dosql.delete("globex");
      dosql.rename("acme", "globex");
    }
    // After it: the old name has a suspension, no database.
    Files.write(data.resolve("acme.suspended"), new byte[0]);
    try (DoSQL dosql = DoSQL.open(options().build())) {
      assertThat(dosql.tenants().map(TenantInfo::name)).containsExactly("globex");
      made(dosql, "acme");
      dosql.resume("globex");
      assertThat(dosql.db("globex").query("SELECT x FROM t")).hasSize(1);
    }
  }

  @Test
  void name_whoseFileIsALinkThatLeadsNowhere_isNotTaken() throws Exception {
    Path data = Files.createDirectories(parent.resolve("blocked"));
    try (DoSQL tenants = DoSQL.open(DBOptions.builder().directory(data).build())) {
      tenants.db("a").exec("CREATE TABLE t (x)");
      Path link = Files.createSymbolicLink(data.resolve("b.db"), parent.resolve("not-mounted.db"));
      Path log = Files.writeString(data.resolve("b.db-wal"), "its log");
      Path source = parent.resolve("source.sqlite");
      tenants.db("a").exportTo(source);
      assertThatThrownBy(() -> tenants.rename("a", "b"))
          .isInstanceOf(CorruptDatabaseException.class);
      assertThatThrownBy(() -> tenants.importFile("b", source))
          .isInstanceOf(CorruptDatabaseException.class);
      assertThat(Files.isSymbolicLink(link)).isTrue();
      assertThat(log).hasContent("its log");
      assertThat(tenants.db("a").query("SELECT * FROM t")).isEmpty();
    }
  }
}
