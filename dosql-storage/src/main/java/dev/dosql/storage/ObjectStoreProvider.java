package dev.dosql.storage;

import java.io.IOException;
import java.net.URI;

/**
 * Opens the stores of one scheme of URIs. {@link ObjectStores#open(URI)} finds the implementations
 * with {@link java.util.ServiceLoader}: so they are public, with a public constructor that takes
 * nothing, and declared as providers of this interface.
 *
 * <p>Used by any number of threads.
 */
public interface ObjectStoreProvider {

  /**
   * Names the scheme.
   *
   * @return what stands before the first colon, in lower case
   */
  String scheme();

  /**
   * Opens a store.
   *
   * @param uri a URI of this scheme
   * @return the store, which the caller closes
   * @throws IllegalArgumentException if the URI does not say which store; the message lists what
   *     may stand in it, and repeats nothing that may be secret
   * @throws IOException if the store cannot be opened
   */
  ObjectStore open(URI uri) throws IOException;
}
