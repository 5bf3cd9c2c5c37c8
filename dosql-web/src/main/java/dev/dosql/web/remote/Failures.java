package dev.dosql.web.remote;

import dev.dosql.Bookmark;
import dev.dosql.CheckViolationException;
import dev.dosql.CommitInDoubtException;
import dev.dosql.ConstraintViolationException;
import dev.dosql.CorruptDatabaseException;
import dev.dosql.CorruptObjectException;
import dev.dosql.DatabaseClosedException;
import dev.dosql.DatabaseLockedException;
import dev.dosql.DiskFullException;
import dev.dosql.DoSQLException;
import dev.dosql.FencedException;
import dev.dosql.ForeignKeyViolationException;
import dev.dosql.HistoryNotConfiguredException;
import dev.dosql.IdempotencyConflictException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.InvalidTenantNameException;
import dev.dosql.LimitExceededException;
import dev.dosql.MappingException;
import dev.dosql.MigrationException;
import dev.dosql.NotNullViolationException;
import dev.dosql.ParameterException;
import dev.dosql.QueryTimeoutException;
import dev.dosql.ReadOnlyException;
import dev.dosql.StatementException;
import dev.dosql.StorageException;
import dev.dosql.TenantExistsException;
import dev.dosql.TenantNotFoundException;
import dev.dosql.TenantSuspendedException;
import dev.dosql.TooManyRowsException;
import dev.dosql.TransactionEndedException;
import dev.dosql.TransactionScopeException;
import dev.dosql.UniqueViolationException;
import dev.dosql.WriteLockTimeoutException;
import dev.dosql.web.Problem;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Errors on the wire: what each is to a client, and to the library's own client by its type. */
final class Failures {
  /** The member of an error's body that holds its type and fields. */
  static final String MEMBER = "exception";

  private static final Set<String> OWN_LIMITS = Set.of("rowsMax", "answerBytesMax");

  private Failures() {}

  /** What a failure is to any client. What is the caller's own fault says what was wrong. */
  static Problem problem(Throwable e) {
    String message = String.valueOf(e.getMessage());
    if (e instanceof StatementException || e instanceof ParameterException) {
      return Problem.of(422, "statement", message);
    }
    if (e instanceof MappingException || e instanceof TooManyRowsException) {
      return Problem.of(422, "result", message);
    }
    if (e instanceof TransactionEndedException) {
      return Problem.of(410, "transaction_ended", message);
    }
    if (e instanceof TransactionScopeException) {
      return Problem.of(409, "transaction_busy", message);
    }
    if (e instanceof LimitExceededException limit && OWN_LIMITS.contains(limit.limit())) {
      return Problem.of(413, "limit_exceeded", message).with("limit", limit.limit());
    }
    return Problem.of(e);
  }

