package dev.dosql.storage.testing;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.zip.CRC32;

/** Real database files for tests, made by SQLite and closed, so that any program may read them. */
public final class SampleDatabases {

  private static final String[] WORDS = {
    "alpha", "invoice", "customer", "pending", "shipped", "note", "total", "2026-11-22", "Berlin",
    "London", "reminder", "draft", "urgent", "monthly", "quarter", "report", "draft2", "review"
  };

  private SampleDatabases() {}

  /** Creates a database with some rows; it is in WAL mode and has no {@code -wal} left. */
  public static void create(Path file, int pageSize, int rows, long seed) throws SQLException {
    try (Connection db = open(file);
        Statement sql = db.createStatement()) {
      sql.execute("PRAGMA page_size=" + pageSize);
      sql.execute("PRAGMA journal_mode=WAL");
      sql.execute(
          "CREATE TABLE note (id INTEGER PRIMARY KEY, owner TEXT, title TEXT, body TEXT, at INTEGER,"
              + " price REAL)");
      sql.execute("CREATE INDEX note_owner ON note (owner, at)");
      insert(db, rows, new Random(seed));
    }
  }

  /** Inserts, updates and deletes some rows in one transaction, and closes the database. */
  public static void change(Path file, int rows, long seed) throws SQLException {
    Random random = new Random(seed);
    try (Connection db = open(file);
        Statement sql = db.createStatement()) {
      insert(db, rows, random);
      sql.execute("UPDATE note SET title='changed' WHERE id % 97 = " + random.nextInt(97));
      sql.execute("DELETE FROM note WHERE id % 89 = " + random.nextInt(89));
    }
  }

  /** Deletes most rows and makes the file small. */
  public static void shrink(Path file) throws SQLException {
    try (Connection db = open(file);
        Statement sql = db.createStatement()) {
      sql.execute("DELETE FROM note WHERE id % 10 <> 0");
      sql.execute("VACUUM");
    }
  }

  /** A digest of all rows: equal for databases with the same rows. */
  public static String rows(Path file) throws SQLException {
    try (Connection db = open(file);
        Statement sql = db.createStatement();
        ResultSet rows = sql.executeQuery("SELECT * FROM note ORDER BY id")) {
      CRC32 digest = new CRC32();
      int count = 0;
      for (; rows.next(); count++) {
        for (int column = 1; column <= 6; column++) {
          digest.update((rows.getString(column) + '\0').getBytes(StandardCharsets.UTF_8));
        }
      }
      return count + " rows, " + Long.toHexString(digest.getValue());
    }
  }

  private static Connection open(Path file) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file);
  }

  private static void insert(Connection db, int rows, Random random) throws SQLException {
    db.setAutoCommit(false);
    try (PreparedStatement insert =
        db.prepareStatement("INSERT INTO note (owner,title,body,at,price) VALUES (?,?,?,?,?)")) {
      for (int i = 0; i < rows; i++) {
        insert.setString(1, Long.toHexString(random.nextLong()));
        insert.setString(2, words(random, 4));
        insert.setString(3, words(random, 5 + random.nextInt(40)));
        insert.setLong(4, 1_700_000_000_000L + random.nextInt(1_000_000_000));
        insert.setDouble(5, random.nextInt(100_000) / 100.0);
        insert.addBatch();
        if (i % 1_000 == 999) {
          insert.executeBatch();
        }
      }
      insert.executeBatch();
    }
    db.commit();
    db.setAutoCommit(true);
  }

  private static String words(Random random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(WORDS[random.nextInt(WORDS.length)]).append(i % 7 == 6 ? ". " : " ");
    }
    return text.toString();
  }
}
