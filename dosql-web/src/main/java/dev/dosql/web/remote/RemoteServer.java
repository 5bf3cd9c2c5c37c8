package dev.dosql.web.remote;

import dev.dosql.DB;
import dev.dosql.DoSQL;
import dev.dosql.DoSQLException;
import dev.dosql.TenantNotFoundException;
import dev.dosql.TransactionEndedException;
import dev.dosql.web.Problem;
import dev.dosql.web.WebException;
import dev.dosql.web.internal.Hashes;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An endpoint that runs allowed SQL for services that prove who they are, each call or an
 * interactive transaction. Nothing exposes it by itself, and it belongs on an address that only
 * services reach. {@code docs/remote.md} has the protocol.
 *
 * <p>A transaction keeps the tenant's other writers waiting; it is rolled back when its client is
 * silent for {@code idleTimeout} or its deadline passes.
 *
 * <p>Safe for use by many threads. Whoever builds it closes it, before the tenants.
 */
public final class RemoteServer implements AutoCloseable {
  static final List<String> PATHS =
      List.of(
          "/query",
          "/queryOne",
          "/run",
          "/batch",
          "/exec",
          "/columns",
          "/transaction",
          "/transaction/begin",
          "/transaction/commit",
          "/transaction/rollback",
          "/transaction/savepoint",
          "/transaction/release",
          "/transaction/undo");

  static final Set<String> LIMITS = Set.of("rowsMax", "answerBytesMax");

  private static final Logger log = LoggerFactory.getLogger("dev.dosql.web.remote");
  private static final int ENDED_MAX = 1024;
  private static final int ID_BYTES = 16;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final DoSQL tenants;
  private final List<Service> services;
  private final Calls calls;
  private final int bodyBytesMax;
  private final int perTenantMax;
  private final int perServiceMax;
  private final Duration idleTimeout;
  private final Duration deadline;

  /** Guards the two maps and the flag. */
  private final Object turn = new Object();

  private final Map<String, HeldTransaction> open = new HashMap<>();
  private final Map<String, HeldTransaction> ended = new LinkedHashMap<>();
  private boolean closed;

  private RemoteServer(Builder from) {
    this.tenants = from.tenants;
    this.services = List.copyOf(from.services);
    this.calls =
        new Calls(
            from.allowAll ? null : Map.copyOf(from.allowed), from.rowsMax, from.answerBytesMax);
    this.bodyBytesMax = from.bodyBytesMax;
    this.perTenantMax = from.perTenantMax;
    this.perServiceMax = from.perServiceMax;
    this.idleTimeout = from.idleTimeout;
    this.deadline = from.deadline;
  }

  /**
   * An endpoint, to be made.
   *
   * @param tenants the tenants, which stay the caller's to close
   * @return a builder
   */
  public static Builder builder(DoSQL tenants) {
    return new Builder(tenants);
  }

  /**
   * A request, of whatever server.
   *
   * @param tenant the tenant's name, decoded
   * @param path the path behind it, such as {@code /query}
   * @param authorization the header of that name, or null
   * @param accept the header of that name, or null
   * @param body the body; read only when the caller is known
   */
  public record Request(
      String tenant,
      String path,
      @Nullable String authorization,
      @Nullable String accept,
      InputStream body) {}

  /**
   * An answer.
   *
   * @param status the HTTP status
   * @param contentType the type of the body
   * @param headers more headers
   * @param body the body
   */
  @SuppressWarnings("ArrayRecordComponent") // written once, and read once
  public record Answer(
      int status, String contentType, Map<String, String> headers, byte[] body) {}

  private record Service(String name, byte[] hash, Set<String> tenants) {}

  /**
   * Answers a request. Errors are answers too, {@code application/problem+json} with an {@code
   * error}.
   *
   * @param request the request
   * @return the answer
   */
  public Answer handle(Request request) {
    boolean exact = request.accept() != null && request.accept().contains(Wire.EXACT);
    try {
      String service = authenticate(request);
      Map<?, ?> body = object(Wire.parse(read(request.body())));
      byte[] answer = Wire.write(dispatch(service, request, body, exact));
      return new Answer(200, exact ? Wire.EXACT : "application/json", Map.of(), answer);
    } catch (RuntimeException e) {
      return failed(request, e, exact);
    }
  }

  static Map<?, ?> object(@Nullable Object json) {
    if (json instanceof Map<?, ?> object) {
      return object;
    }
    throw WebException.badRequest("an object is needed");
  }

  private static Answer failed(Request request, RuntimeException e, boolean exact) {
    Problem problem = Failures.problem(e);
    if (problem.status() == 500) {
      log.error("remote call failed (path={}, tenant={})", request.path(), request.tenant(), e);
    }
    if (exact && e instanceof DoSQLException known) {
      problem = problem.with("exception", Failures.encode(known));
    }
    byte[] body = problem.toJson().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    return new Answer(problem.status(), Problem.CONTENT_TYPE, problem.headers(), body);
  }

