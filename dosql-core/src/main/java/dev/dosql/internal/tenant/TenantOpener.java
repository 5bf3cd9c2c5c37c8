package dev.dosql.internal.tenant;

import dev.dosql.CommitInDoubtException;
import dev.dosql.CorruptDatabaseException;
import dev.dosql.DBOptions;
import dev.dosql.DatabaseLockedException;
import dev.dosql.DoSQLException;
import dev.dosql.Durability;
import dev.dosql.StorageException;
import dev.dosql.TenantExistsException;
import dev.dosql.TenantNotFoundException;
import dev.dosql.TenantSuspendedException;
import dev.dosql.internal.engine.ForeignWait;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.engine.WriteStatements;
import dev.dosql.internal.events.OpenEvent;
import dev.dosql.internal.files.DurableFiles;
import dev.dosql.internal.files.FileErrors;
import dev.dosql.internal.files.WriteProbe;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.storage.capture.WalPages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one tenant into memory: finds or makes its file, opens it, brings its schema up to date.
 */
final class TenantOpener {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.tenant");

  /** What every SQLite file begins with. */
  private static final int HEADER_BYTES = 100;

  /** Where SQLite's locks are; the page around it is never written. */
  private static final long LOCK_BYTE = 0x40000000L;

  private static final String PAGE_COUNT = "PRAGMA page_count";

  private final TenantFiles files;
  private final ConnectionFactory connections;
  private final Schema schema;
  private final Template template;
  private final DBOptions options;
  private final @Nullable ColdTenants cold;

  /**
   * Makes it.
   *
   * @param cold the tenants in the bucket, or null if there is none
   */
  TenantOpener(
      TenantFiles files,
      ConnectionFactory connections,
      Schema schema,
      DBOptions options,
      @Nullable ColdTenants cold) {
    this.files = files;
    this.cold = cold;
    this.connections = connections;
    this.schema = schema;
    this.template = new Template(files, schema, connections);
    this.options = options;
  }

  /** Opens a tenant; creates it if it is missing and that is wanted. */
  OpenTenant open(TenantName name, boolean mayCreate) {
    OpenEvent event = new OpenEvent();
    event.begin();
    if (files.isSuspended(name) && exists(name)) {
      refuseSuspended(name); // Before the file is brought here.
    }
    boolean created = !settle(name);
    if (created) {
      refuseBlocked(name);
      if (!mayCreate) {
        throw notFound(name);
      }
      make(name);
    }
    OpenTenant opened = openExisting(name);
    event.end();
    if (event.shouldCommit()) {
      event.tenant = name.text();
      event.created = created;
      event.commit();
    }
    return opened;
  }

  /** Whether the tenant exists; its file is here then, in the state that its bucket says. */
  private boolean settle(TenantName name) {
    return cold == null ? files.exists(name) : cold.settle(name);
  }

  /** Whether the tenant exists, here or in the bucket. */
  boolean exists(TenantName name) {
    return files.exists(name) || cold != null && cold.exists(name);
  }

  /**
   * Brings a tenant here that may be only in the bucket; to be called by who has its place.
   *
   * @throws TenantNotFoundException if there is none
   */
  void bringHere(TenantName name) {
    if (!settle(name)) {
      throw notFound(name);
    }
  }

  /**
   * Brings a tenant that is not open to the newest schema.
   *
   * @return whether it had to be; not, if it says itself that it is
   */
  boolean bringUpToDate(TenantName name) {
    refuseUnusable(name);
    return withFile(
        name,
        (database, writing) -> {
          forceLeftLog(name, database);
          return migrate(name, database, writing);
        });
  }

  /**
   * Moves the log that a crash has left into the file of a tenant that is not open, so that the
   * file is all there is.
   *
   * @throws dev.dosql.ReadOnlyException if the directory may not be written; all is as it was
   * @throws DatabaseLockedException if somebody has the file open all the same
   */
  void moveLog(TenantName name) {
    withFile(
        name,
        (database, writing) -> {
          writing.execute("PRAGMA wal_checkpoint(TRUNCATE)");
          return true;
        });
    Path database = files.database(name);
    if (Files.exists(TenantFiles.wal(database))) {
      IOException reason = WriteProbe.attempt(database, 0); // SQLite ignores that it cannot.
      if (reason != null) {
        throw FileErrors.writing("log cannot be deleted", reason, "tenant=" + name);
      }
      throw new DatabaseLockedException(
          "file is in use: by another process, or a call that did not end (tenant=" + name + ")");
    }
  }

