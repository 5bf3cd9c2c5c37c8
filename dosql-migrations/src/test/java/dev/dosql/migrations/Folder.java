package dev.dosql.migrations;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.sqlite.SQLiteDataSource;

/** A folder of migrations and databases beside it. */
final class Folder {
  private final Path root;
  private final Path migrations;

  Folder(Path root) {
    this.root = root;
    this.migrations = root.resolve("migrations");
    try {
      Files.createDirectories(migrations);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Folder file(String name, String sql) {
    try {
      Files.writeString(migrations.resolve(name), sql);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Folder without(String name) {
    try {
      Files.delete(migrations.resolve(name));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path path() {
    return migrations;
  }

  MigrationSet load() throws MigrationFailure {
    return MigrationSet.load(migrations);
  }

  MigrationFailure loadFailure() {
    return Assertions.catchThrowableOfType(MigrationFailure.class, this::load);
  }

  SQLiteDataSource database(String name) {
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl(url(name));
    return source;
  }

  MigrationResult migrate(String name) throws MigrationFailure {
    return Migrator.migrate(load(), database(name), false);
  }

  MigrationFailure migrateFailure(String name) {
    return Assertions.catchThrowableOfType(MigrationFailure.class, () -> migrate(name));
  }

  Folder sql(String name, String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url(name))) {
      for (String sql : statements) {
        try (var statement = connection.prepareStatement(sql)) {
          statement.execute();
        }
      }
    }
    return this;
  }

  /** The first column of every row. */
  List<String> query(String name, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url(name));
        var statement = connection.prepareStatement(sql);
        var rows = statement.executeQuery()) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(rows.getString(1));
      }
      return values;
    }
  }

  List<String> tables(String name) throws SQLException {
    return query(
        name,
        "SELECT name FROM sqlite_master"
            + " WHERE type='table' AND name NOT LIKE '_dosql_%' ORDER BY 1");
  }

  List<String> history(String name) throws SQLException {
    return query(name, "SELECT script FROM _dosql_migrations ORDER BY installed_rank");
  }

  private String url(String name) {
    return "jdbc:sqlite:" + root.resolve(name);
  }
}
