package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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
    byte[] damaged = damage.apply(Files.readAllBytes(file));
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
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(damaged);
  }
}
