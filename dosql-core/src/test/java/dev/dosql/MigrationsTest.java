package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.MigrationException.Kind;
import dev.dosql.testing.Callers;
import java.io.File;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Migrations as the users of {@link DoSQL} and {@link DB} meet them. */
class MigrationsTest {
  private static final String USERS = "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);";
  private static final String POSTS =
      "CREATE TABLE posts(id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id));";

  @TempDir Path dir;
  private Path folder;

  @BeforeEach
  void makeFolder() throws Exception {
    folder = Files.createDirectories(dir.resolve("migrations"));
  }

  private MigrationsTest file(String name, String sql) throws Exception {
    Files.writeString(folder.resolve(name), sql);
    return this;
  }

  private MigrationsTest without(String name) throws Exception {
    Files.delete(folder.resolve(name));
    return this;
  }

  private DBOptions.Builder options() {
    return DBOptions.builder().directory(dir.resolve("data")).migrations(folder.toString());
  }

  private DoSQL open() {
    return DoSQL.open(options().build());
  }

  private DoSQL openWithoutMigrations() {
    return DoSQL.open(DBOptions.builder().directory(dir.resolve("data")).build());
  }

  private static List<String> tables(DB db) {
    return db.query(
        String.class,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_dosql_*'"
            + " ORDER BY name");
  }

  private static List<String> history(DB db) {
    return db.query(String.class, "SELECT script FROM _dosql_migrations ORDER BY installed_rank");
  }

  @Test
  void newTenant_onFirstUse_hasTheFoldersSchema() throws Exception {
    file("001_create_users.sql", USERS).file("V2__create_posts.sql", POSTS);
    try (DoSQL dosql = open()) {
      DB db = dosql.db("acme");

      assertThat(tables(db)).containsExactly("posts", "users");
      assertThat(history(db)).containsExactly("001_create_users.sql", "V2__create_posts.sql");
    }
  }

  @Test
  void existingTenant_onItsNextOpen_isBroughtUpToDateAndKeepsItsRows() throws Exception {
    file("001_create_users.sql", USERS);
    try (DoSQL dosql = open()) {
      dosql.db("acme").run("INSERT INTO users VALUES (1, 'Ada')");
    }
    file("002_create_posts.sql", POSTS);
    try (DoSQL dosql = open()) {
      DB db = dosql.db("acme");

      assertThat(tables(db)).containsExactly("posts", "users");
      assertThat(db.query(String.class, "SELECT name FROM users")).containsExactly("Ada");
    }
  }

  @Test
  void tenantMadeWithoutMigrations_getsThemAll() throws Exception {
    try (DoSQL dosql = openWithoutMigrations()) {
      dosql.db("acme").exec("CREATE TABLE notes(t); INSERT INTO notes VALUES ('kept')");
    }
    file("001_create_users.sql", USERS);
    try (DoSQL dosql = open()) {
      DB db = dosql.db("acme");

      assertThat(tables(db)).containsExactly("notes", "users");
      assertThat(db.query(String.class, "SELECT t FROM notes")).containsExactly("kept");
    }
  }

