package dev.dosql.storage;

/**
 * What {@link ObjectStores#probe} saw of a store.
 *
 * @param store the store's description
 * @param conditionalCreate whether at most one put with {@link PutOptions#ifAbsent} succeeded
 * @param conditionalReplace whether at most one put with {@link PutOptions#ifMatch} succeeded, and
 *     none with a wrong tag
 * @param detail what was wrong, or how much was tried
 */
public record StoreProbe(
    String store, boolean conditionalCreate, boolean conditionalReplace, String detail) {

  /**
   * Says whether owners of tenants can be told apart by this store.
   *
   * @return whether it honours both conditions
   */
  public boolean isFencing() {
    return conditionalCreate && conditionalReplace;
  }

  /**
   * Refuses a store that does not honour conditions.
   *
   * @return this, if it does
   * @throws ConditionsIgnoredException if it does not
   */
  public StoreProbe requireFencing() throws ConditionsIgnoredException {
    if (!isFencing()) {
      throw new ConditionsIgnoredException(this);
    }
    return this;
  }
}
