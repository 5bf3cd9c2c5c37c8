package dev.dosql.web.remote;

import dev.dosql.DB;
import dev.dosql.DoSQL;
import dev.dosql.DoSQLException;
import dev.dosql.TenantNotFoundException;
import dev.dosql.web.Problem;
import dev.dosql.web.WebException;
import dev.dosql.web.internal.Hashes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An endpoint that runs allowed SQL for services that prove who they are: single calls, and
 * interactive transactions. Nothing exposes it by itself ({@link RemoteRoutes} does, or any server
 * through {@link #handle}), and it belongs on an address that only services reach. {@code
 * docs/remote.md} has the protocol.
 *
 * <p>An interactive transaction keeps the tenant's other writers waiting, as any does; it is rolled
 * back when its client is silent for the idle time, and at its deadline. Each has a thread. How
 * transactions ended is remembered, of each service the last 1,024, so that a client whose commit
 * was not answered can ask again.
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

  /** The codes of refusals after which a call can be sent again, for nothing of it was done. */
  static final String TOO_MANY_TRANSACTIONS = "too_many_transactions";

  static final String TOO_MANY_CALLS = "too_many_calls";
  static final String CLOSING = "closing";

  /** The code of a call that was not understood, and so not done. */
  static final String BAD_REQUEST = "bad_request";

  /** The code for a transaction that is not known, of which it cannot be said how it ended. */
  static final String UNKNOWN_TRANSACTION = "transaction_unknown";

  private static final Logger log = LoggerFactory.getLogger("dev.dosql.web.remote");
  private static final int ENDED_MAX = 1024;
  private static final int ID_BYTES = 16;
  private static final String SCHEME = "bearer ";
  private static final String JSON = "application/json";
  private static final SecureRandom RANDOM = new SecureRandom();

  private final DoSQL tenants;
  private final List<Service> services;
  private final Calls calls;
  private final int bodyBytesMax;
  private final int perTenantMax;
  private final int perServiceMax;
  private final Duration bodyTimeout;
  private final Duration idleTimeout;
  private final Duration deadline;
  private final Semaphore free;

  /** Guards the two maps and the flag. */
  private final Object turn = new Object();

  private final Map<String, HeldTransaction> open = new HashMap<>();
  private final Map<String, Map<String, HeldTransaction>> ended = new HashMap<>();
  private boolean closed;

  private RemoteServer(Builder from) {
    this.tenants = from.tenants;
    this.services = List.copyOf(from.services);
    this.calls =
        new Calls(
            from.allowAll ? null : Map.copyOf(from.allowed), from.rowsMax, from.answerBytesMax);
    this.bodyBytesMax = from.bodyBytesMax;
    this.bodyTimeout = from.bodyTimeout;
    this.perTenantMax = from.perTenantMax;
    this.perServiceMax = from.perServiceMax;
    this.idleTimeout = from.idleTimeout;
    this.deadline = from.deadline;
    this.free = new Semaphore(from.callsMax);
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
   * @param tenant the segment of the path that names the tenant, as it was sent
   * @param path the path behind it, such as {@code /query}
   * @param headers gives a header's value by its name, or null if it was not sent
   * @param body the body; read only when the caller is known and its {@code Content-Length}, if it
   *     has one, is not too large, and no further than it may be long
   */
  public record Request(
      String tenant, String path, Function<String, @Nullable String> headers, InputStream body) {
    private @Nullable String header(String name) {
      return headers.apply(name);
    }
  }

  /**
   * An answer.
   *
   * @param status the HTTP status
   * @param contentType the type of the body
   * @param headers more headers
   * @param body the body
   */
  @SuppressWarnings("ArrayRecordComponent") // written once, and read once
  public record Answer(int status, String contentType, Map<String, String> headers, byte[] body) {}

  /** Someone who may call; of all tenants where these are null. */
  private record Service(String name, byte[] hash, @Nullable Set<String> tenants) {
    boolean mayUse(String tenant) {
      return tenants == null || tenants.contains(tenant);
    }
  }

  /**
   * Answers a request of the method POST. Errors are answers too, {@code application/problem+json}
   * with an {@code error}.
   *
   * @param request the request
   * @return the answer
   */
  public Answer handle(Request request) {
    boolean exact = false;
    try {
      exact = accepts(request.header("Accept"));
      Service service = authenticate(request.header("Authorization"));
      String tenant = tenant(request, service);
      boolean exactBody = isExact(request.header("Content-Type"));
      Map<?, ?> body = object(Wire.parse(read(request)));
      Call call = new Call(service.name(), tenant, request.path(), body, exactBody, exact);
      return new Answer(200, exact ? Wire.EXACT : JSON, Map.of(), Wire.write(dispatch(call)));
    } catch (RuntimeException e) {
      return failed(request, e, exact);
    }
  }

  /** A request that was understood. */
  private record Call(
      String service,
      String tenant,
      String path,
      Map<?, ?> body,
      boolean exactBody,
      boolean exactAnswer) {
    Calls.Body read(String... members) {
      return new Calls.Body(body, exactBody, exactAnswer).requireOnly(members);
    }
  }

  private static boolean accepts(@Nullable String accept) {
    return accept != null
        && Arrays.stream(accept.split(","))
            .anyMatch(each -> each.split(";", 2)[0].strip().equalsIgnoreCase(Wire.EXACT));
  }

  private static boolean isExact(@Nullable String contentType) {
    String type = contentType == null ? "" : contentType.split(";", 2)[0].strip();
    if (type.equalsIgnoreCase(Wire.EXACT)) {
      return true;
    }
    if (type.equalsIgnoreCase(JSON)) {
      return false;
    }
    throw new WebException(
        415, "content_type", "Content-Type must be " + JSON + " or " + Wire.EXACT);
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
      log.error("remote call failed (path={})", request.path(), e);
    }
    if (exact && e instanceof DoSQLException known) {
      problem = problem.with(Failures.MEMBER, Failures.encode(known));
    }
    byte[] body = problem.toJson().getBytes(StandardCharsets.UTF_8);
    return new Answer(problem.status(), Problem.CONTENT_TYPE, problem.headers(), body);
  }

  // ---- who calls

  /** Whether a header proves a service; for servers that take bodies in before they ask. */
  boolean isKnown(@Nullable String authorization) {
    return find(authorization) != null;
  }

  int bodyBytesMax() {
    return bodyBytesMax;
  }

  Duration bodyTimeout() {
    return bodyTimeout;
  }

  private Service authenticate(@Nullable String authorization) {
    Service found = find(authorization);
    if (found == null) {
      throw WebException.unauthorized("needs the secret of a service");
    }
    return found;
  }

  /** Compares with every secret, so that the time tells nothing of which was nearly right. */
  private @Nullable Service find(@Nullable String authorization) {
    if (authorization == null || !authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      return null;
    }
    byte[] hash = Hashes.sha256(authorization.substring(SCHEME.length()).strip());
    Service found = null;
    for (Service service : services) {
      if (MessageDigest.isEqual(service.hash(), hash)) {
        found = service;
      }
    }
    return found;
  }

  private static String tenant(Request request, Service service) {
    String tenant =
        TenantPath.decode(request.tenant())
            .orElseThrow(() -> WebException.badRequest("tenant in the path has not its one form"));
    if (!service.mayUse(tenant)) {
      throw WebException.forbidden("not a tenant of this service");
    }
    return tenant;
  }

  private byte[] read(Request request) {
    checkLength(saidLength(request)); // before a sender who takes its time has the thread
    try {
      byte[] bytes = request.body().readNBytes(bodyBytesMax + 1);
      checkLength(bytes.length);
      return bytes;
    } catch (IOException e) {
      throw WebException.badRequest("body could not be read");
    }
  }

  /** What the client says, or 0. */
  private static long saidLength(Request request) {
    String length = request.header("Content-Length");
    try {
      return length == null ? 0 : Long.parseLong(length.strip());
    } catch (NumberFormatException e) {
      throw WebException.badRequest("Content-Length must be a number");
    }
  }

  private void checkLength(long length) {
    if (length > bodyBytesMax) {
      throw new WebException(
          413, "body_too_large", "body must have at most " + bodyBytesMax + " bytes");
    }
  }

  // ---- what is called

  private Object dispatch(Call call) {
    return switch (call.path()) {
      case "/transaction/begin" -> begin(call);
      case "/transaction/commit" -> control(call, HeldTransaction::commit);
      case "/transaction/rollback" -> control(call, HeldTransaction::rollback);
      case "/transaction/savepoint" -> control(call, HeldTransaction.Kind.SAVEPOINT);
      case "/transaction/release" -> control(call, HeldTransaction.Kind.RELEASE);
      case "/transaction/undo" -> control(call, HeldTransaction.Kind.UNDO);
      default -> call.body().containsKey("transaction") ? inTransaction(call) : alone(call);
    };
  }

  private static Calls.Body body(Call call) {
    return switch (call.path()) {
      case "/query" -> call.read("sql", "params", "given", "stream", "transaction");
      case "/queryOne", "/run" -> call.read("sql", "params", "given", "transaction");
      case "/batch" -> call.read("sql", "each", "transaction");
      case "/exec" -> call.read("script", "transaction");
      case "/columns" -> call.read("sql", "transaction");
      case "/transaction" -> call.read("operations", "transaction");
      default -> throw WebException.notFound("nothing at this path");
    };
  }

  private Object alone(Call call) {
    Calls.Body body = body(call);
    if (!free.tryAcquire()) {
      throw busy(TOO_MANY_CALLS, "too many calls run");
    }
    try {
      checkOpen();
      return calls.call(db(call.tenant()), call.path(), body);
    } finally {
      free.release();
    }
  }

  private Object inTransaction(Call call) {
    Calls.Body body = body(call);
    HeldTransaction tx = find(call);
    Object answer = tx.execute(on -> calls.call(on, call.path(), body));
    return Objects.requireNonNull(answer, "answer");
  }

  private Object control(Call call, HeldTransaction.Kind kind) {
    return control(call, tx -> tx.control(kind));
  }

  private Object control(Call call, Consumer<HeldTransaction> what) {
    call.read("transaction");
    what.accept(find(call));
    return Map.of();
  }

  private DB db(String tenant) {
    return tenants
        .find(tenant)
        .orElseThrow(
            () -> new TenantNotFoundException("no such tenant (tenant=" + tenant + ")", tenant));
  }

  private static WebException busy(String code, String error) {
    return new WebException(Problem.of(429, code, error).withHeader("Retry-After", "1"));
  }

  private void checkOpen() {
    synchronized (turn) {
      if (closed) {
        throw new WebException(503, CLOSING, "the endpoint is closing");
      }
    }
  }

  // ---- transactions

  private Object begin(Call call) {
    call.read();
    String id = newId();
    HeldTransaction tx =
        new HeldTransaction(
            call.service(), db(call.tenant()), idleTimeout, deadline, () -> forget(id));
    add(id, tx);
    start(id, tx);
    try {
      tx.awaitBegun();
    } catch (RuntimeException e) {
      tx.stop("was rolled back: it could not begin");
      checkOpen();
      throw e;
    }
    return Map.of("transaction", id);
  }

  private static String newId() {
    byte[] bytes = new byte[ID_BYTES];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private void add(String id, HeldTransaction tx) {
    synchronized (turn) {
      checkOpen();
      if (count(each -> each.service().equals(tx.service())) >= perServiceMax
          || count(each -> each.tenant().equals(tx.tenant())) >= perTenantMax) {
        throw busy(TOO_MANY_TRANSACTIONS, "too many transactions are open");
      }
      open.put(id, tx);
    }
  }

  private long count(Predicate<HeldTransaction> which) {
    return open.values().stream().filter(which).count();
  }

  private void start(String id, HeldTransaction tx) {
    Thread thread = new Thread(tx, "dosql-remote-transaction");
    thread.setDaemon(true);
    try {
      thread.start();
    } catch (Error e) { // no memory for a thread
      forget(id);
      throw e;
    }
  }

  private void forget(String id) {
    synchronized (turn) {
      HeldTransaction tx = open.remove(id);
      if (tx != null) {
        ended.computeIfAbsent(tx.service(), any -> new Latest()).put(id, tx);
      }
    }
  }

  /** Unknown, and another's, are the same to who asks. */
  private HeldTransaction find(Call call) {
    if (!(call.body().get("transaction") instanceof String id)) {
      throw WebException.badRequest("transaction must be a text");
    }
    synchronized (turn) {
      HeldTransaction tx = open.get(id);
      tx = tx == null ? ended.getOrDefault(call.service(), Map.of()).get(id) : tx;
      if (tx != null && tx.service().equals(call.service()) && tx.tenant().equals(call.tenant())) {
        return tx;
      }
    }
    throw new WebException(410, UNKNOWN_TRANSACTION, "no such transaction, or it ended long ago");
  }

  /** The transactions of a service that ended last. */
  private static final class Latest extends LinkedHashMap<String, HeldTransaction> {
    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, HeldTransaction> eldest) {
      return size() > ENDED_MAX;
    }
  }

  /** How many transactions are open. */
  int openTransactions() {
    synchronized (turn) {
      return open.size();
    }
  }

  /**
   * Rolls back the transactions that are open, and refuses what comes; a commit that runs, and
   * single calls, are let to their end. Returns when no transaction is left. Does nothing the
   * second time.
   */
  @Override
  public void close() {
    List<HeldTransaction> all;
    synchronized (turn) {
      closed = true;
      all = new ArrayList<>(open.values());
    }
    all.forEach(tx -> tx.stop("was rolled back: the endpoint is closing"));
    all.forEach(HeldTransaction::awaitEnd);
  }

  /**
   * Collects who may do what; {@link #build} checks it.
   *
   * <p>Used by one thread at a time.
   */
  public static final class Builder {
    private static final int BODY_BYTES_MAX = 64 * 1024 * 1024;
    private static final Duration TIME_MAX = Duration.ofHours(1);

    private final DoSQL tenants;
    private final List<Service> services = new ArrayList<>();
    private final Map<String, String> allowed = new HashMap<>();
    private boolean allowAll;
    private int bodyBytesMax = 1024 * 1024;
    private Duration bodyTimeout = Duration.ofSeconds(10);
    private int rowsMax = 10_000;
    private long answerBytesMax = 16L * 1024 * 1024;
    private int callsMax = 100;
    private int perTenantMax = 4;
    private int perServiceMax = 16;
    private Duration idleTimeout = Duration.ofSeconds(5);
    private Duration deadline = Duration.ofSeconds(30);

    private Builder(DoSQL tenants) {
      this.tenants = Objects.requireNonNull(tenants, "tenants");
    }

    /**
     * A service that may call, for some tenants.
     *
     * @param name its name, which its transactions are bound to
     * @param secret what it sends as bearer token: 32 characters or more of printable ASCII without
     *     spaces, and random
     * @param ofTenants the tenants it may use: one or more, each once
     * @return this
     * @throws IllegalArgumentException if no tenant is given, or one twice; if the secret is too
     *     short, or has other characters; or if the name or the secret is another service's
     */
    public Builder service(String name, String secret, String... ofTenants) {
      if (ofTenants.length == 0) { // such as a list from settings that is empty
        throw new IllegalArgumentException(
            "service needs a tenant, or serviceOfAllTenants: " + name);
      }
      return add(name, secret, Set.of(ofTenants));
    }

    /**
     * A service that may call, for every tenant that there is or will be.
     *
     * @param name its name, which its transactions are bound to
     * @param secret what it sends as bearer token, as of {@link #service}
     * @return this
     * @throws IllegalArgumentException if the secret is too short, or has other characters; or if
     *     the name or the secret is another service's
     */
    public Builder serviceOfAllTenants(String name, String secret) {
      return add(name, secret, null);
    }

    private Builder add(String name, String secret, @Nullable Set<String> ofTenants) {
      Secrets.check(secret);
      byte[] hash = Hashes.sha256(secret);
      for (Service other : services) {
        if (other.name().equals(name) || MessageDigest.isEqual(other.hash(), hash)) {
          throw new IllegalArgumentException(
              "service needs a name and a secret of its own: " + name);
        }
      }
      services.add(new Service(Objects.requireNonNull(name, "name"), hash, ofTenants));
      return this;
    }

    /**
     * Allows a statement, or a script, by its exact text: every space, comment and capital counts.
     *
     * @param sql the text
     * @return this
     */
    public Builder allow(String sql) {
      return allow(sql, sql);
    }

    /**
     * Allows a statement under a name, which clients send in place of the SQL; the SQL itself is
     * not allowed by this.
     *
     * @param name the name, such as {@code users.byId}
     * @param sql the text
     * @return this
     * @throws IllegalArgumentException if the name stands for another text already
     */
    public Builder allow(String name, String sql) {
      String known =
          allowed.putIfAbsent(
              Objects.requireNonNull(name, "name"), Objects.requireNonNull(sql, "sql"));
      if (known != null && !known.equals(sql)) {
        throw new IllegalArgumentException("allowed already, for another text: " + name);
      }
      return this;
    }

    /**
     * Allows all SQL: whoever has a secret can read and change everything of its tenants, the
     * schema too. What the library refuses locally is still refused.
     *
     * @return this
     */
    public Builder allowAll() {
      allowAll = true;
      return this;
    }

    /**
     * How many bytes a body may have. Default 1 MiB. One that says to be longer is not read.
     *
     * @param value 1 to 64 MiB
     * @return this
     */
    public Builder bodyBytesMax(int value) {
      bodyBytesMax = value;
      return this;
    }

    /**
     * How long a client may take to send a body. Default 10 seconds. Meanwhile it has a connection
     * and no thread.
     *
     * @param value more than zero, at most an hour
     * @return this
     */
    public Builder bodyTimeout(Duration value) {
      bodyTimeout = Objects.requireNonNull(value, "bodyTimeout");
      return this;
    }

    /**
     * How large an answer may be, with all rows and results of its operations. Default 10,000 rows
     * and 16 MiB. Beyond that the call is an error, and what it wrote is undone.
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
     * How many calls outside of interactive transactions may run at once; one more is refused with
     * 429. Default 100. Each has a thread of the server, and waits with it for the tenant's writer:
     * there must be threads left for the calls of transactions.
     *
     * @param value 1 or more
     * @return this
     */
    public Builder callsMax(int value) {
      callsMax = value;
      return this;
    }

    /**
     * How many interactive transactions may be open, those that wait for the writer too; one more
     * is refused with 429. Default 4 and 16.
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
     * and 30 seconds. {@link dev.dosql.Limits#transactionTimeout()} ends it too.
     *
     * @param idle between two calls; more than zero, at most an hour
     * @param all from its beginning, the wait for the writer too; more than zero, at most an hour
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
     * @throws IllegalArgumentException if there is no service, if nothing is allowed or all and
     *     something, or if a bound is out of range
     */
    public RemoteServer build() {
      if (services.isEmpty()) {
        throw new IllegalArgumentException("a service is needed: nobody could call");
      }
      if (allowAll != allowed.isEmpty()) {
        throw new IllegalArgumentException("needed: statements that are allowed, or all of them");
      }
      checkCounts();
      checkTime("bodyTimeout", bodyTimeout);
      checkTime("transactionTimes idle", idleTimeout);
      checkTime("transactionTimes all", deadline);
      return new RemoteServer(this);
    }

    private void checkCounts() {
      if (bodyBytesMax < 1 || bodyBytesMax > BODY_BYTES_MAX) {
        throw new IllegalArgumentException(
            "bodyBytesMax must be 1 to " + BODY_BYTES_MAX + ": " + bodyBytesMax);
      }
      if (rowsMax < 1 || answerBytesMax < 1) {
        throw new IllegalArgumentException(
            "answerMax must be 1 or more: " + rowsMax + ", " + answerBytesMax);
      }
      if (callsMax < 1 || perTenantMax < 1 || perServiceMax < 1) {
        throw new IllegalArgumentException(
            "callsMax and transactionsMax must be 1 or more: "
                + callsMax
                + ", "
                + perTenantMax
                + ", "
                + perServiceMax);
      }
    }

    private static void checkTime(String name, Duration value) {
      if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(TIME_MAX) > 0) {
        throw new IllegalArgumentException(
            name + " must be more than zero and at most " + TIME_MAX + ": " + value);
      }
    }
  }
}
