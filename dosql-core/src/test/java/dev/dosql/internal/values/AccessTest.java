package dev.dosql.internal.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.MappingException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records and beans of a named module of the user's, compiled and loaded for the purpose. */
class AccessTest {
  private static ClassLoader app;
  private static MethodHandles.Lookup lookup;

  @BeforeAll
  static void compile(@TempDir Path directory) throws Exception {
    write(directory, "module-info.java", "module app { exports shown; opens opened; }");
    write(
        directory,
        "shown/Shown.java",
        "package shown; public record Shown(long id) {"
            + " record Hidden(long id) {}"
            + " public static class Bean { public long id; public void setName(String name) {} }"
            + " public static java.lang.invoke.MethodHandles.Lookup lookup() {"
            + "   return java.lang.invoke.MethodHandles.lookup(); } }");
    write(directory, "kept/Kept.java", "package kept; public record Kept(long id) {}");
    write(directory, "opened/Opened.java", "package opened; record Opened(long id) {}");
    write(directory, "shown/Longs.java", wide("Longs", "long", 125));
    write(directory, "shown/Ints.java", wide("Ints", "int", 250));
    write(directory, "shown/Wide.java", wide("Wide", "long", 126));
    Path classes = directory.resolve("classes");
    int result =
        ToolProvider.findFirst("javac")
            .orElseThrow(() -> new AssertionError("needs a JDK"))
            .run(
                System.out,
                System.err,
                "-d",
                classes.toString(),
                "--module-source-path",
                "app=" + directory,
                "--module",
                "app");
    assertThat(result).isZero();
    app = load(classes).findLoader("app");
    lookup = (MethodHandles.Lookup) type("shown.Shown").getMethod("lookup").invoke(null);
  }

  private static void write(Path directory, String file, String text) throws IOException {
    Files.createDirectories(directory.resolve(file).getParent());
    Files.writeString(directory.resolve(file), text);
  }

  private static String wide(String name, String component, int components) {
    return IntStream.range(0, components)
        .mapToObj(i -> component + " c" + i)
        .collect(Collectors.joining(", ", "package shown; public record " + name + "(", ") {}"));
  }

  private static ModuleLayer load(Path classes) {
    ModuleLayer boot = ModuleLayer.boot();
    Configuration configuration =
        boot.configuration()
            .resolve(ModuleFinder.of(classes.resolve("app")), ModuleFinder.of(), Set.of("app"));
    return boot.defineModulesWithOneLoader(configuration, AccessTest.class.getClassLoader());
  }

  private static Class<?> type(String name) throws ClassNotFoundException {
    return Class.forName(name, true, app);
  }

  @Test
  void types_ofThisTest_areInANamedModule() throws Exception {
    assertThat(type("shown.Shown").getModule().getName()).isEqualTo("app");
  }

  @Test
  void publicTypes_inAnExportedPackage_needNoLookup() throws Exception {
    assertThat(read(type("shown.Shown"), null)).hasToString("Shown[id=5]");
    assertThat(read(type("shown.Shown$Bean"), null)).hasFieldOrPropertyWithValue("id", 5L);
  }

  @Test
  void hiddenType_inAnOpenPackage_needsNoLookup() throws Exception {
    assertThat(read(type("opened.Opened"), null)).hasToString("Opened[id=5]");
  }

  @Test
  void hiddenTypes_withoutALookup_areRefusedWithAdvice() throws Exception {
    for (String name : List.of("shown.Shown$Hidden", "kept.Kept")) {
      Class<?> type = type(name);
      for (MethodHandles.Lookup other : new MethodHandles.Lookup[] {null, MethodHandles.lookup()}) {
        assertThatExceptionOfType(MappingException.class)
            .isThrownBy(() -> read(type, other))
            .withMessageContainingAll("lookup(MethodHandles.lookup()) in DBOptions", name)
            .withCauseInstanceOf(IllegalAccessException.class);
      }
    }
  }

  @Test
  void hiddenTypes_withTheirModulesLookup_areMade() throws Exception {
    assertThat(read(type("shown.Shown$Hidden"), lookup)).hasToString("Hidden[id=5]");
    assertThat(read(type("kept.Kept"), lookup)).hasToString("Kept[id=5]");
    assertThat(read(type("opened.Opened"), lookup)).hasToString("Opened[id=5]");
  }

  @Test
  void wideRecords_areMadeAsFarAsTheJvmAllows() throws Exception {
    assertThat(readWide(type("shown.Longs"), 125)).asString().endsWith("c124=124]");
    assertThat(readWide(type("shown.Ints"), 250)).asString().endsWith("c249=249]");
    assertThatExceptionOfType(MappingException.class)
        .isThrownBy(() -> readWide(type("shown.Wide"), 126))
        .withMessageContaining("too many components");
  }

  private static Object readWide(Class<?> type, int count) {
    List<String> columns = IntStream.range(0, count).mapToObj(i -> "C" + i).toList();
    Object[] row = LongStream.range(0, count).boxed().toArray();
    return new Values(List.of(), null).reader(type, columns).read(StoredRow.of(row));
  }

  private static Object read(Class<?> type, MethodHandles.Lookup lookup) {
    return new Values(List.of(), lookup).reader(type, List.of("id")).read(StoredRow.of(5L));
  }
}
