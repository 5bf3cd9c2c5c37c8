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
 * <p>The test may not have ended: a transaction of it may hold the writer, streams all the readers,
 * a function may never return. So the copy is not an export, which needs a reader of the tenant,
 * but SQLite makes it through a connection of its own, of one snapshot, page by page with its
 * backup API. Nobody else may open a file that is in use, and {@code VACUUM INTO} would need the
 * application's collations and hide what is damaged.
 *
 * <p>A run in which everything fails must not fill the disk: it keeps {@value #FILES_MAX} files,
 * and none once those that it has kept have {@value #BYTES_MAX} bytes.
 */
final class KeptFile {
  private static final System.Logger log = System.getLogger("dev.dosql.junit");
  private static final MediaType DATABASE = MediaType.create("application", "vnd.sqlite3");

  /** So many tell what is wrong; whoever needs another one runs that test alone. */
  static final int FILES_MAX = 100;

  /** A gigabyte; the last file may go beyond it. */
  static final long BYTES_MAX = 1L << 30;

  private KeptFile() {}

  /** Where SQLite says that a tenant's file is. */
  static Path fileOf(DB db) {
    return Path.of(db.query("PRAGMA database_list").get(0).getString("file"));
  }

  /** Copies a tenant's file, if there is room for one more, and says where the copy is. */
  static void keep(String tenant, Path file, String name, ExtensionContext context) {
    if (!Kept.of(context).takePlaceFor(file)) {
      context.publishReportEntry("dosql.database", "not kept: this run has kept enough others");
      return;
    }
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
      // A snapshot, or the copying would begin anew whenever the test, if it still runs, writes.
      connection.setAutoCommit(false);
      statement.executeQuery("SELECT count(*) FROM sqlite_schema").close();
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

  /** What a run has kept. */
  private static final class Kept {
    private int files;
    private long bytes;
    private boolean told;

    static Kept of(ExtensionContext context) {
      return DoSqlExtension.storeOfRun(context)
          .getOrComputeIfAbsent(Kept.class, any -> new Kept(), Kept.class);
    }

    synchronized boolean takePlaceFor(Path file) {
      if (files >= FILES_MAX || bytes >= BYTES_MAX) {
        tellOnce();
        return false;
      }
      files++;
      bytes += sizeOf(file);
      return true;
    }

    private static long sizeOf(Path file) {
      try {
        return Files.size(file);
      } catch (IOException e) {
        return 0; // Copying it will say why.
      }
    }

    private void tellOnce() {
      if (!told) {
        told = true;
        log.log(
            System.Logger.Level.WARNING,
            "databases of further tests that fail are not kept (files={0}, bytes={1})",
            files,
            bytes);
      }
    }
  }
}
