package dev.dosql.storage.providers;

import dev.dosql.storage.MemoryObjectStore;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.ObjectStoreProvider;
import java.net.URI;

/** Opens {@code memory:} and {@code memory:name}. */
public final class MemoryProvider implements ObjectStoreProvider {

  /** For the service loader. */
  public MemoryProvider() {}

  @Override
  public String scheme() {
    return "memory";
  }

  @Override
  public ObjectStore open(URI uri) {
    String name = uri.isOpaque() ? uri.getSchemeSpecificPart() : uri.getPath();
    boolean plain = name != null && name.matches("[A-Za-z0-9._-]+") && uri.getFragment() == null;
    if (!plain) {
      throw new IllegalArgumentException(
          "store not opened: needed memory:name, the name of letters, digits, '.', '-' and '_'");
    }
    return MemoryObjectStore.named(name);
  }
}
