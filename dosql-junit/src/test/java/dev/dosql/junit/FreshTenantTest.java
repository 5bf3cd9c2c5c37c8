package dev.dosql.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.TenantInfo;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.testkit.engine.EngineExecutionResults;

/** Whose a tenant is, and that nobody else's rows are in it. */
@Timeout(120)
class FreshTenantTest {
  private static final String MIGRATIONS = "classpath:tests/migrations";

  /** What the samples saw: the place in the sample, and the tenant there. */
  private static final Map<String, String> seen = new ConcurrentHashMap<>();

  private static final Queue<String> tenants = new ConcurrentLinkedQueue<>();
  private static final Queue<Path> files = new ConcurrentLinkedQueue<>();

  @TempDir Path output;

  @BeforeEach
  void forget() {
    seen.clear();
    tenants.clear();
    files.clear();
  }

  /** Writes the one row that a tenant may have once, and notes which tenant that was. */
  private static void use(DB db) {
    db.run("INSERT INTO users (email) VALUES ('ada@acme.example')");
    assertThat(db.query(Long.class, "SELECT count(*) FROM users")).containsExactly(1L);
    tenants.add(db.name());
    files.add(Runs.fileOf(db));
  }

  private void succeeds(Class<?> sample, int tests, Map<String, String> parameters) {
    EngineExecutionResults results = Runs.run(sample, output, parameters);
    results.allEvents().failed().assertThatEvents().isEmpty();
    results.testEvents().assertStatistics(all -> all.succeeded(tests));
  }

  private void succeeds(Class<?> sample, int tests) {
    succeeds(sample, tests, Map.of());
  }

