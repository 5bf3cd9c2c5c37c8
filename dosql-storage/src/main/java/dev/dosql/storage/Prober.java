package dev.dosql.storage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One probe of a store. Each race has a key of its own, because some stores take one write a second
 * of a key and turn away the rest. Used once, by one thread.
 */
final class Prober {

  static final String PREFIX = ".dosql-probe/";
  static final int THREADS = 8;
  static final int RACES = 6;

  private static final int DELETE_FAILURES_MAX = 2;
  private static final long RACE_SECONDS_MAX = 150;

  private final ObjectStore store;
  private final String run = PREFIX + UUID.randomUUID();
  private final List<String> keys = new ArrayList<>();
  private final List<String> wrongCreates = new ArrayList<>();
  private final List<String> wrongReplaces = new ArrayList<>();

  Prober(ObjectStore store) {
    this.store = store;
  }

  StoreProbe probe() throws IOException {
    ExecutorService executor = Executors.newFixedThreadPool(THREADS, Prober::thread);
    try {
      oneAtATime();
      if (wrongCreates.isEmpty()) {
        race(executor, "create", wrongCreates);
      }
      if (wrongReplaces.isEmpty()) {
        race(executor, "replace", wrongReplaces);
      }
    } catch (IOException e) {
      throw new IOException("probe failed: %s (store=%s)".formatted(e.getMessage(), store), e);
    } finally {
      executor.shutdown();
      deleteAll();
    }
    return result();
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "dosql-probe");
    thread.setDaemon(true);
    return thread;
  }

  private StoreProbe result() {
    List<String> wrong = new ArrayList<>(wrongCreates);
    wrong.addAll(wrongReplaces);
    String tried = RACES + " races of " + THREADS + " threads for each condition";
    return new StoreProbe(
        store.toString(),
        wrongCreates.isEmpty(),
        wrongReplaces.isEmpty(),
        wrong.isEmpty() ? tried : String.join("; ", wrong));
  }

  private void oneAtATime() throws IOException {
    String key = key("single");
    String stale = store.put(key, bytes("1"), PutOptions.ifAbsent());
    if (puts(key, "2", PutOptions.ifAbsent())) {
      wrongCreates.add("an object was created over another");
      stale = store.get(key).orElseThrow(() -> vanished(key)).info().etag();
    }
    if (puts(key, "3", PutOptions.ifMatch("0123456789abcdef0123456789abcdef"))) {
      wrongReplaces.add("a wrong tag was taken for the right one");
      return;
    }
    if (!puts(key, "4", PutOptions.ifMatch(stale))) {
      wrongReplaces.add("the right tag was taken for a wrong one (S3: try quotedTags=false)");
      return;
    }
    if (puts(key, "5", PutOptions.ifMatch(stale))) {
      wrongReplaces.add("the tag before was taken for the right one");
    }
    String none = key("none");
    if (puts(none, "6", PutOptions.ifMatch(stale))) {
      wrongReplaces.add("an object that was not there was replaced");
    }
  }

  private void race(ExecutorService executor, String what, List<String> wrong) throws IOException {
    for (int race = 0; race < RACES && wrong.isEmpty(); race++) {
      String key = key(what + race);
      boolean create = what.equals("create");
      PutOptions options =
          create
              ? PutOptions.ifAbsent()
              : PutOptions.ifMatch(store.put(key, bytes("before"), PutOptions.ifAbsent()));
      List<Integer> winners = winners(executor, key, options);
      String stays = text(key);
      if (winners.size() != 1) {
        wrong.add("%d of %d threads won a race to %s".formatted(winners.size(), THREADS, what));
      } else if (!stays.equals("thread " + winners.get(0))) {
        wrong.add("the winner of a race to %s was overwritten".formatted(what));
      }
    }
  }

  private List<Integer> winners(ExecutorService executor, String key, PutOptions options)
      throws IOException {
    CountDownLatch start = new CountDownLatch(1);
    List<Future<Boolean>> racers = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      String content = "thread " + thread;
      racers.add(
          executor.submit(
              () -> {
                start.await();
                return puts(key, content, options);
              }));
    }
    start.countDown();
    List<Integer> winners = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      if (result(racers.get(thread))) {
        winners.add(thread);
      }
    }
    return winners;
  }

  private static boolean result(Future<Boolean> racer) throws IOException {
    try {
      return Uninterruptibly.get(racer, TimeUnit.SECONDS.toNanos(RACE_SECONDS_MAX));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no answer in " + RACE_SECONDS_MAX + " s", e);
    }
  }

  private boolean puts(String key, String content, PutOptions options) throws IOException {
    try {
      store.put(key, bytes(content), options);
      return true;
    } catch (PreconditionFailedException e) {
      return false;
    }
  }

  private String text(String key) throws IOException {
    StoredObject object = store.get(key).orElseThrow(() -> vanished(key));
    return new String(object.bytes(), StandardCharsets.UTF_8);
  }

  private static IOException vanished(String key) {
    return new IOException("an object that was put is not there (key=" + key + ")");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private String key(String name) {
    String key = run + "-" + name;
    keys.add(key);
    return key;
  }

  /** As far as it can: what stays is small and meets nobody, for its name is new each time. */
  private void deleteAll() {
    int failures = 0;
    for (String key : keys) {
      try {
        store.delete(key);
      } catch (IOException e) {
        failures++; // the probe itself has told enough, or fails by itself
      }
      if (failures == DELETE_FAILURES_MAX) {
        return; // a store that is out of reach lets each call wait
      }
    }
  }
}
