package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TenantNamesTest {
  private static final String COMPOSED = Normalizer.normalize("café", Normalizer.Form.NFC);
  private static final String DECOMPOSED = Normalizer.normalize("café", Normalizer.Form.NFD);

  /** Names that mean something to a file system, a URI, the driver, SQL, or this library. */
  private static final List<String> NAMES =
      List.of(
          "acme",
          "../../etc/passwd",
          "a/b",
          "a\\b",
          "..",
          ".",
          "/",
          "CON",
          "con",
          "con.db",
          "NUL",
          "nul",
          "A",
          "a",
          "Acme",
          "ACME",
          "😀",
          "😀😀",
          "trailing.",
          "trailing",
          "trailing ",
          ".leading",
          " leading",
          "x?limit_attached=0",
          "x?mode=memory",
          "file:x",
          ":memory:",
          "template-empty",
          "template-",
          ".dosql",
          "dosql",
          "tmp-1",
          "acme.db",
          "acme.db-wal",
          "acme-wal",
          "_",
          "__",
          "_h",
          "_61",
          "a_h",
          "%2e%2e",
          "%",
          "a#b",
          "a;b",
          "'",
          "\"",
          "`",
          "*",
          "a b",
          "~",
          "$HOME",
          COMPOSED,
          DECOMPOSED,
          "ß",
          "SS",
          "ı",
          "İ",
          "\u2028",
          "\u202e",
          "x".repeat(64),
          "x".repeat(65),
          "x".repeat(200),
          "X".repeat(200),
          "é".repeat(100),
          "😀".repeat(50),
          "-".repeat(200),
          "default",
          "null",
          "main",
          "temp",
          "lock",
          "holder");

  @TempDir Path parent;

  private DoSQL open() {
    return DoSQL.open(DBOptions.builder().directory(parent.resolve("data")).build());
  }

  @Test
  void names_ofEveryKind_eachHaveTheirOwnFileAndAreListedAsGiven() throws IOException {
    try (DoSQL tenants = open()) {
      for (String name : NAMES) {
        tenants.create(name).exec("CREATE TABLE who(name TEXT)");
        tenants.db(name).run("INSERT INTO who VALUES(?)", name);
      }
    }
    try (DoSQL tenants = open()) {
      assertThat(tenants.tenants().map(TenantInfo::name))
          .containsExactlyInAnyOrderElementsOf(NAMES);
      for (String name : NAMES) {
        DB db = tenants.find(name).orElseThrow();
        assertThat(db.name()).isEqualTo(name);
        assertThat(db.query(String.class, "SELECT name FROM who")).containsExactly(name);
      }
    }
    assertEverythingIsInside();
  }

  private void assertEverythingIsInside() throws IOException {
    try (Stream<Path> files = Files.walk(parent)) {
      assertThat(files.filter(file -> file.toString().endsWith(".db")))
          .filteredOn(file -> !file.toString().contains("/.dosql/"))
          .hasSize(NAMES.size())
          .allSatisfy(
              file -> {
                assertThat(file.getParent()).isEqualTo(parent.resolve("data"));
                assertThat(file.getFileName().toString()).matches("[a-z0-9_-]{1,64}\\.db");
              });
    }
    try (Stream<Path> files = Files.list(parent)) {
      assertThat(files).containsExactly(parent.resolve("data"));
    }
  }

  @Test
  void names_thatOnlyDifferInNormalization_areDifferentTenants() {
    assertThat(COMPOSED).isNotEqualTo(DECOMPOSED);
    try (DoSQL tenants = open()) {
      tenants.create(COMPOSED).exec("CREATE TABLE t(x)");

      assertThat(tenants.find(DECOMPOSED)).isEmpty();
      tenants.create(DECOMPOSED);
      assertThat(tenants.tenants()).hasSize(2);
    }
  }

  static Stream<String> invalidNames() {
    return Stream.of(
        "",
        "\u0000",
        "a\u0000b",
        "a\nb",
        "\t",
        "\u001f",
        "\u007f",
        "\u0085",
        "\u009f",
        "x\r",
        "x".repeat(201),
        "é".repeat(101),
        "😀".repeat(50) + "x",
        "\ud83d",
        "a\udc00",
        "\udc00\ud800");
  }

  @ParameterizedTest
  @MethodSource("invalidNames")
  void name_invalid_isRefusedEverywhereAndNothingIsMade(String name) throws IOException {
    try (DoSQL tenants = open()) {
      List<Consumer<String>> calls =
          List.of(
              tenants::db,
              tenants::create,
              tenants::find,
              tenants::delete,
              tenants::suspend,
              tenants::resume);
      for (Consumer<String> call : calls) {
        assertThatExceptionOfType(InvalidTenantNameException.class)
            .isThrownBy(() -> call.accept(name))
            .satisfies(e -> assertThat(e.getMessage()).doesNotContainPattern("\\p{Cntrl}"));
      }
      assertThat(tenants.tenants()).isEmpty();
    }
    DBOptions other = DBOptions.builder().directory(parent.resolve("other")).build();
    assertThatExceptionOfType(InvalidTenantNameException.class)
        .isThrownBy(() -> DB.open(name, other).close());
    assertThat(parent.resolve("other")).doesNotExist();
  }

  @Test
  void listing_foreignFilesInTheDirectory_doesNotBreak() throws IOException {
    Path data = parent.resolve("data");
    try (DoSQL tenants = open()) {
      tenants.create("acme");
      tenants.create("y".repeat(100));
      Files.writeString(data.resolve("README"), "hello");
      Files.writeString(data.resolve("README.md"), "hello");
      Files.writeString(data.resolve("foo.db"), "not a database");
      Files.writeString(data.resolve("Upper.db"), "not ours");
      Files.writeString(data.resolve("_zz.db"), "not ours");
      Files.writeString(data.resolve("_6.db"), "not ours");
      Files.writeString(data.resolve(".db"), "not ours");
      Files.writeString(data.resolve("a_h" + "0".repeat(40) + ".db"), "has no name");
      Files.writeString(data.resolve("b_h" + "0".repeat(40) + ".db"), "has another's name");
      Files.writeString(data.resolve("b_h" + "0".repeat(40) + ".name"), "acme");
      Files.createDirectory(data.resolve("folder"));
      Files.createDirectory(data.resolve("folder.db"));

      assertThat(tenants.tenants().map(TenantInfo::name))
          .containsExactlyInAnyOrder("acme", "y".repeat(100), "foo");
      assertThatExceptionOfType(CorruptDatabaseException.class)
          .isThrownBy(() -> tenants.db("foo").query("SELECT 1"))
          .withMessageContaining("tenant=foo");
      assertThat(tenants.find("folder")).isEmpty();
    }
    assertThat(data.resolve("foo.db")).hasContent("not a database");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a?b",
        "a?limit_attached=9&mode=memory",
        "a#b",
        "a%20b",
        "100%",
        "a b",
        " ",
        "a;b",
        "a'b",
        "a\"b",
        "a&b=c",
        "~",
        "a+b",
        "[a]",
        "ünï",
        "日本",
        "😀"
      })
  void directory_whosePathMeansSomethingToOthers_works(String name) throws Exception {
    assertThat(Child.roundTrip(parent, name)).isEqualTo("kept acme true");
    try (Stream<Path> files = Files.list(parent)) {
      assertThat(files).hasSize(1);
    }
  }
}
