package dev.dosql.storage;

import dev.dosql.storage.S3Failure.Kind;
import dev.dosql.storage.S3Settings.Credentials;
import dev.dosql.storage.S3Wire.Part;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An object store in a bucket of S3, or of a service that speaks its protocol.
 *
 * <p>It stands on the AWS SDK, which is not a dependency of this library: add {@code
 * software.amazon.awssdk:s3} and {@code software.amazon.awssdk:apache5-client} (the {@code
 * netty-nio-client} that {@code s3} brings may be left out). Opening a store without them fails and
 * names them. Nothing requires their modules: a program on the module path also says {@code
 * --add-modules software.amazon.awssdk.services.s3,org.slf4j}, or requires both. The client, its
 * threads and its credentials are made at the first call.
 *
 * <p><b>Keys</b> stand for themselves behind the prefix of the store. <b>Refused</b> with {@link
 * IllegalArgumentException}: keys that are longer than {@value ObjectStore#KEY_BYTES_MAX} bytes
 * together with it. Objects whose names are no keys, like the folders that consoles make, are left
 * out of lists.
 *
 * <p><b>Version tags</b> are the service's ETags without their quotes. {@code ifAbsent} is {@code
 * If-None-Match: *}, {@code ifMatch} is {@code If-Match}. Not every service honours them, and some
 * let two callers win who come at once: {@link ObjectStores#probe} finds out.
 *
 * <p><b>Failures.</b> Each request is sent once by the SDK. This class sends it again, up to six
 * times with growing pauses, where that cannot do anything twice: a read after a lost connection, a
 * time-out, or a status of 429 or 5xx; a write only if it never got through to the service, or was
 * turned away by 429, {@code SlowDown} or {@code 409 ConditionalRequestConflict}. So a {@link
 * PreconditionFailedException} never is the answer to our own first attempt, and a write whose
 * answer is lost, or is a 5xx, is ambiguous as the contract says. Messages carry the status, the
 * error code and the request's identifier; neither they nor {@link #toString} show credentials.
 *
 * <p><b>Bounds.</b> A request may take the request timeout, and a second more for each {@value
 * #BYTES_PER_SECOND_MIN} bytes it moves; a call with all its attempts, the call timeout, or as long
 * as one request may take if that is more. An object that is put has at most 5 GiB. Reads fetch at
 * most {@value #CHUNK_BYTES} bytes at once; a stream fetches so much ahead of its reader, holds no
 * connection in between, and fails if the object was replaced since. Each call runs on one of as
 * many threads as there are connections, so that interrupts do not reach it.
 *
 * <p>Content is not compared with its tag on reads. By default the SDK adds and checks checksums in
 * AWS, and not behind an endpoint of one's own, as R2 and older services do not know them.
 *
 * <p>Safe for use by many threads.
 */
public final class S3ObjectStore implements ObjectStore {

  /** The longest part of an object that is read by one request. */
  static final int CHUNK_BYTES = 8 << 20;

  /** Slower than this, a request with a body fails. */
  static final int BYTES_PER_SECOND_MIN = 512 << 10;

  private static final long PUT_BYTES_MAX = 5L << 30;
  private static final int ARRAY_LENGTH_MAX = Integer.MAX_VALUE - 8;

  /** For building the client, which looks for a region and loads a few thousand classes. */
  private static final Duration BUILD_MAX = Duration.ofMinutes(1);

  /** How often a read begins anew because the object was replaced under it. */
  private static final int READ_ATTEMPTS_MAX = 100;

  /** Pages with nothing for us, of which a service might send any number. */
  private static final int EMPTY_PAGES_MAX = 1000;

  private final S3Settings settings;
  private final S3Calls calls;
  private final Object building = new Object();
  private volatile @Nullable S3Wire wire; // written under building
  private boolean ended; // guarded by building
  private final Object lock = new Object(); // never taken within building, nor the other way round
  private int users; // guarded by lock, as is the next
  private boolean closed;

  private S3ObjectStore(S3Settings settings) {
    this.settings = settings;
    calls = new S3Calls(settings.connectionsMax(), settings.callTimeout());
  }

  /**
   * Begins to describe a store.
   *
   * @param bucket the bucket, which must be there
   * @return a builder
   */
  public static Builder builder(String bucket) {
    return new Builder(bucket);
  }

  // Reading.

  @Override
  public Optional<StoredObject> get(String key) throws IOException {
    return using(key, "get", () -> reading(key, 0, ARRAY_LENGTH_MAX, true));
  }

  @Override
  public Optional<StoredObject> get(String key, long offset, int length) throws IOException {
    checkOpen();
    Keys.checkRange(ObjectStore.checkKey(key), offset, length);
    return using(key, "get", () -> reading(key, offset, length, false));
  }

  /** Reads chunk after chunk of one version, and from the start again if it was replaced. */
  private Optional<StoredObject> reading(String key, long offset, int length, boolean whole)
      throws IOException {
    for (int attempt = 0; attempt < READ_ATTEMPTS_MAX; attempt++) {
      Optional<Part> first = first(key, offset, Math.min(length, CHUNK_BYTES), whole);
      if (first.isEmpty()) {
        return Optional.empty();
      }
      ObjectInfo info = first.get().info();
      if (whole && info.size() > ARRAY_LENGTH_MAX) {
        throw new IOException(
            "size=%d, needed at most %d to be held in memory; open it as a stream"
                .formatted(info.size(), ARRAY_LENGTH_MAX));
      }
      int end = (int) Math.min(length, info.size() - offset);
      try {
        return Optional.of(new StoredObject(info, rest(first.get(), key, offset, end)));
      } catch (S3Failure e) {
        if (e.kind() != Kind.PRECONDITION && e.kind() != Kind.ABSENT) {
          throw e;
        }
      }
    }
    throw new IOException("replaced during each of " + READ_ATTEMPTS_MAX + " attempts");
  }

  private byte[] rest(Part first, String key, long offset, int length) throws IOException {
    if (first.bytes().length == length) {
      return first.bytes();
    }
    byte[] bytes = Arrays.copyOf(first.bytes(), length);
    for (int at = first.bytes().length; at < length; ) {
      byte[] next = chunk(first.info(), key, offset + at, Math.min(length - at, CHUNK_BYTES));
      System.arraycopy(next, 0, bytes, at, next.length);
      at += next.length;
    }
    return bytes;
  }

  /** Reads a range of a version that is known; fails if it is not the present one any more. */
  private byte[] chunk(ObjectInfo info, String key, long offset, int length) throws IOException {
    String etag = info.etag();
    Part part =
        calls.read(
            limit(length), limit -> wire().get(inBucket(key), etag, offset, length, false, limit));
    // A service that ignores the condition tells by the tag.
    if (!part.info().etag().equals(etag)) {
      throw new S3Failure(Kind.PRECONDITION, "another version: etag=" + part.info().etag(), null);
    }
    if (part.bytes().length != length) {
      throw new IOException("range=%d, needed %d".formatted(part.bytes().length, length));
    }
    return part.bytes();
  }

  /** Reads the first chunk, whatever the version is; empty if there is no such object. */
  private Optional<Part> first(String key, long offset, int length, boolean emptyIsFine)
      throws IOException {
    S3Failure last = null;
    for (int attempt = 0; attempt < READ_ATTEMPTS_MAX; attempt++) {
      boolean ranged = attempt % 2 == 0 || !emptyIsFine;
      try {
        Part part =
            calls.read(
                limit(length), l -> wire().get(inBucket(key), null, offset, length, !ranged, l));
        return Optional.of(relabelled(part, key));
      } catch (S3Failure e) {
        if (e.kind() == Kind.ABSENT) {
          return Optional.empty();
        }
        if (e.kind() != Kind.RANGE) {
          throw e;
        }
        last = e;
      }
      if (!emptyIsFine && !isLonger(key, offset)) {
        return Optional.empty();
      }
    }
    throw new IOException("no consistent view in %d attempts".formatted(READ_ATTEMPTS_MAX), last);
  }

  /** Whether an object is longer by now, or else not there; says by an exception where it ends. */
  private boolean isLonger(String key, long offset) throws IOException {
    try {
      long size = calls.read(limit(0), limit -> wire().size(inBucket(key), limit));
      if (size <= offset) {
        throw new RangeOutsideObjectException(key, offset, size);
      }
      return true;
    } catch (S3Failure e) {
      if (e.kind() == Kind.ABSENT) {
        return false;
      }
      throw e;
    }
  }

  private static Part relabelled(Part part, String key) {
    ObjectInfo info = part.info();
    return new Part(
        new ObjectInfo(key, info.size(), info.etag(), info.metadata(), info.lastModified()),
        part.bytes());
  }

  @Override
  public Optional<OpenObject> open(String key) throws IOException {
    return using(key, "open", () -> first(key, 0, CHUNK_BYTES, true).map(this::stream));
  }

  private OpenObject stream(Part first) {
    return new OpenObject(first.info(), new Chunks(first));
  }

  /** The bytes of one version, chunk after chunk; it uses the client until it is closed. */
  private final class Chunks extends InputStream {
    private final ObjectInfo info;
    private byte[] chunk;
    private long before; // the offset of the chunk
    private int at;
    private boolean ended;

    Chunks(Part first) {
      info = first.info();
      chunk = first.bytes();
      enter();
    }

    @Override
    public int read() throws IOException {
      return isAtEnd() ? -1 : chunk[at++] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, bytes.length);
      if (length == 0) {
        return 0;
      }
      if (isAtEnd()) {
        return -1;
      }
      int count = Math.min(length, chunk.length - at);
      System.arraycopy(chunk, at, bytes, offset, count);
      at += count;
      return count;
    }

    private boolean isAtEnd() throws IOException {
      if (ended) {
        throw new IOException("read failed: the stream is closed (key=" + info.key() + ")");
      }
      if (at == chunk.length && before + at < info.size()) {
        fetch(before + at);
      }
      return at == chunk.length;
    }

    private void fetch(long offset) throws IOException {
      int length = (int) Math.min(CHUNK_BYTES, info.size() - offset);
      try {
        chunk = S3ObjectStore.this.chunk(info, info.key(), offset, length);
      } catch (IOException e) {
        throw failed("read", info.key(), e);
      }
      before = offset;
      at = 0;
    }

    @Override
    public int available() {
      return chunk.length - at;
    }

    @Override
    public void close() {
      if (!ended) {
        ended = true;
        chunk = new byte[0];
        leave();
      }
    }
  }

  // Writing.

  @Override
  public String put(String key, byte[] bytes, PutOptions options) throws IOException {
    // A request that we gave up may still be sending when the caller has its array back.
    byte[] own = bytes.clone();
    return using(
        key,
        "put",
        () ->
            send(key, options, own.length, (name, limit) -> wire().put(name, own, options, limit)));
  }

  @Override
  public String put(String key, Path file, PutOptions options) throws IOException {
    return using(
        key,
        "put",
        () ->
            send(
                key,
                options,
                Files.size(file),
                (name, limit) -> wire().put(name, file, options, limit)));
  }

  private interface Sending {
    String send(String nameInBucket, Duration limit) throws IOException;
  }

  private String send(String key, PutOptions options, long size, Sending sending)
      throws IOException {
    if (size > PUT_BYTES_MAX) {
      throw new IOException("size=%d, needed at most %d".formatted(size, PUT_BYTES_MAX));
    }
    try {
      return calls.write(limit(size), limit -> sending.send(inBucket(key), limit));
    } catch (S3Failure e) {
      if (e.kind() == Kind.PRECONDITION) {
        throw preconditionFailed(key, options, e);
      }
      throw e;
    }
  }

  private PreconditionFailedException preconditionFailed(
      String key, PutOptions options, S3Failure e) {
    String needed = options.mustBeAbsent() ? "no object" : "etag=" + options.mustMatch();
    PreconditionFailedException failed =
        new PreconditionFailedException(
            key,
            "put failed: %s, needed %s (store=%s, key=%s)"
                .formatted(e.getMessage(), needed, this, key));
    failed.initCause(e);
    return failed;
  }

  @Override
  public void delete(String key) throws IOException {
    using(
        key,
        "delete",
        () ->
            calls.write(
                limit(0),
                limit -> {
                  wire().delete(inBucket(key), limit);
                  return true;
                }));
  }

  // Listing.

  @Override
  public List<ListedObject> list(String prefix, String startAfter, int max) throws IOException {
    checkOpen();
    Keys.checkList(prefix, max);
    enter();
    try {
      prepare();
      return listed(prefix, startAfter, max);
    } catch (IOException e) {
      throw new IOException(
          "list failed: %s (store=%s, prefix=%s)".formatted(e.getMessage(), this, prefix), e);
    } finally {
      leave();
    }
  }

  private List<ListedObject> listed(String prefix, String startAfter, int max) throws IOException {
    List<ListedObject> found = new ArrayList<>();
    // Services differ in what they do with a start before the prefix; it changes nothing.
    boolean after = Keys.compare(startAfter, prefix) > 0 || startAfter.equals(prefix);
    if (after && !startAfter.startsWith(prefix)) {
      return List.of();
    }
    String start = after && !startAfter.isEmpty() ? inBucket(startAfter) : "";
    String token = null;
    for (int empty = 0; empty < EMPTY_PAGES_MAX; ) {
      String from = token;
      int wanted = max - found.size();
      S3Wire.Page page =
          calls.read(limit(0), limit -> wire().list(inBucket(prefix), start, from, wanted, limit));
      empty = add(page, prefix, after ? startAfter : "", max, found) ? 0 : empty + 1;
      token = page.token();
      if (token == null || found.size() == max) {
        return List.copyOf(found);
      }
    }
    throw new IOException("more than " + EMPTY_PAGES_MAX + " pages without a key");
  }

  /** Adds what is ours of a page; says whether there was any. */
  private boolean add(
      S3Wire.Page page, String prefix, String after, int max, List<ListedObject> found)
      throws IOException {
    boolean any = false;
    for (ListedObject object : page.objects()) {
      String key = object.key().startsWith(settings.prefix()) ? ours(object.key()) : "";
      if (key.isEmpty() || !key.startsWith(prefix)) {
        continue;
      }
      String last = found.isEmpty() ? after : found.get(found.size() - 1).key();
      if (Keys.compare(key, last) <= 0) {
        throw new IOException(
            "key=%s after key=%s, needed the order of bytes".formatted(key, last));
      }
      if (found.size() < max) {
        found.add(new ListedObject(key, object.size()));
        any = true;
      }
    }
    return any;
  }

  /** The key of a name in the bucket, or empty for what no key can name. */
  private String ours(String name) {
    try {
      return ObjectStore.checkKey(name.substring(settings.prefix().length()));
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  // The client and its users.

  private interface Use<T> {
    T run() throws IOException;
  }

  private <T> T using(String key, String what, Use<T> use) throws IOException {
    checkOpen();
    checkLength(ObjectStore.checkKey(key));
    enter();
    try {
      prepare();
      return use.run();
    } catch (PreconditionFailedException | RangeOutsideObjectException e) {
      throw e;
    } catch (IOException e) {
      throw failed(what, key, e);
    } finally {
      leave();
    }
  }

  private IOException failed(String what, String key, IOException e) {
    String seen = e instanceof S3Failure ? e.getMessage() : e.toString();
    return new IOException("%s failed: %s (store=%s, key=%s)".formatted(what, seen, this, key), e);
  }

  private void checkLength(String key) {
    int length = Keys.utf8(settings.prefix()).length + Keys.utf8(key).length;
    if (length > KEY_BYTES_MAX) {
      throw new IllegalArgumentException(
          "key refused: %d bytes with the prefix of the store, needed at most %d (store=%s, key=%s)"
              .formatted(length, KEY_BYTES_MAX, this, key));
    }
  }

  private String inBucket(String key) {
    return settings.prefix() + key;
  }

  private Duration limit(long bytes) {
    return settings.requestTimeout().plusSeconds(bytes / BYTES_PER_SECOND_MIN);
  }

  private void checkOpen() {
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException("store is closed, needed an open one (store=" + this + ")");
      }
    }
  }

  private void enter() {
    synchronized (lock) {
      if (closed && users == 0) {
        throw new IllegalStateException("store is closed, needed an open one (store=" + this + ")");
      }
      users++;
    }
  }

  private void leave() {
    synchronized (lock) {
      users--;
    }
    closeUnused();
  }

  /** Builds the client before the clock of the first request runs: its classes take a while. */
  private void prepare() throws IOException {
    if (wire == null) {
      calls.once(BUILD_MAX, limit -> wire());
    }
  }

  /** The client, built by the first call that needs it. */
  private S3Wire wire() throws S3Failure {
    S3Wire built = wire;
    return built != null ? built : build();
  }

  private S3Wire build() throws S3Failure {
    synchronized (building) {
      if (ended) {
        throw new S3Failure(Kind.REFUSED, "the store was closed meanwhile", null);
      }
      S3Wire built = wire;
      if (built == null) {
        built = new S3Wire(settings);
        wire = built;
      }
      return built;
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
    }
    closeUnused();
  }

  /** Closes the client once nobody needs it: streams outlive the store. */
  private void closeUnused() {
    synchronized (lock) {
      if (!closed || users > 0) {
        return;
      }
    }
    calls.shutdown();
    S3Wire unused;
    synchronized (building) {
      ended = true;
      unused = wire;
      wire = null;
    }
    if (unused != null) {
      unused.close();
    }
  }

  /** Returns the URI that opens it, without credentials. */
  @Override
  public String toString() {
    return settings.toString();
  }

  /** Describes a store. Used by one thread at a time. */
  public static final class Builder {
    private final String bucket;
    private String prefix = "";
    private @Nullable URI endpoint;
    private @Nullable String region;
    private @Nullable Boolean pathStyle;
    private @Nullable Boolean checksums;
    private boolean quotedTags = true;
    private @Nullable Credentials credentials;
    private Duration connectTimeout = Duration.ofSeconds(5);
    private Duration requestTimeout = Duration.ofSeconds(15);
    private Duration callTimeout = Duration.ofSeconds(60);
    private int connectionsMax = 64;

    private Builder(String bucket) {
      if (!bucket.matches("[A-Za-z0-9][A-Za-z0-9._-]{1,254}")) {
        throw new IllegalArgumentException(
            "bucket refused: %d characters, needed 2 or more of letters, digits, '.', '-' and '_'"
                .formatted(bucket.length()));
      }
      this.bucket = bucket;
    }

    /**
     * Puts all objects below a prefix, with a slash between it and their keys.
     *
     * @param prefix by the rules for keys; empty, as it is by default, for none
     * @return this builder
     */
    public Builder prefix(String prefix) {
      this.prefix = prefix.isEmpty() ? "" : ObjectStore.checkKey(prefix) + "/";
      return this;
    }

    /**
     * Names a service other than AWS. It also changes what is by default: the region is {@code
     * us-east-1} (which R2 takes for {@code auto}), addresses are in path style, and there are no
     * checksums.
     *
     * @param endpoint with scheme, host and maybe a port
     * @return this builder
     */
    public Builder endpoint(URI endpoint) {
      boolean web = "http".equals(endpoint.getScheme()) || "https".equals(endpoint.getScheme());
      boolean plain = endpoint.getRawQuery() == null && endpoint.getRawFragment() == null;
      if (!web || endpoint.getHost() == null || endpoint.getRawUserInfo() != null || !plain) {
        throw new IllegalArgumentException(
            "endpoint refused, needed http or https, a host, and no user, query or fragment");
      }
      this.endpoint = endpoint;
      return this;
    }

    /**
     * Names the region.
     *
     * @param region for instance {@code eu-central-1}; by default that of the environment
     * @return this builder
     */
    public Builder region(String region) {
      if (!region.matches("[A-Za-z0-9-]+")) {
        throw new IllegalArgumentException("region refused, needed letters, digits and '-'");
      }
      this.region = region;
      return this;
    }

    /**
     * Chooses between {@code host/bucket/key} and {@code bucket.host/key}.
     *
     * @param pathStyle whether the bucket is in the path; by default only with an endpoint
     * @return this builder
     */
    public Builder pathStyle(boolean pathStyle) {
      this.pathStyle = pathStyle;
      return this;
    }

    /**
     * Chooses whether the SDK sends checksums in trailers, and checks those it gets.
     *
     * @param checksums whether it does; by default only without an endpoint
     * @return this builder
     */
    public Builder checksums(boolean checksums) {
      this.checksums = checksums;
      return this;
    }

    /**
     * Chooses how tags stand in conditions.
     *
     * @param quotedTags whether in quotes, as by default; some services want them without
     * @return this builder
     */
    public Builder quotedTags(boolean quotedTags) {
      this.quotedTags = quotedTags;
      return this;
    }

    /**
     * Gives an access key. Without one it is looked for where the SDK looks: system properties, the
     * environment, profiles, the container and the machine.
     *
     * @param accessKeyId its identifier
     * @param secretAccessKey its secret
     * @return this builder
     */
    public Builder credentials(String accessKeyId, String secretAccessKey) {
      credentials = new Credentials(accessKeyId, secretAccessKey, null);
      return this;
    }

    /**
     * Gives a temporary access key.
     *
     * @param accessKeyId its identifier
     * @param secretAccessKey its secret
     * @param sessionToken its token
     * @return this builder
     */
    public Builder credentials(String accessKeyId, String secretAccessKey, String sessionToken) {
      credentials = new Credentials(accessKeyId, secretAccessKey, sessionToken);
      return this;
    }

    /**
     * Bounds the wait for a connection.
     *
     * @param timeout 5 seconds by default
     * @return this builder
     */
    public Builder connectTimeout(Duration timeout) {
      connectTimeout = positive(timeout);
      return this;
    }

    /**
     * Bounds one request, besides the time for its bytes, and any silence within it.
     *
     * @param timeout 15 seconds by default
     * @return this builder
     */
    public Builder requestTimeout(Duration timeout) {
      requestTimeout = positive(timeout);
      return this;
    }

    /**
     * Bounds one call with all its attempts.
     *
     * @param timeout 60 seconds by default
     * @return this builder
     */
    public Builder callTimeout(Duration timeout) {
      callTimeout = positive(timeout);
      return this;
    }

    private static Duration positive(Duration timeout) {
      if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(Duration.ofDays(1)) > 0) {
        throw new IllegalArgumentException(
            "timeout refused: %s, needed more than none and at most a day".formatted(timeout));
      }
      return timeout;
    }

    /**
     * Bounds the connections, and with them the threads.
     *
     * @param connectionsMax 64 by default
     * @return this builder
     */
    public Builder connectionsMax(int connectionsMax) {
      if (connectionsMax < 1 || connectionsMax > 10_000) {
        throw new IllegalArgumentException(
            "connectionsMax refused: %d, needed 1 to 10000".formatted(connectionsMax));
      }
      this.connectionsMax = connectionsMax;
      return this;
    }

    /**
     * Opens the store. No request is made; so the bucket may be missing, or not be ours.
     *
     * @return the store, which the caller closes
     * @throws IllegalStateException if the AWS SDK is not there; the message names what to add
     */
    public S3ObjectStore build() {
      S3Sdk.check();
      boolean own = endpoint != null;
      return new S3ObjectStore(
          new S3Settings(
              bucket,
              prefix,
              endpoint,
              region == null && own ? "us-east-1" : region,
              Objects.requireNonNullElse(pathStyle, own),
              Objects.requireNonNullElse(checksums, !own),
              quotedTags,
              credentials,
              connectTimeout,
              requestTimeout,
              callTimeout,
              connectionsMax));
    }
  }
}
