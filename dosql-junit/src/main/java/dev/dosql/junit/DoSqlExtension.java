package dev.dosql.junit;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.DoSQLException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.DynamicTestInvocationContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.api.extension.TestWatcher;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Gives tests tenants of the real engine, in files of their own.
 *
 * <p>A parameter of type {@link DB} is a fresh tenant with the newest schema, named after the test.
 * All tests with equal options share one instance in the temporary directory, so that the
 * migrations run once and a tenant is a copy of the outcome. A parameter of type {@link DoSQL} is
 * an instance that nobody shares, for tests that name their tenants, suspend or list them; the
 * migrations run once more for it, and a {@code DB} beside it is a tenant in it.
 *
 * <table>
 *   <caption>Who shares a tenant, or an instance</caption>
 *   <tr><th>where the parameter stands</th><th>whose it is</th></tr>
 *   <tr><td>test method, {@code @BeforeEach}, {@code @AfterEach}</td>
 *       <td>this test's; each repetition and each set of arguments is a test</td></tr>
 *   <tr><td>constructor</td><td>this test's; with one test object a class, the class's</td></tr>
 *   <tr><td>{@code @BeforeAll}, {@code @AfterAll}</td><td>the class's, apart from its tests'</td></tr>
 *   <tr><td>{@code @TestFactory}</td><td>that of all the tests it makes</td></tr>
 * </table>
 *
 * <p>A {@code DoSQL} asked for elsewhere, such as around the tests with one argument of a
 * parameterized class, or by another extension, is that test's or class's alone too, but a {@code
 * DB} that was there before it is not in it. A test may close what it is given.
 *
 * <p>When a test has failed, be it before, in or after its method, its tenants are copied, as of
 * the last commit, to where JUnit keeps the files of tests ({@code
 * junit.platform.reporting.output.dir}; under {@code target} or {@code build} by default), and the
 * copy is named in the report, as {@code dosql.database}, and in a warning. Those of a class are
 * kept if one of its tests failed. A run keeps at most 100 files, and none once they have a
 * gigabyte together; then the report says so. Then, or if it succeeded, tenants are deleted. Calls
 * that still run, on whatever thread, and streams that were left open, are waited for, up to ten
 * seconds, and then ended.
 *
 * <p>The databases are as those of {@link DoSQL#memory}: real, in the temporary directory, and not
 * forced to the disk, which nothing that outlives a test needs. What a run leaves that is killed is
 * deleted by a later one.
 *
 * <p>Safe for tests that run side by side. Needs JUnit 5.14 or later.
 */
public final class DoSqlExtension implements ParameterResolver, InvocationInterceptor, TestWatcher {
  private static final Namespace NAMESPACE = Namespace.create(DoSqlExtension.class);
  private static final Path DEFAULT_MIGRATIONS = Path.of(".do", "migrations");

  private final @Nullable DBOptions options;

  /** Takes the options from {@link DoSqlTest}; for {@code @ExtendWith}. */
  public DoSqlExtension() {
    this.options = null;
  }

  private DoSqlExtension(DBOptions options) {
    this.options = options;
  }

  /**
   * An extension with options that an annotation cannot hold, to be registered with
   * {@code @RegisterExtension}, which needs no {@link DoSqlTest}.
   *
   * @param options how; their directory and durability are not used. Tests share an instance if
   *     these are equal, so functions and converters should be in constants
   * @return the extension
   */
  public static DoSqlExtension with(DBOptions options) {
    return new DoSqlExtension(Objects.requireNonNull(options, "options"));
  }

  /** The scope in which a constructor's parameters are resolved: the test, not the class. */
  @Override
  public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext root) {
    return ExtensionContextScope.TEST_METHOD;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == DB.class || type == DoSQL.class;
  }

  /**
   * The tenant, or the instance, of this test or class.
   *
   * @throws ParameterResolutionException if it cannot be opened: the migrations are missing, say,
   *     or not in order
   */
  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    try {
      TestTenants tenants = tenantsOf(context);
      return parameter.getParameter().getType() == DB.class ? tenants.db() : tenants.instance();
    } catch (DoSQLException e) {
      throw new ParameterResolutionException("no database for this test: " + e.getMessage(), e);
    }
  }

  private TestTenants tenantsOf(ExtensionContext context) {
    return context
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(context.getUniqueId(), id -> open(context), TestTenants.class);
  }

  private TestTenants open(ExtensionContext context) {
    DBOptions asked = optionsOf(context);
    return InstanceUse.isAskedFor(context)
        ? TestTenants.alone(context, asked)
        : SharedInstance.of(storeOfRun(context), asked)
            .map(shared -> TestTenants.sharing(context, asked, shared))
            .orElseGet(() -> TestTenants.alone(context, asked));
  }

  /** What lasts until the last test of the run has ended. */
  static Store storeOfRun(ExtensionContext context) {
    return context.getRoot().getStore(NAMESPACE);
  }

  private DBOptions optionsOf(ExtensionContext context) {
    if (options != null) {
      return options;
    }
    String migrations = annotationOf(context).map(DoSqlTest::migrations).orElse("");
    DBOptions.Builder builder = DBOptions.builder();
    if (!migrations.isEmpty()) {
      builder.migrations(migrations);
    } else if (Files.isDirectory(DEFAULT_MIGRATIONS)) {
      builder.migrations(DEFAULT_MIGRATIONS);
    }
    return builder.build();
  }

  private static Optional<DoSqlTest> annotationOf(ExtensionContext context) {
    Optional<Method> method = context.getTestMethod();
    return AnnotationSupport.findAnnotation(method, DoSqlTest.class)
        .or(
            () ->
                AnnotationSupport.findAnnotation(
                    context.getRequiredTestClass(),
                    DoSqlTest.class,
                    context.getEnclosingTestClasses()));
  }

  /** Notes for the class, or classes, that one of their tests failed. */
  @Override
  public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
    noteFailure(context.getParent());
  }

  /** Notes for the factory, and what is around it, that one of the tests it made failed. */
  @Override
  public void interceptDynamicTest(
      Invocation<@Nullable Void> invocation,
      DynamicTestInvocationContext test,
      ExtensionContext context)
      throws Throwable {
    noting(invocation, context);
  }

  /** Notes for the class, or classes, that a factory failed: JUnit does not call it a test. */
  @Override
  public <T extends @Nullable Object> T interceptTestFactoryMethod(
      Invocation<T> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    return noting(invocation, context);
  }

  /** Notes for the classes around this one that it failed before its tests. */
  @Override
  public void interceptBeforeAllMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    noting(invocation, context);
  }

  /** Notes for the classes around this one that it failed after its tests. */
  @Override
  public void interceptAfterAllMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    noting(invocation, context);
  }

  private static <T extends @Nullable Object> T noting(
      Invocation<T> invocation, ExtensionContext context) throws Throwable {
    try {
      return invocation.proceed();
    } catch (Throwable e) {
      if (TestTenants.isFailure(e)) {
        noteFailure(context.getParent());
      }
      throw e;
    }
  }

  private static void noteFailure(Optional<ExtensionContext> from) {
    for (Optional<ExtensionContext> at = from; at.isPresent(); at = at.get().getParent()) {
      TestTenants tenants =
          at.get().getStore(NAMESPACE).get(at.get().getUniqueId(), TestTenants.class);
      if (tenants != null) {
        tenants.noteFailure();
      }
    }
  }
}
