package dev.dosql;

/**
 * A tenant as it stood when it was listed.
 *
 * @param name its name
 * @param state whether it is in memory, and whether it may be used
 * @param sizeBytes the size of its database file; what is still in its log is not counted
 */
public record TenantInfo(String name, State state, long sizeBytes) {
  /** Where a tenant is. */
  public enum State {
    /** In memory, with connections. */
    OPEN,
    /** On the disk only. */
    CLOSED,
    /** On the disk, refusing calls. */
    SUSPENDED
  }
}
