package dev.dosql.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.Pragma;
import org.sqlite.SQLiteConfig.SynchronousMode;
import org.sqlite.SQLiteDataSource;

/**
 * Connections of the peers, with the settings that somebody who knows SQLite would give them: those
 * of the library where they are about the same thing, and the driver's emulation of generated keys
 * off, because it costs every INSERT a query.
 */
final class Peers {
  private static final int CACHE_KIB = 512;

  /** Longer than any wait here: who waits must not fail. */
  private static final int BUSY_MILLIS = 60_000;

  private Peers() {}

  /** SQLite in WAL mode, as the library opens it but for how commits are forced. */
  static SQLiteConfig sqlite(SynchronousMode synchronous) {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(JournalMode.WAL);
    config.setSynchronous(synchronous);
    config.enforceForeignKeys(true);
    config.setCacheSize(-CACHE_KIB);
    config.setBusyTimeout(BUSY_MILLIS);
    config.setPragma(Pragma.JDBC_GET_GENERATED_KEYS, "false");
    return config;
  }

  static Connection sqlite(Path file, SynchronousMode synchronous) throws SQLException {
    return sqlite(synchronous).createConnection(url(file));
  }

  static String url(Path file) {
    return "jdbc:sqlite:" + file;
  }

  /** HikariCP over SQLite, as an application would have it. */
  static HikariDataSource pool(Path file) {
    SQLiteDataSource source = new SQLiteDataSource(sqlite(SynchronousMode.NORMAL));
    source.setUrl(url(file));
    HikariConfig config = new HikariConfig();
    config.setDataSource(source);
    config.setMaximumPoolSize(4);
    return new HikariDataSource(config);
  }

  /** H2, embedded, with its defaults: it answers before a commit is written. */
  static Connection h2(Path file) throws SQLException {
    return DriverManager.getConnection("jdbc:h2:file:" + file);
  }

  /** What makes H2's last commit durable: its own log is not forced by a commit. */
  static final String H2_FORCE = "CHECKPOINT SYNC";
}
