package dev.dosql.storage;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;

/**
 * Opens object stores by URI, and finds out whether a store can be trusted with conditions.
 *
 * <p>Known without further ado:
 *
 * <table>
 * <caption>URIs of stores</caption>
 * <tr><th>URI</th><th>store</th></tr>
 * <tr><td>{@code file:///var/lib/bucket}, {@code file:relative/path}</td>
 *     <td>{@link DirectoryObjectStore}</td></tr>
 * <tr><td>{@code memory:name}, shared by all in this process who open it</td>
 *     <td>{@link MemoryObjectStore}</td></tr>
 * <tr><td>{@code s3://bucket/prefix?endpoint=…&region=…&pathStyle=…&checksums=…&quotedTags=…},
 *     each parameter as in {@link S3ObjectStore.Builder} and none of them needed</td>
 *     <td>{@link S3ObjectStore}</td></tr>
 * </table>
 *
 * <p>Others add a scheme by an {@link ObjectStoreProvider}. No URI holds credentials; messages do
 * not repeat the values of parameters, in case one does.
 *
 * <p>Safe for use by many threads.
 */
public final class ObjectStores {

  private ObjectStores() {}

  /**
   * Opens a store.
   *
   * @param uri the URI, see above
   * @return the store, which the caller closes
   * @throws IllegalArgumentException if it is no URI, or not one of a known store; the message
   *     lists what is known
   * @throws IOException if the store cannot be opened
   */
  public static ObjectStore open(String uri) throws IOException {
    try {
      return open(new URI(uri));
    } catch (URISyntaxException e) {
      // Not with the cause, whose message has the whole text.
      throw new IllegalArgumentException(
          "store not opened: %s at index %d, needed a URI such as file:///directory"
              .formatted(e.getReason(), e.getIndex()));
    }
  }

  /**
   * Opens a store.
   *
   * @param uri the URI, see above
   * @return the store, which the caller closes
   * @throws IllegalArgumentException if it is not one of a known store; the message lists what is
   *     known
   * @throws IOException if the store cannot be opened
   */
  public static ObjectStore open(URI uri) throws IOException {
    Map<String, ObjectStoreProvider> known = providers();
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    ObjectStoreProvider provider = known.get(scheme);
    if (provider == null) {
      throw new IllegalArgumentException(
          "store not opened: scheme=%s, needed one of %s".formatted(scheme, known.keySet()));
    }
    return provider.open(uri);
  }

  /**
   * Finds out whether a store honours conditions, by writing about 20 small objects under {@code
   * .dosql-probe/} and deleting them again: one at a time, then 8 threads at once.
   *
   * <p>A store that keeps its contract always passes. One that does not is caught at once if it
   * ignores conditions, and most often if it only checks them before it writes.
   *
   * @param store the store to try
   * @return what was seen
   * @throws IOException if the store failed otherwise, so that nothing is known
   */
  public static StoreProbe probe(ObjectStore store) throws IOException {
    return new Prober(store).probe();
  }

  private static Map<String, ObjectStoreProvider> providers() {
    Map<String, ObjectStoreProvider> providers = new TreeMap<>();
    Set<Class<?>> seen = new HashSet<>();
    for (ObjectStoreProvider provider : loaded()) {
      if (seen.add(provider.getClass())) {
        ObjectStoreProvider other = providers.putIfAbsent(provider.scheme(), provider);
        if (other != null) {
          throw new IllegalStateException(
              "providers not loaded: %s and %s, needed one (scheme=%s)"
                  .formatted(
                      other.getClass().getName(),
                      provider.getClass().getName(),
                      provider.scheme()));
        }
      }
    }
    return providers;
  }

  /** Ours, and those that the application sees; a container may keep them in different loaders. */
  private static List<ObjectStoreProvider> loaded() {
    List<ObjectStoreProvider> all = new ArrayList<>();
    try {
      ServiceLoader.load(ObjectStoreProvider.class, ObjectStores.class.getClassLoader())
          .forEach(all::add);
      Iterator<ObjectStoreProvider> others =
          ServiceLoader.load(ObjectStoreProvider.class).iterator();
      others.forEachRemaining(all::add);
      return all;
    } catch (ServiceConfigurationError e) {
      throw new IllegalStateException("providers not loaded: " + e.getMessage(), e);
    }
  }
}
