package dev.dosql.web.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.*;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** That every error of the library comes out of a remote call as what it went in. */
class FailuresTest {
  private static final Throwable CAUSE = new IllegalStateException("cause");

  static Stream<DoSQLException> errors() {
    return Stream.of(
        new UniqueViolationException(
            "m", ConstraintViolationException.Kind.PRIMARY_KEY, "t", List.of("a", "b"), "i", CAUSE),
        new ForeignKeyViolationException(
            "m", ConstraintViolationException.Kind.FOREIGN_KEY, null, List.of(), null, CAUSE),
        new NotNullViolationException(
            "m", ConstraintViolationException.Kind.NOT_NULL, "t", List.of("a"), null, CAUSE),
        new CheckViolationException(
            "m", ConstraintViolationException.Kind.CHECK, "t", List.of(), "c", CAUSE),
        new ConstraintViolationException(
            "m", ConstraintViolationException.Kind.TRIGGER, null, List.of(), "raised", CAUSE),
        new StatementException("m", "SELEC \ud83d\ude00", 3, 2, CAUSE),
        new StatementException("m", "x".repeat(2_000), -1, 0, CAUSE),
        new LimitExceededException("m", "rowsMax", Long.MAX_VALUE, Long.MIN_VALUE),
        new QueryTimeoutException("m", Duration.ofNanos(1), Duration.ofDays(1), CAUSE),
        new WriteLockTimeoutException("m", Duration.ofMillis(5), Duration.ofSeconds(5, 1)),
        new CommitInDoubtException("m", new Bookmark("0123456789abcdef", 7), CAUSE),
        new CommitInDoubtException("m"),
        new CorruptObjectException("m", "a/b", CAUSE),
        new MigrationException(
            "m", MigrationException.Kind.EDITED, "001_a.sql", 4, "SELECT 1", CAUSE),
        new MigrationException("m", MigrationException.Kind.UNREADABLE, null, 0, null, null),
        new IdempotencyConflictException(
            "m", IdempotencyConflictException.Kind.TYPE, "key", "a", "b"),
        new TenantSuspendedException("m", "acme"),
        new TenantNotFoundException("m", "acme"),
        new TenantExistsException("m", "acme"),
        new InvalidTenantNameException("m", "acme"),
        new ParameterException("m"),
        new MappingException("m"),
        new TooManyRowsException("m"),
        new TransactionEndedException("m"),
        new TransactionScopeException("m"),
        new InterruptedQueryException("m"),
        new DatabaseClosedException("m"),
        new DatabaseLockedException("m"),
        new CorruptDatabaseException("m"),
        new DiskFullException("m"),
        new ReadOnlyException("m"),
        new StorageException("m"),
        new FencedException("m", CAUSE),
        new HistoryNotConfiguredException("m"));
  }

  @ParameterizedTest
  @MethodSource("errors")
  void error_isReadAsWhatItWas(DoSQLException error) throws Exception {
    Map<?, ?> wire =
        (Map<?, ?>)
            Wire.parse(
                Failures.problem(error)
                    .with(Failures.MEMBER, Failures.encode(error))
                    .toJson()
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8));
    DoSQLException read = Failures.decode((Map<?, ?>) wire.get(Failures.MEMBER), "acme", 500);
    assertThat(read.getClass()).isEqualTo(error.getClass());
    assertThat(read.getMessage()).isEqualTo(error.getMessage());
    for (Method accessor : error.getClass().getMethods()) {
      if (isAccessor(accessor)) {
        assertThat(accessor.invoke(read)).as(accessor.getName()).isEqualTo(accessor.invoke(error));
      }
    }
  }

  private static boolean isAccessor(Method method) {
    return DoSQLException.class.isAssignableFrom(method.getDeclaringClass())
        && method.getParameterCount() == 0
        && !Modifier.isStatic(method.getModifiers());
  }

  @Test
  void everyErrorOfTheLibrary_isAmongThem() throws IOException {
    Path sources = Path.of("../dosql-core/src/main/java/dev/dosql");
    try (Stream<Path> files = Files.list(sources)) {
      Set<String> all =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith("Exception.java"))
              .map(name -> name.replace(".java", ""))
              .filter(name -> !name.equals("DoSQLException"))
              .collect(Collectors.toCollection(TreeSet::new));
      assertThat(all).hasSizeGreaterThan(25);
      assertThat(errors().map(each -> each.getClass().getSimpleName()).collect(Collectors.toSet()))
          .isEqualTo(all);
    }
  }

  @Test
  void errorOfANewerServer_isStillAnError() {
    DoSQLException read =
        Failures.decode(Map.of("type", "NewException", "message", "m"), "acme", 418);
    assertThat(read).isInstanceOf(RemoteCallException.class).hasMessage("m");
    assertThat(((RemoteCallException) read).status()).isEqualTo(418);
    DoSQLException garbled =
        Failures.decode(
            Map.of("type", "QueryTimeoutException", "allowed", 7L, "seen", "x"), "acme", 503);
    assertThat(((QueryTimeoutException) garbled).allowed()).isZero();
    assertThat(
            Failures.decode(Map.of("type", "CommitInDoubtException", "bookmark", "x"), "acme", 503))
        .isInstanceOf(CommitInDoubtException.class);
  }
}
