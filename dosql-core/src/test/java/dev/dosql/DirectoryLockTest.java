package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.testing.ChildJvm;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class DirectoryLockTest {
  @TempDir Path parent;

  private DBOptions options() {
    return DBOptions.builder().directory(parent.resolve("data")).build();
  }

  @Test
  void directory_openInThisProcess_isRefusedNamingTheHolder() {
    try (DoSQL tenants = DoSQL.open(options())) {
      assertThatExceptionOfType(DatabaseLockedException.class)
          .isThrownBy(() -> DoSQL.open(options()).close())
          .withMessageContaining("this process")
          .withMessageContaining("DoSQL.open");
      assertThatExceptionOfType(DatabaseLockedException.class)
          .isThrownBy(() -> DB.open("acme", options()).close())
          .withMessageContaining("DoSQL.open");
      assertThat(tenants.tenants()).isEmpty();
    }
    DoSQL.open(options()).close();
  }

  @Test
  void directory_openByHandles_isRefusedToDoSQL() {
    try (DB acme = DB.open("acme", options())) {
      assertThatExceptionOfType(DatabaseLockedException.class)
          .isThrownBy(() -> DoSQL.open(options()).close())
          .withMessageContaining("DB.open");
      assertThat(acme.query("SELECT 1")).hasSize(1);
    }
    DoSQL.open(options()).close();
  }

  @Test
  void directory_heldByAnotherProcess_isRefusedNamingItUntilItIsKilled() throws Exception {
    try (ChildJvm child = Child.holding(options().directory())) {
      assertThatExceptionOfType(DatabaseLockedException.class)
          .isThrownBy(() -> DoSQL.open(options()).close())
          .withMessageContaining("pid=" + child.pid());
      assertThatExceptionOfType(DatabaseLockedException.class)
          .isThrownBy(() -> DB.open("held", options()).close())
          .withMessageContaining("pid=" + child.pid());

      child.kill();

      try (DoSQL tenants = DoSQL.open(options())) {
        assertThat(tenants.db("held").query("SELECT * FROM t")).isEmpty();
      }
    }
  }

  @Test
  void lock_whileHeld_isNotDroppedByAnythingWeDo() throws Exception {
    Path directory = options().directory();
    try (DoSQL tenants = DoSQL.open(options())) {
      assertThat(Child.probe(directory)).contains("DatabaseLockedException").contains("pid=");

      for (int i = 0; i < 20; i++) {
        tenants.create("tenant-" + i).exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
      }
      tenants.suspend("tenant-1");
      tenants.resume("tenant-1");
      tenants.delete("tenant-2");
      assertThat(tenants.tenants()).hasSize(19);
      assertThat(tenants.find("tenant-2")).isEmpty();
      assertThatExceptionOfType(DatabaseLockedException.class)
          .isThrownBy(() -> DoSQL.open(options()).close());
      assertThatExceptionOfType(DatabaseLockedException.class)
          .isThrownBy(() -> DB.open("acme", options()).close());
      try (DB memory = DB.memory()) {
        memory.exec("CREATE TABLE t(x)");
      }
      DBOptions elsewhere = options().toBuilder().directory(parent.resolve("elsewhere")).build();
      DB.open("acme", elsewhere).close();
      DoSQL.open(elsewhere).close();
      openWithOtherClasses(directory);

      assertThat(Child.probe(directory)).contains("DatabaseLockedException").contains("pid=");
    }
    assertThat(Child.probe(directory)).isEqualTo("opened");
  }

  @Test
  void directory_heldByAnotherCopyOfTheLibraryInThisProcess_isRefused() throws Exception {
    try (DoSQL tenants = DoSQL.open(options())) {
      assertThat(openWithOtherClasses(options().directory()))
          .isEqualTo("dev.dosql.DatabaseLockedException");
      assertThat(tenants.tenants()).isEmpty();
    }
    assertThat(openWithOtherClasses(options().directory())).isEqualTo("opened");
  }

  /** Opens the directory with classes loaded once more, as in a second web application. */
  private static String openWithOtherClasses(Path directory) throws Exception {
    List<URL> urls = new ArrayList<>();
    String path =
        System.getProperty("java.class.path")
            + File.pathSeparator
            + System.getProperty("jdk.module.path", "");
    for (String entry : path.split(File.pathSeparator)) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    try (URLClassLoader loader = new URLClassLoader(urls.toArray(new URL[0]), new JavaOnly())) {
      Class<?> builderClass = loader.loadClass("dev.dosql.DBOptions$Builder");
      Object builder = loader.loadClass("dev.dosql.DBOptions").getMethod("builder").invoke(null);
      builderClass.getMethod("directory", Path.class).invoke(builder, directory);
      Object options = builderClass.getMethod("build").invoke(builder);
      Class<?> tenants = loader.loadClass("dev.dosql.DoSQL");
      try {
        Object opened = tenants.getMethod("open", options.getClass()).invoke(null, options);
        tenants.getMethod("close").invoke(opened);
        return "opened";
      } catch (InvocationTargetException e) {
        return e.getCause().getClass().getName();
      }
    }
  }

  /** Java's own classes; the platform's loader would find this library's module as well. */
  private static final class JavaOnly extends ClassLoader {
    JavaOnly() {
      super(null);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      if (!name.startsWith("java")) {
        throw new ClassNotFoundException(name);
      }
      return ClassLoader.getPlatformClassLoader().loadClass(name);
    }
  }

  @Test
  void lockFile_whileHeldAndAfter_isEmptyAndTheHolderIsGone() throws Exception {
    Path own = options().directory().resolve(".dosql");
    DoSQL tenants = DoSQL.open(options());
    assertThat(own.resolve("lock")).isEmptyFile();
    assertThat(Files.readString(own.resolve("holder")))
        .contains("pid=" + ProcessHandle.current().pid());
    tenants.close();
    assertThat(own.resolve("lock")).isEmptyFile();
    assertThat(own.resolve("holder")).doesNotExist();
  }

  @Test
  void openThatFails_givesTheDirectoryBack() throws Exception {
    Path migrations = Files.createDirectory(parent.resolve("migrations"));
    Files.writeString(migrations.resolve("wrong.sql"), "SELECT 1;");
    DBOptions wrong = options().toBuilder().migrations(migrations.toString()).build();

    assertThatExceptionOfType(MigrationException.class).isThrownBy(() -> DoSQL.open(wrong).close());
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> DB.open("acme", wrong).close());

    DoSQL.open(options()).close();
    DB.open("acme", options()).close();
  }

  @Test
  void directory_thatCannotBeMade_isATypedError() throws Exception {
    Path file = Files.writeString(parent.resolve("file"), "not a directory");
    DBOptions onFile = options().toBuilder().directory(file.resolve("data")).build();

    assertThatExceptionOfType(StorageException.class).isThrownBy(() -> DoSQL.open(onFile).close());
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> DB.open("acme", onFile).close());
  }
}
