package dev.dosql.storage;

import java.io.IOException;

/**
 * A store does not honour the conditions of puts: two owners of a tenant would both succeed, and
 * overwrite each other. What needs one owner is refused on it.
 */
public final class ConditionsIgnoredException extends IOException {

  private static final long serialVersionUID = 1L;

  /** What was seen. */
  private final transient StoreProbe probe;

  /**
   * Makes the exception.
   *
   * @param probe what was seen
   */
  public ConditionsIgnoredException(StoreProbe probe) {
    super(
        "store refused: conditionalCreate=%s conditionalReplace=%s (%s), needed both (store=%s)"
            .formatted(
                probe.conditionalCreate(),
                probe.conditionalReplace(),
                probe.detail(),
                probe.store()));
    this.probe = probe;
  }

  /**
   * Returns what was seen.
   *
   * @return the probe
   */
  public StoreProbe probe() {
    return probe;
  }
}
