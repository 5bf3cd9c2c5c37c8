package dev.dosql.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.migrations.MigrationFailure.Kind;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MigrationSetTest {
  @TempDir Path dir;
  private Folder folder;

  @BeforeEach
  void makeFolder() {
    folder = new Folder(dir);
  }

  @Test
  void files_ofEveryKnownForm_areInOrderOfExecution() throws Exception {
    for (String name :
        new String[] {
          "R__views.sql",
          "20240101120000_x.sql",
          "010_b.sql",
          "V2__two.sql",
          "1.2_y.sql",
          "V1.3__z.sql",
          "001_create_users.sql",
          "R__a.sql"
        }) {
      folder.file(name, "SELECT 1;");
    }

    MigrationSet set = folder.load();

    assertThat(set.files())
        .containsExactly(
            "001_create_users.sql",
            "1.2_y.sql",
            "V1.3__z.sql",
            "V2__two.sql",
            "010_b.sql",
            "20240101120000_x.sql",
            "R__a.sql",
            "R__views.sql");
    assertThat(set.size()).isEqualTo(8);
    assertThat(set.newestVersion()).contains("20240101120000");
  }

  @Test
  void newestVersion_withoutFiles_isEmpty() throws Exception {
    assertThat(folder.load().newestVersion()).isEmpty();
    assertThat(folder.load().size()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "foo_bar.sql",
        "R_views.sql",
        "003.sql",
        "003_.sql",
        "V1_x.sql",
        "v1__x.sql",
        "001_x.SQL",
        "001_x.sql.conf",
        "afterMigrate.sql",
        "1.2.sql",
        "-1_x.sql"
      })
  void load_wronglyNamedFile_namesItAndTheForms(String name) {
    MigrationFailure failure = folder.file(name, "SELECT 1;").loadFailure();

    assertThat(failure.kind()).isEqualTo(Kind.WRONGLY_NAMED);
    assertThat(failure.file()).isEqualTo(name);
    assertThat(failure).hasMessageContaining(name);
    if (!name.endsWith(".conf")) {
      assertThat(failure).hasMessageContaining("001_description.sql");
    }
  }

  @Test
  void load_otherFilesAndFolders_areIgnored() throws Exception {
    Files.createDirectories(folder.path().resolve("old"));
    Files.writeString(folder.path().resolve("old/foo.sql"), "SELECT 1;");
    Files.createDirectories(folder.path().resolve("folder.sql"));
    folder.file("README.md", "x").file("001_a.sql", "SELECT 1;").file("a.sql~", "x");

    assertThat(folder.load().files()).containsExactly("001_a.sql");
  }

  @ParameterizedTest
  @ValueSource(strings = {"V1__a.sql", "1_a.sql", "01_a.sql", "1.0_a.sql", "V1_0__a.sql"})
  void load_twoSpellingsOfOneVersion_isADuplicate(String other) {
    MigrationFailure failure =
        folder.file("001_b.sql", "SELECT 1;").file(other, "SELECT 1;").loadFailure();

    assertThat(failure.kind()).isEqualTo(Kind.DUPLICATE_VERSION);
    assertThat(failure).hasMessageContaining("001_b.sql").hasMessageContaining(other);
  }

  @Test
  void load_missingFolder_isUnreadable() {
    MigrationFailure failure =
        catchThrowableOfType(
            MigrationFailure.class, () -> MigrationSet.load(dir.resolve("nowhere")));

    assertThat(failure.kind()).isEqualTo(Kind.UNREADABLE);
    assertThat(failure).hasMessageContaining("nowhere");
  }

  @Test
  void load_fileThatIsNotUtf8_isUnreadableAndNamed() throws Exception {
    Files.write(folder.path().resolve("001_a.sql"), new byte[] {'-', '-', (byte) 0xE4, '\n'});

    MigrationFailure failure = folder.loadFailure();

    assertThat(failure.kind()).isEqualTo(Kind.UNREADABLE);
    assertThat(failure.file()).isEqualTo("001_a.sql");
  }

  @Test
  void load_byteOrderMark_isTolerated() throws Exception {
    String plain = folder.file("001_a.sql", "CREATE TABLE a(x);").load().fingerprint();

    assertThat(folder.file("001_a.sql", "\uFEFFCREATE TABLE a(x);").load().fingerprint())
        .isEqualTo(plain);
    assertThat(folder.migrate("x.db").applied()).isOne();
  }

  @Test
  void fingerprint_otherLineEnds_isTheSame() throws Exception {
    String lf = folder.file("001_a.sql", "CREATE TABLE a(\n x);\n").load().fingerprint();

    assertThat(lf).matches("[0-9a-f]{64}");
    assertThat(folder.file("001_a.sql", "CREATE TABLE a(\r\n x);\r\n").load().fingerprint())
        .isEqualTo(lf);
    assertThat(folder.file("001_a.sql", "CREATE TABLE a(\n  x);\n").load().fingerprint())
        .isNotEqualTo(lf);
    folder.without("001_a.sql");
    assertThat(folder.file("001_b.sql", "CREATE TABLE a(\n x);\n").load().fingerprint())
        .isNotEqualTo(lf);
  }

  @Test
  void load_classpathJar_readsItAndKeepsNothingOpen() throws Exception {
    Path jar = dir.resolve("app.jar");
    writeJar(jar, "CREATE TABLE a(x);");

    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
      MigrationSet set = MigrationSet.load("classpath:db/migrations", loader);
      assertThat(set.files()).containsExactly("001_a.sql", "R__b.sql");
      assertThat(Migrator.migrate(set, folder.database("x.db"), false).applied()).isEqualTo(2);
    }
    assertThat(openFiles()).noneMatch(file -> file.endsWith("app.jar"));
  }

  @Test
  void load_classpathJar_leavesTheSharedJarFileOpen() throws Exception {
    Path jar = dir.resolve("app.jar");
    writeJar(jar, "CREATE TABLE a(x);");
    URL folderInJar = URI.create("jar:" + jar.toUri() + "!/db/migrations/").toURL();
    JarURLConnection somebodyElses = (JarURLConnection) folderInJar.openConnection();
    somebodyElses.setUseCaches(true);

    try (JarFile shared = somebodyElses.getJarFile();
        URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
      MigrationSet.load("classpath:db/migrations", loader);

      assertThat(shared.getEntry("db/migrations/001_a.sql")).isNotNull();
    }
  }

  private static java.util.List<String> openFiles() throws Exception {
    Path descriptors = Path.of("/proc/self/fd");
    if (!Files.isDirectory(descriptors)) {
      return java.util.List.of(); // only Linux can tell
    }
    try (var links = Files.list(descriptors)) {
      return links.map(MigrationSetTest::target).toList();
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (java.io.IOException e) {
      return ""; // closed meanwhile
    }
  }

  private static void writeJar(Path jar, String sql) throws Exception {
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out)) {
      entries.putNextEntry(new JarEntry("db/"));
      entries.putNextEntry(new JarEntry("db/migrations/"));
      entries.putNextEntry(new JarEntry("db/migrations/001_a.sql"));
      entries.write(sql.getBytes());
      entries.putNextEntry(new JarEntry("db/migrations/R__b.sql"));
      entries.write("SELECT 1;".getBytes());
      entries.putNextEntry(new JarEntry("db/migrations/old/foo.sql"));
      entries.putNextEntry(new JarEntry("db/migrations2/foo.sql"));
    }
  }

  @Test
  void load_classpathFolder_readsIt() throws Exception {
    folder.file("001_a.sql", "SELECT 1;");
    try (URLClassLoader loader = new URLClassLoader(new URL[] {dir.toUri().toURL()}, null)) {
      assertThat(MigrationSet.load("classpath:/migrations/", loader).files())
          .containsExactly("001_a.sql");
    }
  }

  @Test
  void load_classpathWithNothing_isUnreadable() {
    ClassLoader loader = getClass().getClassLoader();
    MigrationFailure failure =
        catchThrowableOfType(
            MigrationFailure.class, () -> MigrationSet.load("classpath:no/such", loader));

    assertThat(failure.kind()).isEqualTo(Kind.UNREADABLE);
    assertThat(failure).hasMessageContaining("classpath:no/such");
  }

  @Test
  void load_location_isAFolderToo() throws Exception {
    folder.file("001_a.sql", "SELECT 1;");

    MigrationSet set = MigrationSet.load(folder.path().toString(), getClass().getClassLoader());

    assertThat(set.size()).isOne();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PRAGMA foreign_keys = ON",
        "pragma Foreign_Keys(0)",
        "PRAGMA main.foreign_keys=1",
        "PRAGMA \"foreign_keys\" = 1",
        "PRAGMA journal_mode=DELETE",
        "PRAGMA synchronous=OFF",
        "PRAGMA locking_mode=EXCLUSIVE",
        "PRAGMA wal_autocheckpoint=1",
        "PRAGMA wal_checkpoint",
        "PRAGMA writable_schema=1",
        "PRAGMA schema_version = 7",
        "EXPLAIN PRAGMA synchronous=0",
        "EXPLAIN QUERY PLAN PRAGMA synchronous=0",
        "ATTACH 'x' AS x",
        "DETACH x",
        "VACUUM",
        "VACUUM INTO 'x'",
        "BEGIN",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "END",
        "ROLLBACK",
        "SAVEPOINT a",
        "RELEASE a",
        "/* c */ commit",
        "; ;BEGIN",
        "\uFEFFBEGIN"
      })
  void load_statementThatLeavesTheTransaction_isRefused(String sql) {
    String script = "CREATE TABLE a(x); -- one\n\n/* two\n*/ " + sql + ";\n";

    MigrationFailure failure = folder.file("001_a.sql", script).loadFailure();

    assertThat(failure.kind()).isEqualTo(Kind.UNPARSABLE);
    assertThat(failure.file()).isEqualTo("001_a.sql");
    assertThat(failure.line()).isEqualTo(4);
    assertThat(sql).endsWith(failure.statement());
    assertThat(failure).hasMessageContaining("not allowed").hasMessageContaining("line=4");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO _dosql_meta VALUES ('schema', '')",
        "DELETE FROM main.\"_DOSQL_migrations\"",
        "DROP TABLE IF EXISTS _dosql_once",
        "CREATE TABLE _dosql_mine (x)",
        "CREATE TRIGGER r AFTER INSERT ON a BEGIN UPDATE _dosql_once SET at = 0; END"
      })
  void load_statementThatWritesToTheLibrarysTables_isRefused(String sql) {
    MigrationFailure failure =
        folder.file("001_a.sql", "CREATE TABLE a(x);\n" + sql + ";").loadFailure();

    assertThat(failure.kind()).isEqualTo(Kind.UNPARSABLE);
    assertThat(failure.line()).isEqualTo(2);
    assertThat(failure).hasMessageContaining("the library's own").hasMessageContaining("line=2");
  }

  @Test
  void load_harmlessPragmasAndTriggerBodies_areAllowed() throws Exception {
    folder.file(
        "001_a.sql",
        """
        PRAGMA user_version = 7; PRAGMA application_id(5); PRAGMA table_info(a);
        PRAGMA journal_mode; PRAGMA main.foreign_key_check;
        CREATE TABLE a(x, "begin" INT, [commit] TEXT); -- BEGIN;
        CREATE TEMP TRIGGER u AFTER INSERT ON a BEGIN SELECT 1; END;
        CREATE TRIGGER t AFTER UPDATE ON a WHEN CASE new.x WHEN 1 THEN 1 ELSE 0 END
        BEGIN
          UPDATE a SET x = CASE WHEN x = ';' THEN 1 ELSE 2 END; /* END; */
          SELECT 'END;';
        END;
        INSERT INTO a VALUES('BEGIN; COMMIT', 1, 2)""");

    assertThat(folder.migrate("x.db").applied()).isOne();
    assertThat(folder.query("x.db", "PRAGMA user_version")).containsExactly("7");
    assertThat(folder.query("x.db", "SELECT x FROM a")).containsExactly("BEGIN; COMMIT");
    assertThat(folder.query("x.db", "SELECT name FROM sqlite_master WHERE type='trigger'"))
        .containsExactly("t");
  }

  @ParameterizedTest
  @ValueSource(strings = {"'never closed", "\"never closed", "`never closed", "[never closed"})
  void load_unclosedQuote_isUnparsableAtItsLine(String text) {
    MigrationFailure failure =
        folder.file("001_a.sql", "SELECT 1;\nINSERT INTO a\nVALUES(" + text + ");").loadFailure();

    assertThat(failure.kind()).isEqualTo(Kind.UNPARSABLE);
    assertThat(failure.line()).isEqualTo(3);
    assertThat(failure.statement()).isEqualTo(text + ");");
  }

  @Test
  void load_triggerWithoutEnd_isUnparsable() {
    MigrationFailure failure =
        folder
            .file("001_a.sql", "SELECT 1;\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;\n")
            .loadFailure();

    assertThat(failure.kind()).isEqualTo(Kind.UNPARSABLE);
    assertThat(failure.line()).isEqualTo(2);
    assertThat(failure.statement()).startsWith("CREATE TRIGGER");
  }

  @Test
  void load_characterZero_isUnparsable() {
    MigrationFailure failure =
        folder.file("001_a.sql", "SELECT 1;\nSELECT 1;\0 VACUUM;").loadFailure();

    assertThat(failure.kind()).isEqualTo(Kind.UNPARSABLE);
    assertThat(failure.line()).isEqualTo(2);
  }

  @Test
  void statement_ofAnyLength_isCut() {
    String sql = "VACUUM " + "x".repeat(5000);

    assertThat(folder.file("001_a.sql", sql).loadFailure().statement()).hasSize(500);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE TABLE a(x TEXT DEFAULT CURRENT_TIMESTAMP)",
        "CREATE TABLE a(x TEXT DEFAULT (datetime('now')) NOT NULL, y)",
        "CREATE TABLE a(x); ALTER TABLE a ADD COLUMN y DEFAULT (random())",
        "CREATE TABLE a(x DEFAULT (hex(randomblob(16))) PRIMARY KEY)",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = CURRENT_TIMESTAMP; END",
        "CREATE VIEW v AS SELECT datetime('now')",
        "CREATE TABLE a(x); INSERT INTO a VALUES('random()') -- random()",
        "/* random() */ CREATE TABLE a(date TEXT, random INT); INSERT INTO a(date) VALUES(1)",
        "CREATE TABLE a(x); INSERT INTO a VALUES(1); UPDATE a SET x = lower('A')",
      })
  void sameForEveryone_withNothingThatVaries_isTrue(String sql) throws Exception {
    assertThat(folder.file("001_a.sql", sql).load().sameForEveryone()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO a VALUES (datetime('now'))",
        "INSERT INTO a VALUES (random())",
        "INSERT INTO a VALUES (\"random\" ())",
        "INSERT INTO a VALUES (RandomBlob (16))",
        "INSERT INTO a VALUES (current_DATE)",
        "UPDATE a SET x = my_function('NOW')",
        "CREATE TABLE a AS SELECT strftime('%s') AS x",
        "CREATE TABLE a(x DEFAULT 1, y CHECK (y < date()))",
        "CREATE TABLE a(x DEFAULT (1), y CHECK (y < random()))",
        "CREATE TABLE a(x, y DEFAULT CURRENT_TIMESTAMP); INSERT INTO a(x) VALUES (1)",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = random(); END;"
            + " WITH w AS (SELECT 1) INSERT INTO a SELECT * FROM w",
        "CREATE VIEW v AS SELECT random() AS r; CREATE TABLE a AS SELECT r FROM v",
      })
  void sameForEveryone_withChanceOrTime_isFalse(String sql) throws Exception {
    assertThat(folder.file("001_a.sql", sql).load().sameForEveryone()).isFalse();
  }

  @Test
  void mentions_identifierInAnyCase_isFound() throws Exception {
    MigrationSet set =
        folder
            .file("001_a.sql", "CREATE TABLE a(x); -- in_comment\nSELECT 'in_string', Slug(1);")
            .file("002_b.sql", "SELECT \"Quoted\"(1);")
            .load();

    assertThat(set.mentions("SLUG")).isTrue();
    assertThat(set.mentions("quoted")).isTrue();
    assertThat(set.mentions("in_comment")).isFalse();
    assertThat(set.mentions("in_string")).isFalse();
    assertThat(set.mentions("slu")).isFalse();
  }
}
