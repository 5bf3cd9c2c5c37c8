package dev.dosql;

import dev.dosql.internal.fleet.Fleet;
import dev.dosql.internal.session.TenantDB;
import dev.dosql.internal.tenant.Instance;
import dev.dosql.internal.tenant.SharedInstances;
import dev.dosql.internal.tenant.TenantName;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory of tenants, in the hands of this process alone.
 *
 * <p>Tenants are opened when they are used and evicted when they are idle, or when there are more
 * than {@code openTenantsMax}; nothing runs and nothing is held for one that is closed but its
 * files. After {@link #close} every call, also of its handles, is a {@link
 * DatabaseClosedException}.
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
   * @throws StorageException if the directory cannot be made; {@link ReadOnlyException} or {@link
   *     DiskFullException} where that is why
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
   * Gives a tenant another name; its data and suspension go along. Calls that run are waited for,
   * up to ten seconds, and then ended. Whatever happens, also a crash, the whole tenant is there
   * under one of the two names. In the bucket it is shipped under the new name, and only then
   * deleted under the old one.
   *
   * <p>Handles on the old name stay so: they meet a tenant that is not there, which their next call
   * creates anew and empty unless {@code createIfMissing} is off.
   *
   * @param from the tenant's name
   * @param to a name that no tenant has, not its own either
   * @throws TenantNotFoundException if there is none of the first name
   * @throws TenantExistsException if there is one of the second; neither was touched
   * @throws InvalidTenantNameException if the second cannot be a name
   * @throws TransactionScopeException inside a transaction, or a read of either, on this thread
   * @throws CommitInDoubtException with {@link Durability#BUCKET}, if the bucket has not confirmed
   *     it in time; it has the new name, and goes on being shipped
   * @throws CorruptDatabaseException if the file is damaged; it keeps its name
   * @throws DatabaseLockedException if another process has the file open; it keeps its name
   * @throws StorageException if the files cannot be changed; the tenant has one of the two names
   */
  public void rename(String from, String to) {
    instance.rename(from, to);
  }

  /**
   * Makes a tenant of an SQLite database file, one of {@link DB#exportTo} or of any other program:
   * a copy of it, checked by SQLite and brought to the newest schema. The source is only read,
   * through SQLite, as of one moment; other processes may use it meanwhile, and a log that it has
   * counts. Beside a source in WAL mode SQLite may leave an empty {@code -wal} and a {@code -shm}.
   *
   * <p>The tenant appears at once, when all is done, and is then as durable as a commit of it: on
   * the disk with {@link Durability#LOCAL}, with {@link Durability#PROCESS} as soon as the
   * operating system writes it there. With {@link Durability#BUCKET} it is awaited that the bucket
   * has it. If anything else fails there is none, and nothing is left over. Rows whose foreign key
   * leads nowhere are no reason to refuse; {@link DB#integrityCheck} lists them.
   *
   * @param tenant a name that no tenant has
   * @param sqliteFile the database, outside of this directory
   * @throws CommitInDoubtException with {@link Durability#BUCKET}, if the bucket has not confirmed
   *     it in time; the tenant is there, and goes on being shipped
   * @throws TenantExistsException if there is one, or another call creates it meanwhile
   * @throws InvalidTenantNameException if the name cannot be one
   * @throws CorruptDatabaseException if the file is not a database, is damaged, is not in UTF-8, or
   *     has something named {@code _dosql_…} that is not this library's, or that writes to it
   * @throws MigrationException if it does not fit the migrations, or is newer than they are
   * @throws IllegalArgumentException if the file is in the directory of tenants
   * @throws TransactionScopeException inside a transaction on this thread
   * @throws DatabaseLockedException if another process holds the file for longer than {@code
   *     writeLockTimeout}
   * @throws DiskFullException if there is no room for the copy
   * @throws ReadOnlyException if this directory may not be written
   * @throws StorageException if the file cannot be read, or was left in the middle of a transaction
   *     that only a program which writes it can undo
   * @throws DatabaseClosedException if this is closed, also while the file is imported
   */
  public void importFile(String tenant, Path sqliteFile) {
    instance.importFile(tenant, sqliteFile);
  }

  /**
   * Restores a tenant from the bucket into a file: its newest state there, exactly. The tenant and
   * its files here are neither used nor changed; it need not be here at all.
   *
   * @param tenant the tenant's name
   * @param file where nothing is yet, outside of this directory
   * @return which point of its history the file is
   * @throws TenantNotFoundException if the bucket has none
   * @throws HistoryNotConfiguredException if there is no {@code cold} store
   * @throws CorruptObjectException if the bucket does not have the exact state any more; there is
   *     no file then
   * @throws StorageException if there is something already, its directory is missing, or the bucket
   *     or the disk fails; nothing is left
   * @throws IllegalArgumentException if the file would be in the directory of tenants
   */
  public Bookmark restoreTo(String tenant, Path file) {
    return instance.restoreTo(tenant, file);
  }

  /**
   * How shipping stands: what is in the bucket, what is not yet, what was asked of it and what that
   * costs. Makes no request.
   *
   * @return the report
   * @throws HistoryNotConfiguredException if there is no {@code cold} store
   */
  public ShippingReport shipping() {
    return instance.shippingReport();
  }

  /**
   * Brings every tenant to the newest schema now, rather than each when it is first used.
   *
   * <p>A tenant that is open is at the newest schema. Any other is opened beside those in memory,
   * none of which is evicted for it, and closed again; one that says itself that it is current
   * costs one query. So a run that was ended, by a crash too, is taken up by the next. Suspended
   * tenants are left alone: they are migrated when they are used again. Tenants that are made or
   * renamed while this runs are found; of those that there were at the beginning each is in the
   * report, as gone if it was deleted or renamed before its turn.
   *
   * <p>Interrupting this thread ends the run: a migration file that runs is finished, the next is
   * not begun, and every tenant stands at its last good version.
   *
   * @param options how
   * @return what came of each tenant, failures included
   * @throws TenantNotFoundException if there is no tenant of a canary's name; nothing was done
   * @throws InterruptedQueryException if this thread is interrupted; its flag stays set
   * @throws TransactionScopeException inside a transaction on this thread
   * @throws DatabaseClosedException if this was closed
   */
  public FleetReport migrateAll(FleetOptions options) {
    return Fleet.migrateAll(instance, Objects.requireNonNull(options, "options"));
  }

  /**
   * Does some work for every tenant that there is when this is called, on several threads, each
   * with another tenant. Each of them is in the report: one that was suspended before its turn as
   * that, one that was deleted or renamed as gone.
   *
   * <p>No tenant is evicted for the work. Those that were closed are open beside {@code
   * openTenantsMax} while they are worked on, and closed again behind the work, unless other calls
   * use them by then. For those that were open the work is a use like any other.
   *
   * <p>Interrupting this thread interrupts the work that runs, and waits for it.
   *
   * @param <T> what the work returns
   * @param work called once for each tenant
   * @param options how
   * @return what the work returned, and what came of each tenant, failures included
   * @throws TenantNotFoundException if there is no tenant of a canary's name; nothing was done
   * @throws InterruptedQueryException if this thread is interrupted; its flag stays set
   * @throws TransactionScopeException inside a transaction on this thread
   * @throws DatabaseClosedException if this was closed
   */
  public <T extends @Nullable Object> FleetResult<T> eachTenant(
      FleetWork<T> work, FleetOptions options) {
    Objects.requireNonNull(work, "work");
    return Fleet.eachTenant(instance, work, Objects.requireNonNull(options, "options"));
  }

  /**
   * Refuses new calls, waits for those that run, closes every tenant and gives the directory back.
   * Does nothing the second time.
   *
   * <p>What runs for longer than ten seconds is ended: a call fails with {@link
   * DatabaseClosedException}, a migration is undone to its last whole file. {@link #importFile} is
   * not given those ten seconds: its checks and migrations are ended, its copying, which cannot be
   * ended, is waited for, and it leaves nothing. {@link #migrateAll} and {@link #eachTenant} begin
   * no further tenant and end with that exception; what they do right now is waited for as calls
   * are.
   *
   * <p>Some work cannot be ended: a function that does not come back, the copying of a large file.
   * For that this waits five seconds more and returns; the directory is then locked until that work
   * ends, so that nothing is ever written in a directory that somebody else may have.
   */
  @Override
  public void close() {
    instance.close();
  }
}
