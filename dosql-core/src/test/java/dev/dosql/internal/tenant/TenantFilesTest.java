package dev.dosql.internal.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TenantFilesTest {
  private static final TenantName ACME = new TenantName("acme");
  private static final TenantName LONG = new TenantName("X".repeat(200));

  @TempDir Path directory;
  private TenantFiles files;
  private Path template;

  @BeforeEach
  void makeDirectory() throws IOException {
    Files.createDirectories(directory.resolve(".dosql"));
    template = Files.writeString(directory.resolve(".dosql").resolve("template-1.db"), "template");
    files = new TenantFiles(directory, true);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(file -> file.getFileName().toString())
          .filter(n -> !n.equals(".dosql"))
          .toList();
    }
  }

  private List<TenantName> tenants() {
    List<TenantName> all = new ArrayList<>();
    files.forEach(all::add);
    return all;
  }

  @Test
  void create_ofShortName_makesOneFile() throws IOException {
    files.create(ACME, template);

    assertThat(names()).containsExactly("acme.db");
    assertThat(files.database(ACME)).hasContent("template");
    assertThat(files.own().toFile().list()).containsExactly("template-1.db");
  }

  @Test
  void create_ofHashedName_keepsTheNameBesideIt() throws IOException {
    files.create(LONG, template);

    String encoded = LONG.encoded();
    assertThat(names()).containsExactlyInAnyOrder(encoded + ".db", encoded + ".name");
    assertThat(directory.resolve(encoded + ".name")).hasContent(LONG.text());
    assertThat(tenants()).containsExactly(LONG);
    assertThat(files.isNamed(LONG)).isTrue();
  }

  @Test
  void hashedName_whoseFileIsAnothers_isNotTaken() throws IOException {
    files.create(LONG, template);
    Files.writeString(directory.resolve(LONG.encoded() + ".name"), "somebody else");

    assertThat(files.isNamed(LONG)).isFalse();
    assertThat(tenants()).isEmpty();
  }

  @Test
  void create_templateGone_leavesNothing() throws IOException {
    Files.delete(template);

    assertThatThrownBy(() -> files.create(ACME, template)).isInstanceOf(IOException.class);
    assertThat(names()).isEmpty();
    assertThat(files.own().toFile().list()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"acme.db-wal", "acme.db-shm", "acme.suspended"})
  void create_leftoversOfADeletedTenant_areNotTheNewOnes(String leftover) throws IOException {
    Files.writeString(directory.resolve(leftover), "old");

    files.create(ACME, template);

    assertThat(names()).containsExactly("acme.db");
  }

  @Test
  void delete_leavesNothing() throws IOException {
    files.create(LONG, template);
    files.setSuspended(LONG, true);
    Files.writeString(TenantFiles.wal(files.database(LONG)), "log");

    files.delete(LONG);

    assertThat(names()).isEmpty();
  }

  @Test
  void filesInTheMaking_areSweptAndOthersAreNot() throws IOException {
    Files.writeString(files.temporary(), "half");
    Files.writeString(files.own().resolve("tmp-1-wal"), "half");

    files.settle();

    assertThat(files.own().toFile().list()).containsExactly("template-1.db");
  }

  @Test
  void everyOperation_threadInterrupted_worksAndLeavesTheFlag() {
    Thread.currentThread().interrupt();
    try {
      files.create(LONG, template);
      files.setSuspended(LONG, true);
      assertThat(files.isSuspended(LONG)).isTrue();
      assertThat(files.isNamed(LONG)).isTrue();
      assertThat(tenants()).containsExactly(LONG);
      files.setSuspended(LONG, false);
      files.delete(LONG);
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } catch (IOException e) {
      throw new AssertionError(e);
    } finally {
      Thread.interrupted();
    }
  }
}
