package dev.dosql.storage.ship;

import dev.dosql.storage.ListedObject;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.OpenObject;
import dev.dosql.storage.PutOptions;
import dev.dosql.storage.StoredObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A store whose requests are counted, for one tenant and for all. Closing it does nothing. */
final class MeteredStore implements ObjectStore {
  private final ObjectStore store;
  private final List<Requests> counters;

  MeteredStore(ObjectStore store, Requests... counters) {
    this.store = store;
    this.counters = List.of(counters);
  }

  @Override
  public Optional<StoredObject> get(String key) throws IOException {
    counters.forEach(each -> each.gets.increment());
    return counted(store.get(key));
  }

  @Override
  public Optional<StoredObject> get(String key, long offset, int length) throws IOException {
    counters.forEach(each -> each.gets.increment());
    return counted(store.get(key, offset, length));
  }

  private Optional<StoredObject> counted(Optional<StoredObject> found) {
    long bytes = found.map(object -> object.bytes().length).orElse(0);
    counters.forEach(each -> each.bytesGot.add(bytes));
    return found;
  }

  @Override
  public Optional<OpenObject> open(String key) throws IOException {
    counters.forEach(each -> each.gets.increment());
    Optional<OpenObject> found = store.open(key);
    long bytes = found.map(object -> object.info().size()).orElse(0L);
    counters.forEach(each -> each.bytesGot.add(bytes));
    return found;
  }

  @Override
  public String put(String key, byte[] bytes, PutOptions options) throws IOException {
    countPut(bytes.length);
    return store.put(key, bytes, options);
  }

  @Override
  public String put(String key, Path file, PutOptions options) throws IOException {
    countPut(Files.size(file));
    return store.put(key, file, options);
  }

  private void countPut(long bytes) {
    for (Requests each : counters) {
      each.puts.increment();
      each.bytesPut.add(bytes);
    }
  }

  @Override
  public List<ListedObject> list(String prefix, String startAfter, int max) throws IOException {
    counters.forEach(each -> each.lists.increment());
    return store.list(prefix, startAfter, max);
  }

  @Override
  public void delete(String key) throws IOException {
    counters.forEach(each -> each.deletes.increment());
    store.delete(key);
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return store.toString();
  }
}
