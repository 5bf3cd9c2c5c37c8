package dev.dosql.storage.replica;

import dev.dosql.storage.ListedObject;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.OpenObject;
import dev.dosql.storage.PutOptions;
import dev.dosql.storage.StoredObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A store that does something before each request of another. */
abstract class ForwardingStore implements ObjectStore {

  private final ObjectStore store;

  ForwardingStore(ObjectStore store) {
    this.store = store;
  }

  abstract void before(String what, String key) throws IOException;

  @Override
  public Optional<StoredObject> get(String key) throws IOException {
    before("get", key);
    return store.get(key);
  }

  @Override
  public Optional<StoredObject> get(String key, long offset, int length) throws IOException {
    before("get", key);
    return store.get(key, offset, length);
  }

  @Override
  public Optional<OpenObject> open(String key) throws IOException {
    before("get", key);
    return store.open(key);
  }

  @Override
  public String put(String key, byte[] bytes, PutOptions options) throws IOException {
    before("put", key);
    return store.put(key, bytes, options);
  }

  @Override
  public String put(String key, Path file, PutOptions options) throws IOException {
    before("put", key);
    return store.put(key, file, options);
  }

  @Override
  public List<ListedObject> list(String prefix, String startAfter, int max) throws IOException {
    before("list", prefix);
    return store.list(prefix, startAfter, max);
  }

  @Override
  public void delete(String key) throws IOException {
    before("delete", key);
    store.delete(key);
  }

  @Override
  public void close() throws IOException {
    store.close();
  }
}
