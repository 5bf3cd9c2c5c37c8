package dev.dosql.junit;

import dev.dosql.DoSQL;
import java.lang.annotation.Annotation;
import java.lang.reflect.Executable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/**
 * Whether a test, or a class, asks for an instance somewhere: found out before the first of its
 * parameters is resolved, so that its tenant is in that instance.
 */
final class InstanceUse {
  private InstanceUse() {}

  /** Whether a method or constructor that is called for this test, or class, has the parameter. */
  static boolean isAskedFor(ExtensionContext context) {
    List<Class<?>> classes = new ArrayList<>(context.getEnclosingTestClasses());
    classes.add(context.getRequiredTestClass());
    return Stream.concat(
            context.getTestMethod().stream(), classes.stream().flatMap(c -> around(c, context)))
        .anyMatch(InstanceUse::hasParameter);
  }

  private static Stream<Executable> around(Class<?> type, ExtensionContext context) {
    boolean isTest = context.getTestMethod().isPresent();
    boolean objectEach =
        context.getTestInstanceLifecycle().orElse(Lifecycle.PER_METHOD) == Lifecycle.PER_METHOD;
    Stream<Executable> methods =
        isTest
            ? Stream.concat(methods(type, BeforeEach.class), methods(type, AfterEach.class))
            : Stream.concat(methods(type, BeforeAll.class), methods(type, AfterAll.class));
    return isTest == objectEach
        ? Stream.concat(methods, Stream.of(type.getDeclaredConstructors()))
        : methods;
  }

  private static Stream<Executable> methods(Class<?> type, Class<? extends Annotation> annotation) {
    return AnnotationSupport.findAnnotatedMethods(type, annotation, HierarchyTraversalMode.TOP_DOWN)
        .stream()
        .map(Executable.class::cast);
  }

  private static boolean hasParameter(Executable executable) {
    return Arrays.asList(executable.getParameterTypes()).contains(DoSQL.class);
  }
}