  /** The error's type and fields. */
  static Map<String, Object> encode(DoSQLException e) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("type", e.getClass().getSimpleName());
    out.put("message", String.valueOf(e.getMessage()));
    if (e instanceof ConstraintViolationException violation) {
      out.put("kind", violation.kind().name());
      violation.table().ifPresent(table -> out.put("table", table));
      out.put("columns", violation.columns());
      violation.constraint().ifPresent(name -> out.put("constraint", name));
    } else if (e instanceof StatementException statement) {
      out.put("sql", statement.sql());
      out.put("position", statement.position());
      out.put("line", statement.line());
    } else if (e instanceof LimitExceededException limit) {
      out.put("limit", limit.limit());
      out.put("allowed", limit.allowed());
      out.put("seen", limit.seen());
    } else {
      encodeState(e, out);
    }
    return out;
  }

  private static void encodeState(DoSQLException e, Map<String, Object> out) {
    if (e instanceof QueryTimeoutException timeout) {
      putTimes(out, timeout.allowed(), timeout.seen());
    } else if (e instanceof WriteLockTimeoutException timeout) {
      putTimes(out, timeout.allowed(), timeout.seen());
    } else if (e instanceof CommitInDoubtException doubt) {
      doubt.bookmark().ifPresent(bookmark -> out.put("bookmark", bookmark.toString()));
    } else if (e instanceof CorruptObjectException corrupt) {
      out.put("object", corrupt.object());
    } else if (e instanceof MigrationException migration) {
      out.put("kind", migration.kind().name());
      migration.file().ifPresent(file -> out.put("file", file));
      out.put("line", migration.line());
      migration.statement().ifPresent(statement -> out.put("statement", statement));
    } else if (e instanceof IdempotencyConflictException conflict) {
      out.put("kind", conflict.kind().name());
      out.put("key", conflict.key());
      out.put("seen", conflict.seen());
      out.put("needed", conflict.needed());
    }
  }

  private static void putTimes(Map<String, Object> out, Duration allowed, Duration seen) {
    out.put("allowed", allowed.toString());
    out.put("seen", seen.toString());
  }

  /** The error that {@link #encode} wrote; a type that is not known here is an answer's error. */
  static DoSQLException decode(Map<?, ?> in, String tenant, int status) {
    String message = text(in, "message");
    Throwable cause = new OnServer(text(in, "type"));
    return switch (text(in, "type")) {
      case "UniqueViolationException",
          "ForeignKeyViolationException",
          "NotNullViolationException",
          "CheckViolationException",
          "ConstraintViolationException" ->
          violation(in, message, cause);
      case "StatementException" ->
          new StatementException(
              message,
              text(in, "sql"),
              (int) number(in, "position"),
              (int) number(in, "line"),
              cause);
      case "LimitExceededException" ->
          new LimitExceededException(
              message, text(in, "limit"), number(in, "allowed"), number(in, "seen"), cause);
      case "QueryTimeoutException" ->
          new QueryTimeoutException(message, time(in, "allowed"), time(in, "seen"), cause);
      case "WriteLockTimeoutException" ->
          new WriteLockTimeoutException(message, time(in, "allowed"), time(in, "seen"));
      case "TenantSuspendedException" -> new TenantSuspendedException(message, tenant);
      case "TenantNotFoundException" -> new TenantNotFoundException(message, tenant);
      case "TenantExistsException" -> new TenantExistsException(message, tenant);
      case "InvalidTenantNameException" -> new InvalidTenantNameException(message, tenant);
      default -> ofState(in, message, cause, status);
    };
  }

  private static DoSQLException ofState(Map<?, ?> in, String message, Throwable cause, int status) {
    return switch (text(in, "type")) {
      case "CommitInDoubtException" -> inDoubt(in, message, cause);
      case "CorruptObjectException" ->
          new CorruptObjectException(message, text(in, "object"), cause);
      case "MigrationException" ->
          new MigrationException(
              message,
              constant(MigrationException.Kind.class, in, MigrationException.Kind.DATABASE),
              optional(in, "file"),
              (int) number(in, "line"),
              optional(in, "statement"),
              cause);
      case "IdempotencyConflictException" ->
          new IdempotencyConflictException(
              message,
              constant(
                  IdempotencyConflictException.Kind.class,
                  in,
                  IdempotencyConflictException.Kind.FINGERPRINT),
              text(in, "key"),
              text(in, "seen"),
              text(in, "needed"));
      default -> withoutFields(in, message, cause, status);
    };
  }

  private static DoSQLException withoutFields(
      Map<?, ?> in, String message, Throwable cause, int status) {
    return switch (text(in, "type")) {
      case "ParameterException" -> new ParameterException(message, cause);
      case "MappingException" -> new MappingException(message, cause);
      case "TooManyRowsException" -> new TooManyRowsException(message, cause);
      case "TransactionEndedException" -> new TransactionEndedException(message, cause);
      case "TransactionScopeException" -> new TransactionScopeException(message, cause);
      case "InterruptedQueryException" -> new InterruptedQueryException(message, cause);
      case "DatabaseClosedException" -> new DatabaseClosedException(message, cause);
      case "DatabaseLockedException" -> new DatabaseLockedException(message, cause);
      case "CorruptDatabaseException" -> new CorruptDatabaseException(message, cause);
      case "DiskFullException" -> new DiskFullException(message, cause);
      case "ReadOnlyException" -> new ReadOnlyException(message, cause);
      case "StorageException" -> new StorageException(message, cause);
      case "FencedException" -> new FencedException(message, cause);
      case "HistoryNotConfiguredException" -> new HistoryNotConfiguredException(message);
      default -> new RemoteCallException(message, status, text(in, "type"), cause);
    };
  }

  private static CommitInDoubtException inDoubt(Map<?, ?> in, String message, Throwable cause) {
    String bookmark = optional(in, "bookmark");
    try {
      if (bookmark != null) {
        return new CommitInDoubtException(message, Bookmark.parse(bookmark), cause);
      }
    } catch (IllegalArgumentException e) {
      cause.addSuppressed(e);
    }
    return new CommitInDoubtException(message, cause);
  }

  private static ConstraintViolationException violation(
      Map<?, ?> in, String message, Throwable cause) {
    ConstraintViolationException.Kind kind =
        constant(
            ConstraintViolationException.Kind.class, in, ConstraintViolationException.Kind.OTHER);
    String table = optional(in, "table");
    List<String> columns =
        in.get("columns") instanceof List<?> list
            ? list.stream().map(String::valueOf).toList()
            : List.of();
    String name = optional(in, "constraint");
    return switch (text(in, "type")) {
      case "UniqueViolationException" ->
          new UniqueViolationException(message, kind, table, columns, name, cause);
      case "ForeignKeyViolationException" ->
          new ForeignKeyViolationException(message, kind, table, columns, name, cause);
      case "NotNullViolationException" ->
          new NotNullViolationException(message, kind, table, columns, name, cause);
      case "CheckViolationException" ->
          new CheckViolationException(message, kind, table, columns, name, cause);
      default -> new ConstraintViolationException(message, kind, table, columns, name, cause);
    };
  }

  /**
   * The constant that {@code kind} names, or another where a newer server has one that is not here.
   */
  private static <E extends Enum<E>> E constant(Class<E> type, Map<?, ?> in, E otherwise) {
    try {
      return Enum.valueOf(type, text(in, "kind"));
    } catch (IllegalArgumentException e) {
      return otherwise;
    }
  }

  private static String text(Map<?, ?> in, String name) {
    return Objects.requireNonNullElse(optional(in, name), "");
  }

  private static @Nullable String optional(Map<?, ?> in, String name) {
    return in.get(name) instanceof String text ? text : null;
  }

  private static long number(Map<?, ?> in, String name) {
    return in.get(name) instanceof Long number ? number : 0;
  }

  private static Duration time(Map<?, ?> in, String name) {
    try {
      return Duration.parse(text(in, name));
    } catch (DateTimeParseException e) {
      return Duration.ZERO;
    }
  }

  /** Stands for what was thrown on the server, whose stack is there. */
  private static final class OnServer extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OnServer(String type) {
      super("thrown on the server: " + type, null, true, false);
    }
  }
}
