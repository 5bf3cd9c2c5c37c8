package dev.dosql.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.ParameterException;
import dev.dosql.Params;
import java.io.PrintWriter;
import java.lang.invoke.MethodHandles;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BinderTest {
  private record User(long id, String name, Object extra) {}

  private record Failing(long id) {
    @Override
    public long id() {
      throw new IllegalStateException("mine");
    }
  }

  private record Money(long cents) {}

  private final List<Object> encoded = new ArrayList<>();
  private final Binder binder = new Binder(this::encode, null, 32_766);

  private Object encode(Object value) {
    encoded.add(value);
    if (value == null || value instanceof Long || value instanceof String) {
      return value;
    }
    if (value instanceof Integer i) {
      return i.longValue();
    }
    if (value instanceof byte[] || value instanceof Double) {
      return value;
    }
    if (value instanceof Money money) {
      return money.cents();
    }
    if (value instanceof float[] vector) {
      return "vector" + vector.length;
    }
    throw new ParameterException("value cannot be stored: type=" + value.getClass().getName());
  }

  private Object[] bind(String sql, Object... params) {
    Bound bound = ParsedSql.parse(sql).bind(params, binder);
    assertThat(bound.sql()).isEqualTo(sql);
    return bound.values();
  }

  @Test
  void values_byPosition_areEncodedOnceEach() {
    byte[] blob = {1};
    assertThat(bind("SELECT ?, ?, ?, ?", 1, "a", null, blob)).containsExactly(1L, "a", null, blob);
    assertThat(encoded).containsExactly(1, "a", null, blob);
  }

  @Test
  void values_byPosition_leaveTheCallersArrayAlone() {
    Object[] params = {1};
    assertThat(bind("SELECT ?", params)).containsExactly(1L);
    assertThat(params).containsExactly(1);
  }

  @Test
  void nullArray_standsForOneNull() {
    assertThat(ParsedSql.parse("SELECT ?").bind(null, binder).values())
        .containsExactly((Object) null);
    assertThat(ParsedSql.parse("SELECT :a").bind(null, binder).values())
        .containsExactly((Object) null);
    assertThatThrownBy(() -> ParsedSql.parse("SELECT 1").bind(null, binder))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("(seen=1, needed=0)");
  }

  @Test
  void noValues_forNoParameters_bindNothing() {
    assertThat(bind("SELECT 1")).isEmpty();
  }

  @Test
  void count_notMatching_isAnErrorWithBoth() {
    assertError("(seen=1, needed=2)", "SELECT ?, ?", 1);
    assertError("(seen=0, needed=1)", "SELECT ?");
    assertError("(seen=2, needed=1)", "SELECT :a", 1, 2);
    assertError("(seen=1, needed=3)", "SELECT ?3", 1);
    assertError("(seen=1, needed=0)", "SELECT 1", new User(1, "a", 2));
  }

  @Test
  void list_forSeveralParameters_isAnErrorThatSaysHowToSpreadIt() {
    assertError("toArray()", "SELECT ?, ?", List.of(1, 2));
    assertError("toArray()", "SELECT ?, ?", (Object) new int[] {1, 2});
  }

  @Test
  void numberedParameters_givenByPosition_takeTheValueOfTheirNumber() {
    assertThat(bind("SELECT ?2, ?1, ?2", "a", "b")).containsExactly("a", "b");
    assertThat(bind("SELECT :x, ?, :x", "a", "b")).containsExactly("a", "b");
  }

  @Test
  void names_inMapParamsOrRecord_fillTheirParameters() {
    String sql = "SELECT :name, @id, $name, :name";
    Object[] expected = {"Ann", 7L, "Ann"};
    assertThat(bind(sql, Map.of("id", 7, "name", "Ann"))).isEqualTo(expected);
    assertThat(bind(sql, new TreeMap<>(Map.of("id", 7, "name", "Ann")))).isEqualTo(expected);
    assertThat(bind(sql, Params.of("id", 7).and("name", "Ann"))).isEqualTo(expected);
    assertThat(bind(sql, new User(7, "Ann", new Object()))).isEqualTo(expected);
  }

  @Test
  void nullByName_isNull() {
    Map<String, Object> map = new HashMap<>();
    map.put("name", null);
    assertThat(bind("SELECT :name", map)).containsExactly((Object) null);
    assertThat(bind("SELECT :name", Params.of("name", null))).containsExactly((Object) null);
    assertThat(bind("SELECT :name", new User(1, null, null))).containsExactly((Object) null);
  }

  @Test
  void name_missing_isAnErrorThatNamesIt() {
    assertError("name=b", "SELECT :a, :b", Map.of("a", 1));
    assertError("name=b", "SELECT :a, $b", Params.of("a", 1));
    assertError("name=nick", "SELECT :id, :nick", new User(1, "secret", 2));
  }

  @Test
  void name_unknown_isAnErrorInAMapOnly() {
    assertError("name=c", "SELECT :a", Map.of("a", 1, "c", 2));
    assertError("name=A", "SELECT :a", Params.of("a", 1).and("A", 2));
    assertError("name=a", "SELECT 1", Map.of("a", 1));
    assertThat(bind("SELECT 1", Map.of())).isEmpty();
    assertThat(bind("SELECT 1", Params.of())).isEmpty();
    assertThat(bind("SELECT :id", new User(1, "a", 2))).containsExactly(1L);
  }

  @Test
  void key_notAString_isAnErrorWithItsType() {
    assertError("java.lang.Integer", "SELECT :a", Map.of(1, 2));
    assertError("java.lang.Integer", "SELECT :a", new TreeMap<>(Map.of(1, 2)));
    Map<String, Object> nullKey = new HashMap<>();
    nullKey.put(null, 1);
    assertError("key=null", "SELECT :a", nullKey);
  }

  @Test
  void names_forPositionalSql_areAnErrorThatAsksForNames() {
    for (Object names : List.of(Map.of("a", 1), Params.of("a", 1), new User(1, "a", 2))) {
      assertError("SQL with names like :name needed", "SELECT ?", names);
      assertError("SQL with names like :name needed", "SELECT ?1, ?2", names);
    }
  }

  @Test
  void names_forMixedSql_areAnErrorThatSaysWhy() {
    assertError("mixes names and ?", "SELECT ?, :a", Map.of("a", 1));
    assertError("mixes names and ?", "SELECT :a, ?3", Params.of("a", 1));
    assertThat(bind("SELECT ?, :a", 1, 2)).containsExactly(1L, 2L);
  }

  @Test
  void record_withConverter_isAValueForAPositionalParameter() {
    assertThat(bind("SELECT ?", new Money(5))).containsExactly(5L);
    assertThat(bind("SELECT ?, ?", new Money(5), new Money(6))).containsExactly(5L, 6L);
    assertThat(bind("SELECT :cents", new Money(5))).containsExactly(5L);
  }

  @Test
  void encodersError_isRethrownWithTheParameter() {
    assertError(
        "value cannot be stored: type=java.lang.Object (parameter=?2)",
        "SELECT ?, ?",
        1,
        new Object());
    assertError("(parameter=b)", "SELECT :b", Map.of("b", new Object()));
  }

  @Test
  void list_outsideIn_isAnErrorThatSaysHowToSpreadIt() {
    List<Object> lists = List.of(List.of(1), Set.of(1), new int[] {1}, new String[][] {{"a"}});
    for (Object list : lists) {
      assertError("IN (:name)", "SELECT :ids", Map.of("ids", list));
      assertError("IN (:name)", "SELECT 1 WHERE 1 IN (?, ?)", 1, list);
      assertError("IN (:name)", "SELECT 1 WHERE 1 IN (?1) AND ?1", new Object[] {list});
    }
  }

  @Test
  void array_withConverter_isOneValueOutsideIn() {
    assertThat(bind("SELECT ?", (Object) new float[] {1, 2})).containsExactly("vector2");
  }

  @Test
  void message_ofAnyError_holdsNoValue() {
    String secret = "s3cret";
    for (Object params :
        List.of(
            Map.of("a", secret), new User(1, secret, secret), List.of(secret), Set.of(secret))) {
      for (String sql : List.of("SELECT ?", "SELECT :b", "SELECT ?, ?", "SELECT ?, :a")) {
        assertThatThrownBy(() -> bind(sql, params))
            .isInstanceOf(ParameterException.class)
            .message()
            .doesNotContain(secret);
      }
    }
  }

  @Test
  void accessor_thatThrows_isPassedOn() {
    assertThatThrownBy(() -> bind("SELECT :id", new Failing(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("mine");
  }

  @Test
  void record_inClosedModule_needsTheLookupOfItsModule(@TempDir Path directory) throws Exception {
    Class<?> door = closedModule(directory).loadClass("guest.api.Door");
    Object row = door.getMethod("row").invoke(null);
    var lookup = (MethodHandles.Lookup) door.getMethod("lookup").invoke(null);
    ParsedSql sql = ParsedSql.parse("SELECT :id, :name");

    assertThatThrownBy(() -> sql.bind(new Object[] {row}, binder))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("out of reach")
        .hasMessageContaining("record=guest.hidden.Row")
        .hasMessageContaining("lookup(MethodHandles.lookup())");
    Binder wrong = new Binder(this::encode, MethodHandles.lookup(), 32_766);
    assertThatThrownBy(() -> sql.bind(new Object[] {row}, wrong))
        .isInstanceOf(ParameterException.class);
    Binder right = new Binder(this::encode, lookup, 32_766);
    assertThat(sql.bind(new Object[] {row}, right).values()).containsExactly(5L, "guest");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void record_opened_isReadWithAndWithoutLookup(boolean withLookup) {
    Binder own = new Binder(this::encode, withLookup ? MethodHandles.publicLookup() : null, 32_766);
    assertThat(ParsedSql.parse("SELECT :id").bind(new Object[] {new User(3, "", 1)}, own).values())
        .containsExactly(3L);
  }

  /** Compiles and loads a module that exports a door and hides a record. */
  private static ClassLoader closedModule(Path directory) throws Exception {
    Path source = directory.resolve("source");
    write(source, "module-info.java", "module guest { exports guest.api; }");
    write(
        source,
        "guest/hidden/Row.java",
        "package guest.hidden; record Row(int id, String name) { }");
    write(
        source,
        "guest/hidden/Maker.java",
        "package guest.hidden; public class Maker {"
            + " public static Object row() { return new Row(5, \"guest\"); } }");
    write(
        source,
        "guest/api/Door.java",
        "package guest.api; import java.lang.invoke.MethodHandles; public class Door {"
            + " public static Object row() { return guest.hidden.Maker.row(); }"
            + " public static MethodHandles.Lookup lookup() { return MethodHandles.lookup(); } }");
    Path classes = directory.resolve("classes");
    List<String> arguments = new ArrayList<>(List.of("-d", classes.toString()));
    try (var files = Files.walk(source)) {
      files.filter(Files::isRegularFile).map(Path::toString).forEach(arguments::add);
    }
    PrintWriter out = new PrintWriter(System.err, true);
    ToolProvider javac = ToolProvider.findFirst("javac").orElseThrow();
    assertThat(javac.run(out, out, arguments.toArray(new String[0]))).isZero();
    Configuration configuration =
        ModuleLayer.boot()
            .configuration()
            .resolve(ModuleFinder.of(classes), ModuleFinder.of(), Set.of("guest"));
    return ModuleLayer.boot()
        .defineModulesWithOneLoader(configuration, ClassLoader.getSystemClassLoader())
        .findLoader("guest");
  }

  private static void write(Path directory, String name, String text) throws Exception {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void assertError(String message, String sql, Object... params) {
    assertThatThrownBy(() -> bind(sql, params))
        .as(sql)
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining(message);
  }
}
