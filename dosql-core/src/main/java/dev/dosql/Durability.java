package dev.dosql;

/** What a commit has survived when the call returns. A reader may see it a moment before. */
public enum Durability {
  /** The end of this process: the operating system has the bytes. */
  PROCESS,
  /**
   * The loss of power: the bytes were forced to the disk. Writers of a tenant that come together
   * share one force.
   */
  LOCAL
}
