package dev.dosql.internal.tenant;

import dev.dosql.storage.ConditionsIgnoredException;
import dev.dosql.storage.ListedObject;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.ObjectStores;
import dev.dosql.storage.OpenObject;
import dev.dosql.storage.PutOptions;
import dev.dosql.storage.StoredObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A store that does nothing before it is known to honour conditions: so a bucket that is away when
 * the directory is opened need not answer then, and confirms nothing that it cannot keep later.
 *
 * <p>Safe for use by many threads; those who come before it is known wait for one another.
 */
final class ProbedStore implements ObjectStore {
  private final ObjectStore store;
  private volatile boolean known;

  ProbedStore(ObjectStore store) {
    this.store = store;
  }

  /**
   * Finds it out, unless it is known.
   *
   * @throws ConditionsIgnoredException if the store does not honour conditions
   * @throws IOException if it does not answer
   */
  void probe() throws IOException {
    if (!known) {
      probeOnce();
    }
  }

  private synchronized void probeOnce() throws IOException {
    if (!known) {
      ObjectStores.probe(store).requireFencing();
      known = true;
    }
  }

  @Override
  public Optional<StoredObject> get(String key) throws IOException {
    probe();
    return store.get(key);
  }

  @Override
  public Optional<StoredObject> get(String key, long offset, int length) throws IOException {
    probe();
    return store.get(key, offset, length);
  }

  @Override
  public Optional<OpenObject> open(String key) throws IOException {
    probe();
    return store.open(key);
  }

  @Override
  public String put(String key, byte[] bytes, PutOptions options) throws IOException {
    probe();
    return store.put(key, bytes, options);
  }

  @Override
  public String put(String key, Path file, PutOptions options) throws IOException {
    probe();
    return store.put(key, file, options);
  }

  @Override
  public List<ListedObject> list(String prefix, String startAfter, int max) throws IOException {
    probe();
    return store.list(prefix, startAfter, max);
  }

  @Override
  public void delete(String key) throws IOException {
    probe();
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