  /** Compares with every secret, so that the time tells nothing of which was nearly right. */
  private String authenticate(Request request) {
    String header = Objects.requireNonNullElse(request.authorization(), "");
    byte[] hash = Hashes.sha256(header.startsWith("Bearer ") ? header.substring(7) : "");
    Service found = null;
    for (Service service : services) {
      if (MessageDigest.isEqual(service.hash(), hash)) {
        found = service;
      }
    }
    if (found == null) {
      throw WebException.unauthorized("needs the secret of a service");
    }
    if (!found.tenants().isEmpty() && !found.tenants().contains(request.tenant())) {
      throw WebException.forbidden("not a tenant of this service");
    }
    return found.name();
  }

  private byte[] read(InputStream body) {
    try {
      byte[] bytes = body.readNBytes(bodyBytesMax + 1);
      if (bytes.length > bodyBytesMax) {
        throw new WebException(413, "too_large", "body has more than " + bodyBytesMax + " bytes");
      }
      return bytes;
    } catch (IOException e) {
      throw WebException.badRequest("body could not be read");
    }
  }

  private Object dispatch(String service, Request request, Map<?, ?> body, boolean exact) {
    String path = request.path();
    if (path.equals("/transaction/begin")) {
      return begin(service, db(request.tenant()));
    }
    if (path.equals("/transaction")) {
      return calls.operations(db(request.tenant()), body, exact);
    }
    if (body.get("transaction") == null && !path.startsWith("/transaction")) {
      return calls.call(db(request.tenant()), path, body, exact);
    }
    HeldTransaction tx = find(service, request.tenant(), body.get("transaction"));
    return switch (path) {
      case "/transaction/commit" -> commit(tx);
      case "/transaction/rollback" -> control(tx, HeldTransaction.Kind.ROLLBACK);
      case "/transaction/savepoint" -> control(tx, HeldTransaction.Kind.SAVEPOINT);
      case "/transaction/release" -> control(tx, HeldTransaction.Kind.RELEASE);
      case "/transaction/undo" -> control(tx, HeldTransaction.Kind.UNDO);
      default ->
          Objects.requireNonNull(tx.execute(on -> calls.call(on, path, body, exact)), "answer");
    };
  }

  private static Object commit(HeldTransaction tx) {
    tx.commit();
    return Map.of();
  }

  private static Object control(HeldTransaction tx, HeldTransaction.Kind kind) {
    tx.control(kind);
    return Map.of();
  }

  private DB db(String tenant) {
    return tenants
        .find(tenant)
        .orElseThrow(() -> new TenantNotFoundException("no such tenant (tenant=" + tenant + ")", tenant));
  }

  private Object begin(String service, DB db) {
    String id = newId();
    HeldTransaction tx =
        new HeldTransaction(service, db, idleTimeout, deadline, () -> forget(id));
    add(id, service, tx);
    Thread thread = new Thread(tx, "dosql-remote-transaction");
    thread.setDaemon(true);
    thread.start();
    tx.awaitBegun();
    return Map.of("transaction", id);
  }

