package dev.dosql;

import dev.dosql.internal.session.TenantDB;
import dev.dosql.internal.tenant.Instance;
import dev.dosql.internal.tenant.SharedInstances;
import dev.dosql.internal.tenant.TenantName;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A directory of tenants, in the hands of this process alone.
 *
 * <p>Tenants are opened when they are used and evicted when they are idle, or when there are more
 * than {@code openTenantsMax}; nothing runs and nothing is held for one that is closed but its
 * files.
 *
 * <p>Safe for use by many threads. Whoever opened it closes it.
 */
public final class DoSQL implements AutoCloseable {
  private final Instance instance;

  private DoSQL(Instance instance) {
    this.instance = instance;
  }

  /**
   * Takes a directory and makes it if it is missing.
   *
   * @param options how
   * @return the tenants in it, to be closed
   * @throws DatabaseLockedException if another process, or an open {@code DoSQL} or {@link DB} of
   *     this one, holds the directory; names the holder
   * @throws MigrationException if the folder of migrations is not in order
   * @throws StorageException if the directory cannot be made
   */
  public static DoSQL open(DBOptions options) {
    return new DoSQL(Instance.open(options, "DoSQL.open"));
  }

  /**
   * Tenants for tests: real, in a directory of their own, not durable, deleted when this is closed.
   *
   * @param options how; their directory and durability are not used
   * @return the tenants, to be closed
   * @throws MigrationException if the folder of migrations is not in order
   */
  public static DoSQL memory(DBOptions options) {
    return new DoSQL(Instance.inMemory(options));
  }

  /** A handle on a tenant of the instance that all of this process share for a directory. */
  static DB openShared(String name, DBOptions options) {
    TenantName checked = new TenantName(name);
    SharedInstances.Lease lease = SharedInstances.acquire(options, DBOptions::differencesFrom);
    return new TenantDB(lease.instance(), checked, lease::close);
  }

  /** A handle on a tenant that is there, which closes this when it is closed. */
  DB owned(String tenant) {
    try {
      if (!instance.options().createIfMissing()) {
        instance.create(tenant);
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    return new TenantDB(instance, new TenantName(tenant), this::close);
  }

  /**
   * A handle on a tenant. Nothing is opened until it is used; closing it is not needed.
   *
   * @param tenant the tenant's name
   * @return a handle, good for as long as this is open
   * @throws InvalidTenantNameException if the name cannot be one
   */
  public DB db(String tenant) {
    return new TenantDB(instance, new TenantName(tenant), () -> {});
  }

  /**
   * Creates a tenant and brings it to the newest schema.
   *
   * @param tenant the tenant's name
   * @return a handle
   * @throws TenantExistsException if there is one; it was not touched
   * @throws InvalidTenantNameException if the name cannot be one
   * @throws MigrationException if the schema cannot be made; there is no tenant then
   */
  public DB create(String tenant) {
    instance.create(tenant);
    return db(tenant);
  }

  /**
   * A handle on a tenant that exists.
   *
   * @param tenant the tenant's name
   * @return a handle, or empty if there is no such tenant
   * @throws InvalidTenantNameException if the name cannot be one
   */
  public Optional<DB> find(String tenant) {
    return instance.exists(tenant) ? Optional.of(db(tenant)) : Optional.empty();
  }

  /**
   * Every tenant that exists, as of now, in no order.
   *
   * @return the tenants
   */
  public Stream<TenantInfo> tenants() {
    return instance.list().stream();
  }

  /**
   * Deletes a tenant and its data, for good. Calls that run are waited for, up to ten seconds, and
   * then ended.
   *
   * @param tenant the tenant's name
   * @throws TenantNotFoundException if there is none
   * @throws TransactionScopeException inside a transaction, or a read of it, on this thread
   */
  public void delete(String tenant) {
    instance.delete(tenant);
  }

  /**
   * Refuses all calls of a tenant with {@link TenantSuspendedException} from now on, also after a
   * restart; its data stays. Calls that run are waited for, up to ten seconds, and then ended.
   *
   * @param tenant the tenant's name
   * @throws TenantNotFoundException if there is none
   * @throws TransactionScopeException inside a transaction, or a read of it, on this thread
   */
  public void suspend(String tenant) {
    instance.suspend(tenant);
  }

  /**
   * Permits the calls of a tenant again. Does nothing if it is not suspended.
   *
   * @param tenant the tenant's name
   * @throws TenantNotFoundException if there is none
   */
  public void resume(String tenant) {
    instance.resume(tenant);
  }

  /**
   * Refuses new calls, waits for those that run, up to ten seconds, closes every tenant and gives
   * the directory back. Does nothing the second time.
   */
  @Override
  public void close() {
    instance.close();
  }
}
