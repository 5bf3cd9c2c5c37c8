package dev.dosql.web;

import dev.dosql.CheckViolationException;
import dev.dosql.CommitInDoubtException;
import dev.dosql.ConstraintViolationException;
import dev.dosql.DatabaseClosedException;
import dev.dosql.DatabaseLockedException;
import dev.dosql.DiskFullException;
import dev.dosql.FencedException;
import dev.dosql.IdempotencyConflictException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.InvalidTenantNameException;
import dev.dosql.LimitExceededException;
import dev.dosql.QueryTimeoutException;
import dev.dosql.StorageException;
import dev.dosql.TenantExistsException;
import dev.dosql.TenantNotFoundException;
import dev.dosql.TenantSuspendedException;
import dev.dosql.WriteLockTimeoutException;
import dev.dosql.web.internal.Json;
import dev.dosql.web.internal.Statuses;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * An error as a client sees it: one body for all of them, {@code application/problem+json} (RFC
 * 9457), with an {@code error} member for people and a {@code code} for programs.
 *
 * <table>
 *   <caption>What the library's exceptions become, by type and never by text</caption>
 *   <tr><th>exception</th><th>status</th><th>code</th></tr>
 *   <tr><td>unique, primary key, foreign key</td><td>409</td>
 *       <td>{@code unique}, {@code primary_key}, {@code foreign_key}</td></tr>
 *   <tr><td>not null, check, type of a column, trigger</td><td>422</td>
 *       <td>{@code not_null}, {@code check}, {@code datatype}, {@code trigger}</td></tr>
 *   <tr><td>a key of {@code once} with another request</td><td>422</td>
 *       <td>{@code idempotency_conflict}</td></tr>
 *   <tr><td>no such tenant; one that is suspended; one that exists; not a name</td>
 *       <td>404; 403; 409; 400</td><td>{@code tenant_not_found}; {@code tenant_suspended}; {@code
 *       tenant_exists}; {@code invalid_tenant_name}</td></tr>
 *   <tr><td>a limit on rows, bytes or parameters</td><td>413</td><td>{@code limit_exceeded}</td></tr>
 *   <tr><td>the size of the tenant; a full disk</td><td>507</td>
 *       <td>{@code storage_full}</td></tr>
 *   <tr><td>a limit on time, a busy writer, no reader, an interrupt, a server that stops, a bucket
 *       that is away</td><td>503 and {@code Retry-After}</td><td>{@code unavailable}</td></tr>
 *   <tr><td>a commit in doubt</td><td>503 and {@code Retry-After}</td>
 *       <td>{@code commit_in_doubt}: ask again with the same {@code Idempotency-Key}</td></tr>
 *   <tr><td>{@link WebException}</td><td colspan="2">its own</td></tr>
 *   <tr><td>anything else</td><td>500</td><td>{@code internal}, without details</td></tr>
 * </table>
 *
 * <p>No body holds SQL, a value of a row or the message of an exception. Tables, columns and names
 * of constraints are in it, since a client cannot put right what it is not told.
 *
 * <p>Immutable; safe for use by many threads.
 *
 * @param status the HTTP status, 400 to 599
 * @param code a word for programs
 * @param error a sentence for people
 * @param details more members of the body, in order: texts, integers, truth values, lists, maps
 * @param headers headers of the answer
 */
