package dev.dosql.storage;

import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * An object store in the heap of this JVM, for tests and trials.
 *
 * <p>It keeps the whole contract but one line: objects survive neither the loss of power nor the
 * end of the process. Nothing but the heap bounds what it holds; an object is at most as long as an
 * array.
 *
 * <p>A {@linkplain #named named} store outlives its closing: whoever opens that name again in this
 * process finds the same objects, until {@link #forget} is called.
 *
 * <p>Safe for use by many threads.
 */
public final class MemoryObjectStore implements ObjectStore {

  private static final ConcurrentMap<String, ConcurrentNavigableMap<String, Version>> NAMED =
      new ConcurrentHashMap<>();

  /** One for the whole process: so a tag never comes back, whatever is deleted or forgotten. */
  private static final AtomicLong TAGS = new AtomicLong();

  private final String description;
  private final ConcurrentNavigableMap<String, Version> objects;
  private volatile boolean closed;

  private record Version(ObjectInfo info, byte[] bytes) {}

  private MemoryObjectStore(String description, ConcurrentNavigableMap<String, Version> objects) {
    this.description = description;
    this.objects = objects;
  }

  /**
   * Makes an empty store that nobody else sees.
   *
   * @return the store; once it is unreachable, so are its objects
   */
  public static MemoryObjectStore create() {
    return new MemoryObjectStore("memory", noObjects());
  }

  /**
   * Opens the store of a name, shared by all in this process who open that name.
   *
   * @param name the name
   * @return the store, empty if this is the first to open it
   */
  public static MemoryObjectStore named(String name) {
    return new MemoryObjectStore(
        "memory:" + name, NAMED.computeIfAbsent(name, absent -> noObjects()));
  }

  /**
   * Forgets the objects of a name. Stores that are open keep them; whoever opens the name later
   * begins with none.
   *
   * @param name the name
   */
  public static void forget(String name) {
    NAMED.remove(name);
  }

  private static ConcurrentNavigableMap<String, Version> noObjects() {
    return new ConcurrentSkipListMap<>(Keys::compare);
  }

  @Override
  public Optional<StoredObject> get(String key) throws IOException {
    return found(key).map(version -> new StoredObject(version.info(), version.bytes().clone()));
  }

  @Override
  public Optional<StoredObject> get(String key, long offset, int length) throws IOException {
    Keys.checkRange(ObjectStore.checkKey(key), offset, length);
    Optional<Version> found = found(key);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    byte[] bytes = found.get().bytes();
    if (offset >= bytes.length) {
      throw new RangeOutsideObjectException(key, offset, bytes.length);
    }
    int end = (int) Math.min(bytes.length, offset + length);
    byte[] range = Arrays.copyOfRange(bytes, (int) offset, end);
    return Optional.of(new StoredObject(found.get().info(), range));
  }

  @Override
  public Optional<OpenObject> open(String key) throws IOException {
    return found(key)
        .map(version -> new OpenObject(version.info(), new ByteArrayInputStream(version.bytes())));
  }

  private Optional<Version> found(String key) {
    checkOpen();
    return Optional.ofNullable(objects.get(ObjectStore.checkKey(key)));
  }

  @Override
  public String put(String key, byte[] bytes, PutOptions options) throws IOException {
    checkOpen();
    ObjectStore.checkKey(key);
    return publish(key, bytes.clone(), options);
  }

  @Override
  public String put(String key, Path file, PutOptions options) throws IOException {
    checkOpen();
    ObjectStore.checkKey(key);
    // Not through a channel, which an interrupt would close.
    try (InputStream content = new FileInputStream(file.toFile())) {
      return publish(key, content.readAllBytes(), options);
    } catch (PreconditionFailedException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException("put failed: %s (key=%s)".formatted(e, key), e);
    }
  }

  private String publish(String key, byte[] bytes, PutOptions options)
      throws PreconditionFailedException {
    String etag = Long.toHexString(TAGS.incrementAndGet());
    ObjectInfo info = new ObjectInfo(key, bytes.length, etag, options.metadata(), Instant.now());
    replace(key, new Version(info, bytes), options);
    return etag;
  }

  private void replace(String key, Version next, PutOptions options)
      throws PreconditionFailedException {
    if (options.mustBeAbsent()) {
      check(key, objects.putIfAbsent(key, next), null);
    } else if (options.mustMatch() != null) {
      Version current = objects.get(key);
      check(key, current, options.mustMatch());
      if (current == null || !objects.replace(key, current, next)) {
        throw failed(key, "a version put meanwhile", "etag=" + options.mustMatch());
      }
    } else {
      objects.put(key, next);
    }
  }

  private static void check(String key, @Nullable Version current, @Nullable String needed)
      throws PreconditionFailedException {
    String seen = current == null ? null : current.info().etag();
    if (needed == null ? seen != null : !needed.equals(seen)) {
      throw failed(key, described(seen), described(needed));
    }
  }

  private static String described(@Nullable String etag) {
    return etag == null ? "no object" : "etag=" + etag;
  }

  private static PreconditionFailedException failed(String key, String seen, String needed) {
    return new PreconditionFailedException(
        key, "put failed: %s, needed %s (key=%s)".formatted(seen, needed, key));
  }

  @Override
  public List<ListedObject> list(String prefix, String startAfter, int max) throws IOException {
    checkOpen();
    Keys.checkList(prefix, max);
    boolean after = Keys.compare(startAfter, prefix) >= 0;
    Map<String, Version> tail = objects.tailMap(after ? startAfter : prefix, !after);
    return tail.values().stream()
        .map(version -> new ListedObject(version.info().key(), version.info().size()))
        .takeWhile(listed -> listed.key().startsWith(prefix))
        .limit(max)
        .toList();
  }

  @Override
  public void delete(String key) throws IOException {
    checkOpen();
    objects.remove(ObjectStore.checkKey(key));
  }

  @Override
  public void close() {
    closed = true;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("store is closed, needed an open one (store=" + this + ")");
    }
  }

  /** Returns the URI that opens it, or {@code memory} for one without a name. */
  @Override
  public String toString() {
    return description;
  }
}