  @Test
  void test_ofAnyKind_hasATenantOfItsOwnWithTheSchema() {
    succeeds(EachKind.class, 7);

    assertThat(tenants).hasSize(7).doesNotHaveDuplicates();
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class EachKind {
    @Test
    void first(DB db) {
      use(db);
    }

    @Test
    void second(DB db) {
      use(db);
    }

    @RepeatedTest(3)
    void repeated(DB db) {
      use(db);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void parameterized(int number, DB db) {
      assertThat(number).isPositive();
      use(db);
    }
  }

  @Test
  void tenant_isNamedAfterItsTest_alsoIfTheNameIsLong() {
    succeeds(Named.class, 3);

    assertThat(tenants)
        .anyMatch(name -> name.matches("named-order-refused-is-undone-\\d+"))
        .anyMatch(name -> name.matches("named-a{46}-\\d+"))
        .anyMatch(name -> name.matches("named-gr-e-\\d+"))
        .allMatch(name -> name.matches("[a-z0-9-]{1,64}"));
    assertThat(files)
        .allMatch(f -> tenants.contains(f.getFileName().toString().replace(".db", "")));
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class Named {
    @Test
    void order_refused_isUndone(DB db) {
      use(db);
    }

    @Test
    void größe(DB db) {
      use(db);
    }

    @Test
    void aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa(DB db) {
      use(db);
    }
  }

  @Test
  void constructorBeforeAndAfter_haveTheTenantOfTheTest() {
    succeeds(AroundEach.class, 2);

    assertThat(tenants).hasSize(2).doesNotHaveDuplicates();
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class AroundEach {
    private final DB ofConstructor;
    private String ofBefore = "";

    AroundEach(DB db) {
      ofConstructor = db;
    }

    @BeforeEach
    void before(DB db) {
      assertThat(db).isSameAs(ofConstructor);
      ofBefore = db.name();
      db.run("INSERT INTO users (email) VALUES ('eve@acme.example')");
    }

    @Test
    void first(DB db) {
      assertThat(db.name()).isEqualTo(ofBefore);
      assertThat(db.query("SELECT id FROM users")).hasSize(1);
    }

    @Test
    void second() {
      assertThat(ofConstructor.query("SELECT id FROM users")).hasSize(1);
    }

    @AfterEach
    void after(DB db) {
      assertThat(db.name()).isEqualTo(ofBefore);
      tenants.add(db.name());
    }
  }

  @Test
  void classWithOneObject_hasATenantApartFromThoseOfItsTests() {
    succeeds(OneObject.class, 2);

    assertThat(seen.get("before")).isEqualTo(seen.get("constructor")).isEqualTo(seen.get("after"));
    assertThat(Set.of(seen.get("before"), seen.get("first"), seen.get("second"))).hasSize(3);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  @TestInstance(Lifecycle.PER_CLASS)
  static class OneObject {
    private final DB shared;

    OneObject(DB db) {
      shared = db;
      seen.put("constructor", db.name());
    }

    @BeforeAll
    void before(DB db) {
      use(db);
      seen.put("before", db.name());
    }

    @Test
    void first(DB db) {
      use(db);
      seen.put("first", db.name());
      assertThat(shared.query("SELECT id FROM users")).hasSize(1);
    }

    @Test
    void second(DB db) {
      use(db);
      seen.put("second", db.name());
    }

    @AfterAll
    void after(DB db) {
      assertThat(db.query("SELECT id FROM users")).hasSize(1);
      seen.put("after", db.name());
    }
  }

  @Test
  void nestedClass_hasTheOptionsOfTheOuterOne_andItsTestATenant() {
    succeeds(Outer.class, 2);

    assertThat(tenants).hasSize(2).doesNotHaveDuplicates();
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class Outer {
    private String ofBefore = "";

    @BeforeEach
    void before(DB db) {
      ofBefore = db.name();
    }

    @Test
    void outer(DB db) {
      use(db);
    }

    @Nested
    class Inner {
      @Test
      void inner(DB db) {
        assertThat(db.name()).isEqualTo(ofBefore);
        use(db);
      }
    }
  }

  @Test
  void classWithArguments_hasATenantForEachTestWithEachArgument() {
    succeeds(ByArguments.class, 4);

    assertThat(tenants).hasSize(4).doesNotHaveDuplicates();
  }

  @DoSqlTest(migrations = MIGRATIONS)
  @ParameterizedClass
  @ValueSource(ints = {1, 2})
  static class ByArguments {
    private final DB db;

    ByArguments(int number, DB db) {
      assertThat(number).isPositive();
      this.db = db;
    }

    @Test
    void first() {
      use(db);
    }

    @Test
    void second(DB same) {
      assertThat(same).isSameAs(db);
      use(same);
    }
  }

  @Test
  void factory_hasOneTenantForTheTestsItMakes() {
    succeeds(Factory.class, 2);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class Factory {
    @TestFactory
    Stream<DynamicTest> both(DB db) {
      return Stream.of(
          DynamicTest.dynamicTest("writes", () -> use(db)),
          DynamicTest.dynamicTest(
              "reads", () -> assertThat(db.query("SELECT id FROM users")).hasSize(1)));
    }
  }

  @Test
  void annotationOfAMethod_isAskedBeforeThatOfItsClass() {
    succeeds(ByMethod.class, 2);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class ByMethod {
    @Test
    void ofTheClass(DB db) {
      assertThat(tablesOf(db)).contains("users", "orders");
    }

    @Test
    @DoSqlTest(migrations = "src/test/resources/tests/other")
    void ofItsOwn(DB db) {
      assertThat(tablesOf(db)).contains("notes").doesNotContain("users");
    }
  }

  private static List<String> tablesOf(DB db) {
    return db.query(String.class, "SELECT name FROM sqlite_schema WHERE type = 'table'");
  }

  @Test
  void annotationOfASuperclass_countsForTheClass() {
    succeeds(Sub.class, 1);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  abstract static class Base {}

  static class Sub extends Base {
    @Test
    void test(DB db) {
      use(db);
    }
  }

  @Test
  void withoutMigrations_thereIsNoTable() {
    succeeds(NoMigrations.class, 1); // This module has no .do/migrations; the quick start does.
  }

  static class NoMigrations {
    @Test
    @DoSqlTest
    void test(DB db) {
      assertThat(tablesOf(db)).allMatch(name -> name.startsWith("_dosql_"));
      db.exec("CREATE TABLE t (x)");
    }
  }

  @Test
  void options_ofARegisteredExtension_areUsed() {
    succeeds(Registered.class, 2);
  }

  static class Registered {
    @RegisterExtension
    static final DoSqlExtension dosql =
        DoSqlExtension.with(
            DBOptions.builder()
                .migrations(MIGRATIONS)
                .function("twice", 1, true, values -> 2 * (Long) values.get(0))
                .build());

    @Test
    void function_isThere(DB db) {
      use(db);
      assertThat(db.query(Long.class, "SELECT twice(21)")).containsExactly(42L);
    }

    @Nested
    class Inner {
      @Test
      void function_isThereToo(DB db) {
        assertThat(db.query(Long.class, "SELECT twice(4)")).containsExactly(8L);
      }
    }
  }

  @Test
  void testsSideBySide_haveTenantsOfTheirOwn() {
    succeeds(SideBySide.class, 64, Runs.SIDE_BY_SIDE);

    assertThat(tenants).hasSize(64).doesNotHaveDuplicates();
    assertThat(directories()).hasSize(1);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class SideBySide {
    /**
     * Of the pool's eight threads, those that wait for the engine, the class and the repetitions to
     * end may take no further test: with more than five here, the last ones could wait for ever.
     */
    private static final CyclicBarrier four = new CyclicBarrier(4);

    @RepeatedTest(64)
    void repeated(DB db) throws Exception {
      four.await(30, TimeUnit.SECONDS); // So many are in a test at once.
      use(db);
    }
  }

  private static Set<Path> directories() {
    Set<Path> all = new HashSet<>();
    files.forEach(file -> all.add(file.getParent()));
    return all;
  }

  @Test
  void testsWithEqualOptions_shareOneInstance_inWhichTheMigrationsRanOnce() {
    succeeds(Equal.class, 3);

    assertThat(directories()).hasSize(1);
    assertThat(new HashSet<>(List.of(seen.get("first"), seen.get("second"), seen.get("inner"))))
        .hasSize(1);
  }

  /** When the migrations ran is in the file, to the millisecond, with how long each took. */
  private static String whenMigrated(DB db) {
    return db.query("SELECT * FROM _dosql_migrations ORDER BY 1").stream()
        .map(row -> row.toMap().toString())
        .toList()
        .toString();
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class Equal {
    @Test
    void first(DB db) {
      use(db);
      seen.put("first", whenMigrated(db));
    }

    @Test
    void second(DB db) {
      use(db);
      seen.put("second", whenMigrated(db));
    }

    @Nested
    @DoSqlTest(migrations = MIGRATIONS)
    class Inner {
      @Test
      void inner(DB db) {
        use(db);
        seen.put("inner", whenMigrated(db));
      }
    }
  }

  @Test
  void tenantOfATestThatSucceeded_isGoneBeforeTheNext_andTheInstanceAfterTheLast() {
    succeeds(Gone.class, 3);

    assertThat(files).hasSize(3);
    assertThat(directories()).hasSize(1).allMatch(Files::notExists);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class Gone {
    @RepeatedTest(3)
    void repeated(DB db) {
      assertThat(files).allMatch(Files::notExists);
      use(db);
      assertThat(Runs.fileOf(db)).exists();
    }
  }

  @Test
  void instance_isOfOneTestAlone_andItsTenantIsInIt() {
    succeeds(Alone.class, 16, Runs.SIDE_BY_SIDE);

    assertThat(directories()).hasSize(16).allMatch(Files::notExists);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class Alone {
    @BeforeEach
    void before(DB db) {
      use(db);
    }

    @RepeatedTest(16)
    void repeated(DB db, DoSQL dosql) {
      DB acme = dosql.create("acme"); // As all the others do.
      acme.run("INSERT INTO users (email) VALUES ('eve@acme.example')");

      assertThat(dosql.tenants().map(TenantInfo::name))
          .containsExactlyInAnyOrder("acme", db.name());
      assertThat(dosql.db(db.name()).query("SELECT id FROM users")).hasSize(1);
    }
  }

  @Test
  void instance_askedForBeforeEachOrByTheConstructor_isThatOfTheTest() {
    succeeds(AloneAround.class, 2);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class AloneAround {
    private final DoSQL ofConstructor;

    AloneAround(DoSQL dosql) {
      ofConstructor = dosql;
    }

    @BeforeEach
    void before(DoSQL dosql) {
      assertThat(dosql).isSameAs(ofConstructor);
      dosql.create("acme");
    }

    @Test
    void first(DB db) {
      assertThat(ofConstructor.find(db.name())).isPresent();
    }

    @Test
    void second(DoSQL dosql) {
      assertThat(dosql.tenants().map(TenantInfo::name)).containsExactly("acme");
      dosql.close(); // It is the test's own.
    }
  }

  @Test
  void instance_askedForAroundTheTestsOfOuterClasses_isThatOfTheInnerTest() {
    succeeds(AloneOuter.class, 3);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class AloneOuter {
    private DoSQL dosql;

    @BeforeEach
    void before(DB db, DoSQL dosql) {
      this.dosql = dosql;
      use(db);
    }

    @Nested
    class Inner {
      @RepeatedTest(3)
      void inner(DB db) {
        assertThat(dosql.tenants().map(TenantInfo::name)).containsExactly(db.name());
        dosql.create("acme");
      }
    }
  }

  @Test
  void instance_ofAClass_isApartFromThatOfATest() {
    succeeds(AloneByClass.class, 2);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class AloneByClass {
    @BeforeAll
    static void before(DoSQL dosql, DB db) {
      dosql.create("acme");
      assertThat(dosql.find(db.name())).isPresent();
    }

    @Test
    void test(DoSQL dosql) {
      assertThat(dosql.tenants()).isEmpty();
    }

    @Test
    void shared(DB db) {
      use(db);
    }

    @AfterAll
    static void after(DoSQL dosql) {
      assertThat(dosql.find("acme")).isPresent();
    }
  }

  @Test
  void otherParameters_areResolvedByOthers() {
    succeeds(WithOthers.class, 1);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class WithOthers {
    @Test
    void test(@TempDir Path directory, DB db) {
      assertThat(directory).isEmptyDirectory();
      use(db);
    }
  }

  @Test
  void annotationOfTheProject_andThatOfAnInterface_countAsThisOne() {
    succeeds(Composed.class, 1);
    succeeds(OfAnInterface.class, 1);
  }

  @Retention(RetentionPolicy.RUNTIME)
  @DoSqlTest(migrations = MIGRATIONS)
  @interface UsersDatabase {}

  @UsersDatabase
  static class Composed {
    @Test
    void test(DB db) {
      use(db);
    }
  }

  @DoSqlTest(migrations = MIGRATIONS)
  interface WithUsers {}

  static class OfAnInterface implements WithUsers {
    @Test
    void test(DB db) {
      use(db);
    }
  }

  @Test
  void nestedClassWithOneObject_hasATenantApartFromThoseOfItsTests() {
    succeeds(OuterOfOneObject.class, 2);

    assertThat(tenants).hasSize(3).doesNotHaveDuplicates();
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class OuterOfOneObject {
    @Nested
    @TestInstance(Lifecycle.PER_CLASS)
    class Inner {
      Inner(DB db) {
        use(db);
      }

      @RepeatedTest(2)
      void inner(DB db) {
        use(db);
      }
    }
  }

  @Test
  void instance_askedForWhereJUnitSaysNothingOfIt_isNotTheSharedOne() {
    succeeds(AroundArguments.class, 2);

    assertThat(directories()).allMatch(Files::notExists);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  @ParameterizedClass
  @ValueSource(ints = {1, 2})
  static class AroundArguments {
    @Parameter int number;

    @BeforeParameterizedClassInvocation
    static void before(int number, DB db, DoSQL dosql) {
      assertThat(number).isPositive();
      use(db);
      use(dosql.create("acme"));
      assertThat(dosql.tenants().map(TenantInfo::name)).containsExactly("acme");
      dosql.close();
      assertThat(db.query("SELECT id FROM users")).hasSize(1);
    }

    @Test
    void test(DB db) {
      use(db);
      assertThat(number).isPositive();
    }
  }

  @Test
  void tenant_usedOnTheThreadOfATimeout_andClosedByItsTest_isThatOfTheTest() {
    succeeds(OnAnotherThread.class, 2);

    assertThat(tenants).hasSize(2).doesNotHaveDuplicates();
    assertThat(files).allMatch(Files::notExists);
  }

  @DoSqlTest(migrations = MIGRATIONS)
  static class OnAnotherThread {
    @RepeatedTest(2)
    void repeated(DB db) {
      try (db) {
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> use(db));
        assertThat(db.query("SELECT id FROM users")).hasSize(1);
      }
    }
  }

  @Test
  void instances_ofOptionsThatDifferFromTestToTest_areKeptUpToANumber() {
    succeeds(OptionsOfEach.class, SharedInstance.KEPT_MAX + 5);

    assertThat(directories()).hasSize(SharedInstance.KEPT_MAX + 5).allMatch(Files::notExists);
  }

  static class OptionsOfEach {
    @RegisterExtension
    final DoSqlExtension dosql =
        DoSqlExtension.with(
            DBOptions.builder()
                .migrations(MIGRATIONS)
                .function("me", 0, false, values -> hashCode())
                .build());

    @RepeatedTest(SharedInstance.KEPT_MAX + 5)
    void repeated(DB db) {
      use(db);
      assertThat(db.query(Integer.class, "SELECT me()")).containsExactly(hashCode());
      assertThat(directories().stream().filter(Files::exists).count())
          .isLessThanOrEqualTo(SharedInstance.KEPT_MAX + 1);
    }
  }
}
