package dev.dosql;

import java.time.Duration;

/**
 * How far a run over many tenants has come.
 *
 * @param tenant the tenant that was finished last
 * @param done tenants that were done, those that needed nothing included
 * @param failed tenants that failed
 * @param skipped tenants that are suspended, or were gone when their turn came
 * @param total all tenants of the run: those that there were when it began, and with {@link
 *     DoSQL#migrateAll} those that were found since; it never shrinks
 * @param elapsed the time since the run began
 * @param eta how long the rest will take if it goes on as it has
 */
public record FleetProgress(
    String tenant, int done, int failed, int skipped, int total, Duration elapsed, Duration eta) {
  /**
   * How many tenants are behind us, one way or the other.
   *
   * @return done, failed and skipped together
   */
  public int finished() {
    return done + failed + skipped;
  }

  @Override
  public String toString() {
    return "%d of %d (failed=%d, skipped=%d, elapsed=%s, eta=%s)"
        .formatted(finished(), total, failed, skipped, elapsed, eta);
  }
}
