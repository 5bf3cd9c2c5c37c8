package dev.dosql;

/**
 * Hears what happens between tenants and their bucket. Every event is also logged, by {@code
 * dev.dosql.storage}.
 *
 * <p>Called by the threads that ship, with no lock held, and by those that open a tenant: these
 * hold that tenant's place, so a listener must not call the tenant it hears of, or it waits for
 * itself. It should return soon. What it throws is logged and has no effect.
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