  private static String newId() {
    byte[] bytes = new byte[ID_BYTES];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private void add(String id, String service, HeldTransaction tx) {
    synchronized (turn) {
      if (closed) {
        throw new WebException(503, "unavailable", "the server is closing");
      }
      if (open.values().stream().filter(each -> each.isOfCaller(service)).count() >= perServiceMax
          || open.values().stream().filter(tx::sameTenant).count() >= perTenantMax) {
        throw new WebException(429, "too_many_transactions", "too many transactions are open");
      }
      open.put(id, tx);
    }
  }

  private void forget(String id) {
    synchronized (turn) {
      HeldTransaction tx = open.remove(id);
      if (tx != null) {
        ended.put(id, tx);
      }
      if (ended.size() > ENDED_MAX) {
        ended.remove(ended.keySet().iterator().next());
      }
    }
  }

  /** Unknown, and another's, are the same to who asks. */
  private HeldTransaction find(String service, String tenant, @Nullable Object id) {
    synchronized (turn) {
      HeldTransaction tx = open.get(id);
      tx = tx == null ? ended.get(id) : tx;
      if (tx != null && tx.isOf(service, tenant)) {
        return tx;
      }
    }
    throw new TransactionEndedException(
        "no such transaction, or it ended long ago (tenant=" + tenant + ")");
  }

  /** How many transactions are open. */
  int openTransactions() {
    synchronized (turn) {
      return open.size();
    }
  }

  /** Rolls back what is open, and begins no more; a commit that runs is let to its end. */
  @Override
  public void close() {
    List<HeldTransaction> all;
    synchronized (turn) {
      closed = true;
      all = new ArrayList<>(open.values());
    }
    all.forEach(tx -> tx.stop("was rolled back: the server is closing"));
    all.forEach(HeldTransaction::awaitEnd);
  }

  /**
   * Collects who may do what; {@link #build} checks it.
   *
   * <p>Used by one thread at a time.
   */
  public static final class Builder {
    private static final int SECRET_MIN = 32;

    private final DoSQL tenants;
    private final List<Service> services = new ArrayList<>();
    private final Map<String, String> allowed = new HashMap<>();
    private boolean allowAll;
    private int bodyBytesMax = 1024 * 1024;
    private int rowsMax = 10_000;
    private long answerBytesMax = 16L * 1024 * 1024;
    private int perTenantMax = 4;
    private int perServiceMax = 16;
    private Duration idleTimeout = Duration.ofSeconds(5);
    private Duration deadline = Duration.ofSeconds(30);

    private Builder(DoSQL tenants) {
      this.tenants = Objects.requireNonNull(tenants, "tenants");
    }

    /**
     * A service that may call.
     *
     * @param name its name, which its transactions are bound to
     * @param secret what it sends as bearer token: 32 characters or more, and random
     * @param ofTenants the tenants it may use; none given means all
     * @return this
     * @throws IllegalArgumentException if the secret is too short
     */
    public Builder service(String name, String secret, String... ofTenants) {
      if (secret.length() < SECRET_MIN) {
        throw new IllegalArgumentException(
            "secret needs " + SECRET_MIN + " characters or more, has " + secret.length());
      }
      services.add(new Service(name, Hashes.sha256(secret), Set.of(ofTenants)));
      return this;
    }

    /**
     * Allows a statement, or a script, by its exact text.
     *
     * @param sql the text
     * @return this
     */
    public Builder allow(String sql) {
      return allow(sql, sql);
    }

    /**
     * Allows a statement under a name, which clients send in place of the SQL.
     *
     * @param name the name, such as {@code users.byId}
     * @param sql the text
     * @return this
     */
    public Builder allow(String name, String sql) {
      allowed.put(
          Objects.requireNonNull(name, "name"), Objects.requireNonNull(sql, "sql"));
      return this;
    }

    /**
     * Allows all SQL: whoever has a secret can read and change everything of its tenants. For
     * trusted networks only.
     *
     * @return this
     */
    public Builder allowAll() {
      allowAll = true;
      return this;
    }

    /**
     * How many bytes a body may have. Default 1 MiB.
     *
     * @param value 1 or more
     * @return this
     */
    public Builder bodyBytesMax(int value) {
      bodyBytesMax = value;
      return this;
    }

    /**
     * How large an answer may be. Default 10,000 rows and 16 MiB.
     *
     * @param rows 1 or more
     * @param bytes 1 or more, counted roughly
     * @return this
     */
    public Builder answerMax(int rows, long bytes) {
      rowsMax = rows;
      answerBytesMax = bytes;
      return this;
    }

    /**
     * How many interactive transactions may be open, those that wait for the writer too. Default 4
     * and 16.
     *
     * @param perTenant of a tenant
     * @param perService of a service
     * @return this
     */
    public Builder transactionsMax(int perTenant, int perService) {
      perTenantMax = perTenant;
      perServiceMax = perService;
      return this;
    }

    /**
     * How long a transaction waits for its client's next call, and how long it may last. Default 5
     * and 30 seconds.
     *
     * @param idle between two calls
     * @param all from its beginning, the wait for the writer too
     * @return this
     */
    public Builder transactionTimes(Duration idle, Duration all) {
      idleTimeout = Objects.requireNonNull(idle, "idle");
      deadline = Objects.requireNonNull(all, "all");
      return this;
    }

    /**
     * Makes the endpoint.
     *
     * @return the endpoint, to be closed
     * @throws IllegalArgumentException if no service or no statement is allowed, or a bound is less
     *     than one
     */
    public RemoteServer build() {
      if (services.isEmpty() || (allowed.isEmpty() && !allowAll)) {
        throw new IllegalArgumentException("needs a service, and statements that are allowed");
      }
      if (Math.min(Math.min(bodyBytesMax, rowsMax), Math.min(perTenantMax, perServiceMax)) < 1
          || bodyBytesMax == Integer.MAX_VALUE
          || answerBytesMax < 1
          || idleTimeout.compareTo(Duration.ofMillis(1)) < 0
          || deadline.compareTo(Duration.ofMillis(1)) < 0) {
        throw new IllegalArgumentException("bounds must be more than zero");
      }
      return new RemoteServer(this);
    }
  }
}
