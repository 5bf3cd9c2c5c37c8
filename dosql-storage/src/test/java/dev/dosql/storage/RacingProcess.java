package dev.dosql.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dosql.storage.testing.ObjectStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One of several JVMs that race in one directory; the main class of children of a test. */
final class RacingProcess {

  /** More than one, because the locks of POSIX know processes only. */
  static final int THREADS = 4;

  private RacingProcess() {}

  /** Takes the root, its own name, how many keys to create and how often each thread increments. */
  public static void main(String[] args) throws Exception {
    try (ObjectStore store = DirectoryObjectStore.open(Path.of(args[0]))) {
      StringBuilder won = new StringBuilder("won");
      for (int key = 0; key < Integer.parseInt(args[2]); key++) {
        if (creates(store, "race/" + key, args[1])) {
          won.append(' ').append(key);
        }
      }
      increment(store, Integer.parseInt(args[3]));
      System.out.println(won);
    }
  }

  private static void increment(ObjectStore store, int times) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(THREADS);
    try {
      Callable<Integer> task = () -> ObjectStoreContract.increment(store, "counter", times);
      for (Future<Integer> done : executor.invokeAll(Collections.nCopies(THREADS, task))) {
        done.get();
      }
    } finally {
      executor.shutdownNow();
    }
  }

  private static boolean creates(ObjectStore store, String key, String name) throws IOException {
    try {
      store.put(key, name.getBytes(UTF_8), PutOptions.ifAbsent());
      return true;
    } catch (PreconditionFailedException e) {
      return false;
    }
  }
}
