package dev.dosql;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class DamagedFilesTest {
  @TempDir Path data;
  private DBOptions options;

  @BeforeEach
  void makeTenants() {
    options = DBOptions.builder().directory(data).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      for (String name : new String[] {"acme", "sound"}) {
        tenants.db(name).exec("CREATE TABLE t(x); CREATE INDEX i ON t(x)");
        tenants.db(name).run("INSERT INTO t VALUES(?)", "x".repeat(50_000));
      }
    }
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
        of("cut in the first page", bytes -> Arrays.copyOf(bytes, 1_000)),
        of("cut after the first page", bytes -> Arrays.copyOf(bytes, 4_096)),
        of("the header alone", bytes -> Arrays.copyOf(bytes, 100)),
        of("cut by a byte", bytes -> Arrays.copyOf(bytes, bytes.length - 1)),
        of("cut by a page", bytes -> Arrays.copyOf(bytes, bytes.length - 4_096)),
        of("cut in its last page", bytes -> Arrays.copyOf(bytes, bytes.length - 3_584)),
        of("cut in half", bytes -> Arrays.copyOf(bytes, bytes.length / 2)),
        of("header gone", bytes -> fill(bytes, 0, 100)),
        of("schema gone", bytes -> fill(bytes, 100, 4_096)));
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
  void file_damaged_isATypedErrorAndStaysAsItIs(String what, UnaryOperator<byte[]> damage)
      throws IOException {
    Path file = data.resolve("acme.db");
    byte[] sound = Files.readAllBytes(file);
    byte[] damaged = damage.apply(sound.clone());
    Files.write(file, damaged);

    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      for (int i = 0; i < 2; i++) {
        assertThatExceptionOfType(CorruptDatabaseException.class)
            .as(what)
            .isThrownBy(() -> acme.query("SELECT x FROM t"))
            .withMessageContaining("tenant=acme");
        assertThatExceptionOfType(CorruptDatabaseException.class)
            .as(what)
            .isThrownBy(() -> acme.run("INSERT INTO t VALUES(1)"))
            .withMessageContaining("tenant=acme");
      }
      assertThatExceptionOfType(TenantExistsException.class)
          .isThrownBy(() -> tenants.create("acme"));
      assertThat(tenants.tenants()).hasSize(2);
      assertThat(tenants.db("sound").query("SELECT x FROM t")).hasSize(1);
      assertThat(Files.readAllBytes(file)).isEqualTo(damaged);
      assertThat(data.resolve("acme.db-wal")).doesNotExist();

      Files.write(file, sound);
      assertThat(acme.query("SELECT x FROM t")).as("restored").hasSize(1);
      acme.run("INSERT INTO t VALUES(1)");
    }
  }

  /** What a process leaves that was killed: the file as it was made, the rows in the log. */
  private Path killedWith(int rows) throws IOException {
    Path killed = Files.createDirectory(data.resolve("killed"));
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      for (int row = 0; row < rows; row++) {
        acme.run("INSERT INTO t VALUES(?)", row + "y".repeat(5_000));
      }
      for (String file : new String[] {"acme.db", "acme.db-wal", "acme.db-shm"}) {
        Files.copy(data.resolve(file), killed.resolve(file));
      }
    }
    return killed;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100, 1_000, 4_096, 6_000, 8_192, 40_960})
  void file_cutBesideALogThatWasLeft_isATypedErrorAndTheLogStays(int size) throws IOException {
    Path killed = killedWith(20);
    Path file = killed.resolve("acme.db");
    byte[] sound = Files.readAllBytes(file);
    byte[] log = Files.readAllBytes(killed.resolve("acme.db-wal"));
    byte[] cut = Arrays.copyOf(sound, size);
    Files.write(file, cut);
    Files.copy(data.resolve("sound.db"), killed.resolve("sound.db"));

    try (DoSQL tenants = DoSQL.open(options.toBuilder().directory(killed).build())) {
      DB acme = tenants.db("acme");
      for (int i = 0; i < 2; i++) {
        assertThatExceptionOfType(CorruptDatabaseException.class)
            .isThrownBy(() -> acme.query("SELECT x FROM t"))
            .withMessageContaining("tenant=acme");
        assertThatExceptionOfType(CorruptDatabaseException.class)
            .isThrownBy(() -> acme.run("INSERT INTO t VALUES(1)"))
            .withMessageContaining("tenant=acme");
      }
      assertThat(tenants.db("sound").query("SELECT x FROM t")).hasSize(1);
      assertThat(Files.readAllBytes(file)).isEqualTo(cut);
      assertThat(Files.readAllBytes(killed.resolve("acme.db-wal"))).isEqualTo(log);

      Files.write(file, sound);
      assertThat(acme.query("SELECT x FROM t")).as("restored, with the log").hasSize(21);
    }
  }

  @Test
  void log_thatHoldsTheEndOfTheFile_isNoDamage() throws IOException {
    Path killed = killedWith(200);
    assertThat(Files.size(killed.resolve("acme.db-wal")))
        .isGreaterThan(10 * Files.size(killed.resolve("acme.db")));
    // As a checkpoint leaves it that was cut short: the first page tells of pages not yet there.
    byte[] later = Files.readAllBytes(data.resolve("acme.db"));
    byte[] file = Files.readAllBytes(killed.resolve("acme.db"));
    System.arraycopy(later, 0, file, 0, 4_096);
    Files.write(killed.resolve("acme.db"), file);
    try (DoSQL tenants = DoSQL.open(options.toBuilder().directory(killed).build())) {
      assertThat(tenants.db("acme").query("SELECT x FROM t")).hasSize(201);
      assertThat(tenants.db("acme").query(String.class, "PRAGMA integrity_check"))
          .containsExactly("ok");
    }
  }

  static Stream<Arguments> damagesOfTheLog() {
    return Stream.of(
        of("empty", bytes -> new byte[0]),
        of("garbage", bytes -> random(bytes.length)),
        of("its header gone", bytes -> fill(bytes, 0, 32)),
        of("its header alone", bytes -> Arrays.copyOf(bytes, 32)),
        of("cut in a frame", bytes -> Arrays.copyOf(bytes, bytes.length / 2)),
        of("a frame damaged", bytes -> fill(bytes, bytes.length / 2, bytes.length / 2 + 9)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damagesOfTheLog")
  void log_damaged_isReadAsFarAsItIsWhole(String what, UnaryOperator<byte[]> damage)
      throws IOException {
    Path killed = killedWith(20);
    Path log = killed.resolve("acme.db-wal");
    Files.write(log, damage.apply(Files.readAllBytes(log)));
    try (DoSQL tenants = DoSQL.open(options.toBuilder().directory(killed).build())) {
      DB acme = tenants.db("acme");
      List<String> rows = acme.query(String.class, "SELECT x FROM t ORDER BY rowid");
      assertThat(rows).as(what).hasSizeBetween(1, 20);
      for (int row = 1; row < rows.size(); row++) {
        assertThat(rows.get(row)).isEqualTo(row - 1 + "y".repeat(5_000));
      }
      assertThat(acme.query(String.class, "PRAGMA integrity_check")).containsExactly("ok");
      acme.run("INSERT INTO t VALUES(1)");
    }
  }

  @Test
  void indexOfTheLog_damaged_isMadeAnew() throws IOException {
    Path killed = killedWith(20);
    Files.write(killed.resolve("acme.db-shm"), random(70_000));
    try (DoSQL tenants = DoSQL.open(options.toBuilder().directory(killed).build())) {
      assertThat(tenants.db("acme").query("SELECT x FROM t")).hasSize(21);
      assertThat(tenants.db("acme").query(String.class, "PRAGMA integrity_check"))
          .containsExactly("ok");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void page_damagedInsideATable_isFoundWhenItIsReadAndStaysAsItIs(boolean zeros) throws Exception {
    Path file = data.resolve("acme.db");
    try (DoSQL tenants = DoSQL.open(options)) {
      tenants.db("acme").exec("CREATE TABLE many(id INTEGER PRIMARY KEY, x)");
      tenants
          .db("acme")
          .batch(
              "INSERT INTO many(x) VALUES(?)",
              IntStream.rangeClosed(1, 1_000)
                  .mapToObj(i -> "row-" + i + ";" + "z".repeat(50))
                  .toList());
    }
    byte[] sound = Files.readAllBytes(file);
    int page = new String(sound, ISO_8859_1).indexOf("row-500;") / 4_096 * 4_096;
    byte[] damaged = sound.clone();
    System.arraycopy(zeros ? new byte[4_096] : random(4_096), 0, damaged, page, 4_096);
    Files.write(file, damaged);

    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      assertThat(acme.query("SELECT x FROM many WHERE id = 1")).as("another page").hasSize(1);
      for (int i = 0; i < 2; i++) {
        assertCorrupt(() -> acme.query("SELECT x FROM many WHERE id = 500"));
        assertCorrupt(() -> acme.query("SELECT count(x) FROM many"));
        assertCorrupt(() -> acme.run("UPDATE many SET x = 1 WHERE id = 500"));
        assertCorrupt(() -> acme.useTransaction(tx -> tx.run("DELETE FROM many")));
        assertCorrupt(
            () -> {
              try (RowStream<Row> rows = acme.stream("SELECT x FROM many")) {
                rows.forEachRemaining(row -> {});
              }
            });
      }
      assertThat(acme.query("SELECT x FROM many WHERE id = 1000")).hasSize(1);
      assertThat(tenants.db("sound").query("SELECT x FROM t")).hasSize(1);
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(damaged);

    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      assertCorrupt(() -> acme.query("SELECT x FROM many WHERE id = 500"));
      tenants.suspend("acme");
      Files.write(file, sound);
      tenants.resume("acme");
      assertThat(acme.query("SELECT x FROM many")).as("restored").hasSize(1_000);
      acme.run("UPDATE many SET x = 1");
    }
  }

  private static void assertCorrupt(ThrowingCallable call) {
    assertThatExceptionOfType(CorruptDatabaseException.class)
        .isThrownBy(call)
        .withMessageContaining("tenant=acme");
  }

  @ParameterizedTest
  @ValueSource(strings = {"directory", "link"})
  void somethingElse_inPlaceOfTheFile_isATypedErrorAndStays(String what) throws IOException {
    Path file = data.resolve("acme.db");
    Path aside = data.resolve("aside");
    Files.move(file, aside);
    if (what.equals("link")) {
      Files.createSymbolicLink(file, data.resolve("not-mounted/acme.db"));
    } else {
      Files.createDirectories(file.resolve("inside"));
    }
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.db("acme");
      assertCorrupt(() -> acme.query("SELECT x FROM t"));
      assertCorrupt(() -> acme.run("INSERT INTO t VALUES(1)"));
      assertCorrupt(() -> tenants.create("acme"));
      assertThat(tenants.db("sound").query("SELECT x FROM t")).hasSize(1);
      assertThat(Files.exists(file, LinkOption.NOFOLLOW_LINKS)).isTrue();
      Files.deleteIfExists(file.resolve("inside"));
      Files.delete(file);
      Files.move(aside, file);
      assertThat(acme.query("SELECT x FROM t")).as("restored").hasSize(1);
    }
  }
}
