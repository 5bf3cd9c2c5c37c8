package dev.dosql.storage.consumer;

import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.ObjectStores;
import dev.dosql.storage.PutOptions;

/** A program outside of the module that opens a store in memory and the one of its argument. */
public final class UsesStores {

  private UsesStores() {}

  /** Takes the URI of a store; prints which of them worked. */
  public static void main(String[] args) throws Exception {
    use("memory:program");
    System.out.println("memory works");
    use(args[0]);
    System.out.println("s3 works");
  }

  private static void use(String uri) throws Exception {
    try (ObjectStore store = ObjectStores.open(uri)) {
      store.put("k", new byte[1], PutOptions.ifAbsent());
      if (store.get("k").isEmpty()) {
        throw new AssertionError("not there: k");
      }
    }
  }
}
