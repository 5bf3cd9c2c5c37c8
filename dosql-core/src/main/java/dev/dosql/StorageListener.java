package dev.dosql;

/**
 * Hears what happens between tenants and their bucket. Every event is also logged, by {@code
 * dev.dosql.storage}.
 *
 * <p>Called by the threads that ship and open tenants, with no lock held; it should return soon.
 * What it throws is logged and has no effect.
 */
@FunctionalInterface
public interface StorageListener {
  /**
   * Called after something happened.
   *
   * @param event what
   */
  void on(StorageEvent event);

  /**
   * Called now and then while a tenant is brought back from the bucket; does nothing by default.
   *
   * @param progress how far it is
   */
  default void onRestore(RestoreProgress progress) {}
}
