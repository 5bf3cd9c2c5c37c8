package dev.dosql.storage.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A small S3 server in this process, on a free port of the loopback address, that fails on demand.
 *
 * <p>It speaks the part of the protocol that stores of segments need, with path style addresses:
 * GET and HEAD with ranges and conditions; PUT with {@code If-None-Match: *} and {@code If-Match},
 * applied atomically; metadata; ListObjectsV2 with prefix, delimiter, start-after, continuation and
 * max-keys; DELETE and DeleteObjects; bodies in {@code aws-chunked} framing. Signatures (version 4,
 * in the header) and digests of bodies are checked. Not there: multipart uploads, copies, versions,
 * virtual-host style, presigned addresses.
 *
 * <p>Objects are held in memory. {@link #inject} makes single requests fail; {@link #setDown},
 * {@link #freezeLists}, {@link #setLatency} and {@link #setIgnoringConditions} change all.
 *
 * <p>Safe for use by many threads. Whoever started it closes it.
 */
public final class S3TestServer implements AutoCloseable {

  static {
    // Read once, by the first server of the JVM: else each answer waits 40 ms for an ACK.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    System.setProperty("sun.net.httpserver.maxIdleConnections", "2000");
  }

  /** The bucket that is there from the start. */
  public static final String BUCKET = "bucket";

  /** The access key that it knows. */
  public static final String ACCESS_KEY = "test-access-key";

  /** The secret of that key. */
  public static final String SECRET_KEY = "test-secret-key";

  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d*)-(\\d*)");
  private static final Comparator<String> UTF_8_ORDER =
      (left, right) -> Arrays.compareUnsigned(left.getBytes(UTF_8), right.getBytes(UTF_8));
  private static final String META = "x-amz-meta-";

  /** What kind of request it is, for counting and for choosing whom a fault meets. */
  public enum Kind {
    /** The bytes of an object, or a part. */
    GET,
    /** An object without its bytes, or whether a bucket is there. */
    HEAD,
    /** A new object. */
    PUT,
    /** A page of a listing. */
    LIST,
    /** One object or many deleted. */
    DELETE,
    /** Anything else: making buckets, asking where one is, what is not known here. */
    OTHER
  }

  /**
   * One request.
   *
   * @param kind what it is
   * @param method the HTTP method
   * @param bucket the bucket, or empty
   * @param key the object's key, or empty
   * @param query the parameters, decoded
   * @param headers the headers: lower-case names, first values
   */
  public record Request(
      Kind kind,
      String method,
      String bucket,
      String key,
      Map<String, String> query,
      Map<String, String> headers) {}

  /**
   * A way to fail. Made by the factories.
   *
   * @param type what happens
   * @param status the HTTP status of {@link Type#ANSWER}
   * @param code the error code of {@link Type#ANSWER}; empty for an answer without an S3 body
   * @param delay how long {@link Type#DELAY} and {@link Type#DELAYED_ANSWER} take
   */
  public record Fault(Type type, int status, String code, Duration delay) {

    /** What happens. */
    public enum Type {
      /** An error is answered and nothing is done. */
      ANSWER,
      /** The request waits, then goes on. */
      DELAY,
      /** The request is carried out, then its answer waits. */
      DELAYED_ANSWER,
      /** The connection is closed and nothing is done. */
      RESET_BEFORE_COMMIT,
      /** The request is carried out, then the connection is closed without an answer. */
      RESET_AFTER_COMMIT,
      /** The request is carried out, then an error is answered. */
      ANSWER_AFTER_COMMIT,
      /** Half of the body is sent, then the connection is closed. */
      TRUNCATED_BODY,
      /** One bit of the body is wrong. */
      WRONG_BYTES
    }

    /** Answers with an error, for instance 503 and {@code SlowDown}. */
    public static Fault answer(int status, String code) {
      return new Fault(Type.ANSWER, status, code, Duration.ZERO);
    }

    /** Carries the request out and answers with an error all the same. */
    public static Fault answerAfterCommit(int status, String code) {
      return new Fault(Type.ANSWER_AFTER_COMMIT, status, code, Duration.ZERO);
    }

    /** Waits before the request is looked at. */
    public static Fault delay(Duration delay) {
      return new Fault(Type.DELAY, 0, "", delay);
    }

    /** Waits between what the request does and its answer. */
    public static Fault delayedAnswer(Duration delay) {
      return new Fault(Type.DELAYED_ANSWER, 0, "", delay);
    }

    /** Drops the connection; nothing is done. */
    public static Fault resetBeforeCommit() {
      return new Fault(Type.RESET_BEFORE_COMMIT, 0, "", Duration.ZERO);
    }

    /** Drops the connection after everything is done. */
    public static Fault resetAfterCommit() {
      return new Fault(Type.RESET_AFTER_COMMIT, 0, "", Duration.ZERO);
    }

    /** Sends half of what a GET asks for. */
    public static Fault truncatedBody() {
      return new Fault(Type.TRUNCATED_BODY, 0, "", Duration.ZERO);
    }

    /** Sends a body of the right length in which one bit is wrong. */
    public static Fault wrongBytes() {
      return new Fault(Type.WRONG_BYTES, 0, "", Duration.ZERO);
    }
  }

  /** A fault in place. */
  public static final class Injection {
    private final Fault fault;
    private final Predicate<Request> when;
    private final AtomicInteger left;
    private final AtomicInteger hits = new AtomicInteger();

    private Injection(Fault fault, Predicate<Request> when, int times) {
      this.fault = fault;
      this.when = when;
      left = new AtomicInteger(times);
    }

    /** How many requests it met so far. */
    public int hits() {
      return hits.get();
    }

    /** Meets no more requests. */
    public void stop() {
      left.set(0);
    }

    private boolean meets(Request request) {
      if (left.get() <= 0 || !when.test(request) || left.getAndDecrement() <= 0) {
        return false;
      }
      hits.incrementAndGet();
      return true;
    }
  }

  private record Stored(
      byte[] bytes, String etag, Map<String, String> metadata, String type, Instant modified) {}

  private final HttpServer http;
  private final ExecutorService executor = Executors.newCachedThreadPool(S3TestServer::thread);
  private final ConcurrentMap<String, NavigableMap<String, Stored>> buckets =
      new ConcurrentHashMap<>();
  private final List<Injection> injections = new CopyOnWriteArrayList<>();
  private final Map<Kind, LongAdder> counts = new EnumMap<>(Kind.class);
  private final LongAdder bytesIn = new LongAdder();
  private final LongAdder bytesOut = new LongAdder();
  private final AtomicLong ids = new AtomicLong();
  private volatile Duration latency = Duration.ZERO;
  private volatile boolean down;
  private volatile boolean ignoringConditions;
  private volatile boolean refusingQuotedTags;
  private volatile boolean checkingSignatures = true;
  private volatile int pageMax = 1000;
  private volatile Map<String, NavigableMap<String, Stored>> frozen = Map.of();

  private S3TestServer(HttpServer http) {
    this.http = http;
    for (Kind kind : Kind.values()) {
      counts.put(kind, new LongAdder());
    }
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "s3-test-server");
    thread.setDaemon(true);
    return thread;
  }

  /** Starts a server with the empty bucket {@value #BUCKET}. */
  public static S3TestServer start() throws IOException {
    return start(0);
  }

  /** Starts a server on a port of the loopback address, for a process that outlives its bucket. */
  public static S3TestServer start(int port) throws IOException {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port);
    S3TestServer server = new S3TestServer(HttpServer.create(address, 1024));
    server.createBucket(BUCKET);
    server.http.createContext("/", server::handle);
    server.http.setExecutor(server.executor);
    server.http.start();
    return server;
  }

  @Override
  public void close() {
    http.stop(0);
    executor.shutdownNow();
  }

  /** The address, {@code http://127.0.0.1:port}. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + http.getAddress().getPort());
  }

  /** The URI of a store in the bucket {@value #BUCKET}: {@code s3://bucket/prefix?endpoint=…}. */
  public String uri(String prefix) {
    return "s3://" + BUCKET + "/" + prefix + "?endpoint=" + endpoint() + "&region=us-east-1";
  }

  /** Makes a bucket, empty if there was none of the name. */
  public void createBucket(String name) {
    buckets.putIfAbsent(name, new ConcurrentSkipListMap<>(UTF_8_ORDER));
  }

  // Counting.

  /** How many requests of a kind came since the last reset, answered or not. */
  public long count(Kind kind) {
    return counts.get(kind).sum();
  }

  /** How many requests came since the last reset, answered or not. */
  public long count() {
    return counts.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** How many bytes of objects were put since the last reset. */
  public long bytesIn() {
    return bytesIn.sum();
  }

  /** How many bytes of objects were sent since the last reset. */
  public long bytesOut() {
    return bytesOut.sum();
  }

  /** Counts from zero again. */
  public void resetCounts() {
    counts.values().forEach(LongAdder::reset);
    bytesIn.reset();
    bytesOut.reset();
  }

  // Looking at and changing what is there, without a request.

  /** The keys of a bucket in order. */
  public List<String> keys(String bucket) {
    return List.copyOf(objects(bucket).keySet());
  }

  /** The bytes of an object, if it is there. */
  public Optional<byte[]> bytes(String bucket, String key) {
    return Optional.ofNullable(objects(bucket).get(key)).map(stored -> stored.bytes().clone());
  }

  /** Puts an object with no metadata, whatever is there. */
  public void put(String bucket, String key, byte[] bytes) {
    objects(bucket).put(key, stored(bytes.clone(), Map.of(), "application/octet-stream"));
  }

  /** Replaces the bytes of an object, as bad hardware would: metadata and tag stay. */
  public void corrupt(String bucket, String key, byte[] bytes) {
    objects(bucket)
        .computeIfPresent(
            key,
            (k, old) ->
                new Stored(bytes.clone(), old.etag(), old.metadata(), old.type(), old.modified()));
  }

  /** Removes an object; says whether it was there. */
  public boolean remove(String bucket, String key) {
    return objects(bucket).remove(key) != null;
  }

  private NavigableMap<String, Stored> objects(String bucket) {
    NavigableMap<String, Stored> objects = buckets.get(bucket);
    if (objects == null) {
      throw new IllegalArgumentException("no such bucket (bucket=" + bucket + ")");
    }
    return objects;
  }

  // Failing.

  /** Lets the next so many requests that fit meet a fault. Several faults may meet one request. */
  public Injection inject(Fault fault, int times, Predicate<Request> when) {
    Injection injection = new Injection(fault, when, times);
    injections.add(injection);
    return injection;
  }

  /** Lets the next so many requests of a kind meet a fault. */
  public Injection inject(Fault fault, int times, Kind kind) {
    return inject(fault, times, request -> request.kind() == kind);
  }

  /** Removes all faults that were injected; the switches stay. */
  public void clearFaults() {
    injections.clear();
  }

  /** While it is down, each connection is closed at its first request. */
  public void setDown(boolean down) {
    this.down = down;
  }

  /** Each request takes so much longer. */
  public void setLatency(Duration latency) {
    this.latency = latency;
  }

  /** While it does, puts overwrite whatever their conditions say, as some stores do. */
  public void setIgnoringConditions(boolean ignoring) {
    ignoringConditions = ignoring;
  }

  /** While it does, only tags without quotes match, as in some stores. */
  public void setRefusingQuotedTags(boolean refusing) {
    refusingQuotedTags = refusing;
  }

  /** Whether signatures must be right (as at the start), or are not looked at. */
  public void setCheckingSignatures(boolean checking) {
    checkingSignatures = checking;
  }

  /** The longest page of a list, whatever is asked for. */
  public void setPageMax(int pageMax) {
    this.pageMax = pageMax;
  }

  /** From now on lists show what is there now, whatever is put or deleted. */
  public void freezeLists() {
    Map<String, NavigableMap<String, Stored>> copies = new ConcurrentHashMap<>();
    buckets.forEach(
        (bucket, objects) -> {
          NavigableMap<String, Stored> copy = new TreeMap<>(UTF_8_ORDER);
          copy.putAll(objects);
          copies.put(bucket, copy);
        });
    frozen = copies;
  }

  /** Lists show what is there again. */
  public void thawLists() {
    frozen = Map.of();
  }

  // Requests.

  /** An answer with an error. */
  private static final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;
    final int status;
    final String code;

    Refusal(int status, String code) {
      super(code, null, false, false);
      this.status = status;
      this.code = code;
    }
  }

  /** An answer in the making: nothing is sent before all is decided. */
  private record Answer(int status, Map<String, String> headers, byte[] body) {
    static Answer empty(int status) {
      return new Answer(status, Map.of(), new byte[0]);
    }

    static Answer xml(int status, String body) {
      byte[] bytes = ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + body).getBytes(UTF_8);
      return new Answer(status, Map.of("Content-Type", "application/xml"), bytes);
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Request request = request(exchange);
      counts.get(request.kind()).increment();
      if (down) {
        return; // closing an exchange without an answer closes its connection
      }
      List<Fault> faults =
          injections.stream().filter(i -> i.meets(request)).map(i -> i.fault).toList();
      pause(latency);
      for (Fault fault : faults) {
        if (fault.type() == Fault.Type.DELAY) {
          pause(fault.delay());
        }
      }
      if (!has(faults, Fault.Type.RESET_BEFORE_COMMIT)) {
        answer(exchange, request, faults);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the server is closing
    }
  }

  private void answer(HttpExchange exchange, Request request, List<Fault> faults)
      throws IOException, InterruptedException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    Answer answer;
    try {
      fail(faults, Fault.Type.ANSWER);
      if (checkingSignatures) {
        checkSignature(exchange, request, body);
      }
      answer = carryOut(request, body);
      fail(faults, Fault.Type.ANSWER_AFTER_COMMIT);
    } catch (Refusal e) {
      answer = error(e, request);
    }
    for (Fault fault : faults) {
      if (fault.type() == Fault.Type.DELAYED_ANSWER) {
        pause(fault.delay());
      }
    }
    if (!has(faults, Fault.Type.RESET_AFTER_COMMIT)) {
      send(exchange, request, answer, faults);
    }
  }

  private static void fail(List<Fault> faults, Fault.Type type) throws Refusal {
    for (Fault fault : faults) {
      if (fault.type() == type) {
        throw new Refusal(fault.status(), fault.code());
      }
    }
  }

  private static boolean has(List<Fault> faults, Fault.Type type) {
    return faults.stream().anyMatch(fault -> fault.type() == type);
  }

  private static void pause(Duration duration) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(duration.toNanos());
  }

  private void send(HttpExchange exchange, Request request, Answer answer, List<Fault> faults)
      throws IOException {
    Headers headers = exchange.getResponseHeaders();
    answer.headers().forEach(headers::set);
    headers.set("x-amz-request-id", "test-" + ids.incrementAndGet());
    headers.set("Server", "dosql-s3-test-server");
    byte[] body = answer.body();
    if (request.method().equals("HEAD") || body.length == 0) {
      if (request.method().equals("HEAD")) {
        headers.set("Content-Length", Integer.toString(body.length));
      }
      exchange.sendResponseHeaders(answer.status(), -1);
      return;
    }
    int length = body.length;
    if (has(faults, Fault.Type.WRONG_BYTES)) {
      body = body.clone();
      body[length / 2] ^= 1;
    }
    exchange.sendResponseHeaders(answer.status(), length);
    OutputStream out = exchange.getResponseBody();
    int sent = has(faults, Fault.Type.TRUNCATED_BODY) ? length / 2 : length;
    out.write(body, 0, sent);
    out.flush();
    if (request.kind() == Kind.GET) {
      bytesOut.add(sent);
    }
  }

  private static Answer error(Refusal e, Request request) {
    if (e.code.isEmpty() || e.status == 304) {
      return Answer.empty(e.status);
    }
    String body =
        "<Error><Code>%s</Code><Message>%s</Message><Key>%s</Key></Error>"
            .formatted(e.code, e.code, xml(request.key()));
    Answer answer = Answer.xml(e.status, body);
    return request.method().equals("HEAD") ? Answer.empty(e.status) : answer;
  }

  private static Request request(HttpExchange exchange) {
    String path = exchange.getRequestURI().getRawPath().substring(1);
    int slash = path.indexOf('/');
    String bucket = decoded(slash < 0 ? path : path.substring(0, slash));
    String key = slash < 0 ? "" : decoded(path.substring(slash + 1));
    Map<String, String> query = new TreeMap<>();
    String raw = exchange.getRequestURI().getRawQuery();
    for (String pair : raw == null || raw.isEmpty() ? new String[0] : raw.split("&")) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      String value = equals < 0 ? "" : pair.substring(equals + 1);
      query.put(URLDecoder.decode(name, UTF_8), URLDecoder.decode(value, UTF_8));
    }
    Map<String, String> headers = new TreeMap<>();
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
    String method = exchange.getRequestMethod();
    return new Request(kind(method, key, query), method, bucket, key, query, headers);
  }

  private static Kind kind(String method, String key, Map<String, String> query) {
    return switch (method) {
      case "GET" ->
          !key.isEmpty() ? Kind.GET : query.containsKey("list-type") ? Kind.LIST : Kind.OTHER;
      case "HEAD" -> Kind.HEAD;
      case "PUT" -> key.isEmpty() ? Kind.OTHER : Kind.PUT;
      case "DELETE" -> Kind.DELETE;
      case "POST" -> query.containsKey("delete") ? Kind.DELETE : Kind.OTHER;
      default -> Kind.OTHER;
    };
  }

  /** In a path a plus is a plus. */
  private static String decoded(String part) {
    return URLDecoder.decode(part.replace("+", "%2B"), UTF_8);
  }

  private static void checkSignature(HttpExchange exchange, Request request, byte[] body)
      throws Refusal {
    String digest = request.headers().getOrDefault("x-amz-content-sha256", "");
    if (digest.length() == 64 && !digest.equals(hex("SHA-256", body))) {
      throw new Refusal(400, "XAmzContentSHA256Mismatch");
    }
    String problem =
        SignatureV4.problem(
            exchange.getRequestMethod(),
            exchange.getRequestURI(),
            exchange.getRequestHeaders(),
            ACCESS_KEY,
            SECRET_KEY);
    if (!problem.isEmpty()) {
      throw new Refusal(403, problem);
    }
  }

  private Answer carryOut(Request request, byte[] body) throws Refusal {
    if (request.bucket().isEmpty()) {
      return listBuckets();
    }
    if (request.key().isEmpty() && request.method().equals("PUT")) {
      createBucket(request.bucket());
      return Answer.empty(200);
    }
    NavigableMap<String, Stored> objects = buckets.get(request.bucket());
    if (objects == null) {
      throw new Refusal(404, "NoSuchBucket");
    }
    if (request.key().isEmpty()) {
      return carryOutOnBucket(request, objects, body);
    }
    if (request.query().containsKey("uploads") || request.query().containsKey("uploadId")) {
      throw new Refusal(501, "NotImplemented");
    }
    return switch (request.method()) {
      case "GET", "HEAD" -> get(request, objects);
      case "PUT" -> put(request, objects, body);
      case "DELETE" -> {
        objects.remove(request.key());
        yield Answer.empty(204);
      }
      default -> throw new Refusal(405, "MethodNotAllowed");
    };
  }

  private Answer carryOutOnBucket(
      Request request, NavigableMap<String, Stored> objects, byte[] body) throws Refusal {
    Map<String, String> query = request.query();
    if (request.method().equals("HEAD")) {
      return Answer.empty(200);
    }
    if (request.method().equals("GET") && query.containsKey("location")) {
      return Answer.xml(200, "<LocationConstraint/>");
    }
    if (request.kind() == Kind.LIST) {
      return list(request, frozen.getOrDefault(request.bucket(), objects));
    }
    if (request.method().equals("POST") && query.containsKey("delete")) {
      return deleteMany(objects, new String(decodedBody(request, body), UTF_8));
    }
    throw new Refusal(501, "NotImplemented");
  }

  private Answer listBuckets() {
    StringBuilder xml = new StringBuilder("<ListAllMyBucketsResult><Buckets>");
    buckets.keySet().stream()
        .sorted()
        .forEach(name -> xml.append("<Bucket><Name>").append(xml(name)).append("</Name></Bucket>"));
    return Answer.xml(200, xml.append("</Buckets></ListAllMyBucketsResult>").toString());
  }

  // Objects.

  private Answer get(Request request, NavigableMap<String, Stored> objects) throws Refusal {
    Stored stored = objects.get(request.key());
    if (stored == null) {
      throw new Refusal(404, "NoSuchKey");
    }
    String ifMatch = request.headers().get("if-match");
    if (ifMatch != null && !matches(ifMatch, stored)) {
      throw new Refusal(412, "PreconditionFailed");
    }
    String ifNoneMatch = request.headers().get("if-none-match");
    if (ifNoneMatch != null && matches(ifNoneMatch, stored)) {
      throw new Refusal(304, "NotModified");
    }
    Map<String, String> headers = new TreeMap<>();
    headers.put("ETag", "\"" + stored.etag() + "\"");
    headers.put("Last-Modified", HTTP_DATE.format(stored.modified()));
    headers.put("Content-Type", stored.type());
    headers.put("Accept-Ranges", "bytes");
    stored.metadata().forEach((name, value) -> headers.put(META + name, value));
    return ranged(request.headers().get("range"), stored.bytes(), headers);
  }

  private static Answer ranged(String range, byte[] bytes, Map<String, String> headers)
      throws Refusal {
    Matcher matcher = RANGE.matcher(range == null ? "" : range);
    if (!matcher.matches() || (matcher.group(1) + matcher.group(2)).isEmpty()) {
      return new Answer(200, headers, bytes); // as in HTTP: what is not understood is ignored
    }
    long first = number(matcher.group(1), -1);
    long last = Math.min(number(matcher.group(2), Long.MAX_VALUE), bytes.length - 1L);
    if (first < 0) {
      first = Math.max(0, bytes.length - number(matcher.group(2), 0));
      last = bytes.length - 1L;
    }
    if (first > last) {
      throw new Refusal(416, "InvalidRange");
    }
    headers.put("Content-Range", "bytes " + first + "-" + last + "/" + bytes.length);
    return new Answer(206, headers, Arrays.copyOfRange(bytes, (int) first, (int) last + 1));
  }

  private static long number(String digits, long otherwise) {
    return digits.isEmpty() ? otherwise : Long.parseLong(digits);
  }

  private Answer put(Request request, NavigableMap<String, Stored> objects, byte[] body)
      throws Refusal {
    byte[] bytes = decodedBody(request, body);
    String md5 = request.headers().get("content-md5");
    if (md5 != null && !md5.equals(Base64.getEncoder().encodeToString(digest("MD5", bytes)))) {
      throw new Refusal(400, "BadDigest");
    }
    Map<String, String> metadata = new TreeMap<>();
    request.headers().forEach((name, value) -> keepMetadata(name, value, metadata));
    String type = request.headers().getOrDefault("content-type", "application/octet-stream");
    Stored next = stored(bytes, metadata, type);
    synchronized (objects) { // the condition and the write are one step
      checkConditions(request, objects.get(request.key()));
      objects.put(request.key(), next);
    }
    bytesIn.add(bytes.length);
    return new Answer(200, Map.of("ETag", "\"" + next.etag() + "\""), new byte[0]);
  }

  private static void keepMetadata(String name, String value, Map<String, String> metadata) {
    if (name.startsWith(META)) {
      metadata.put(name.substring(META.length()), value);
    }
  }

  private void checkConditions(Request request, Stored current) throws Refusal {
    String ifNoneMatch = request.headers().get("if-none-match");
    String ifMatch = request.headers().get("if-match");
    if (ignoringConditions) {
      return;
    }
    if (ifNoneMatch != null && !ifNoneMatch.equals("*")) {
      throw new Refusal(501, "NotImplemented");
    }
    if (ifNoneMatch != null && current != null) {
      throw new Refusal(412, "PreconditionFailed");
    }
    if (ifMatch != null && current == null) {
      throw new Refusal(404, "NoSuchKey");
    }
    if (ifMatch != null && !matches(ifMatch, current)) {
      throw new Refusal(412, "PreconditionFailed");
    }
  }

  private boolean matches(String condition, Stored stored) {
    if (condition.equals("*")) {
      return true;
    }
    String tag = refusingQuotedTags ? condition : condition.replaceAll("^\"|\"$", "");
    return tag.equals(stored.etag());
  }

  private static byte[] decodedBody(Request request, byte[] body) throws Refusal {
    Map<String, String> headers = request.headers();
    boolean chunked =
        headers.getOrDefault("x-amz-content-sha256", "").startsWith("STREAMING-")
            || headers.getOrDefault("content-encoding", "").contains("aws-chunked");
    byte[] decoded = chunked ? AwsChunked.decode(body) : body;
    String length = headers.get("x-amz-decoded-content-length");
    if (decoded == null || (length != null && Long.parseLong(length) != decoded.length)) {
      throw new Refusal(400, "IncompleteBody");
    }
    return decoded;
  }

  private static Stored stored(byte[] bytes, Map<String, String> metadata, String type) {
    return new Stored(bytes, hex("MD5", bytes), Map.copyOf(metadata), type, Instant.now());
  }

  private static String hex(String algorithm, byte[] bytes) {
    return HexFormat.of().formatHex(digest(algorithm, bytes));
  }

  private static byte[] digest(String algorithm, byte[] bytes) {
    try {
      return MessageDigest.getInstance(algorithm).digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final Pattern DELETED = Pattern.compile("<Key>(.*?)</Key>", Pattern.DOTALL);

  private static Answer deleteMany(NavigableMap<String, Stored> objects, String body) {
    StringBuilder xml = new StringBuilder("<DeleteResult>");
    Matcher matcher = DELETED.matcher(body);
    while (matcher.find()) {
      objects.remove(unescaped(matcher.group(1)));
      xml.append("<Deleted><Key>").append(matcher.group(1)).append("</Key></Deleted>");
    }
    return Answer.xml(200, xml.append("</DeleteResult>").toString());
  }

  private static String unescaped(String xml) {
    return xml.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
  }

  // Lists.

  private Answer list(Request request, NavigableMap<String, Stored> objects) {
    Map<String, String> query = request.query();
    String prefix = query.getOrDefault("prefix", "");
    String delimiter = query.getOrDefault("delimiter", "");
    int max = (int) Math.min(pageMax, number(query.getOrDefault("max-keys", ""), 1000));
    String token = query.getOrDefault("continuation-token", "");
    String after =
        token.isEmpty()
            ? query.getOrDefault("start-after", "")
            : new String(Base64.getUrlDecoder().decode(token), UTF_8);
    Page page = new Page(prefix, delimiter, after, max);
    page.fill(objects);
    return Answer.xml(200, page.xml(request.bucket(), query));
  }

  /** One page in the making. */
  private static final class Page {
    private final String prefix;
    private final String delimiter;
    private final String after;
    private final int max;
    private final List<Map.Entry<String, Stored>> found = new ArrayList<>();
    private final Set<String> common = new LinkedHashSet<>();
    private String last = "";
    private boolean truncated;

    Page(String prefix, String delimiter, String after, int max) {
      this.prefix = prefix;
      this.delimiter = delimiter;
      this.after = after;
      this.max = max;
    }

    void fill(NavigableMap<String, Stored> objects) {
      for (Map.Entry<String, Stored> entry : objects.tailMap(prefix, true).entrySet()) {
        String key = entry.getKey();
        if (!key.startsWith(prefix)) {
          return;
        }
        String group = group(key);
        // A token may be a group, behind which all of its keys are.
        boolean seen =
            UTF_8_ORDER.compare(key, after) <= 0 || (!after.isEmpty() && group.equals(after));
        if (seen || common.contains(group)) {
          continue;
        }
        if (found.size() + common.size() == max) {
          truncated = true;
          return;
        }
        if (group.isEmpty()) {
          found.add(entry);
        } else {
          common.add(group);
        }
        last = group.isEmpty() ? key : group;
      }
    }

    private String group(String key) {
      int end = delimiter.isEmpty() ? -1 : key.indexOf(delimiter, prefix.length());
      return end < 0 ? "" : key.substring(0, end + delimiter.length());
    }

    String xml(String bucket, Map<String, String> query) {
      boolean encoded = query.getOrDefault("encoding-type", "").equals("url");
      StringBuilder xml =
          new StringBuilder("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
      element(xml, "Name", bucket);
      element(xml, "Prefix", name(prefix, encoded));
      if (!delimiter.isEmpty()) {
        element(xml, "Delimiter", name(delimiter, encoded));
      }
      if (query.containsKey("start-after")) {
        element(xml, "StartAfter", name(query.get("start-after"), encoded));
      }
      if (encoded) {
        element(xml, "EncodingType", "url");
      }
      element(xml, "KeyCount", Integer.toString(found.size() + common.size()));
      element(xml, "MaxKeys", Integer.toString(max));
      element(xml, "IsTruncated", Boolean.toString(truncated));
      if (truncated) {
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(last.getBytes(UTF_8));
        element(xml, "NextContinuationToken", token);
      }
      for (Map.Entry<String, Stored> entry : found) {
        xml.append("<Contents>");
        element(xml, "Key", name(entry.getKey(), encoded));
        element(xml, "LastModified", modified(entry.getValue()));
        element(xml, "ETag", "\"" + entry.getValue().etag() + "\"");
        element(xml, "Size", Integer.toString(entry.getValue().bytes().length));
        element(xml, "StorageClass", "STANDARD");
        xml.append("</Contents>");
      }
      for (String group : common) {
        xml.append("<CommonPrefixes>");
        element(xml, "Prefix", name(group, encoded));
        xml.append("</CommonPrefixes>");
      }
      return xml.append("</ListBucketResult>").toString();
    }

    private static String modified(Stored stored) {
      return Instant.ofEpochMilli(stored.modified().toEpochMilli()).toString();
    }

    private static String name(String text, boolean encoded) {
      return encoded ? URLEncoder.encode(text, UTF_8).replace("%2F", "/") : text;
    }

    private static void element(StringBuilder xml, String name, String text) {
      xml.append('<').append(name).append('>').append(S3TestServer.xml(text));
      xml.append("</").append(name).append('>');
    }
  }

  private static String xml(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
