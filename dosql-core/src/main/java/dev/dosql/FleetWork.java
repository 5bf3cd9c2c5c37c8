package dev.dosql;

import org.jspecify.annotations.Nullable;

/**
 * Work that is done for each tenant of a fleet.
 *
 * @param <T> what it returns
 */
@FunctionalInterface
public interface FleetWork<T extends @Nullable Object> {
  /**
   * Does the work for one tenant. Called by several threads at once, for different tenants.
   *
   * @param db a handle on the tenant, closed when the work has returned; it never creates the
   *     tenant
   * @return what is kept for this tenant
   * @throws Exception to have the tenant counted as failed
   */
  T run(DB db) throws Exception;
}