  private <T> T withFile(TenantName name, FileWork<T> work) {
    Path database = files.database(name);
    checkFile(name, database);
    try (SqliteConnection writing = connectToWhole(name, database)) {
      return work.run(database, writing);
    } catch (SqliteException e) {
      throw SqliteErrors.translate(SqliteErrors.explained(e, database, true), null, 0, name.text());
    } catch (IOException e) {
      throw FileErrors.writing("tenant cannot be opened", e, "tenant=" + name);
    }
  }

  /** A connection that writes, once it is known that no page is missing. */
  private SqliteConnection connectToWhole(TenantName name, Path database)
      throws SqliteException, IOException {
    SqliteConnection keeper = connect(() -> connections.keeper(database));
    try {
      SqliteConnection writing = connect(() -> connections.writer(database, false));
      try {
        checkComplete(name, database, writing);
        return writing;
      } catch (SqliteException | IOException | RuntimeException | Error e) {
        closeAfter(writing, e);
        throw e;
      }
    } finally {
      closeKeeper(name, keeper);
    }
  }

  private void refuseSuspended(TenantName name) {
    if (files.isSuspended(name)) {
      throw new TenantSuspendedException("tenant is suspended (tenant=" + name + ")", name.text());
    }
  }

  /** The error for a tenant that is not there. */
  static TenantNotFoundException notFound(TenantName name) {
    return new TenantNotFoundException("no such tenant (tenant=" + name + ")", name.text());
  }

  /** Refuses to go on if the tenant does not exist. */
  void refuseMissing(TenantName name) {
    if (!exists(name)) {
      throw notFound(name);
    }
  }

  /** The same, where that can be told without asking the bucket. */
  void refuseMissingHere(TenantName name) {
    if (cold == null) {
      refuseMissing(name);
    }
  }

  /** Refuses to go on if the tenant does not exist or is suspended. */
  void refuseUnusable(TenantName name) {
    refuseMissing(name);
    refuseSuspended(name);
  }

  /** Refuses to go on if the tenant exists, or something else has the name of its file. */
  void refuseExisting(TenantName name) {
    if (exists(name)) {
      throw existing(name);
    }
    refuseBlocked(name);
  }

  /** Refuses to go on if the tenant's file is here. */
  void refuseTenant(TenantName name) {
    if (files.exists(name)) {
      throw existing(name);
    }
  }

  private static TenantExistsException existing(TenantName name) {
    return new TenantExistsException("tenant exists (tenant=" + name + ")", name.text());
  }

  /** A directory, or a link whose end is not mounted, say, is not taken for a missing tenant. */
  private void refuseBlocked(TenantName name) {
    if (files.isBlocked(name)) {
      throw new CorruptDatabaseException(
          "tenant cannot be opened: what has the name of its file is none (tenant="
              + name
              + ", file="
              + files.database(name)
              + ")");
    }
  }

  /** Creates a tenant and opens it; if that fails, there is none. */
  OpenTenant create(TenantName name) {
    if (settle(name)) {
      throw existing(name); // Here, or in the bucket, from where it was brought.
    }
    refuseBlocked(name);
    make(name);
    try {
      return openExisting(name);
    } catch (RuntimeException | Error e) {
      deleteAfter(name, e);
      throw e;
    }
  }

  /** Something of it may be in the bucket already. */
  private void deleteAfter(TenantName name, Throwable failure) {
    try {
      if (cold == null) {
        files.delete(name);
        return;
      }
      cold.leaving(name, null);
      files.delete(name);
      cold.left(name);
    } catch (StorageException e) {
      failure.addSuppressed(e);
    }
  }

  private void make(TenantName name) {
    try {
      files.create(name, template.file());
    } catch (IOException e) {
      throw FileErrors.writing("tenant cannot be created", e, "tenant=" + name);
    }
    if (cold != null) {
      cold.created(name);
    }
  }