public record Problem(
    int status,
    String code,
    String error,
    Map<String, Object> details,
    Map<String, String> headers) {
  /** The type of the body. */
  public static final String CONTENT_TYPE = "application/problem+json";

  private static final int STATUS_MIN = 400;
  private static final int STATUS_MAX = 599;

  /**
   * Checks and copies.
   *
   * @param status the HTTP status
   * @param code a word for programs
   * @param error a sentence for people
   * @param details more members of the body
   * @param headers headers of the answer
   * @throws IllegalArgumentException if the status is no error's
   */
  public Problem {
    if (status < STATUS_MIN || status > STATUS_MAX) {
      throw new IllegalArgumentException(
          "status must be " + STATUS_MIN + " to " + STATUS_MAX + ": " + status);
    }
    details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
  }

  /**
   * An error without more members or headers.
   *
   * @param status the HTTP status, 400 to 599
   * @param code a word for programs
   * @param error a sentence for people
   * @return the problem
   */
  public static Problem of(int status, String code, String error) {
    return new Problem(status, code, error, Map.of(), Map.of());
  }

  /**
   * What an exception is to a client, by the table above.
   *
   * @param failure what was thrown
   * @return the problem; with status 500 for a failure of our own, which should be logged
   */
  public static Problem of(Throwable failure) {
    if (failure instanceof WebException web) {
      return web.problem();
    }
    if (failure instanceof ConstraintViolationException violation) {
      return ofConstraint(violation);
    }
    if (failure instanceof LimitExceededException limit) {
      return ofLimit(limit);
    }
    return ofTenant(failure);
  }

  private static Problem ofConstraint(ConstraintViolationException violation) {
    ConstraintViolationException.Kind kind = violation.kind();
    String code = kind.name().toLowerCase(Locale.ROOT);
    Problem problem =
        switch (kind) {
          case UNIQUE, PRIMARY_KEY -> of(409, code, "already exists");
          case FOREIGN_KEY -> of(409, code, "refers to what is not there, or is referred to");
          case NOT_NULL -> of(422, code, "a value is missing");
          case CHECK -> of(422, code, "a value is not allowed");
          case DATATYPE -> of(422, code, "a value is of the wrong type");
          case TRIGGER -> of(422, code, "not allowed");
          case OTHER -> of(409, "constraint", "contradicts what is there");
        };
    return problem.withConstraint(violation);
  }

  private Problem withConstraint(ConstraintViolationException violation) {
    Problem problem = this;
    if (violation.table().isPresent()) {
      problem = problem.with("table", violation.table().get());
    }
    if (!violation.columns().isEmpty()) {
      problem = problem.with("columns", violation.columns());
    }
    if (violation instanceof CheckViolationException && violation.constraint().isPresent()) {
      problem = problem.with("constraint", violation.constraint().get());
    }
    return problem;
  }

  private static Problem ofLimit(LimitExceededException limit) {
    return switch (limit.limit()) {
      case "resultRowsMax", "resultBytesMax", "sqlLengthMax", "parametersMax" ->
          of(413, "limit_exceeded", "asks for too much at once").with("limit", limit.limit());
      case "onceValueBytesMax" -> of(500, "internal", "internal error");
      case "databaseBytesMax" -> of(507, "storage_full", "the tenant has no room left");
      default -> unavailable("unavailable", "took too long, or too many others are at work");
    };
  }

  private static Problem ofTenant(Throwable failure) {
    if (failure instanceof TenantNotFoundException) {
      return of(404, "tenant_not_found", "no such tenant");
    }
    if (failure instanceof TenantSuspendedException) {
      return of(403, "tenant_suspended", "tenant is suspended");
    }
    if (failure instanceof TenantExistsException) {
      return of(409, "tenant_exists", "tenant exists already");
    }
    if (failure instanceof InvalidTenantNameException) {
      return of(400, "invalid_tenant_name", "not a name that a tenant can have");
    }
    if (failure instanceof IdempotencyConflictException) {
      return of(422, "idempotency_conflict", "Idempotency-Key was used for another request");
    }
    return ofState(failure);
  }

  private static Problem ofState(Throwable failure) {
    if (failure instanceof CommitInDoubtException) {
      return unavailable("commit_in_doubt", "may or may not have been done: ask again");
    }
    if (failure instanceof DiskFullException) {
      return of(507, "storage_full", "no room left");
    }
    if (isPassing(failure)) {
      return unavailable("unavailable", "busy, try again");
    }
    return of(500, "internal", "internal error");
  }

  private static boolean isPassing(Throwable failure) {
    return failure instanceof WriteLockTimeoutException
        || failure instanceof QueryTimeoutException
        || failure instanceof InterruptedQueryException
        || failure instanceof DatabaseClosedException
        || failure instanceof DatabaseLockedException
        || failure instanceof FencedException
        || failure instanceof StorageException;
  }

  private static Problem unavailable(String code, String error) {
    return of(503, code, error).withHeader("Retry-After", "1");
  }

  /**
   * This problem with one more member in its body.
   *
   * @param name the member's name
   * @param value a text, an integer, a truth value, a list or a map
   * @return the problem
   */
  public Problem with(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(details);
    more.put(name, value);
    return new Problem(status, code, error, more, headers);
  }

  /**
   * This problem with one more header.
   *
   * @param name the header's name
   * @param value its value
   * @return the problem
   */
  public Problem withHeader(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Problem(status, code, error, details, more);
  }

  /**
   * The body.
   *
   * @return JSON, of the type {@link #CONTENT_TYPE}
   */
  public String toJson() {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("type", "about:blank");
    body.put("title", Statuses.title(status));
    body.put("status", status);
    body.put("error", error);
    body.put("code", code);
    details.forEach(body::putIfAbsent);
    return Json.write(body);
  }
}
