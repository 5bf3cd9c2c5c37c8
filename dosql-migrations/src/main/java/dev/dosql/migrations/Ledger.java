package dev.dosql.migrations;

import dev.dosql.migrations.MigrationFailure.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.api.MigrationVersion;
import org.jspecify.annotations.Nullable;

/**
 * What the database says was applied to it.
 *
 * @param exists whether there is a history at all
 * @param hasTables whether there is any table, the history included
 * @param applied the files that were applied
 */
record Ledger(boolean exists, boolean hasTables, List<Applied> applied) {
  static final String TABLE = "_dosql_migrations";

  private static final String COUNT_TABLES =
      "SELECT count(*) FROM sqlite_master WHERE type='table'";

  // Flyway's own definition (its SQLiteDatabase). Flyway refuses a database that has tables and no
  // history; a database may well have tables before it gets its first migration, so it is given an
  // empty history here. A test holds the two definitions together.
  static final List<String> CREATE =
      List.of(
          """
          CREATE TABLE IF NOT EXISTS "main"."_dosql_migrations" (
              "installed_rank" INT NOT NULL PRIMARY KEY,
              "version" VARCHAR(50),
              "description" VARCHAR(200) NOT NULL,
              "type" VARCHAR(20) NOT NULL,
              "script" VARCHAR(1000) NOT NULL,
              "checksum" INT,
              "installed_by" VARCHAR(100) NOT NULL,
              "installed_on" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now')),
              "execution_time" INT NOT NULL,
              "success" BOOLEAN NOT NULL
          )""",
          "CREATE INDEX IF NOT EXISTS \"main\".\"_dosql_migrations_s_idx\""
              + " ON \"_dosql_migrations\" (\"success\")");

  /**
   * One row of the history.
   *
   * @param version null for a repeatable file
   * @param description of the file
   * @param script the file's name when it was applied
   * @param checksum of the file when it was applied
   */
  record Applied(
      @Nullable MigrationVersion version, String description, String script, int checksum) {}

  /** Reads the history, and refuses a connection on which foreign keys are enforced. */
  static Ledger read(DataSource database) throws MigrationFailure {
    try (Connection connection = database.getConnection()) {
      if (first(connection, "PRAGMA foreign_keys") != 0) {
        throw new MigrationFailure(
            Kind.DATABASE,
            "database cannot be migrated: seen foreign keys enforced, needed connections without,"
                + " because a rebuilt table would take its child rows with it (foreign_keys=1)",
            null,
            null);
      }
      boolean exists = first(connection, COUNT_TABLES + " AND name='" + TABLE + "'") > 0;
      boolean hasTables = first(connection, COUNT_TABLES) > 0;
      return new Ledger(exists, hasTables, exists ? rows(connection) : List.of());
    } catch (SQLException | RuntimeException e) {
      throw Failures.database(e);
    }
  }

  /** Gives the database an empty history. */
  static void create(DataSource database) throws MigrationFailure {
    try (Connection connection = database.getConnection()) {
      for (String statement : CREATE) {
        try (PreparedStatement create = connection.prepareStatement(statement)) {
          create.execute();
        }
      }
    } catch (SQLException | RuntimeException e) {
      throw Failures.database(e);
    }
  }

  Optional<MigrationVersion> newest() {
    return applied.stream()
        .map(Applied::version)
        .filter(Objects::nonNull)
        .max(MigrationVersion::compareTo);
  }

  private static int first(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet rows = statement.executeQuery()) {
      return rows.next() ? rows.getInt(1) : 0;
    }
  }

  private static List<Applied> rows(Connection connection) throws SQLException {
    String sql =
        "SELECT version, description, script, checksum FROM %s WHERE success ORDER BY rowid";
    List<Applied> applied = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql.formatted(TABLE));
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        String version = rows.getString(1);
        applied.add(
            new Applied(
                version == null ? null : MigrationVersion.fromVersion(version),
                rows.getString(2),
                rows.getString(3),
                rows.getInt(4)));
      }
    }
    return applied;
  }
}