  /**
   * Opens and closes a tenant whose name is new, so that the bucket gets it. If that fails it is
   * told, and done when the tenant is opened next.
   *
   * @throws CommitInDoubtException if it is durable only once it is in the bucket, and is not yet
   */
  void shipFirst(TenantName name) {
    try {
      OpenTenant tenant = openExisting(name);
      tenant.end();
      tenant.close(0);
    } catch (CommitInDoubtException e) {
      throw e;
    } catch (DoSQLException e) {
      log.warn("tenant is shipped when it is opened next (tenant={})", name, e);
    }
  }

  /** Opens and closes a tenant that calls may not use, so that the bucket gets what waits. */
  boolean shipSuspended(TenantName name) {
    boolean there = settle(name);
    if (there) {
      shipFirst(name);
    }
    return there;
  }

  private OpenTenant openExisting(TenantName name) {
    Path database = files.database(name);
    checkFile(name, database);
    try {
      return open(name, database);
    } catch (SqliteException e) {
      throw SqliteErrors.translate(e, null, 0, name.text());
    } catch (IOException e) {
      throw FileErrors.writing("tenant cannot be opened", e, "tenant=" + name);
    }
  }

  /**
   * Opens the file. Where a crash left a log, a connection that cannot write is open meanwhile: if
   * the file turns out to be damaged, closing would otherwise move the log into it.
   */
  private OpenTenant open(TenantName name, Path database) throws SqliteException, IOException {
    if (WriteProbe.length(TenantFiles.wal(database)) == 0) {
      OpenTenant tenant = openForReading(name, database);
      return tenant != null ? tenant : openForWriting(name, database);
    }
    SqliteConnection keeper = connect(() -> connections.keeper(database));
    try {
      return openForWriting(name, database);
    } finally {
      closeKeeper(name, keeper);
    }
  }

  /**
   * Opens the file as most tenants are found: there is nothing to do but to read and write. It gets
   * a connection that reads; the one that writes is opened when somebody writes.
   *
   * @return the tenant, or null if there is something to do first
   */
  private @Nullable OpenTenant openForReading(TenantName name, Path database)
      throws SqliteException, IOException {
    SqliteConnection reading = connect(() -> connections.reader(database));
    boolean adopted = false;
    try {
      checkComplete(name, database, reading);
      if (!keepsLog(reading) || !schema.isCurrent(reading)) {
        return null;
      }
      OpenTenant tenant = tenant(name, database);
      adopted = true; // Also if it fails.
      tenant.adoptReading(reading);
      return shipped(tenant, false);
    } catch (SqliteException e) {
      throw SqliteErrors.explained(e, database, true); // While the log is as it was.
    } finally {
      if (!adopted) {
        reading.close();
      }
    }
  }

  /** Whether the file is in WAL mode; one that somebody else made need not be. */
  private static boolean keepsLog(SqliteConnection connection) throws SqliteException {
    SqliteStatement mode = connection.prepare("PRAGMA journal_mode");
    try {
      return mode.start(new Object[0]) && mode.textAt(0).equals("wal");
    } finally {
      mode.release();
    }
  }

  private static void closeKeeper(TenantName name, SqliteConnection keeper) {
    try {
      keeper.close();
    } catch (SqliteException e) {
      log.warn("connection was not closed cleanly (tenant={}, sqlite={})", name, e.text());
    }
  }

  private OpenTenant openForWriting(TenantName name, Path database)
      throws SqliteException, IOException {
    SqliteConnection writing = connect(() -> connections.writer(database, false));
    try {
      checkComplete(name, database, writing);
      forceLeftLog(name, database);
      boolean migrated = migrate(name, database, writing);
      OpenTenant tenant = tenant(name, database);
      tenant.adoptWriting(writing);
      return shipped(tenant, migrated);
    } catch (SqliteException | IOException | RuntimeException | Error e) {
      closeAfter(writing, e);
      throw e;
    }
  }

  /**
   * Has a tenant's commits shipped from now on. What is seen from now on is as durable as it shall
   * be: a new tenant, and what migrations or a crash have left.
   */
  private static OpenTenant shipped(OpenTenant tenant, boolean migrated) throws IOException {
    try {
      tenant.beginShipping(migrated);
      tenant.writer().awaitSeen();
      return tenant;
    } catch (IOException | RuntimeException | Error e) {
      tenant.end();
      tenant.close(0);
      throw e;
    }
  }

