package dev.dosql;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A handle on one tenant's database: an SQLite file that is opened when it is first used, brought
 * to the newest schema, and taken out of memory when idle.
 *
 * <p>A handle is cheap, may be kept for as long as its {@link DoSQL} is open, and does not notice
 * when its tenant is evicted and opened again. A commit is seen by every read that begins after it.
 * Reads never wait for a writer; writes wait for each other in the order in which they came.
 *
 * <p>Safe for use by many threads, platform or virtual.
 */
public interface DB extends Queries, AutoCloseable {
  /**
   * Opens a tenant in {@code .do/data}, with the migrations of {@code .do/migrations} if that
   * folder is there. The tenant is created when it is first used.
   *
   * @param name the tenant's name
   * @return a handle, to be closed
   * @throws InvalidTenantNameException if the name cannot be one
   * @throws DatabaseLockedException if another process, or a {@link DoSQL} in this one, holds the
   *     directory
   * @throws MigrationException if the folder of migrations is not in order
   */
  static DB open(String name) {
    DBOptions.Builder options = DBOptions.builder();
    Path migrations = Path.of(".do", "migrations");
    if (Files.isDirectory(migrations)) {
      options.migrations(migrations.toString());
    }
    return open(name, options.build());
  }

  /**
   * Opens a tenant. Handles that are opened this way share one {@link DoSQL} a directory, which is
   * closed with the last of them.
   *
   * @param name the tenant's name
   * @param options the options, which must equal those the directory is open with
   * @return a handle, to be closed
   * @throws InvalidTenantNameException if the name cannot be one
   * @throws IllegalArgumentException if the directory is open with other options; names them
   * @throws DatabaseLockedException if another process, or a {@link DoSQL} in this one, holds the
   *     directory
   * @throws MigrationException if the folder of migrations is not in order
   */
  static DB open(String name, DBOptions options) {
    return DoSQL.openShared(name, options);
  }

  /**
   * A database for a test: real, in a directory of its own, not durable, deleted when it is closed.
   *
   * @return a handle, to be closed
   */
  static DB memory() {
    return memory(DBOptions.builder().build());
  }

  /**
   * A database for a test: real, in a directory of its own, not durable, deleted when it is closed.
   *
   * @param options the options; their directory and durability are not used
   * @return a handle, to be closed
   * @throws MigrationException if the folder of migrations is not in order
   */
  static DB memory(DBOptions options) {
    return DoSQL.memory(options).owned("memory");
  }

  /**
   * The tenant's name.
   *
   * @return the name
   */
  String name();

  /**
   * Reads several times from one snapshot: the state as of the first read, whatever is committed
   * meanwhile. It does not wait for writers and they do not wait for it. Reads of this tenant on
   * the same thread, through this handle or another, see the snapshot too, and streams that they
   * open end with it.
   *
   * @param <T> what the work returns
   * @param <X> what the work may throw
   * @param work called once, on this thread
   * @return what the work returned
   * @throws X as the work did
   */
  <T extends @Nullable Object, X extends Exception> T read(ReadWork<T, X> work) throws X;

  /**
   * Ends this handle; others on the same tenant go on. What was acknowledged is in the file. Does
   * nothing the second time.
   */
  @Override
  void close();
}
