package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dosql.testing.ChildJvm;
import dev.dosql.testing.Commands;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * What a process may not write or read. Permissions do not hold root back, so if these tests are
 * run as root the process is another user's, with a copy of the classes that this user may read.
 */
@Timeout(120)
class ReadOnlyTest {
  /** The id of the user that is nobody, on every system that has {@code setpriv}. */
  private static final String NOBODY = "65534";

  private static final List<String> SOMEBODY =
      List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--");

  @TempDir(factory = Reachable.class)
  Path parent;

  private Path data;
  private List<String> wrapper = List.of();
  private String classPath = ChildJvm.classPath();

  @BeforeEach
  void makeTenants() throws Exception {
    permit(parent, "rwxr-xr-x");
    data = parent.resolve("data");
    try (DoSQL tenants = DoSQL.open(options())) {
      for (String name : List.of("acme", "other")) {
        tenants.db(name).exec(Server.TABLE);
        tenants.db(name).run("INSERT INTO t(id) VALUES(1)");
      }
    }
    if (Commands.isRoot()) {
      wrapper = SOMEBODY;
      Path java = Path.of(System.getProperty("java.home"), "bin", "java");
      assumeTrue(isReached(java), "another user cannot run this JDK, which is in " + java);
      classPath = copyOfTheClasses();
      assertThat(Commands.run("chown", "-R", NOBODY, data.toString())).isEmpty();
    }
  }

