package dev.dosql;

/**
 * A transaction that is open: what it reads includes what it wrote, and nobody else sees that
 * before it commits.
 *
 * <p>Confined to the thread that opened it; any use after its work has returned is a {@link
 * TransactionEndedException}.
 */
public interface Transaction extends Queries {
  /**
   * The tenant that this is a transaction of. Its own methods cannot be used on this thread until
   * the transaction has ended.
   *
   * @return the tenant's handle
   */
  DB db();
}