  @Test
  void classpathLocation_inAFolderOrAJar_isRead() throws Exception {
    Path root = Files.createDirectories(dir.resolve("classes"));
    Files.createDirectories(root.resolve("db/a"));
    Files.writeString(root.resolve("db/a/001_create_users.sql"), USERS);
    Path jar = dir.resolve("b.jar");
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("db/b/"));
      zip.putNextEntry(new ZipEntry("db/b/V1__create_users.sql"));
      zip.write(USERS.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    URL[] path = {root.toUri().toURL(), jar.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(path, before)) {
      Thread.currentThread().setContextClassLoader(loader);
      for (String location : List.of("classpath:db/a", "classpath:db/b")) {
        try (DB db = DB.memory(DBOptions.builder().migrations(location).build())) {
          assertThat(tables(db)).as(location).containsExactly("users");
        }
      }
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  @Test
  void tablesOfTheLibrary_areNamedUnderItsPrefix() throws Exception {
    file("001_create_users.sql", USERS);
    try (DoSQL dosql = open()) {
      assertThat(
              dosql
                  .db("acme")
                  .query(
                      String.class,
                      "SELECT name FROM sqlite_schema WHERE tbl_name <> 'users' AND name NOT GLOB"
                          + " 'sqlite_autoindex*'"))
          .isNotEmpty()
          .allMatch(name -> name.startsWith("_dosql_"));
    }
  }

  /**
   * A fault in the folder, beside the good files {@code 001} and {@code 002} that stay as they are.
   *
   * @param kind what the error must say, as it must the file, the line and the statement
   * @param bad the files that bring it, by name; null removes one
   * @param atOpen whether the whole folder is refused
   * @param newTenantToo whether it is a fault for a tenant that has none of the files
   */
  record Fault(
      Kind kind,
      Map<String, String> bad,
      String file,
      int line,
      String statement,
      boolean atOpen,
      boolean newTenantToo) {
    @Override
    public String toString() {
      return kind + " " + file + ":" + line;
    }
  }

  static List<Fault> faults() {
    Map<String, String> missing = new LinkedHashMap<>();
    missing.put("001_create_users.sql", null);
    missing.put("003_more.sql", "CREATE TABLE more(x);");
    return List.of(
        new Fault(
            Kind.STATEMENT_FAILED,
            Map.of("003_bad.sql", "CREATE TABLE half(x);\n\nINSERT INTO nowhere VALUES (1);"),
            "003_bad.sql",
            3,
            "INSERT INTO nowhere VALUES (1)",
            false,
            true),
        new Fault(
            Kind.STATEMENT_FAILED,
            Map.of("003_bad.sql", "CREATE TABLE half(x);\nCREATE TABEL b(x);"),
            "003_bad.sql",
            2,
            "CREATE TABEL b(x)",
            false,
            true),
        new Fault(
            Kind.STATEMENT_FAILED,
            Map.of(
                "003_bad.sql",
                "CREATE TABLE half(x UNIQUE);\nINSERT INTO half VALUES (1);\n"
                    + "INSERT OR ROLLBACK INTO half VALUES (1);"),
            "003_bad.sql",
            3,
            "INSERT OR ROLLBACK INTO half VALUES (1)",
            false,
            true),
        new Fault(
            Kind.FOREIGN_KEY_VIOLATED,
            Map.of("003_bad.sql", "CREATE TABLE half(x);\nINSERT INTO posts VALUES (1, 4711);"),
            "003_bad.sql",
            0,
            null,
            false,
            true),
        new Fault(
            Kind.UNPARSABLE,
            Map.of("003_bad.sql", "CREATE TABLE half(x);\nINSERT INTO half VALUES ('open);"),
            "003_bad.sql",
            2,
            "'open);",
            true,
            true),
        new Fault(
            Kind.UNPARSABLE,
            Map.of("003_bad.sql", "CREATE TABLE half(x);\nCOMMIT;"),
            "003_bad.sql",
            2,
            "COMMIT",
            true,
            true),
        new Fault(
            Kind.WRONGLY_NAMED, Map.of("more.sql", "SELECT 1;"), "more.sql", 0, null, true, true),
        new Fault(
            Kind.DUPLICATE_VERSION,
            Map.of("V2__posts_again.sql", "SELECT 1;"),
            "V2__posts_again.sql",
            0,
            null,
            true,
            true),
        new Fault(
            Kind.EDITED,
            Map.of("001_create_users.sql", USERS + " -- edited", "003_more.sql", "SELECT 1;"),
            "001_create_users.sql",
            0,
            null,
            false,
            false),
        new Fault(Kind.MISSING, missing, "001_create_users.sql", 0, null, false, false),
        new Fault(
            Kind.OUT_OF_ORDER,
            Map.of("001.5_late.sql", "CREATE TABLE late(x);"),
            "001.5_late.sql",
            0,
            null,
            false,
            false));
  }

  private void goodFiles() throws Exception {
    file("001_create_users.sql", USERS).file("002_create_posts.sql", POSTS);
  }

  private void bring(Fault fault) throws Exception {
    for (Map.Entry<String, String> each : fault.bad().entrySet()) {
      if (each.getValue() == null) {
        without(each.getKey());
      } else {
        file(each.getKey(), each.getValue());
      }
    }
  }

  /** Makes the folder good again. */
  private void mend(Fault fault) throws Exception {
    for (String name : fault.bad().keySet()) {
      Files.deleteIfExists(folder.resolve(name));
    }
    goodFiles();
  }

  /** Opens the directory and uses the tenant, one of which must fail as the fault says. */
  private void assertRefused(Fault fault) {
    MigrationException failure =
        catchThrowableOfType(
            MigrationException.class,
            () -> {
              try (DoSQL dosql = open()) {
                assertThat(fault.atOpen()).as("directory was opened").isFalse();
                MigrationException first =
                    catchThrowableOfType(
                        MigrationException.class, () -> dosql.db("acme").query("SELECT 1"));
                // The second time it is tried again, not remembered.
                assertThatThrownBy(() -> dosql.db("acme").run("DELETE FROM users"))
                    .isInstanceOf(MigrationException.class);
                throw first;
              }
            });
    assertThat(failure.kind()).isEqualTo(fault.kind());
    assertThat(failure.file()).contains(fault.file());
    assertThat(failure.line()).isEqualTo(fault.line());
    if (fault.statement() == null) {
      assertThat(failure.statement()).isEmpty();
    } else {
      assertThat(failure.statement()).hasValue(fault.statement());
    }
    assertThat(failure).hasMessageContaining(fault.file());
  }

  @ParameterizedTest
  @MethodSource("faults")
  void fault_metByAnExistingTenant_leavesItAtItsLastGoodVersion(Fault fault) throws Exception {
    goodFiles();
    if (fault.newTenantToo()) {
      without("002_create_posts.sql");
    }
    try (DoSQL dosql = open()) {
      dosql.db("acme").run("INSERT INTO users VALUES (1, 'Ada')");
    }
    goodFiles();
    bring(fault);

    assertRefused(fault);

    try (DoSQL dosql = openWithoutMigrations()) {
      List<String> applied = history(dosql.db("acme"));
      // A folder that is refused as a whole is refused before the tenant is looked at.
      boolean stays = fault.atOpen() && fault.newTenantToo();
      assertThat(tables(dosql.db("acme")))
          .isEqualTo(stays ? List.of("users") : List.of("posts", "users"));
      assertThat(applied).hasSize(stays ? 1 : 2);
    }
    mend(fault);
    file("004_last.sql", "CREATE TABLE last(x);");
    try (DoSQL dosql = open()) {
      DB db = dosql.db("acme");
      assertThat(tables(db)).containsExactly("last", "posts", "users");
      assertThat(db.query(String.class, "SELECT name FROM users")).containsExactly("Ada");
      assertThat(db.run("INSERT INTO posts(user_id) VALUES (1)").changes()).isOne();
    }
  }

  @ParameterizedTest
  @MethodSource("faults")
  void fault_metByANewTenant_leavesNothingThatIsInTheWay(Fault fault) throws Exception {
    goodFiles();
    bring(fault);
    if (fault.newTenantToo()) {
      assertRefused(fault);
    }
    mend(fault);
    try (DoSQL dosql = open()) {
      DB db = dosql.db("acme");
      assertThat(tables(db)).containsExactly("posts", "users");
      assertThat(history(db)).hasSize(2);
    }
  }

  @Test
  void fault_metByCreate_leavesNoTenant() throws Exception {
    file("001_bad.sql", "CREATE TABLE t(x); SELECT random(); SELECT nonsense;");
    try (DoSQL dosql = open()) {
      assertThatThrownBy(() -> dosql.create("acme")).isInstanceOf(MigrationException.class);

      assertThat(dosql.find("acme")).isEmpty();
      assertThat(dosql.tenants()).isEmpty();
    }
  }

  /** Defect 55 of the guide: a bad file bricks the tenant. */
  @Test
  void folder_rolledBackAfterItFailedHalfway_isOlderThanTheTenant() throws Exception {
    file("001_create_users.sql", USERS);
    try (DoSQL dosql = open()) {
      dosql.create("acme");
    }
    file("002_create_posts.sql", POSTS).file("003_bad.sql", "nonsense;");
    try (DoSQL dosql = open()) {
      assertThatThrownBy(() -> dosql.db("acme").query("SELECT 1"))
          .isInstanceOf(MigrationException.class);
    }
    without("002_create_posts.sql").without("003_bad.sql");
    try (DoSQL dosql = open()) {
      MigrationException failure =
          catchThrowableOfType(MigrationException.class, () -> dosql.db("acme").query("SELECT 1"));
      assertThat(failure.kind()).isEqualTo(Kind.NEWER_SCHEMA);
    }
    file("002_create_posts.sql", POSTS);
    try (DoSQL dosql = open()) {
      assertThat(tables(dosql.db("acme"))).containsExactly("posts", "users");
    }
  }

  /** Defects 6 and 55: what failed in one tenant is tried again there, and stops no other. */
  @Test
  void migration_failingOnTheRowsOfOneTenant_stopsNoOther() throws Exception {
    file("001_create_users.sql", USERS);
    try (DoSQL dosql = open()) {
      dosql.db("acme").exec("INSERT INTO users(name) VALUES ('Ada'), ('Ada')");
      dosql.db("globex").exec("INSERT INTO users(name) VALUES ('Ada'), ('Bob')");
    }
    file("002_unique.sql", "CREATE UNIQUE INDEX users_name ON users(name);");
    try (DoSQL dosql = open()) {
      MigrationException failure =
          catchThrowableOfType(MigrationException.class, () -> dosql.db("acme").query("SELECT 1"));
      assertThat(failure.kind()).isEqualTo(Kind.STATEMENT_FAILED);
      assertThat(failure).hasMessageContaining("tenant=acme");
      assertThat(failure.getMessage()).doesNotContain("Ada");

      assertThat(history(dosql.db("globex"))).hasSize(2);
      assertThat(history(dosql.db("initech"))).hasSize(2);
      assertThatThrownBy(() -> dosql.db("acme").query("SELECT 1"))
          .isInstanceOf(MigrationException.class);
    }
    try (DoSQL dosql = openWithoutMigrations()) {
      dosql.db("acme").run("DELETE FROM users WHERE id = 2");
    }
    try (DoSQL dosql = open()) {
      assertThat(history(dosql.db("acme"))).hasSize(2);
    }
  }

  @Test
  void newerSchema_refuseAndAllow_doAsTheySay() throws Exception {
    goodFiles();
    try (DoSQL dosql = open()) {
      dosql.db("acme").run("INSERT INTO users VALUES (1, 'Ada')");
    }
    without("002_create_posts.sql");
    try (DoSQL dosql = open()) {
      MigrationException failure =
          catchThrowableOfType(MigrationException.class, () -> dosql.db("acme").query("SELECT 1"));
      assertThat(failure.kind()).isEqualTo(Kind.NEWER_SCHEMA);
      assertThat(failure).hasMessageContaining("seen=002").hasMessageContaining("needed=001");
    }
    for (int i = 0; i < 2; i++) {
      try (DoSQL dosql = DoSQL.open(options().newerSchema(NewerSchema.ALLOW).build())) {
        DB db = dosql.db("acme");
        assertThat(db.query(String.class, "SELECT name FROM users")).containsExactly("Ada");
        assertThat(db.run("UPDATE users SET name = 'Ada' WHERE id = 1").changes()).isOne();
        assertThat(tables(db)).containsExactly("posts", "users");
        assertThat(tables(dosql.db("other" + i))).containsExactly("users");
      }
    }
    file("002_create_posts.sql", POSTS).file("003_more.sql", "CREATE TABLE more(x);");
    try (DoSQL dosql = open()) {
      assertThat(tables(dosql.db("acme"))).containsExactly("more", "posts", "users");
    }
  }

  /** Defect 55: tenants drift. */
  @Test
  void tenants_newOrMigratedOneFileAtATime_haveTheSameSchema() throws Exception {
    try (DoSQL dosql = openWithoutMigrations()) {
      dosql.create("oldest");
    }
    file("001_create_users.sql", USERS);
    try (DoSQL dosql = open()) {
      dosql.create("old");
    }
    file("002_create_posts.sql", POSTS)
        .file("003_index.sql", "CREATE INDEX posts_user ON posts(user_id);")
        .file("R__views.sql", "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT id FROM users;");
    try (DoSQL dosql = open()) {
      assertThat(describe(dosql.db("old"))).isEqualTo(describe(dosql.db("new")));
      assertThat(describe(dosql.db("oldest"))).isEqualTo(describe(dosql.db("new")));
    }
  }

  private static List<Map<String, Object>> describe(DB db) {
    List<Row> all = new ArrayList<>();
    all.addAll(db.query("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"));
    all.addAll(
        db.query(
            "SELECT installed_rank, version, description, type, script, checksum, success"
                + " FROM _dosql_migrations ORDER BY installed_rank"));
    all.addAll(db.query("SELECT * FROM _dosql_meta"));
    return all.stream().map(row -> Map.copyOf(withoutNulls(row))).toList();
  }

  private static Map<String, Object> withoutNulls(Row row) {
    Map<String, Object> values = new LinkedHashMap<>();
    row.toMap().forEach((name, value) -> values.put(name, value == null ? "NULL" : value));
    return values;
  }

  @Test
  void migrationsThatDifferByTenant_areRunForEach() throws Exception {
    file("001_key.sql", "CREATE TABLE key(k); INSERT INTO key VALUES (hex(randomblob(16)));");
    try (DoSQL dosql = open()) {
      assertThat(dosql.db("acme").queryOne(String.class, "SELECT k FROM key"))
          .isNotEqualTo(dosql.db("globex").queryOne(String.class, "SELECT k FROM key"));
    }
  }

  @Test
  void userFunction_inAMigration_isCalledForEachTenant() throws Exception {
    file("001_number.sql", "CREATE TABLE number(n); INSERT INTO number VALUES (next_number());");
    AtomicInteger numbers = new AtomicInteger();
    DBOptions options =
        options().function("next_number", 0, false, none -> numbers.incrementAndGet()).build();
    try (DoSQL dosql = DoSQL.open(options)) {
      assertThat(dosql.db("acme").queryOne(Integer.class, "SELECT n FROM number")).hasValue(1);
      assertThat(dosql.db("globex").queryOne(Integer.class, "SELECT n FROM number")).hasValue(2);
    }
  }

  /** Without its history, Flyway would run every file again and fail at the first. */
  @Test
  void tenantKnownToBeUpToDate_isOpenedWithoutFlyway() throws Exception {
    file("001_create_users.sql", USERS);
    try (DoSQL dosql = open()) {
      dosql.create("acme");
    }
    Path database = dir.resolve("data").resolve("acme.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement()) {
      statement.execute("ALTER TABLE _dosql_migrations RENAME TO away");
    }
    try (DoSQL dosql = open()) {
      assertThat(tables(dosql.db("acme"))).containsExactly("away", "users");
    }
    file("002_create_posts.sql", POSTS);
    try (DoSQL dosql = open()) {
      assertThatThrownBy(() -> dosql.db("acme").query("SELECT 1"))
          .isInstanceOf(MigrationException.class);
    }
  }

  @Test
  void parentTable_rebuiltByAMigration_keepsItsChildren() throws Exception {
    file(
        "001_tables.sql",
        """
        CREATE TABLE p(id INTEGER PRIMARY KEY, a);
        CREATE TABLE q(p_id INTEGER NOT NULL REFERENCES p(id) ON DELETE CASCADE);
        """);
    try (DoSQL dosql = open()) {
      dosql.db("acme").exec("INSERT INTO p VALUES (1, 'x'); INSERT INTO q VALUES (1);");
    }
    file(
        "002_rebuild.sql",
        """
        CREATE TABLE p2(id INTEGER PRIMARY KEY, a NOT NULL);
        INSERT INTO p2 SELECT * FROM p;
        DROP TABLE p;
        ALTER TABLE p2 RENAME TO p;
        """);
    try (DoSQL dosql = open()) {
      DB db = dosql.db("acme");
      assertThat(db.query(Long.class, "SELECT p_id FROM q")).containsExactly(1L);
      // And afterwards they are enforced again.
      assertThatThrownBy(() -> db.run("INSERT INTO q VALUES (2)"))
          .isInstanceOf(ForeignKeyViolationException.class);
      assertThat(db.run("DELETE FROM p").changes()).isOne();
      assertThat(db.query("SELECT * FROM q")).isEmpty();
    }
  }

  @Test
  void manyTenants_migratedAtOnce_areEachWhole() throws Exception {
    file("001_create_users.sql", USERS);
    try (DoSQL dosql = open()) {
      for (int i = 0; i < 16; i++) {
        dosql.create("t" + i).run("INSERT INTO users VALUES (?, 'x')", i);
      }
    }
    file("002_create_posts.sql", POSTS);
    try (DoSQL dosql = open()) {
      Callers.together(
          16,
          number -> {
            for (int i = 0; i < 32; i++) {
              int tenant = (i + number / 2) % 32; // Two threads begin at each.
              DB db = dosql.db("t" + tenant);
              assertThat(tables(db)).containsExactly("posts", "users");
              assertThat(history(db)).hasSize(2);
              assertThat(db.query(Integer.class, "SELECT id FROM users"))
                  .isEqualTo(tenant < 16 ? List.of(tenant) : List.of());
            }
            return number;
          });
    }
  }

  @Test
  void evictedTenant_openedAgain_isStillUpToDate() throws Exception {
    goodFiles();
    try (DoSQL dosql = DoSQL.open(options().openTenantsMax(1).build())) {
      for (int i = 0; i < 10; i++) {
        assertThat(history(dosql.db("t" + i % 3))).hasSize(2);
      }
    }
  }

  /** Defect 12: a folder that is not there at run time. */
  @Test
  void folder_thatIsMissing_isRefusedWhenTheDirectoryIsOpened() {
    DBOptions options = options().migrations(dir.resolve("nowhere").toString()).build();

    MigrationException failure =
        catchThrowableOfType(MigrationException.class, () -> DoSQL.open(options));

    assertThat(failure.kind()).isEqualTo(Kind.UNREADABLE);
    assertThat(failure).hasMessageContaining("nowhere");
    assertThatCode(() -> openWithoutMigrations().close()).doesNotThrowAnyException();
  }

  /** Defect 54: a table that is used and never made is an error, not an empty result. */
  @Test
  void table_thatNoMigrationMakes_isAnError() throws Exception {
    file("001_create_users.sql", USERS);
    try (DoSQL dosql = open()) {
      assertThatThrownBy(() -> dosql.db("acme").query("SELECT * FROM orders"))
          .isInstanceOf(StatementException.class)
          .hasMessageContaining("orders");
    }
  }

  @Test
  void dbOpen_byNameAlone_takesTheFolderOfMigrationsIfThereIsOne() throws Exception {
    Path with = Files.createDirectories(dir.resolve("with"));
    Path without = Files.createDirectories(dir.resolve("without"));
    Path migrations = Files.createDirectories(with.resolve(".do/migrations"));
    Files.writeString(migrations.resolve("001_create_users.sql"), USERS);

    assertThat(tablesSeenIn(with)).isEqualTo("[users]");
    assertThat(tablesSeenIn(without)).isEqualTo("[]");
    assertThat(without.resolve(".do/data")).isDirectory();
    assertThat(without.resolve(".do/migrations")).doesNotExist();
  }

  /** Runs {@link OpenByName} in a process that works in a directory. */
  private static String tablesSeenIn(Path directory) throws Exception {
    Path out = directory.resolve("out.txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath(),
                OpenByName.class.getName(),
                out.toString())
            .directory(directory.toFile())
            .inheritIO()
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    return Files.readString(out);
  }

  /** All that this process has, be it on its class path or its module path. */
  private static String classPath() throws Exception {
    List<String> parts = new ArrayList<>();
    for (String property : List.of("jdk.module.path", "java.class.path")) {
      String value = System.getProperty(property);
      if (value != null && !value.isEmpty()) {
        parts.add(value);
      }
    }
    URL tests = MigrationsTest.class.getResource("MigrationsTest.class");
    parts.add(Path.of(tests.toURI()).getParent().getParent().getParent().toString());
    return String.join(File.pathSeparator, parts);
  }

  /** Opens a tenant by its name alone, and writes down its tables. */
  static final class OpenByName {
    private OpenByName() {}

    public static void main(String[] arguments) throws Exception {
      try (DB db = DB.open("acme")) {
        Files.writeString(Path.of(arguments[0]), tables(db).toString());
      }
    }
  }
}
