package dev.dosql.web.remote;

import dev.dosql.CheckViolationException;
import dev.dosql.CommitInDoubtException;
import dev.dosql.ConstraintViolationException;
import dev.dosql.CorruptDatabaseException;
import dev.dosql.DatabaseClosedException;
import dev.dosql.DiskFullException;
import dev.dosql.DoSQLException;
import dev.dosql.ForeignKeyViolationException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.InvalidTenantNameException;
import dev.dosql.LimitExceededException;
import dev.dosql.MappingException;
import dev.dosql.NotNullViolationException;
import dev.dosql.ParameterException;
import dev.dosql.QueryTimeoutException;
import dev.dosql.ReadOnlyException;
import dev.dosql.StatementException;
import dev.dosql.StorageException;
import dev.dosql.TenantNotFoundException;
import dev.dosql.TenantSuspendedException;
import dev.dosql.TooManyRowsException;
import dev.dosql.TransactionEndedException;
import dev.dosql.TransactionScopeException;
import dev.dosql.UniqueViolationException;
import dev.dosql.WriteLockTimeoutException;
import dev.dosql.web.Problem;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Errors on the wire: what each is to a client, and to the library's own client by its type. */
final class Failures {
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
    if (e instanceof LimitExceededException limit && RemoteServer.LIMITS.contains(limit.limit())) {
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
      out.put("position", (long) statement.position());
      out.put("line", (long) statement.line());
    } else if (e instanceof LimitExceededException limit) {
      out.put("limit", limit.limit());
      out.put("allowed", limit.allowed());
      out.put("seen", limit.seen());
    } else if (e instanceof QueryTimeoutException timeout) {
      putTimes(out, timeout.allowed(), timeout.seen());
    } else if (e instanceof WriteLockTimeoutException timeout) {
      putTimes(out, timeout.allowed(), timeout.seen());
    }
    return out;
  }

  private static void putTimes(Map<String, Object> out, Duration allowed, Duration seen) {
    out.put("allowed", allowed.toMillis());
    out.put("seen", seen.toMillis());
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
          new QueryTimeoutException(message, millis(in, "allowed"), millis(in, "seen"), cause);
      case "WriteLockTimeoutException" ->
          new WriteLockTimeoutException(message, millis(in, "allowed"), millis(in, "seen"));
      case "TenantSuspendedException" -> new TenantSuspendedException(message, tenant);
      case "TenantNotFoundException" -> new TenantNotFoundException(message, tenant);
      case "InvalidTenantNameException" -> new InvalidTenantNameException(message, tenant);
      default -> plain(in, message, cause, status);
    };
  }

  private static DoSQLException plain(Map<?, ?> in, String message, Throwable cause, int status) {
    return switch (text(in, "type")) {
      case "ParameterException" -> new ParameterException(message, cause);
      case "MappingException" -> new MappingException(message, cause);
      case "TooManyRowsException" -> new TooManyRowsException(message, cause);
      case "TransactionEndedException" -> new TransactionEndedException(message, cause);
      case "TransactionScopeException" -> new TransactionScopeException(message, cause);
      case "CommitInDoubtException" -> new CommitInDoubtException(message, cause);
      case "InterruptedQueryException" -> new InterruptedQueryException(message, cause);
      case "DatabaseClosedException" -> new DatabaseClosedException(message, cause);
      case "CorruptDatabaseException" -> new CorruptDatabaseException(message, cause);
      case "DiskFullException" -> new DiskFullException(message, cause);
      case "ReadOnlyException" -> new ReadOnlyException(message, cause);
      case "StorageException" -> new StorageException(message, cause);
      default -> new RemoteCallException(message, status, text(in, "type"), cause);
    };
  }

  private static ConstraintViolationException violation(
      Map<?, ?> in, String message, Throwable cause) {
    ConstraintViolationException.Kind kind = kind(text(in, "kind"));
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

  private static ConstraintViolationException.Kind kind(String name) {
    try {
      return ConstraintViolationException.Kind.valueOf(name);
    } catch (IllegalArgumentException e) {
      return ConstraintViolationException.Kind.OTHER;
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

  private static Duration millis(Map<?, ?> in, String name) {
    return Duration.ofMillis(number(in, name));
  }

  /** Stands for what was thrown on the server, whose stack is there. */
  private static final class OnServer extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OnServer(String type) {
      super("thrown on the server: " + type, null, false, false);
    }
  }
}
