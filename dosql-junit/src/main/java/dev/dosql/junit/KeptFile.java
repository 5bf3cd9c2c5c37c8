package dev.dosql.junit;

import dev.dosql.DB;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.MediaType;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Copies of the databases of tests that failed, among the files that JUnit keeps.
 *
 * <p>The test may not have ended: a transaction of it may hold the writer, a function may never
 * return. So SQLite makes the copy, of what is committed, page by page with its backup API; nobody
 * else may open a file that is in use, and {@code VACUUM INTO} would need the application's
 * collations and hide what is damaged.
 */
final class KeptFile {
  private static final System.Logger log = System.getLogger("dev.dosql.junit");
  private static final MediaType DATABASE = MediaType.create("application", "vnd.sqlite3");

  private KeptFile() {}

  /** Where SQLite says that a tenant's file is. */
  static Path fileOf(DB db) {
    return Path.of(db.query("PRAGMA database_list").get(0).getString("file"));
  }

  /** Copies a tenant's file and says where the copy is. */
  static void keep(String tenant, Path file, String name, ExtensionContext context) {
    context.publishFile(
        name,
        DATABASE,
        copy -> {
          copy(file, copy);
          tell(tenant, copy, context);
        });
  }

  private static void copy(Path from, Path to) throws SQLException, IOException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + from);
        Statement statement = connection.createStatement()) {
      statement.executeUpdate("backup to \"" + to.toAbsolutePath() + "\"");
    } catch (SQLException e) {
      Files.deleteIfExists(to); // Half a copy would only mislead.
      throw e;
    }
  }

  private static void tell(String tenant, Path copy, ExtensionContext context) {
    Path file = copy.toAbsolutePath();
    context.publishReportEntry("dosql.database", file.toString());
    log.log(
        System.Logger.Level.WARNING,
        "test failed, its database is kept (test={0}, tenant={1}, file={2})",
        context.getDisplayName(),
        tenant,
        file);
  }
}
