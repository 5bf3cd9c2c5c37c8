package dev.dosql;

/**
 * A tenant as it stood when it was listed.
 *
 * @param name its name
 * @param state whether it is in memory, and whether it may be used
 * @param sizeBytes the size of its database file; what is still in its log is not counted, and 0 of
 *     a tenant that is only in the bucket
 */
public record TenantInfo(String name, State state, long sizeBytes) {
  /** Where a tenant is. */
  public enum State {
    /** In memory, with connections. */
    OPEN,
    /** On the disk only. */
    CLOSED,
    /** On the disk or in the bucket, refusing calls. */
    SUSPENDED,
    /** In the bucket only; it is brought back when it is used. */
    COLD
  }
}