  /** Whether a user that is not root comes to a file, through all directories above it. */
  private static boolean isReached(Path file) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(SOMEBODY);
    command.addAll(List.of("test", "-x", file.toString()));
    return Commands.run(command.toArray(new String[0])).isEmpty();
  }

  /**
   * Makes a directory that the other user comes to: the one for temporary files may be root's own.
   */
  static final class Reachable implements TempDirFactory {
    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext extension)
        throws Exception {
      if (!Commands.isRoot()) {
        return Files.createTempDirectory("dosql-read-only");
      }
      assumeTrue(Commands.exist("setpriv", "chown"), "root needs setpriv to be somebody else");
      List<String> parents =
          List.of(System.getProperty("java.io.tmpdir"), "/tmp", "/var/tmp", "/dev/shm");
      for (String each : parents) {
        if (Files.isDirectory(Path.of(each)) && isReached(Path.of(each))) {
          return Files.createTempDirectory(Path.of(each), "dosql-read-only");
        }
      }
      throw new AssertionError("seen no directory that another user reaches among " + parents);
    }
  }

  private DBOptions options() {
    return DBOptions.builder().directory(data).build();
  }

  private String copyOfTheClasses() throws IOException {
    Path classes = Files.createDirectory(parent.resolve("classes"));
    List<String> copied = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator)) {
      Path from = Path.of(entry);
      if (!entry.isEmpty() && Files.exists(from)) {
        Path to = classes.resolve(copied.size() + "-" + from.getFileName());
        copyTree(from, to);
        copied.add(to.toString());
      }
    }
    return String.join(File.pathSeparator, copied);
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path each : (Iterable<Path>) all::iterator) {
        Path copy = to.resolve(from.relativize(each).toString());
        Files.copy(each, copy);
        permit(copy, Files.isDirectory(copy) ? "rwxr-xr-x" : "rw-r--r--");
      }
    }
  }

  private static void permit(Path file, String permissions) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  private void permitAll(String files, String directories) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(data)) {
      all = walk.toList();
    }
    for (Path each : all) {
      permit(each, Files.isDirectory(each) ? directories : files);
    }
  }

  @AfterEach
  void nothingIsLost() throws IOException {
    permitAll("rw-r--r--", "rwxr-xr-x");
    try (DoSQL tenants = DoSQL.open(options())) {
      for (String name : List.of("acme", "other")) {
        DB db = tenants.find(name).orElseThrow();
        assertThat(db.query(Long.class, "SELECT id FROM t ORDER BY id")).startsWith(1L);
        assertThat(db.query(String.class, "PRAGMA integrity_check")).containsExactly("ok");
      }
    }
    try (Stream<Path> files = Files.walk(data)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.matches("(probe|tmp)-.*"));
    }
  }

  private Server start() throws Exception {
    return Server.start(wrapper, classPath, data);
  }

  @Test
  void everything_isReadOnly_openingIsATypedErrorUntilItIsNot() throws Exception {
    permitAll("r--r--r--", "r-xr-xr-x");
    try (Server server = start()) {
      for (int i = 0; i < 2; i++) {
        assertThat(server.open()).startsWith("ReadOnlyException: ").contains("directory=" + data);
      }
      permitAll("rw-r--r--", "rwxr-xr-x");
      assertThat(server.open()).isEqualTo("ok");
      assertThat(server.write("acme", 2, 1)).isEqualTo("ok");
      assertThat(server.read("acme")).containsExactly(1L, 2L);
    }
  }

  @Test
  void ownDirectory_isReadOnly_openingIsATypedError() throws Exception {
    permit(data.resolve(".dosql"), "r-xr-xr-x");
    try (Server server = start()) {
      assertThat(server.open()).startsWith("ReadOnlyException: ").contains("directory=" + data);
      permit(data.resolve(".dosql"), "rwxr-xr-x");
      assertThat(server.open()).isEqualTo("ok");
    }
  }

  @Test
  void directory_thatCannotBeMade_isATypedError() throws Exception {
    Path here = data;
    permit(here, "r-xr-xr-x");
    try (Server server = Server.start(wrapper, classPath, here.resolve("inside/data"))) {
      assertThat(server.open()).startsWith("ReadOnlyException: ").contains("inside");
    }
  }

  @Test
  void tenantsDirectory_isReadOnly_callsAreTypedErrorsUntilItIsNot() throws Exception {
    permit(data, "r-xr-xr-x");
    try (Server server = start()) {
      assertThat(server.open()).isEqualTo("ok");
      for (int i = 0; i < 2; i++) {
        assertThat(server.write("acme", 2, 1))
            .startsWith("ReadOnlyException: ")
            .contains("tenant=acme");
        assertThat(server.ask("read", "acme"))
            .startsWith("ReadOnlyException: ")
            .contains("tenant=acme");
        assertThat(server.ask("create", "newcomer"))
            .startsWith("ReadOnlyException: ")
            .contains("tenant=newcomer");
      }
      permit(data, "rwxr-xr-x");
      assertThat(server.write("acme", 2, 1)).isEqualTo("ok");
      assertThat(server.ask("create", "newcomer")).isEqualTo("ok");
      assertThat(server.read("acme")).containsExactly(1L, 2L);
    }
  }

  @Test
  void tenantsDirectory_becomesReadOnlyUnderAnOpenTenant_losesNothing() throws Exception {
    try (Server server = start()) {
      assertThat(server.open()).isEqualTo("ok");
      assertThat(server.write("acme", 2, 1)).isEqualTo("ok");
      permit(data, "r-xr-xr-x");
      assertThat(server.write("acme", 3, 1)).as("its files are open").isEqualTo("ok");
      assertThat(server.read("acme")).containsExactly(1L, 2L, 3L);
      assertThat(server.write("other", 2, 1)).startsWith("ReadOnlyException: ");
      permit(data, "rwxr-xr-x");
      assertThat(server.ask("close", "acme")).isEqualTo("ok");
      assertThat(server.read("acme")).containsExactly(1L, 2L, 3L);
      assertThat(server.write("other", 2, 1)).isEqualTo("ok");
    }
  }

  @Test
  void tenantsDirectory_isReadOnly_renameAndImportAreTypedErrorsUntilItIsNot() throws Exception {
    Path source = parent.resolve("source.sqlite");
    try (DoSQL tenants = DoSQL.open(options())) {
      tenants.db("acme").exportTo(source);
    }
    permit(source, "rw-r--r--");
    permit(data, "r-xr-xr-x");
    try (Server server = start()) {
      assertThat(server.open()).isEqualTo("ok");
      for (int i = 0; i < 2; i++) {
        assertThat(server.ask("rename", "acme", "renamed"))
            .startsWith("ReadOnlyException: ")
            .contains("tenant=acme");
        assertThat(server.ask("import", "imported", source))
            .startsWith("ReadOnlyException: ")
            .contains("tenant=imported");
      }
      permit(data, "rwxr-xr-x");
      assertThat(server.ask("import", "imported", source)).isEqualTo("ok");
      assertThat(server.read("imported")).containsExactly(1L);
      assertThat(server.ask("rename", "imported", "renamed")).isEqualTo("ok");
      assertThat(server.read("renamed")).containsExactly(1L);
    }
  }

  /** Its log cannot be deleted, which is not the fault of another process. */
  @Test
  void tenantsDirectory_becomesReadOnlyUnderAnOpenTenant_renameIsATypedErrorWithoutLoss()
      throws Exception {
    try (Server server = start()) {
      assertThat(server.open()).isEqualTo("ok");
      assertThat(server.write("acme", 2, 1)).isEqualTo("ok");
      permit(data, "r-xr-xr-x");
      for (int i = 0; i < 2; i++) {
        assertThat(server.ask("rename", "acme", "renamed"))
            .startsWith("ReadOnlyException: ")
            .contains("tenant=acme");
      }
      permit(data, "rwxr-xr-x");
      assertThat(server.read("acme")).containsExactly(1L, 2L);
      assertThat(server.ask("rename", "acme", "renamed")).isEqualTo("ok");
      assertThat(server.read("renamed")).containsExactly(1L, 2L);
      assertThat(server.ask("rename", "renamed", "acme")).isEqualTo("ok");
    }
  }

  @Test
  void directoryOfAnExport_isReadOnly_isATypedErrorUntilItIsNot() throws Exception {
    Path out = Files.createDirectory(parent.resolve("out"));
    permit(out, "r-xr-xr-x");
    if (Commands.isRoot()) {
      assertThat(Commands.run("chown", NOBODY, out.toString())).isEmpty();
    }
    try (Server server = start()) {
      assertThat(server.open()).isEqualTo("ok");
      for (int i = 0; i < 2; i++) {
        assertThat(server.ask("export", "acme", out.resolve("acme.sqlite")))
            .startsWith("ReadOnlyException: ")
            .contains("tenant=acme");
        assertThat(server.write("acme", 2 + i, 1)).isEqualTo("ok");
      }
      permit(out, "rwxr-xr-x");
      assertThat(server.ask("export", "acme", out.resolve("acme.sqlite"))).isEqualTo("ok");
      assertThat(out).isDirectoryContaining("glob:**/acme.sqlite");
    }
  }

  @Test
  void fileOfATenant_isReadOnly_writesAreTypedErrorsAndOthersAreServed() throws Exception {
    permit(data.resolve("acme.db"), "r--r--r--");
    try (Server server = start()) {
      assertThat(server.open()).isEqualTo("ok");
      for (int i = 0; i < 2; i++) {
        assertThat(server.write("acme", 2, 1))
            .startsWith("ReadOnlyException: ")
            .contains("tenant=acme");
        assertThat(server.transaction("acme", 2, 1)).startsWith("ReadOnlyException: ");
        assertThat(server.batch("acme", 2, 1)).startsWith("ReadOnlyException: ");
        assertThat(server.write("other", 10 + i, 1)).isEqualTo("ok");
      }
      // SQLite gives a log that it makes the permissions of the file.
      permitAll("rw-r--r--", "rwxr-xr-x");
      assertThat(server.ask("close", "acme")).isEqualTo("ok");
      assertThat(server.write("acme", 2, 1)).isEqualTo("ok");
      assertThat(server.read("acme")).containsExactly(1L, 2L);
    }
  }

  @Test
  void fileOfATenant_cannotBeRead_isATypedErrorAndOthersAreServed() throws Exception {
    permit(data.resolve("acme.db"), "---------");
    try (Server server = start()) {
      assertThat(server.open()).isEqualTo("ok");
      for (int i = 0; i < 2; i++) {
        assertThat(server.ask("read", "acme"))
            .startsWith("StorageException: ")
            .contains("tenant=acme");
        assertThat(server.ask("create", "acme")).startsWith("TenantExistsException: ");
        assertThat(server.write("other", 10 + i, 1)).isEqualTo("ok");
      }
      permit(data.resolve("acme.db"), "rw-r--r--");
      assertThat(server.read("acme")).containsExactly(1L);
      assertThat(server.write("acme", 2, 1)).isEqualTo("ok");
    }
  }
}
