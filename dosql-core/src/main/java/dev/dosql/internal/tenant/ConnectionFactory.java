package dev.dosql.internal.tenant;

import dev.dosql.DBOptions;
import dev.dosql.internal.sqlite.DriverConnection;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.values.Values;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.BooleanSupplier;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteConnection;

/** Opens connections with the settings that every connection of its kind must have. */
final class ConnectionFactory {
  /**
   * Foreign keys are kept; functions of ours are not run by what stands in a file; triggers do not
   * fire themselves (which would break an ordinary {@code AFTER UPDATE}); the log is moved into the
   * file by the library alone.
   */
  private static final String EVERY =
      "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA recursive_triggers=OFF;"
          + "PRAGMA wal_autocheckpoint=0;";

  /** Pages kept in memory, in KiB: a tenant is small, and there are many. */
  private static final String CACHE = "PRAGMA cache_size=-512;";

  /** Between two looks whether a migration is to end. */
  private static final int STEPS_PER_CHECK = 4_000;

  private final DBOptions options;
  private final Values values;
  private final String synchronous;
  private volatile boolean migrationsEnded;

  ConnectionFactory(DBOptions options, Values values, boolean inMemory) {
    this.options = options;
    this.values = values;
    // NORMAL keeps the file whole after a crash; the log is forced by us, once for many commits.
    this.synchronous = "PRAGMA synchronous=" + (inMemory ? "OFF;" : "NORMAL;");
  }

  /** A connection that writes, in WAL mode. */
  SqliteConnection writer(Path database, boolean create) throws SqliteException {
    return open(database, create, EVERY + CACHE + synchronous + "PRAGMA journal_mode=WAL;");
  }

  /** A connection that only reads. */
  SqliteConnection reader(Path database) throws SqliteException {
    return open(database, false, EVERY + CACHE + "PRAGMA query_only=ON;");
  }

  /** A connection that is lent to code that speaks JDBC; it writes while it has the turn. */
  SqliteConnection bridge(Path database) throws SqliteException {
    return open(database, false, EVERY + CACHE + synchronous);
  }

  /** A connection that only keeps the log from being moved into the file. */
  SqliteConnection keeper(Path database) throws SqliteException {
    return DriverConnection.openReadOnly(database);
  }

  private SqliteConnection open(Path database, boolean create, String setup)
      throws SqliteException {
    DriverConnection connection = DriverConnection.open(database, create, setup);
    try {
      connection.register(options.functions(), options.collations(), values::toColumn);
      return connection;
    } catch (SqliteException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Connections for migrations, which rebuild tables: with foreign keys on, dropping the old table
   * would delete the rows that refer to it. They are checked after each file instead.
   */
  OneFile migrating(Path database) {
    return migrating(database, () -> false);
  }

  /** The same for migrations that also somebody else may end. */
  OneFile migrating(Path database, BooleanSupplier endedToo) {
    BooleanSupplier ended = () -> migrationsEnded || endedToo.getAsBoolean();
    String setup =
        "PRAGMA foreign_keys=OFF; PRAGMA trusted_schema=OFF; PRAGMA wal_autocheckpoint=0;"
            + "PRAGMA busy_timeout=1000;"
            + synchronous;
    return new OneFile(() -> connectMigrating(database, setup, ended), ended);
  }

  /** Ends the migrations that run, each undone to its last whole file, and lets none begin. */
  void endMigrations() {
    migrationsEnded = true;
  }

  private Connection connectMigrating(Path database, String setup, BooleanSupplier ended)
      throws SQLException {
    SQLiteConnection connection = DriverConnection.connectJdbc(database, setup);
    try {
      DriverConnection.register(
          connection, options.functions(), options.collations(), values::toColumn);
      ProgressHandler.setHandler(
          connection,
          STEPS_PER_CHECK,
          new ProgressHandler() {
            @Override
            protected int progress() {
              return ended.getAsBoolean() ? 1 : 0;
            }
          });
      if (ended.getAsBoolean()) {
        throw new SQLException("closed");
      }
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }
}
