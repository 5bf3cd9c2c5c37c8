package dev.dosql.storage.replica;

import dev.dosql.storage.ListedObject;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.OpenObject;
import dev.dosql.storage.PutOptions;
import dev.dosql.storage.StoredObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A store that does to another what networks, disks and people do. What it does is a matter of the
 * seed; it counts requests, and how many of them had to wait for one another.
 */
final class HostileStore implements ObjectStore {

  private final ObjectStore store;
  private final Random random;
  private final Set<String> answered = ConcurrentHashMap.newKeySet();

  /** In how many of a hundred requests each of them happens. */
  int failBefore;

  int failAfter;
  int truncate;
  int flip;

  /** Every request is done, and its first answer lost. */
  boolean loseFirstAnswers;

  Duration delay = Duration.ZERO;
  final AtomicInteger puts = new AtomicInteger();
  final AtomicInteger gets = new AtomicInteger();
  final AtomicInteger lists = new AtomicInteger();

  private final AtomicInteger running = new AtomicInteger();
  final AtomicInteger runningMax = new AtomicInteger();

  HostileStore(ObjectStore store, long seed) {
    this.store = store;
    this.random = new Random(seed);
  }

  private record Span(long start, long end) {}

  private final Queue<Span> spans = new ConcurrentLinkedQueue<>();

  void reset() {
    spans.clear();
    gets.set(0);
    puts.set(0);
  }

  /** How many requests followed one another at least: the longest row that does not overlap. */
  int roundTrips() {
    List<Span> byEnd = new ArrayList<>(spans);
    byEnd.sort(Comparator.comparing(Span::end));
    int rounds = 0;
    long end = Long.MIN_VALUE;
    for (Span span : byEnd) {
      if (span.start() >= end) {
        rounds++;
        end = span.end();
      }
    }
    return rounds;
  }

  private interface Call<T> {
    T run() throws IOException;
  }

  private <T> T hostile(String what, Call<T> call) throws IOException {
    long start = System.nanoTime();
    runningMax.accumulateAndGet(running.incrementAndGet(), Math::max);
    try {
      sleep();
      if (happens(failBefore)) {
        throw new IOException("503 before anything was done: " + what);
      }
      T answer = call.run();
      if (loseFirstAnswers && answered.add(what) || happens(failAfter)) {
        throw new IOException("connection reset after it was done: " + what);
      }
      return answer;
    } catch (IOException e) {
      if (loseFirstAnswers && answered.add(what)) {
        throw new IOException("connection reset after it was refused: " + what);
      }
      throw e;
    } finally {
      running.decrementAndGet();
      spans.add(new Span(start, System.nanoTime()));
    }
  }

  private void sleep() {
    try {
      Thread.sleep(delay.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean happens(int percent) {
    synchronized (random) {
      return random.nextInt(100) < percent;
    }
  }

  private StoredObject damaged(StoredObject object) {
    byte[] bytes = object.bytes();
    if (bytes.length > 0 && happens(truncate)) {
      bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
    if (bytes.length > 0 && happens(flip)) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return new StoredObject(object.info(), bytes);
  }

  @Override
  public Optional<StoredObject> get(String key) throws IOException {
    gets.incrementAndGet();
    return hostile("get " + key, () -> store.get(key)).map(this::damaged);
  }

  @Override
  public Optional<StoredObject> get(String key, long offset, int length) throws IOException {
    gets.incrementAndGet();
    return hostile("get " + key + offset, () -> store.get(key, offset, length)).map(this::damaged);
  }

  @Override
  public Optional<OpenObject> open(String key) throws IOException {
    gets.incrementAndGet();
    return hostile("open " + key, () -> store.get(key))
        .map(this::damaged)
        .map(each -> new OpenObject(each.info(), new ByteArrayInputStream(each.bytes())));
  }

  @Override
  public String put(String key, byte[] bytes, PutOptions options) throws IOException {
    puts.incrementAndGet();
    return hostile("put " + key + options, () -> store.put(key, bytes, options));
  }

  @Override
  public String put(String key, Path file, PutOptions options) throws IOException {
    puts.incrementAndGet();
    return hostile("put " + key + options, () -> store.put(key, file, options));
  }

  @Override
  public List<ListedObject> list(String prefix, String startAfter, int max) throws IOException {
    lists.incrementAndGet();
    return hostile("list", () -> store.list(prefix, startAfter, max));
  }

  @Override
  public void delete(String key) throws IOException {
    hostile(
        "delete " + key,
        () -> {
          store.delete(key);
          return key;
        });
  }

  @Override
  public void close() throws IOException {
    store.close();
  }
}
