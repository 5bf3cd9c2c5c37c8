package dev.dosql.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.testing.ObjectStoreContract;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class MemoryObjectStoreTest extends ObjectStoreContract {

  @Override
  protected ObjectStore openStore() {
    return MemoryObjectStore.create();
  }

  @Test
  void namedStore_closedAndOpenedAgain_hasItsObjectsUntilForgotten() throws IOException {
    String name = "test-" + System.nanoTime();
    try (ObjectStore first = MemoryObjectStore.named(name)) {
      first.put("k", bytes("1"), PutOptions.ifAbsent());
    }

    try (ObjectStore second = MemoryObjectStore.named(name)) {
      assertThat(second.get("k")).isPresent();
      MemoryObjectStore.forget(name);
      assertThat(second.get("k")).isPresent();
    }
    try (ObjectStore third = MemoryObjectStore.named(name)) {
      assertThat(third.get("k")).isEmpty();
      assertThat(third).hasToString("memory:" + name);
    } finally {
      MemoryObjectStore.forget(name);
    }
  }

  @Test
  void arrays_changedByTheCaller_changeNoObject() throws IOException {
    byte[] bytes = bytes("1");
    store.put("k", bytes, PutOptions.ifAbsent());
    bytes[0] = 'x';
    store.get("k").orElseThrow().bytes()[0] = 'y';

    assertThat(text("k")).isEqualTo("1");
  }
}
