package dev.dosql.bench;

import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.Pragma;
import org.sqlite.SQLiteConfig.SynchronousMode;
import org.sqlite.SQLiteDataSource;

/**
 * Tenants that are opened and tenants that are made; with the guide's four migrations.
 *
 * <p>Only opening is timed, never closing, on both sides.
 */
final class Openings implements AutoCloseable {
  private static final String MIGRATIONS = "classpath:migrations";
  private static final String INSERT = "INSERT INTO users (name, email) VALUES (?, ?)";
  private static final String READ = "SELECT name FROM users WHERE id = ?";

  private final Settings settings;
  private final Folder folder = new Folder();
  private final DBOptions options =
      DBOptions.builder()
          .directory(folder.file("tenants"))
          .migrations(MIGRATIONS)
          .openTenantsMax(100_000)
          .build();
  private int made;

  Openings(Settings settings) {
    this.settings = settings;
    try (DoSQL dosql = DoSQL.open(options)) {
      for (int i = 0; i <= settings.tenants(); i++) {
        dosql.db(known(i)).run(INSERT, "Ada", "ada@example.com");
      }
    }
  }

  private static String known(int i) {
    return "known-" + i;
  }

  Map<String, Figures> run() throws Exception {
    return new Contest()
        .with("dosqlKnown", this::openKnown)
        .with("jdbcKnown", this::openKnownByHand)
        .with("dosqlNew", this::makeNew)
        .with("flywayNew", this::makeNewWithFlyway)
        .run(settings.warmUp(), settings.timedRounds());
  }

  private double openKnown() {
    try (DoSQL dosql = DoSQL.open(options)) {
      read(dosql, settings.tenants()); // What a process does once, for its first tenant.
      long began = System.nanoTime();
      for (int i = 0; i < settings.tenants(); i++) {
        read(dosql, i);
      }
      return perTenant(began);
    }
  }

  private static void read(DoSQL dosql, int tenant) {
    check(dosql.db(known(tenant)).queryOne(String.class, READ, 1).orElseThrow());
  }

  /** The same files, with what the library would set by PRAGMA. */
  private double openKnownByHand() throws SQLException {
    SQLiteConfig config = Peers.sqlite(SynchronousMode.NORMAL);
    config.setPragma(Pragma.RECURSIVE_TRIGGERS, "false");
    List<Connection> connections = new ArrayList<>();
    try {
      long began = System.nanoTime();
      for (int i = 0; i < settings.tenants(); i++) {
        Path file = folder.file("tenants").resolve(known(i) + ".db");
        Connection connection = config.createConnection(Peers.url(file));
        connections.add(connection);
        try (PreparedStatement more = connection.prepareStatement("PRAGMA trusted_schema=OFF")) {
          more.execute();
        }
        try (PreparedStatement more = connection.prepareStatement("PRAGMA wal_autocheckpoint=0")) {
          more.execute();
        }
        try (PreparedStatement read = connection.prepareStatement(READ)) {
          read.setLong(1, 1);
          try (ResultSet rows = read.executeQuery()) {
            check(rows.next() ? rows.getString(1) : "");
          }
        }
      }
      return perTenant(began);
    } finally {
      for (Connection connection : connections) {
        connection.close();
      }
    }
  }

  private double makeNew() {
    int first = made;
    made += settings.tenants();
    try (DoSQL dosql = DoSQL.open(options)) {
      dosql.create("first-" + made); // Reads the migrations, as Flyway's classes are read by now.
      long began = System.nanoTime();
      for (int i = 0; i < settings.tenants(); i++) {
        dosql.create("new-" + (first + i));
      }
      return perTenant(began);
    }
  }

  private double makeNewWithFlyway() {
    int first = made;
    made += settings.tenants();
    long began = System.nanoTime();
    for (int i = 0; i < settings.tenants(); i++) {
      SQLiteDataSource source = new SQLiteDataSource(Peers.sqlite(SynchronousMode.FULL));
      source.setUrl(Peers.url(folder.file("flyway-" + (first + i) + ".db")));
      Flyway.configure()
          .dataSource(source)
          .sqlMigrationPrefix("")
          .sqlMigrationSeparator("_")
          .locations(MIGRATIONS)
          .load()
          .migrate();
    }
    return perTenant(began);
  }

  private double perTenant(long began) {
    return (double) (System.nanoTime() - began) / settings.tenants();
  }

  private static void check(String name) {
    if (!name.equals("Ada")) {
      throw new IllegalStateException("a row is missing");
    }
  }

  @Override
  public void close() {
    folder.close();
  }
}
