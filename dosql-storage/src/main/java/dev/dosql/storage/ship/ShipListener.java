package dev.dosql.storage.ship;

import java.io.IOException;

/** Hears what happens to tenants on their way to the bucket; called with no lock held. */
public interface ShipListener {
  /** A request failed, or a segment could not be made; it is tried again. */
  void failed(String tenant, IOException cause);

  /** Requests succeed again. */
  void recovered(String tenant);

  /** A segment holds the whole database. */
  void imageTaken(String tenant, String reason);

  /** What waited for the bucket was given up. */
  void degraded(String tenant, String detail);

  /** Another owner has the tenant. */
  void fenced(String tenant, IOException cause);

  /**
   * A tenant that is closed has commits that no segment holds, since they could not be captured
   * when it was closed. Whoever opens it has them shipped.
   */
  void uncaptured(String tenant);
}
