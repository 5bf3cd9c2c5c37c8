package dev.dosql.migrations;

import dev.dosql.migrations.MigrationFailure.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.flywaydb.core.api.CoreMigrationType;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.executor.Context;
import org.flywaydb.core.api.executor.MigrationExecutor;
import org.flywaydb.core.api.resolver.ResolvedMigration;
import org.flywaydb.core.internal.jdbc.Results;
import org.flywaydb.core.internal.resolver.ResolvedMigrationImpl;
import org.jspecify.annotations.Nullable;

/**
 * Runs one file inside the transaction in which Flyway also writes the file's row of the history.
 *
 * <p>The statements are those that were screened when the file was loaded; Flyway's own parser sees
 * nothing of them, so there is no second opinion on where a statement begins or ends.
 */
final class Script implements MigrationExecutor {
  private final Migration migration;

  private Script(Migration migration) {
    this.migration = migration;
  }

  /** The file as Flyway wants it. */
  static ResolvedMigration resolve(Migration migration) {
    FileName file = migration.file();
    int checksum = migration.checksum();
    return new ResolvedMigrationImpl(
        file.version(),
        file.description(),
        file.name(),
        checksum,
        checksum,
        CoreMigrationType.SQL,
        file.name(),
        new Script(migration));
  }

  @Override
  public List<Results> execute(Context context) {
    try {
      if (Thread.currentThread().isInterrupted()) {
        throw Failures.interrupted();
      }
      for (Statement statement : migration.statements()) {
        run(context.getConnection(), statement);
      }
      checkForeignKeys(context.getConnection());
      return List.of();
    } catch (MigrationFailure failure) {
      // Flyway rolls back and wraps it; Failures finds it again.
      throw new FlywayException(failure.getMessage(), failure);
    }
  }

  @Override
  public boolean canExecuteInTransaction() {
    return true;
  }

  @Override
  public boolean shouldExecute() {
    return true;
  }

  // Always prepared: the driver takes "backup to" and "restore from" in a plain Statement for
  // commands of its own, which reach any file of the process.
  private void run(Connection connection, Statement statement) throws MigrationFailure {
    try (PreparedStatement prepared = connection.prepareStatement(statement.text())) {
      if (prepared.execute()) {
        drain(prepared); // an error may come with a later row
      }
    } catch (SQLException e) {
      throw Failures.statement(migration.file().name(), statement, e);
    }
  }

  private static void drain(PreparedStatement prepared) throws SQLException {
    try (ResultSet rows = prepared.getResultSet()) {
      while (rows.next()) {
        // nobody wants the rows
      }
    }
  }

  // Foreign keys are not enforced while a file runs, so that a table can be rebuilt.
  private void checkForeignKeys(Connection connection) throws MigrationFailure {
    String sql = "SELECT \"table\", parent FROM pragma_foreign_key_check LIMIT 1";
    try (PreparedStatement check = connection.prepareStatement(sql);
        ResultSet rows = check.executeQuery()) {
      if (rows.next()) {
        String seen = "seen rows of %s without their parent in %s";
        throw violated(seen.formatted(rows.getString(1), rows.getString(2)), null);
      }
    } catch (SQLException e) {
      // "foreign key mismatch": a foreign key that points at columns which are no key
      throw violated(e.getMessage(), e);
    }
  }

  private MigrationFailure violated(String seen, @Nullable SQLException cause) {
    String file = migration.file().name();
    String message = "migration broke a foreign key and was rolled back: %s (file=%s)";
    return new MigrationFailure(
        Kind.FOREIGN_KEY_VIOLATED, message.formatted(seen, file), file, cause);
  }
}