  private OpenTenant tenant(TenantName name, Path database) throws IOException {
    return OpenTenant.of(
        name.text(),
        () -> connections.writer(database, false),
        () -> connections.reader(database),
        () -> connections.keeper(database),
        () -> connections.bridge(database),
        TenantFiles.wal(database),
        cold == null ? null : cold.attach(name, database),
        options);
  }

  /**
   * Checks that no page is missing at the end of the file but those that the log holds. SQLite
   * checks that only where there is no log, and by whole pages.
   */
  private static void checkComplete(TenantName name, Path database, SqliteConnection open)
      throws SqliteException, IOException {
    long pageBytes = WriteStatements.number(open, "PRAGMA page_size");
    if (Files.size(database) / pageBytes >= WriteStatements.number(open, PAGE_COUNT)) {
      return;
    }
    open.execute("BEGIN"); // Or a foreign process could move the log meanwhile.
    try {
      long pages = WriteStatements.number(open, PAGE_COUNT);
      checkLogHolds(name, database, Files.size(database) / pageBytes, pages, pageBytes);
    } finally {
      open.execute("ROLLBACK");
    }
  }

  private static void checkLogHolds(
      TenantName name, Path database, long there, long pages, long pageBytes) throws IOException {
    BitSet log = WalPages.committed(TenantFiles.wal(database));
    long neverWritten = LOCK_BYTE / pageBytes + 1;
    for (long page = there + 1; page <= pages; page++) {
      if (page != neverWritten && !log.get((int) page)) {
        throw new CorruptDatabaseException(
            "file is damaged: is cut after "
                + there
                + " pages, needed "
                + pages
                + ", and its log does not hold the rest (tenant="
                + name
                + ", page="
                + page
                + ")");
      }
    }
  }

  /** Tries until no foreign process holds the file, which moves its log, say, or recovers it. */
  private SqliteConnection connect(OpenTenant.Connections opening) throws SqliteException {
    return ForeignWait.untilFree(opening::open, options.writeLockTimeout());
  }

  /** What a crash or a failed force left in the log is seen from now on, so it must stay. */
  private void forceLeftLog(TenantName name, Path database) throws IOException {
    Path wal = TenantFiles.wal(database);
    if (isDurable(name) && Files.exists(wal) && Files.size(wal) > 0) {
      DurableFiles.force(wal);
      DurableFiles.forceDirectory(DurableFiles.parent(database));
    }
  }

  private boolean isDurable(TenantName name) {
    return options.durability(name.text()) != Durability.PROCESS;
  }

  private boolean migrate(TenantName name, Path database, SqliteConnection writing)
      throws SqliteException, IOException {
    boolean changed;
    try {
      changed = schema.bringUpToDate(writing, connections.migrating(database), name.text());
    } catch (SqliteException e) {
      throw SqliteErrors.explained(e, database, true); // While the log is as it was.
    }
    if (changed && isDurable(name)) {
      DurableFiles.force(TenantFiles.wal(database));
      DurableFiles.forceDirectory(DurableFiles.parent(database));
    }
    return changed;
  }

  /**
   * SQLite takes a file of no or one byte for a new database, and would forget that there ever was
   * a tenant.
   */
  private void checkFile(TenantName name, Path database) {
    try {
      long size = Files.size(database);
      if (size < HEADER_BYTES) {
        throw new CorruptDatabaseException(
            "file is damaged: is no longer than "
                + size
                + " bytes, needed "
                + HEADER_BYTES
                + " or more (tenant="
                + name
                + ")");
      }
      if (!files.isNamed(name)) {
        throw new CorruptDatabaseException("file is another tenant's (tenant=" + name + ")");
      }
    } catch (IOException e) {
      throw new StorageException("tenant cannot be opened: " + e + " (tenant=" + name + ")", e);
    }
  }

  private static void closeAfter(SqliteConnection connection, Throwable failure) {
    try {
      connection.close();
    } catch (SqliteException e) {
      failure.addSuppressed(e);
    }
  }

  /** Work on a tenant's file through a connection that is closed afterwards. */
  @FunctionalInterface
  private interface FileWork<T> {
    T run(Path database, SqliteConnection writing) throws SqliteException, IOException;
  }
}
