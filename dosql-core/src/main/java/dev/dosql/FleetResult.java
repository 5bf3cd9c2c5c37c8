package dev.dosql;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What came of work that was done for each tenant.
 *
 * @param <T> what the work returns
 * @param results what it returned, by tenant in the order of their names; those that failed or were
 *     not reached are not in it. Unmodifiable
 * @param report what came of each tenant
 */
public record FleetResult<T extends @Nullable Object>(Map<String, T> results, FleetReport report) {
  /**
   * Keeps the results in an order that does not depend on chance.
   *
   * @param results what the work returned, by tenant
   * @param report what came of each tenant
   */
  public FleetResult {
    results = Collections.unmodifiableMap(new TreeMap<>(results));
  }

  /**
   * What the work threw, by tenant in the order of their names.
   *
   * @return the failures, unmodifiable
   */
  public Map<String, Throwable> failures() {
    return report.failures();
  }
}
