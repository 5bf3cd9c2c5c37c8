package dev.dosql.testing;

import dev.dosql.storage.ListedObject;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.OpenObject;
import dev.dosql.storage.PutOptions;
import dev.dosql.storage.StoredObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A real store whose requests take time, fail, or lose their answers, as a test says; and which
 * counts them.
 */
public final class TroubledStore implements ObjectStore {
  private final ObjectStore store;
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong puts = new AtomicLong();
  private volatile Duration latency = Duration.ZERO;
  private final AtomicLong failures = new AtomicLong();
  private final AtomicInteger slowNow = new AtomicInteger();
  private volatile String slowPart = "";
  private volatile Duration slowLatency = Duration.ZERO;
  private volatile String failingPart = "";
  private volatile boolean down;
  private volatile boolean answersLost;
  private volatile boolean firstAnswersLost;
  private volatile String spared = "\0";

  /** Requests whose first answer was lost: what they are, and what they put. */
  private final Set<String> lost = ConcurrentHashMap.newKeySet();

  /** Makes one without trouble. */
  public TroubledStore(ObjectStore store) {
    this.store = store;
  }

  /** Sets how long each request takes. */
  public TroubledStore latency(Duration value) {
    latency = value;
    return this;
  }

  /** Sets how long each put takes whose key has such a part. */
  public TroubledStore slow(String part, Duration value) {
    slowPart = part;
    slowLatency = value;
    return this;
  }

  /** Says that each put fails whose key has such a part. */
  public TroubledStore failing(String part) {
    failingPart = part;
    return this;
  }

  /** How many puts failed for their keys. */
  public long failures() {
    return failures.get();
  }

  /** Whether some request takes a second or more at this moment. */
  public boolean isSlowNow() {
    return slowNow.get() > 0;
  }

  private void beforePut(String key) throws IOException {
    puts.incrementAndGet();
    if (!failingPart.isEmpty() && key.contains(failingPart)) {
      failures.incrementAndGet();
      throw new IOException("puts of such keys fail");
    }
    if (!slowPart.isEmpty() && key.contains(slowPart)) {
      pause(slowLatency);
    }
  }

  private void pause(Duration time) {
    boolean slow = time.toMillis() >= 1_000;
    slowNow.addAndGet(slow ? 1 : 0);
    try {
      long until = System.nanoTime() + time.toNanos();
      for (long left = time.toNanos(); left > 0; left = until - System.nanoTime()) {
        LockSupport.parkNanos(this, Math.min(left, 100_000_000));
      }
    } finally {
      slowNow.addAndGet(slow ? -1 : 0);
    }
  }

  /** Says whether every request fails before it has an effect. */
  public TroubledStore down(boolean value) {
    down = value;
    return this;
  }

  /** Says whether the answer to each put is lost after it had its effect. */
  public TroubledStore answersLost(boolean value) {
    answersLost = value;
    return this;
  }

  /**
   * Says whether the answer to each request is lost, after it had its effect, unless it was asked
   * before: puts of different bytes are different requests.
   */
  public TroubledStore firstAnswersLost(boolean value) {
    firstAnswersLost = value;
    return this;
  }

  /** Names what keys contain whose answers are never lost the first time. */
  public TroubledStore sparing(String part) {
    spared = part;
    return this;
  }

  /** How many requests have lost their first answer. */
  public int answersLost() {
    return lost.size();
  }

  /** How many requests there were. */
  public long requests() {
    return requests.get();
  }

  /** How many puts there were. */
  public long puts() {
    return puts.get();
  }

  private void request() throws IOException {
    requests.incrementAndGet();
    pause(latency);
    if (down) {
      throw new IOException("bucket is down");
    }
  }

  @Override
  public Optional<StoredObject> get(String key) throws IOException {
    request();
    return firstLost("get " + key, store.get(key));
  }

  @Override
  public Optional<StoredObject> get(String key, long offset, int length) throws IOException {
    request();
    return firstLost("get " + key + " " + offset, store.get(key, offset, length));
  }

  @Override
  public Optional<OpenObject> open(String key) throws IOException {
    request();
    return firstLost("open " + key, store.open(key));
  }

  @Override
  public String put(String key, byte[] bytes, PutOptions options) throws IOException {
    beforePut(key);
    request();
    String what = "put " + key + " " + Arrays.hashCode(bytes);
    return firstLost(what, answered(store.put(key, bytes, options)));
  }

  @Override
  public String put(String key, Path file, PutOptions options) throws IOException {
    beforePut(key);
    request();
    String what = "put " + key + " " + Arrays.hashCode(Files.readAllBytes(file));
    return firstLost(what, answered(store.put(key, file, options)));
  }

  private String answered(String etag) throws IOException {
    if (answersLost) {
      throw new IOException("answer was lost");
    }
    return etag;
  }

  private <T> T firstLost(String what, T answer) throws IOException {
    if (firstAnswersLost && !what.contains(spared) && lost.add(what)) {
      throw new IOException("answer was lost: " + what);
    }
    return answer;
  }

  @Override
  public List<ListedObject> list(String prefix, String startAfter, int max) throws IOException {
    request();
    return firstLost("list " + prefix + startAfter, store.list(prefix, startAfter, max));
  }

  @Override
  public void delete(String key) throws IOException {
    request();
    store.delete(key);
  }

  @Override
  public void close() throws IOException {
    store.close();
  }

  @Override
  public String toString() {
    return store.toString();
  }
}
