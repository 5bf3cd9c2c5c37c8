package dev.dosql.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives tests a database: a parameter of type {@link dev.dosql.DB} is a fresh tenant with the
 * newest schema. See {@link DoSqlExtension} for what is fresh when, and for what is kept when a
 * test fails.
 *
 * <p>It stands on a test class or an interface, and counts for what extends or implements that and
 * for nested classes; or beside {@code @Test} on a method, where it is asked first; or on an
 * annotation of the project's own, which then stands for it. Options other than the migrations are
 * given to {@link DoSqlExtension#with}.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ExtendWith(DoSqlExtension.class)
public @interface DoSqlTest {
  /**
   * Where the migrations are: a folder, relative to the working directory, or {@code classpath:}
   * and a folder of the class path. Default {@code .do/migrations} if that folder is there, and
   * none otherwise, as with {@link dev.dosql.DB#open(String)}.
   *
   * @return the folder, or empty for the default
   */
  String migrations() default "";
}
