package dev.dosql.migrations;

import dev.dosql.migrations.Ledger.Applied;
import dev.dosql.migrations.MigrationFailure.Kind;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.CoreErrorCode;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.exception.FlywayValidateException;
import org.flywaydb.core.api.output.ValidateOutput;

/** Applies a {@link MigrationSet} to a database. Safe for use by many threads. */
public final class Migrator {
  private Migrator() {}

  /**
   * Brings one database up to date. The history is the table {@code _dosql_migrations}.
   *
   * <p>Each file runs in a transaction of its own together with its row of the history, and is
   * rolled back if it leaves rows without their parent ({@code PRAGMA foreign_key_check}). A
   * database that has tables and no history is taken as one to which nothing was applied. If the
   * database is newer than the set and that is allowed, repeatable files are left alone: the newer
   * set's are in force.
   *
   * <p>Works on the calling thread, opens one connection at a time (two in turn, or three) and
   * closes each. Different databases can be migrated at once; one database is to be migrated by one
   * thread at a time, or some of them fail as {@link MigrationFailure.Kind#DATABASE} because it is
   * locked. An interrupt is noticed before the first file and between files, and stays set.
   *
   * @param set the migrations
   * @param database gives connections to one SQLite database on which {@code foreign_keys} is off
   *     (checked) and no transaction is open
   * @param allowNewer whether a database with versions newer than the set is let pass
   * @return what was done
   * @throws MigrationFailure if the database does not fit the set, or a file or the database fails;
   *     the database is then at the last version whose file ran to its end
   */
  public static MigrationResult migrate(MigrationSet set, DataSource database, boolean allowNewer)
      throws MigrationFailure {
    if (Thread.currentThread().isInterrupted()) {
      throw Failures.interrupted();
    }
    Ledger ledger = Ledger.read(database);
    boolean newer = isNewer(ledger, set);
    if (newer && !allowNewer) {
      throw newerSchema(ledger, set);
    }
    if (!ledger.exists() && set.size() == 0) {
      return new MigrationResult(0, Optional.empty(), false);
    }
    if (!ledger.exists() && ledger.hasTables()) {
      Ledger.create(database); // see there
    }
    int applied = run(set, database, ledger, newer);
    var version = newer ? ledger.newest().map(MigrationVersion::getVersion) : set.newestVersion();
    return new MigrationResult(applied, version, newer);
  }

  /**
   * The statements that make the history, its table first: a database from elsewhere must have it
   * as they make it, or not at all.
   *
   * @return what Flyway executes too
   */
  public static List<String> historyDefinitions() {
    return Ledger.CREATE;
  }

  private static int run(MigrationSet set, DataSource database, Ledger ledger, boolean newer)
      throws MigrationFailure {
    FlywayLog.begin();
    try {
      Flyway flyway = FlywaySetup.of(set, database, newer);
      try {
        return flyway.migrate().migrationsExecuted;
      } catch (FlywayValidateException e) {
        throw misfit(flyway, set, ledger, e);
      }
    } catch (RuntimeException e) {
      throw Failures.database(e);
    } finally {
      FlywayLog.end();
    }
  }

  private static boolean isNewer(Ledger ledger, MigrationSet set) {
    Optional<MigrationVersion> needed = set.newest().map(migration -> migration.file().version());
    return ledger
        .newest()
        .filter(seen -> needed.isEmpty() || seen.compareTo(needed.get()) > 0)
        .isPresent();
  }

  private static MigrationFailure newerSchema(Ledger ledger, MigrationSet set) {
    String message =
        "database has a newer schema: seen version %s, needed at most %s (seen=%1$s, needed=%2$s)"
            .formatted(ledger.newest().orElseThrow(), set.newestVersion().orElse("none"));
    return new MigrationFailure(Kind.NEWER_SCHEMA, message, null, null);
  }

  /** Asks Flyway again which file does not fit: its exception has the answer only as prose. */
  private static MigrationFailure misfit(
      Flyway flyway, MigrationSet set, Ledger ledger, FlywayValidateException cause) {
    List<ValidateOutput> invalid = flyway.validateWithResult().invalidMigrations;
    if (invalid.isEmpty()) {
      return Failures.database(cause); // somebody else has repaired it in between
    }
    ValidateOutput first = invalid.get(0);
    Slot slot = new Slot(first);
    if (first.errorDetails.errorCode instanceof CoreErrorCode code) {
      switch (code) {
        case CHECKSUM_MISMATCH, DESCRIPTION_MISMATCH, TYPE_MISMATCH -> {
          return edited(slot.in(set), slot.in(ledger), cause);
        }
        case APPLIED_VERSIONED_MIGRATION_NOT_RESOLVED,
            APPLIED_REPEATABLE_MIGRATION_NOT_RESOLVED -> {
          return missing(slot.in(ledger), cause);
        }
        case RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED -> {
          return outOfOrder(slot.in(set), ledger, cause);
        }
        default -> {}
      }
    }
    return Failures.database(cause);
  }

  private static MigrationFailure edited(Migration migration, Applied applied, Exception cause) {
    String file = migration.file().name();
    String message =
        "migration was edited after it was applied: seen %s with checksum %d, needed %s with"
            + " checksum %d; a change belongs in a new file (file=%1$s)";
    return new MigrationFailure(
        Kind.EDITED,
        message.formatted(file, migration.checksum(), applied.script(), applied.checksum()),
        file,
        cause);
  }

  private static MigrationFailure missing(Applied applied, Exception cause) {
    String message =
        "migration is missing: the database has applied it, needed its file (file=%s, version=%s,"
            + " description=%s)";
    return new MigrationFailure(
        Kind.MISSING,
        message.formatted(
            applied.script(),
            applied.version() == null ? "repeatable" : applied.version(),
            applied.description()),
        applied.script(),
        cause);
  }

  private static MigrationFailure outOfOrder(Migration migration, Ledger ledger, Exception cause) {
    String file = migration.file().name();
    String message =
        "migration is out of order: seen version %s not applied, needed a version after %s, the"
            + " newest applied one (file=%s)";
    return new MigrationFailure(
        Kind.OUT_OF_ORDER,
        message.formatted(migration.file().version(), ledger.newest().orElseThrow(), file),
        file,
        cause);
  }
}
