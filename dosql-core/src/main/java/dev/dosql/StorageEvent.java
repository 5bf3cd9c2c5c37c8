package dev.dosql;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Something that an operator should know of a tenant and its bucket.
 *
 * @param kind what happened
 * @param tenant the tenant's name
 * @param detail what was seen, and what was done about it; no row and no value
 * @param cause what it came from, or null
 */
public record StorageEvent(Kind kind, String tenant, String detail, @Nullable Throwable cause) {

  /**
   * What it came from.
   *
   * @return the cause, or empty
   */
  public Optional<Throwable> causedBy() {
    return Optional.ofNullable(cause);
  }

  /** What can happen. */
  public enum Kind {
    /** A put or another request failed; it is tried again. Told once until one succeeds. */
    SHIPPING_FAILED,
    /** Requests succeed again. */
    SHIPPING_RECOVERED,
    /** The whole database was shipped, since its log alone did not tell what had changed. */
    WHOLE_IMAGE,
    /** More waited for the bucket than may; what waited was given up, and a new lineage begun. */
    DEGRADED,
    /** A tenant was brought back from the bucket. */
    HYDRATED,
    /** The bucket was ahead of the local file, which was brought to the bucket's state. */
    ROLLED_FORWARD,
    /**
     * The local file was not of the bucket's history. It was kept aside, and the tenant restored.
     */
    DIVERGED,
    /** Another process owns the tenant now; nothing more is confirmed from here. */
    FENCED,
    /** The bucket was out of reach when the tenant was opened, from its local file. */
    UNREACHABLE
  }
}
