package dev.dosql.internal.tenant;

import dev.dosql.DBOptions;
import dev.dosql.DatabaseClosedException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.MigrationException;
import dev.dosql.NewerSchema;
import dev.dosql.internal.events.MigrateEvent;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.migrations.MigrationFailure;
import dev.dosql.migrations.MigrationResult;
import dev.dosql.migrations.MigrationSet;
import dev.dosql.migrations.Migrator;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The schema that every tenant of an instance is brought to.
 *
 * <p>A tenant that is up to date says so in one row of {@code _dosql_meta}, so that the migrations
 * need not be looked at: the fingerprint of the set of files that it was brought to.
 *
 * <p>Safe for use by many threads, for different tenants.
 */
final class Schema {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.migrations");

  /** The definition of the table that says so. */
  static final String CREATE_META =
      "CREATE TABLE IF NOT EXISTS _dosql_meta"
          + " (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT";

  private static final String READ_META = "SELECT value FROM _dosql_meta WHERE key = 'schema'";
  private static final String FORGET_META = "DELETE FROM _dosql_meta WHERE key = 'schema'";
  private static final String WRITE_META =
      "INSERT INTO _dosql_meta (key, value) VALUES ('schema', ?)"
          + " ON CONFLICT (key) DO UPDATE SET value = excluded.value";

  /** Failures that are not the fault of a migration, wherever they are met. */
  private static final Set<Integer> OF_THE_FILE =
      Set.of(
          SqliteException.FULL,
          SqliteException.IOERR,
          SqliteException.READONLY,
          SqliteException.CORRUPT,
          SqliteException.NOTADB);

  private final @Nullable MigrationSet migrations;
  private final boolean allowNewer;
  private final boolean usesOwnFunctions;

  private Schema(@Nullable MigrationSet migrations, DBOptions options) {
    this.migrations = migrations;
    this.allowNewer = options.newerSchema() == NewerSchema.ALLOW;
    this.usesOwnFunctions =
        migrations != null && options.functions().keySet().stream().anyMatch(migrations::mentions);
  }

  /**
   * Reads the migrations that are configured, once.
   *
   * @throws MigrationException if the folder is not in order
   */
  static Schema load(DBOptions options) {
    if (options.migrations().isEmpty()) {
      return new Schema(null, options);
    }
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    ClassLoader own = Schema.class.getClassLoader();
    try {
      return new Schema(
          MigrationSet.load(options.migrations().get(), loader == null ? own : loader), options);
    } catch (MigrationFailure e) {
      throw failed(e, "directory of migrations=" + options.migrations().get());
    }
  }

  /** A name for the schema that new tenants get from a template. */
  String templateName() {
    return "template-" + (templated() ? fingerprint() : "empty") + ".db";
  }

  /** Whether a template may be migrated: not if what it holds would have to differ by tenant. */
  private boolean templated() {
    return migrations != null && migrations.sameForEveryone() && !usesOwnFunctions;
  }

  private String fingerprint() {
    return migrations == null ? "" : migrations.fingerprint();
  }

  /** Brings a template to the schema, as far as templates may be. */
  void prepareTemplate(SqliteConnection connection, OneFile database) throws SqliteException {
    connection.execute(CREATE_META);
    if (templated()) {
      bringUpToDate(connection, database, "template");
    }
  }

  /** Whether a tenant says itself that it is up to date; any connection to it will do. */
  boolean isCurrent(SqliteConnection connection) throws SqliteException {
    return migrations == null || fingerprint().equals(recorded(connection));
  }

  /**
   * Brings a tenant to the schema.
   *
   * @param connection the connection that writes, open all the while, so that no other is the last
   *     to close and moves the log
   * @param database gives connections to the same file
   * @return whether the file may have been changed, so that its log must be forced
   * @throws MigrationException if it cannot be; the tenant stands at its last good version
   * @throws InterruptedQueryException if the thread was interrupted; likewise
   * @throws DatabaseClosedException if migrations were ended meanwhile; likewise
   */
  boolean bringUpToDate(SqliteConnection connection, OneFile database, String tenant)
      throws SqliteException {
    return bringUpToDate(connection, database, tenant, tenant);
  }

  /**
   * Brings what is to be a tenant to the schema.
   *
   * @param where the tenant and its place, for messages, as {@code acme, file=/tmp/x}
   */
  boolean bringUpToDate(SqliteConnection connection, OneFile database, String tenant, String where)
      throws SqliteException {
    MigrationSet set = migrations;
    if (set == null) {
      return false;
    }
    String recorded = recorded(connection);
    if (set.fingerprint().equals(recorded)) {
      return false;
    }
    if (recorded != null) {
      forget(connection);
    }
    MigrateEvent event = new MigrateEvent();
    event.begin();
    MigrationResult result;
    try {
      result = Migrator.migrate(set, database, allowNewer);
    } catch (MigrationFailure e) {
      if (e.getCause() instanceof InterruptedException) {
        throw new InterruptedQueryException(
            "interrupted while the schema was brought up to date (tenant=" + where + ")", e);
      }
      if (database.isEnded()) {
        throw new DatabaseClosedException(
            "closed while the schema was brought up to date (tenant=" + where + ")", e);
      }
      checkFile(e);
      throw failed(e, "tenant=" + where);
    }
    if (!result.newerThanSet()) {
      record(connection, set.fingerprint());
    }
    event.end();
    if (event.shouldCommit()) {
      event.tenant = tenant;
      event.applied = result.applied();
      event.version = result.version().orElse("");
      event.commit();
    }
    log.debug(
        "schema is up to date (tenant={}, applied={}, version={})",
        tenant,
        result.applied(),
        result.version().orElse("none"));
    return true;
  }

  /** The fingerprint that the file says it was brought to, or null if it says nothing. */
  private static @Nullable String recorded(SqliteConnection connection) throws SqliteException {
    SqliteStatement meta;
    try {
      meta = connection.prepare(READ_META);
    } catch (SqliteException e) {
      if (e.primaryCode() == SqliteException.ERROR) {
        return null; // There is no such table yet.
      }
      throw e;
    }
    try {
      return meta.start(new Object[0]) ? meta.textAt(0) : null;
    } finally {
      meta.release();
    }
  }

  /**
   * Takes the fingerprint out before files are run: if they fail halfway, the file is no longer
   * what it says, and the older set must not take it for its own.
   */
  private static void forget(SqliteConnection connection) throws SqliteException {
    connection.execute(FORGET_META);
  }

  private static void record(SqliteConnection connection, String fingerprint)
      throws SqliteException {
    connection.execute(CREATE_META);
    SqliteStatement meta = connection.prepare(WRITE_META);
    try {
      meta.start(new Object[] {fingerprint});
    } finally {
      meta.release();
    }
  }

  /** Throws what SQLite said if it was the file that failed, and not the migration. */
  private static void checkFile(MigrationFailure e) throws SqliteException {
    SqliteException cause = SqliteErrors.within(e);
    if (cause != null && OF_THE_FILE.contains(cause.primaryCode())) {
      throw cause;
    }
  }

  private static MigrationException failed(MigrationFailure e, String where) {
    return new MigrationException(
        e.getMessage() + " (" + where + ")",
        MigrationException.Kind.valueOf(e.kind().name()),
        e.file(),
        e.line(),
        e.statement(),
        e);
  }
}
