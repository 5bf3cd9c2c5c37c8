package dev.dosql;

/**
 * What a commit has survived when the call returns.
 *
 * <p>A reader may see a commit before that: SQLite shows it as soon as it is executed. What is read
 * and leaves the process may therefore be gone after a failure that the commit did not survive.
 * Where that matters, wait for {@link DB#bookmark()} with {@link DB#awaitDurable} after the read:
 * it covers all that the read can have seen.
 */
public enum Durability {
  /** The end of this process: the operating system has the bytes. */
  PROCESS,
  /**
   * The loss of power: the bytes were forced to the disk. Writers of a tenant that come together
   * share one force.
   */
  LOCAL,
  /**
   * The loss of this machine: the bucket has confirmed the commit, and then that this process still
   * owns the tenant. Needs {@link DBOptions.Builder#cold(String)}. Callers that come together share
   * one put. A commit that the bucket does not confirm in {@link Shipping#bucketTimeout()} is a
   * {@link CommitInDoubtException}; it is in the file, and goes on being shipped.
   */
  BUCKET
}
