package dev.dosql;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
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
   * @throws StorageException if the directory cannot be made; {@link ReadOnlyException} or {@link
   *     DiskFullException} where that is why
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
   * @throws StorageException if the directory cannot be made; {@link ReadOnlyException} or {@link
   *     DiskFullException} where that is why
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
   * open end with it. A {@code read} inside another is part of its snapshot.
   *
   * @param <T> what the work returns
   * @param <X> what the work may throw
   * @param work called once, on this thread
   * @return what the work returned
   * @throws X as the work did
   * @throws LimitExceededException if no reader comes free in time; or from the first use that
   *     comes later than {@link Limits#transactionTimeout()}
   * @throws TransactionScopeException inside a transaction of this tenant on this thread
   */
  <T extends @Nullable Object, X extends Exception> T read(ReadWork<T, X> work) throws X;

  /**
   * Runs work in a transaction, but once for a key: who calls again, at the same time or later,
   * also after a restart, gets the value that the first got. Key and value are committed with the
   * work, both or neither: if the work throws, the key is free, and the next call runs it. So after
   * any error, and after a {@link CommitInDoubtException} above all, asking again with the same key
   * tells what happened, or makes it happen.
   *
   * <p>A key is kept for {@link DBOptions#onceRetention}, by the machine's clock: one that goes
   * back keeps keys longer, one that jumps ahead ends them early. Once it is set right after it was
   * ahead, new keys are kept as ever, or longer by 30 days or the retention at most; only those of
   * the wrong time last until then. It belongs to this tenant.
   *
   * <p>The value is stored as columns are: null, a type of the value table or of a {@link
   * Converter}, a record, or a bean whose properties all have getters and setters, with components
   * of such types. What every call gets, also the first, is what was read back from that; of a bean
   * what is no property is not kept. {@code Void.class} is for work that only returns null. The
   * type is known by its class's name. A value takes at most one MiB.
   *
   * <p>A call whose key is known does not wait for the writer, but for the disk if the first call's
   * commit is not yet there. A call that comes while the first one runs waits like any writer.
   *
   * @param <T> what the work returns
   * @param <X> what the work may throw
   * @param key 1 to 255 bytes of UTF-8, chosen by who asks: one for each request, and the same when
   *     it is sent again
   * @param type the type of the value; {@code int.class} is {@code Integer.class}
   * @param work called once, on this thread, or not at all
   * @return the value, and whether the work ran before
   * @throws X as the work did; nothing is kept
   * @throws ParameterException if the key cannot be one; or, with all the work undone, if the value
   *     cannot be stored exactly
   * @throws MappingException before anything runs, if values of the type cannot be stored and read
   *     back; or, with all the work undone, if its value is not of the type or cannot be read back;
   *     or if what is kept no longer fits the type's components
   * @throws CorruptDatabaseException if what is kept is damaged; nothing runs
   * @throws IdempotencyConflictException if the key was used for another type, or with a
   *     fingerprint; nothing runs
   * @throws LimitExceededException if the value is too large; all the work is undone
   * @throws CommitInDoubtException if the commit may or may not be stored: ask again
   * @throws TransactionScopeException inside a transaction of this thread; nothing runs
   * @throws WriteLockTimeoutException if other writers hold the tenant for too long
   */
  <T extends @Nullable Object, X extends Exception> Once<T> once(
      String key, Class<T> type, TransactionWork<T, X> work) throws X;

  /**
   * Runs work once for a key, as {@link #once(String, Class, TransactionWork)} does, and refuses
   * the key if it comes again with another request.
   *
   * @param <T> what the work returns
   * @param <X> what the work may throw
   * @param key 1 to 255 bytes of UTF-8
   * @param fingerprint what tells requests apart: the request's text, or a hash of it; of any
   *     length, since its SHA-256 is what is kept
   * @param type the type of the value
   * @param work called once, on this thread, or not at all
   * @return the value, and whether the work ran before
   * @throws X as the work did; nothing is kept
   * @throws IdempotencyConflictException if the key was used for another type, or with another
   *     fingerprint or none; nothing runs
   */
  <T extends @Nullable Object, X extends Exception> Once<T> once(
      String key, String fingerprint, Class<T> type, TransactionWork<T, X> work) throws X;

  /**
   * Runs work once for a key, as {@link #once(String, String, Class, TransactionWork)} does; a
   * fingerprint of text equals that of its bytes in UTF-8.
   *
   * @param <T> what the work returns
   * @param <X> what the work may throw
   * @param key 1 to 255 bytes of UTF-8
   * @param fingerprint what tells requests apart: the request's body, or a hash of it
   * @param type the type of the value
   * @param work called once, on this thread, or not at all
   * @return the value, and whether the work ran before
   * @throws X as the work did; nothing is kept
   * @throws IdempotencyConflictException if the key was used for another type, or with another
   *     fingerprint or none; nothing runs
   */
  <T extends @Nullable Object, X extends Exception> Once<T> once(
      String key, byte[] fingerprint, Class<T> type, TransactionWork<T, X> work) throws X;

  /**
   * The tenant as a {@link DataSource}, for code that speaks JDBC: jOOQ, Jdbi, Spring, Hibernate.
   *
   * <p>It lasts as long as this handle and needs no closing. A connection opens the tenant if it
   * was evicted and keeps it open until it is closed, so close each one. There are 10 of a tenant
   * at most; whoever wants one more waits for {@link DBOptions#writeLockTimeout()}.
   *
   * <p>With auto-commit, a statement that writes is a transaction of its own, and so is a batch and
   * a text of several statements. Without it, the first statement begins a transaction, which waits
   * its turn to write and has it until it is committed, rolled back or its connection closed, which
   * undoes it; others that write wait meanwhile. After {@code setReadOnly(true)} it is a snapshot
   * instead, which neither waits nor is waited for. A transaction, a snapshot and an open result
   * may last for {@link Limits#transactionTimeout()}. What was committed is durable as a commit of
   * this handle is.
   *
   * <p>Statements are screened as those of this handle are, and values stored the same way. Errors
   * are {@link java.sql.SQLException}s with an SQLState, caused by the library's own.
   *
   * <p>Safe for use by many threads; a connection is used by one thread at a time.
   *
   * @return the same one at each call
   */
  DataSource dataSource();

  /**
   * Where the tenant's history stands: all that is committed by now, and all that this thread has
   * read of it, is up to this point, and nothing else. Taking it ends the segment that is being
   * filled, which is then shipped like any other.
   *
   * @return the bookmark; it stays valid, also in other processes
   * @throws HistoryNotConfiguredException if there is no {@link DBOptions.Builder#cold(String)
   *     cold} store
   * @throws TransactionScopeException inside a transaction on this thread
   * @throws WriteLockTimeoutException if the writer does not come free in time
   * @throws StorageException if the segment cannot be written on this disk
   */
  Bookmark bookmark();

  /**
   * Returns when the bucket has confirmed all that is up to a bookmark, which is shipped at once.
   * After that it survives the loss of this machine.
   *
   * @param bookmark one of this tenant, of its present lineage
   * @param timeout how long to wait at most
   * @throws CommitInDoubtException if the bucket has not confirmed it in time; it goes on being
   *     shipped, and this may be called again
   * @throws FencedException if another process has taken the tenant over
   * @throws HistoryNotConfiguredException if there is no cold store
   * @throws IllegalArgumentException if the bookmark is of another lineage, or beyond what is
   *     committed
   * @throws TransactionScopeException inside a transaction on this thread
   */
  void awaitDurable(Bookmark bookmark, Duration timeout);

  /**
   * Copies the database into a new file, which any SQLite opens and which {@link DoSQL#importFile}
   * takes: one file without a log, forced to the disk. It is the state of one moment, inside {@link
   * #read} that of its snapshot, copied page by page by SQLite's backup; writers and readers go on,
   * but this takes one reader while it runs. It appears under its name when it is whole; a crash
   * leaves at most a file named {@code .dosql-export-…} beside it. An interrupt is heeded before
   * the copying begins, not while it runs.
   *
   * <p>No limit of time ends it, neither {@code statementTimeout} nor {@code transactionTimeout}: a
   * large database takes long to copy, and a copy ended halfway is worth nothing. The log of what
   * is written meanwhile cannot begin anew before it is done, and takes that much more room.
   *
   * @param file where nothing is yet, outside of the directory of tenants
   * @throws StorageException if there is something already (its cause is then a {@link
   *     java.nio.file.FileAlreadyExistsException}), its directory is missing, or writing fails;
   *     nothing is left
   * @throws DiskFullException if there is no room; nothing is left
   * @throws ReadOnlyException if its directory may not be written
   * @throws IllegalArgumentException if the file would be in the directory of tenants
   * @throws TransactionScopeException inside a transaction of this tenant on this thread
   */
  void exportTo(Path file);

  /**
   * Writes the file anew without free pages, in the order of its tables, and gives the room back to
   * the disk. It holds the writer and needs up to twice the file's size for as long as that takes,
   * so that writes wait; readers go on, but are held back for a moment at its end. Beside a
   * snapshot or stream that is open the file becomes smaller only after that was closed. Rowids of
   * tables without an INTEGER PRIMARY KEY may change. As durable as a commit when it returns.
   *
   * @throws TransactionScopeException inside a transaction on this thread
   * @throws WriteLockTimeoutException if the writer does not come free in time
   * @throws InterruptedQueryException if the thread is interrupted; nothing was changed
   * @throws DiskFullException if there is no room; nothing was changed
   * @throws CorruptDatabaseException if the file is damaged; it stays as it is
   */
  void vacuum();

  /**
   * Has SQLite note how the values in the indexes are spread where its notes are missing or old
   * ({@code PRAGMA optimize}), for better plans. It looks at a bounded number of rows, so it holds
   * the writer for milliseconds. Worth a call after many rows have come or gone.
   *
   * @throws TransactionScopeException inside a transaction on this thread
   * @throws WriteLockTimeoutException if the writer does not come free in time
   * @throws InterruptedQueryException if the thread is interrupted
   */
  void optimize();

  /**
   * What SQLite finds wrong with the file, its indexes and constraints, and which rows have a
   * foreign key that leads nowhere; up to 100 of each. It reads the whole file, in one snapshot,
   * for which no limit of time is set; inside {@link #read} it is that one, with its limit.
   *
   * @return the problems, none of which holds a value; empty if all is well
   * @throws CorruptDatabaseException if the file is damaged so that it cannot be opened, or nothing
   *     can be said of it; any other damage is in the list
   * @throws InterruptedQueryException if the thread is interrupted
   * @throws TransactionScopeException inside a transaction of this tenant on this thread
   */
  List<String> integrityCheck();

  /**
   * Ends this handle; others on the same tenant go on. What was acknowledged is in the file. The
   * last handle of {@link DB#open(String) open} gives its directory back, as {@link DoSQL#close}
   * does. Does nothing the second time.
   */
  @Override
  void close();
}
