package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.HeldWriter;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.SQLTimeoutException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteDataSource;
import org.sqlite.core.CoreStatement;

/** A tenant through JDBC, without a framework. */
@Timeout(120)
@SuppressWarnings("try") // the writer that is held
class DataSourceTest {
  private static final String SLOW =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000)"
          + " SELECT sum(i) FROM n";

  @TempDir Path directory;
  private DoSQL dosql;
  private DB db;
  private DataSource source;

  @BeforeEach
  void open() {
    dosql =
        DoSQL.open(
            DBOptions.builder()
                .directory(directory)
                .openTenantsMax(2)
                .writeLockTimeout(Duration.ofSeconds(20))
                .function("shout", 1, true, each -> each.get(0) + "!")
                .build());
    db = dosql.db("acme");
    db.exec(
        """
        CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE, age INTEGER CHECK (age > 0));
        CREATE TABLE notes (
          id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
          text TEXT NOT NULL);
        CREATE TABLE cells (id INTEGER PRIMARY KEY, v);
        """);
    source = db.dataSource();
  }

  @AfterEach
  void close() {
    dosql.close();
  }

  private long users() {
    return db.queryOne(Long.class, "SELECT count(*) FROM users").orElseThrow();
  }

  private static int update(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      return statement.executeUpdate();
    }
  }

  private static Object only(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).isTrue();
      Object value = rows.getObject(1);
      assertThat(rows.next()).isFalse();
      return value;
    }
  }

  private static void insert(Connection connection, String email) throws SQLException {
    assertThat(update(connection, "INSERT INTO users (email) VALUES (?)", email)).isEqualTo(1);
  }

  private static String state(ThrowingCallable call) {
    return catchThrowableOfType(SQLException.class, call).getSQLState();
  }

  // ---- transactions

  @Test
  void autoCommit_eachStatement_isSeenByOthersAtOnce() throws Exception {
    try (Connection connection = source.getConnection()) {
      assertThat(connection.getAutoCommit()).isTrue();
      insert(connection, "ada");
      assertThat(users()).isEqualTo(1);
      db.run("INSERT INTO users (email) VALUES ('bob')"); // The turn was given on.
      assertThat(only(connection, "SELECT count(*) FROM users")).isEqualTo(2L);
    }
  }

  @Test
  void transaction_committedOrRolledBackOrClosed_freesTheWriter() throws Exception {
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(false);
      insert(connection, "ada");
      assertThat(users()).isZero();
      connection.commit();
      db.run("INSERT INTO users (email) VALUES ('after commit')");
      insert(connection, "undone");
      connection.rollback();
      db.run("INSERT INTO users (email) VALUES ('after rollback')");
      insert(connection, "dirty");
    }
    db.run("INSERT INTO users (email) VALUES ('after close')");
    assertThat(db.query(String.class, "SELECT email FROM users ORDER BY id"))
        .containsExactly("ada", "after commit", "after rollback", "after close");
  }

  @Test
  void transaction_fromItsFirstRead_hasTheWriter() throws Exception {
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(false);
      only(connection, "SELECT count(*) FROM users");
      Caller other = Callers.start(() -> db.run("INSERT INTO users (email) VALUES ('bob')"));
      assertThat(other.runsFor(300)).isTrue();
      insert(connection, "ada"); // No SQLITE_BUSY_SNAPSHOT.
      connection.commit();
      other.join();
    }
    assertThat(users()).isEqualTo(2);
  }

  @Test
  void transaction_fromItsFirstRead_keepsForeignWritersOut() throws Exception {
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(false);
      only(connection, "SELECT count(*) FROM users");
      String file = log().toString().replace("-wal", "");
      try (Connection foreign = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement statement = foreign.createStatement()) {
        statement.execute("PRAGMA busy_timeout=0");
        assertThatThrownBy(() -> statement.executeUpdate("DELETE FROM users"))
            .hasMessageContaining("SQLITE_BUSY");
      }
      insert(connection, "ada"); // No SQLITE_BUSY_SNAPSHOT.
      connection.commit();
    }
    assertThat(users()).isEqualTo(1);
  }

  @Test
  void transaction_whileAnotherWrites_waitsForItsTurn() throws Exception {
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(false);
      Caller inserting;
      try (HeldWriter held = HeldWriter.of(db)) {
        inserting = Callers.start(() -> insert(connection, "ada"));
        assertThat(inserting.runsFor(300)).isTrue();
      }
      inserting.join();
      connection.commit();
    }
    assertThat(users()).isEqualTo(1);
  }

  @Test
  void setAutoCommit_insideATransaction_commitsIt() throws Exception {
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(false);
      insert(connection, "ada");
      connection.setAutoCommit(true);
      assertThat(users()).isEqualTo(1);
      assertThat(state(connection::commit)).isEqualTo("25000");
      assertThat(state(connection::rollback)).isEqualTo("25000");
    }
  }

  @Test
  void connection_returnedDirtyReadOnlyOrWithoutAutoCommit_isAsNewForTheNext() throws Exception {
    for (int i = 0; i < 30; i++) {
      try (Connection connection = source.getConnection()) {
        assertThat(connection.getAutoCommit()).isTrue();
        assertThat(connection.isReadOnly()).isFalse();
        insert(connection, "kept " + i);
        connection.setReadOnly(i % 2 == 0);
        connection.setAutoCommit(false);
        connection.createStatement().executeQuery("SELECT * FROM users").next();
        if (i % 2 != 0) {
          insert(connection, "dirty " + i);
        }
      }
    }
    assertThat(users()).isEqualTo(30);
  }

  @Test
  void readOnly_isOneSnapshotAndNeitherWaitsNorWrites() throws Exception {
    db.run("INSERT INTO users (email) VALUES ('ada')");
    try (Connection connection = source.getConnection()) {
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      try (HeldWriter held =
          HeldWriter.of(db, tx -> tx.run("INSERT INTO users (email) VALUES ('x')"))) {
        assertThat(only(connection, "SELECT count(*) FROM users")).isEqualTo(1L);
      }
      db.run("INSERT INTO users (email) VALUES ('bob')");
      assertThat(only(connection, "SELECT count(*) FROM users")).isEqualTo(1L);
      assertThatThrownBy(() -> insert(connection, "eve"))
          .isInstanceOf(SQLException.class)
          .hasCauseInstanceOf(ReadOnlyException.class)
          .extracting(e -> ((SQLException) e).getSQLState())
          .isEqualTo("25006");
      assertThat(state(() -> connection.setReadOnly(false))).isEqualTo("25000");
      connection.commit();
      assertThat(only(connection, "SELECT count(*) FROM users")).isEqualTo(3L);
    }
  }

  @Test
  void savepoints_undoOnlyWhatCameAfterThem() throws Exception {
    try (Connection connection = source.getConnection()) {
      assertThat(state(connection::setSavepoint)).isEqualTo("25000");
      connection.setAutoCommit(false);
      insert(connection, "a");
      Savepoint first = connection.setSavepoint("x'; DROP TABLE users; --");
      insert(connection, "b");
      Savepoint second = connection.setSavepoint();
      insert(connection, "c");
      connection.rollback(second);
      connection.releaseSavepoint(second);
      assertThat(state(() -> connection.rollback(second))).isEqualTo("25000");
      assertThat(only(connection, "SELECT count(*) FROM users")).isEqualTo(2L);
      connection.rollback(first);
      insert(connection, "d");
      connection.commit();
      assertThat(state(() -> connection.rollback(first))).isEqualTo("25000");
    }
    assertThat(db.query(String.class, "SELECT email FROM users")).containsExactly("a", "d");
  }

  @Test
  void handleAndOtherConnections_insideATransactionOfTheSameThread_areATypedErrorAtOnce()
      throws Exception {
    try (Connection connection = source.getConnection();
        Connection other = source.getConnection()) {
      connection.setAutoCommit(false);
      insert(connection, "ada");
      long before = System.nanoTime();
      assertThatThrownBy(() -> db.run("DELETE FROM users"))
          .isInstanceOf(TransactionScopeException.class)
          .hasMessageContaining("acme");
      assertThat(state(() -> insert(other, "eve"))).isEqualTo("25001");
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
      assertThat(users()).isZero(); // Reads do not wait.
      connection.commit();
      insert(other, "bob");
    }
    db.useTransaction(tx -> assertThat(state(() -> source.getConnection())).isEqualTo("25001"));
    assertThat(users()).isEqualTo(2);
  }

  @Test
  void errorThatEndsTheTransaction_isToldAtEveryUseUntilRollback() throws Exception {
    try (Connection connection = source.getConnection()) {
      insert(connection, "taken");
      connection.setAutoCommit(false);
      insert(connection, "ada");
      assertThat(
              state(
                  () ->
                      update(connection, "INSERT OR ROLLBACK INTO users (email) VALUES ('taken')")))
          .isEqualTo("23505");
      db.run("INSERT INTO users (email) VALUES ('bob')"); // The turn was given on at once.
      assertThat(state(() -> insert(connection, "eve"))).isEqualTo("40000");
      assertThat(state(connection::commit)).isEqualTo("40000");
      insert(connection, "carl");
      connection.commit();
    }
    assertThat(db.query(String.class, "SELECT email FROM users"))
        .containsExactlyInAnyOrder("taken", "bob", "carl");
  }

  @Test
  void commitThatIsRefused_undoesAllAndFreesTheWriter() throws Exception {
    db.exec("CREATE TABLE late (u INTEGER REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED)");
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(false);
      update(connection, "INSERT INTO late VALUES (99)");
      assertThat(state(connection::commit)).isEqualTo("23503");
      db.run("INSERT INTO users (email) VALUES ('bob')");
      assertThat(only(connection, "SELECT count(*) FROM late")).isEqualTo(0L);
      connection.rollback();
    }
  }

  @Test
  void schemaChange_throughAConnection_isSeenByPlansOfTheHandle() throws Exception {
    PreparedSql all = db.prepare("SELECT * FROM cells");
    db.run("INSERT INTO cells (v) VALUES (1)");
    assertThat(all.all().get(0).toMap()).hasSize(2);
    try (Connection connection = source.getConnection()) {
      update(connection, "ALTER TABLE cells ADD COLUMN w DEFAULT 7");
      assertThat(all.all().get(0).toMap()).containsEntry("w", 7L);
      connection.setAutoCommit(false);
      update(connection, "ALTER TABLE cells ADD COLUMN x DEFAULT 8");
      assertThat(all.all().get(0).toMap()).hasSize(3);
      connection.commit();
    }
    assertThat(all.all().get(0).toMap()).containsEntry("x", 8L);
  }

  // ---- results

  @Test
  void openResult_whileTheConnectionWrites_isReadToItsEnd() throws Exception {
    for (int i = 0; i < 50; i++) {
      db.run("INSERT INTO cells (v) VALUES (?)", i);
    }
    for (boolean autoCommit : new boolean[] {true, false}) {
      try (Connection connection = source.getConnection()) {
        connection.setAutoCommit(autoCommit);
        List<Long> seen = new ArrayList<>();
        try (Statement statement = connection.createStatement();
            ResultSet rows = statement.executeQuery("SELECT v FROM cells ORDER BY id")) {
          while (rows.next()) {
            seen.add(rows.getLong(1));
            if (autoCommit) {
              Callers.together(1, n -> db.run("UPDATE cells SET v = v + 0 WHERE id = 1"));
            }
            update(connection, "UPDATE cells SET v = v + 0 WHERE id = ?", rows.getRow());
          }
        }
        assertThat(seen).hasSize(50).isSorted();
        if (!autoCommit) {
          connection.commit();
        }
      }
    }
  }

  @Test
  void resultsAndStatements_afterCommitOrClose_areClosed() throws Exception {
    db.run("INSERT INTO cells (v) VALUES (1), (2)");
    Connection connection = source.getConnection();
    connection.setAutoCommit(false);
    PreparedStatement select = connection.prepareStatement("SELECT v FROM cells");
    ResultSet rows = select.executeQuery();
    assertThat(rows.next()).isTrue();
    connection.commit();
    assertThat(rows.isClosed()).isTrue();
    assertThat(state(rows::next)).isEqualTo("08003");
    assertThat(select.executeQuery().next()).isTrue();
    connection.close();
    connection.close();
    assertThat(connection.isClosed()).isTrue();
    assertThat(connection.isValid(1)).isFalse();
    assertThat(state(() -> select.executeQuery())).isEqualTo("08003");
    assertThat(state(() -> connection.prepareStatement("SELECT 1"))).isEqualTo("08003");
    assertThat(state(connection::getMetaData)).isEqualTo("08003");
    db.run("DELETE FROM cells");
  }

  @Test
  void maxRowsAndFetchSize_boundTheResultOrNothing() throws Exception {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      statement.setMaxRows(2);
      statement.setFetchSize(1);
      try (ResultSet rows = statement.executeQuery("VALUES (1), (2), (3)")) {
        assertThat(rows.next() && rows.next()).isTrue();
        assertThat(rows.next()).isFalse();
      }
      update(connection, "INSERT INTO cells (v) VALUES (1)");
    }
  }

  @Test
  void returning_asQueryUpdateOrExecute_isDrainedAndCommitted() throws Exception {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      ResultSet rows =
          statement.executeQuery("INSERT INTO cells (v) VALUES (1), (2) RETURNING id, v");
      db.run("UPDATE cells SET v = v + 0"); // It was committed before its first row is read.
      assertThat(rows.next()).isTrue();
      assertThat(rows.getLong("ID")).isEqualTo(1);
      assertThat(statement.execute("UPDATE cells SET v = 5 RETURNING v")).isTrue();
      assertThat(statement.getResultSet().next()).isTrue();
      assertThat(statement.executeUpdate("DELETE FROM cells RETURNING id")).isEqualTo(2);
    }
    assertThat(db.query("SELECT * FROM cells")).isEmpty();
  }

  @Test
  void statementOfTheWrongKind_isRefusedAndNotRun() throws Exception {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      assertThat(state(() -> statement.executeQuery("INSERT INTO cells (v) VALUES (1)")))
          .isEqualTo("22023");
      assertThat(state(() -> statement.executeUpdate("SELECT 1"))).isEqualTo("22023");
      assertThat(state(() -> statement.executeQuery("SELECT ?"))).isEqualTo("22023");
      assertThat(state(() -> connection.prepareStatement("SELECT ?").executeQuery()))
          .isEqualTo("07001");
      assertThat(state(() -> connection.prepareStatement("SELECT ?").setInt(2, 1)))
          .isEqualTo("07009");
    }
    assertThat(db.query("SELECT * FROM cells")).isEmpty();
  }

  // ---- values

  @Test
  void values_ofEveryKind_areStoredAsTheLibraryStoresThem() throws Exception {
    Instant instant = Instant.parse("2026-11-22T15:27:54.279Z");
    UUID uuid = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");
    List<Object> values =
        List.of(
            true,
            7,
            7L,
            0.5,
            "é",
            uuid,
            instant,
            LocalDate.of(2026, 11, 22),
            OffsetDateTime.parse("2026-11-22T16:27:54.279+01:00"),
            new BigDecimal("10.00"),
            Duration.ofMinutes(3),
            TimeUnit.SECONDS,
            new byte[] {0, 1});
    try (Connection connection = source.getConnection()) {
      for (Object value : values) {
        db.run("INSERT INTO cells (v) VALUES (?)", value);
        update(connection, "INSERT INTO cells (v) VALUES (?)", value);
      }
      List<Object> stored =
          db.query("SELECT v FROM cells ORDER BY id").stream().map(row -> row.get(0)).toList();
      for (int i = 0; i < stored.size(); i += 2) {
        assertThat(stored.get(i + 1)).isEqualTo(stored.get(i));
      }
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO cells (id, v) VALUES (1000, ?)")) {
        insert.setTimestamp(1, Timestamp.from(instant));
        insert.executeUpdate();
      }
      try (Statement select = connection.createStatement();
          ResultSet rows = select.executeQuery("SELECT v FROM cells WHERE id = 1000")) {
        rows.next();
        assertThat(rows.getString(1)).isEqualTo("2026-11-22T15:27:54.279000000Z");
        assertThat(rows.getTimestamp(1).toInstant()).isEqualTo(instant);
        assertThat(rows.getObject(1, Instant.class)).isEqualTo(instant);
        assertThat(rows.getObject(1, OffsetDateTime.class).toInstant()).isEqualTo(instant);
      }
    }
  }

  @Test
  void getters_convertWithoutLossOrFail() throws Exception {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT 5 AS i, 2.5 AS r, '12' AS t, x'6869' AS b, NULL AS n, 3000000000 AS big,"
                    + " '2026-11-22 15:27:54' AS c, 1 AS yes")) {
      rows.next();
      assertThat(rows.getInt("i")).isEqualTo(5);
      assertThat(rows.getString("i")).isEqualTo("5");
      assertThat(rows.getObject("i")).isEqualTo(5L);
      assertThat(rows.getDouble("r")).isEqualTo(2.5);
      assertThat(rows.getBigDecimal("r")).isEqualByComparingTo("2.5");
      assertThat(rows.getInt("t")).isEqualTo(12);
      assertThat(rows.getBytes("b")).containsExactly('h', 'i');
      assertThat(rows.getString("b")).isEqualTo("hi");
      assertThat(rows.getInt("n")).isZero();
      assertThat(rows.wasNull()).isTrue();
      assertThat(rows.getObject("n", Integer.class)).isNull();
      assertThat(rows.getBoolean("yes")).isTrue();
      assertThat(rows.wasNull()).isFalse();
      assertThat(rows.getTimestamp("c").toInstant())
          .isEqualTo(Instant.parse("2026-11-22T15:27:54Z"));
      assertThat(state(() -> rows.getInt("big"))).isEqualTo("22003");
      assertThat(state(() -> rows.getInt("r"))).isEqualTo("22003");
      assertThat(state(() -> rows.getLong("b"))).isEqualTo("22018");
      assertThat(state(() -> rows.getTimestamp("i"))).isEqualTo("22018");
      assertThat(state(() -> rows.getObject("i", UUID.class))).isEqualTo("22018");
      assertThat(state(() -> rows.getInt("nope"))).isEqualTo("42703");
      assertThat(state(() -> rows.getInt(99))).isEqualTo("07009");
    }
  }

  @Test
  void decimal_forAColumnThatRounds_isRefused() throws Exception {
    db.exec("CREATE TABLE prices (cents REAL)");
    try (Connection connection = source.getConnection()) {
      assertThat(
              state(
                  () ->
                      update(
                          connection,
                          "INSERT INTO prices VALUES (?)",
                          new BigDecimal("0.1234567890123456789"))))
          .isEqualTo("22023");
      insert(connection, "the turn was given on");
    }
    assertThat(db.query("SELECT * FROM prices")).isEmpty();
  }

  @Test
  void metadata_ofResultsAndTheDatabase_tellsWhatIsThere() throws Exception {
    try (Connection connection = source.getConnection();
        PreparedStatement select =
            connection.prepareStatement("SELECT id, email AS mail FROM users")) {
      assertThat(select.getMetaData().getColumnCount()).isEqualTo(2);
      assertThat(select.getMetaData().getColumnLabel(2)).isEqualTo("mail");
      assertThat(select.getMetaData().getColumnType(1)).isEqualTo(Types.BIGINT);
      assertThat(select.getMetaData().getTableName(1)).isEqualTo("users");
      DatabaseMetaData meta = connection.getMetaData();
      assertThat(meta.getDatabaseProductName()).isEqualTo("SQLite");
      assertThat(meta.getURL()).doesNotContain(directory.toString());
      assertThat(meta.getConnection()).isSameAs(connection);
      try (ResultSet tables = meta.getTables(null, null, "users", null)) {
        assertThat(tables.next()).isTrue();
        assertThat(tables.getString("TABLE_NAME")).isEqualTo("users");
        assertThat(tables.getStatement().getConnection()).isSameAs(connection);
      }
      try (ResultSet columns = meta.getColumns(null, null, "users", null)) {
        assertThat(columns.next() && columns.next() && columns.next()).isTrue();
        assertThat(columns.next()).isFalse();
      }
      insert(connection, "still usable");
    }
  }

  // ---- screening

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT a",
        "RELEASE a",
        "END",
        "ATTACH 'x.db' AS x",
        "DETACH x",
        "VACUUM",
        "VACUUM INTO 'x.db'",
        "PRAGMA foreign_keys=OFF",
        "PRAGMA journal_mode=DELETE",
        "PRAGMA wal_autocheckpoint=1",
        "PRAGMA query_only=OFF",
        "CREATE TEMP TABLE t (a)",
        "backup to 'stolen.db'",
        "restore from 'stolen.db'",
        "  /* x */ backup main to 'stolen.db'",
        "SELECT 1; COMMIT",
        "INSERT INTO cells (v) VALUES (1); backup to 'stolen.db'"
      })
  void statementThatIsScreened_isRefusedWhereverItIsGiven(String sql) throws Exception {
    Path stolen = Path.of("stolen.db");
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      for (boolean autoCommit : new boolean[] {true, false}) {
        connection.setAutoCommit(autoCommit);
        assertThatThrownBy(() -> statement.execute(sql))
            .isInstanceOf(SQLException.class)
            .hasCauseInstanceOf(StatementException.class);
        assertThat(state(() -> statement.executeUpdate(sql))).isEqualTo("42000");
        assertThat(state(() -> statement.executeLargeUpdate(sql))).isEqualTo("42000");
        assertThat(state(() -> statement.executeQuery(sql))).isEqualTo("42000");
        assertThat(state(() -> statement.addBatch(sql))).isEqualTo("42000");
        assertThat(state(() -> statement.execute(sql, Statement.RETURN_GENERATED_KEYS)))
            .isEqualTo("42000");
        assertThat(state(() -> connection.prepareStatement(sql))).isEqualTo("42000");
      }
      assertThat(Files.exists(stolen)).isFalse();
      connection.setAutoCommit(true);
      assertThat(only(connection, "PRAGMA foreign_keys")).isEqualTo(1L);
    }
    assertThat(db.query("SELECT * FROM cells")).isEmpty();
  }

  @Test
  void unwrap_toTheDriver_isRefusedEverywhere() throws Exception {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT 1")) {
      assertThat(connection.unwrap(Connection.class)).isSameAs(connection);
      assertThat(connection.isWrapperFor(SQLiteConnection.class)).isFalse();
      assertThat(state(() -> connection.unwrap(SQLiteConnection.class))).isEqualTo("22023");
      assertThat(state(() -> statement.unwrap(CoreStatement.class))).isEqualTo("22023");
      assertThat(state(() -> connection.getMetaData().unwrap(DatabaseMetaData.class)))
          .isEqualTo("22023");
      assertThat(state(() -> source.unwrap(SQLiteDataSource.class))).isEqualTo("22023");
      assertThat(statement.getConnection()).isSameAs(connection);
      assertThat(rows.getStatement()).isSameAs(statement);
      assertThatThrownBy(() -> connection.prepareCall("x"))
          .isInstanceOf(SQLFeatureNotSupportedException.class);
    }
  }

  @Test
  void connections_haveTheSettingsOfTheWriter() throws Exception {
    try (Connection connection = source.getConnection()) {
      assertThat(only(connection, "PRAGMA foreign_keys")).isEqualTo(1L);
      assertThat(only(connection, "PRAGMA trusted_schema")).isEqualTo(0L);
      assertThat(only(connection, "PRAGMA recursive_triggers")).isEqualTo(0L);
      assertThat(only(connection, "PRAGMA journal_mode")).isEqualTo("wal");
      assertThat(only(connection, "PRAGMA synchronous")).isEqualTo(1L);
      assertThat(only(connection, "SELECT shout('hi')")).isEqualTo("hi!");
      assertThat(state(() -> only(connection, "SELECT 'a' LIKE '" + "%a".repeat(900) + "'")))
          .isEqualTo("42000");
    }
  }

  // ---- scripts and batches

  @Test
  void script_runsInFullAndIsAllOrNothing() throws Exception {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      boolean rows =
          statement.execute(
              """
              -- several
              INSERT INTO cells (v) VALUES ('a;b'), ('c');
              CREATE TRIGGER t AFTER INSERT ON users BEGIN
                INSERT INTO cells (v) VALUES (new.email); UPDATE cells SET v = v || '';
              END;
              SELECT count(*) FROM cells;
              DELETE FROM cells WHERE v = 'c';
              """);
      assertThat(rows).isFalse();
      assertThat(statement.getUpdateCount()).isEqualTo(2);
      assertThat(statement.getMoreResults()).isFalse();
      assertThat(statement.getMoreResults()).isTrue();
      assertThat(statement.getResultSet().next()).isTrue();
      assertThat(statement.getMoreResults()).isFalse();
      assertThat(statement.getUpdateCount()).isEqualTo(1);
      assertThat(statement.getMoreResults()).isFalse();
      assertThat(statement.getUpdateCount()).isEqualTo(-1);
      insert(connection, "fires");
      assertThat(only(connection, "SELECT group_concat(v) FROM cells")).isEqualTo("a;b,fires");
      assertThat(
              state(
                  () ->
                      statement.executeUpdate(
                          "DELETE FROM cells; INSERT INTO users (email) VALUES ('fires')")))
          .isEqualTo("23505");
      assertThat(only(connection, "SELECT count(*) FROM cells")).isEqualTo(2L);
      assertThat(connection.getAutoCommit()).isTrue();
      assertThat(statement.executeUpdate("DELETE FROM cells; DELETE FROM users;")).isEqualTo(3);
    }
  }

  @Test
  void batch_isOneTransactionAndStopsAtTheFirstError() throws Exception {
    try (Connection connection = source.getConnection();
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO users (email) VALUES (?)")) {
      for (String email : List.of("a", "b", "a", "c")) {
        insert.setString(1, email);
        insert.addBatch();
      }
      BatchUpdateException own =
          catchThrowableOfType(BatchUpdateException.class, insert::executeBatch);
      assertThat(own.getSQLState()).isEqualTo("23505");
      assertThat(own.getUpdateCounts()).isEmpty();
      assertThat(users()).isZero();

      connection.setAutoCommit(false);
      for (String email : List.of("a", "b", "a", "c")) {
        insert.setString(1, email);
        insert.addBatch();
      }
      BatchUpdateException inTransaction =
          catchThrowableOfType(BatchUpdateException.class, insert::executeBatch);
      assertThat(inTransaction.getUpdateCounts()).containsExactly(1, 1);
      connection.commit();
      assertThat(users()).isEqualTo(2);
      connection.setAutoCommit(true);

      Statement texts = connection.createStatement();
      texts.addBatch("INSERT INTO users (email) VALUES ('x'), ('y')");
      texts.addBatch("DELETE FROM users WHERE email = 'a'");
      assertThat(texts.executeBatch()).containsExactly(2, 1);
      assertThat(texts.executeBatch()).isEmpty();
    }
    assertThat(users()).isEqualTo(3);
  }

  // ---- generated keys

  @Test
  void generatedKeys_areThoseOfThisStatementOnly() throws Exception {
    try (Connection connection = source.getConnection()) {
      insert(connection, "before");
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO users (email) VALUES (?) ON CONFLICT DO NOTHING",
              Statement.RETURN_GENERATED_KEYS)) {
        insert.setString(1, "ada");
        insert.executeUpdate();
        assertThat(keys(insert)).containsExactly(2L);
        insert.executeUpdate();
        assertThat(keys(insert)).isEmpty();
      }
      try (Statement statement = connection.createStatement()) {
        statement.executeUpdate("UPDATE users SET age = 3", Statement.RETURN_GENERATED_KEYS);
        assertThat(keys(statement)).isEmpty();
        statement.executeUpdate("INSERT INTO users (email) VALUES ('x')");
        assertThat(keys(statement)).isEmpty();
        statement.executeUpdate(
            "INSERT INTO users (email) VALUES ('y'), ('z'); -- both", new String[] {"id", "email"});
        try (ResultSet keys = statement.getGeneratedKeys()) {
          assertThat(keys.next()).isTrue();
          assertThat(keys.getLong("id")).isEqualTo(4);
          assertThat(keys.getString("EMAIL")).isEqualTo("y");
          assertThat(keys.next()).isTrue();
          assertThat(keys.getLong(1)).isEqualTo(5);
          assertThat(keys.next()).isFalse();
        }
      }
      for (boolean named : new boolean[] {false, true}) {
        String sql = "INSERT INTO cells (v) VALUES (?)";
        try (PreparedStatement insert =
            named
                ? connection.prepareStatement(sql, new String[] {"id"})
                : connection.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)) {
          for (int i = 0; i < 3; i++) {
            insert.setInt(1, i);
            insert.addBatch();
          }
          insert.executeBatch();
          long first = named ? 4 : 1;
          assertThat(keys(insert)).containsExactly(first, first + 1, first + 2);
        }
      }
    }
  }

  private static List<Long> keys(Statement statement) throws SQLException {
    List<Long> all = new ArrayList<>();
    try (ResultSet keys = statement.getGeneratedKeys()) {
      while (keys.next()) {
        all.add(keys.getLong(1));
      }
    }
    return all;
  }

  // ---- errors

  @Test
  void errors_haveStateCodeTypeAndCause() throws Exception {
    db.run("INSERT INTO users (id, email) VALUES (1, 'ada')");
    try (Connection connection = source.getConnection()) {
      check(connection, "INSERT INTO users (email) VALUES ('ada')", "23505", 2067);
      check(connection, "INSERT INTO users (id) VALUES (1)", "23505", 1555);
      check(connection, "INSERT INTO notes (user_id, text) VALUES (9, 'x')", "23503", 787);
      check(connection, "INSERT INTO notes (user_id) VALUES (1)", "23502", 1299);
      check(connection, "INSERT INTO users (age) VALUES (-1)", "23514", 275);
      assertThatThrownBy(() -> update(connection, "INSERT INTO users (email) VALUES ('ada')"))
          .isInstanceOf(SQLIntegrityConstraintViolationException.class)
          .hasCauseInstanceOf(UniqueViolationException.class);
      check(connection, "INSERT INTO users (id) VALUES ('x')", "22018", 20);
      check(connection, "SELEC 1", "42000", 1);
      check(connection, "SELECT * FROM nope", "42000", 1);
      assertThat(only(connection, "SELECT count(*) FROM users")).isEqualTo(1L);
    }
  }

  private static void check(Connection connection, String sql, String state, int code) {
    SQLException e = catchThrowableOfType(SQLException.class, () -> update(connection, sql));
    assertThat(e.getSQLState()).as(sql).isEqualTo(state);
    assertThat(e.getErrorCode()).as(sql).isEqualTo(code);
    assertThat(e.getCause()).isInstanceOf(DoSQLException.class);
  }

  @Test
  void writeLockTimeout_isATypedError() throws Exception {
    try (DB impatient =
            DB.memory(DBOptions.builder().writeLockTimeout(Duration.ofMillis(300)).build());
        HeldWriter held = HeldWriter.of(impatient);
        Connection connection = impatient.dataSource().getConnection()) {
      connection.setAutoCommit(false);
      assertThatThrownBy(() -> only(connection, "SELECT 1"))
          .isInstanceOf(SQLTimeoutException.class)
          .hasCauseInstanceOf(WriteLockTimeoutException.class)
          .extracting(e -> ((SQLException) e).getSQLState())
          .isEqualTo("55P03");
    }
  }

  @Test
  void connectionsBeyondTheBound_waitAndAreATypedError() throws Exception {
    List<Connection> all = new ArrayList<>();
    try (DB impatient =
        DB.memory(DBOptions.builder().writeLockTimeout(Duration.ofMillis(300)).build())) {
      for (int i = 0; i < 10; i++) {
        all.add(impatient.dataSource().getConnection());
      }
      assertThatThrownBy(() -> impatient.dataSource().getConnection())
          .isInstanceOf(SQLTimeoutException.class)
          .hasCauseInstanceOf(LimitExceededException.class);
      for (Connection each : all) {
        each.close();
      }
      impatient.dataSource().getConnection().close();
    }
  }

  // ---- ending what runs

  @Test
  void queryTimeout_endsTheStatement() throws Exception {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      assertThatThrownBy(() -> statement.executeQuery(SLOW).next())
          .isInstanceOf(SQLTimeoutException.class)
          .hasCauseInstanceOf(QueryTimeoutException.class)
          .extracting(e -> ((SQLException) e).getSQLState())
          .isEqualTo("57014");
      assertThat(only(connection, "SELECT 1")).isEqualTo(1L);
    }
  }

  @Test
  void cancel_fromAnotherThread_endsTheStatementAndNoLaterOne() throws Exception {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      Caller canceller =
          Callers.start(
              () -> {
                Thread.sleep(300);
                statement.cancel();
              });
      assertThat(state(() -> statement.executeQuery(SLOW).next())).isEqualTo("57014");
      canceller.join();
      statement.cancel();
      assertThat(statement.executeQuery("SELECT 1").next()).isTrue();
    }
  }

  @Test
  void interrupt_ofTheThread_endsTheStatement() throws Exception {
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(false);
      insert(connection, "ada");
      Thread caller = Thread.currentThread();
      Caller interrupter =
          Callers.start(
              () -> {
                Thread.sleep(300);
                caller.interrupt();
              });
      assertThat(state(() -> update(connection, "INSERT INTO cells (v) " + SLOW)))
          .isEqualTo("57014");
      assertThat(Thread.interrupted()).isTrue();
      interrupter.join();
      assertThat(state(connection::commit)).isEqualTo("40000");
    }
    db.run("INSERT INTO users (email) VALUES ('bob')");
    assertThat(users()).isEqualTo(1);
  }

  // ---- the tenant's life

  @Test
  void tenant_withAConnectionOut_isNotEvicted_andAfterwardsIsOpenedAgain() throws Exception {
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(false);
      insert(connection, "ada");
      for (int i = 0; i < 10; i++) {
        dosql.db("other" + i).exec("CREATE TABLE t (a)");
      }
      assertThat(openTenants()).contains("acme");
      connection.commit();
    }
    for (int i = 0; i < 10; i++) {
      dosql.db("other" + i).query("SELECT * FROM t");
    }
    assertThat(openTenants()).doesNotContain("acme");
    try (Connection connection = source.getConnection()) {
      assertThat(only(connection, "SELECT count(*) FROM users")).isEqualTo(1L);
    }
  }

  private List<String> openTenants() {
    try (Stream<TenantInfo> all = dosql.tenants()) {
      return all.filter(each -> each.state() == TenantInfo.State.OPEN)
          .map(TenantInfo::name)
          .toList();
    }
  }

  @Test
  void close_underATransactionThatDoesNotEnd_failsItAndLosesNothing() throws Exception {
    Connection connection = source.getConnection();
    insert(connection, "kept");
    connection.setAutoCommit(false);
    insert(connection, "lost");
    dosql.close();
    assertThat(state(() -> insert(connection, "late"))).isEqualTo("08003");
    connection.close();
    assertThat(state(() -> source.getConnection())).isEqualTo("08003");
    try (DoSQL again = DoSQL.open(DBOptions.builder().directory(directory).build())) {
      assertThat(again.db("acme").query(String.class, "SELECT email FROM users"))
          .containsExactly("kept");
      assertThat(again.db("acme").query(String.class, "PRAGMA integrity_check"))
          .containsExactly("ok");
    }
  }

  /** The log is moved away, so that it cannot be forced: whoever asks for that is in doubt. */
  @ParameterizedTest
  @ValueSource(strings = {"statement", "returning", "transaction", "batch", "script", "schema"})
  void commit_ofAnyKind_isForcedBeforeItIsAnswered(String kind) throws Exception {
    dosql.close();
    dosql = DoSQL.open(DBOptions.builder().directory(directory).build());
    source = dosql.db("acme").dataSource();
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      only(connection, "SELECT count(*) FROM users");
      Path log = log();
      Path away = directory.resolve("away");
      Files.move(log, away);
      SQLException failure =
          catchThrowableOfType(
              SQLException.class,
              () -> {
                switch (kind) {
                  case "statement" -> statement.executeUpdate("INSERT INTO cells (v) VALUES (1)");
                  case "returning" ->
                      statement.executeQuery("INSERT INTO cells (v) VALUES (1) RETURNING id");
                  case "batch" -> {
                    statement.addBatch("INSERT INTO cells (v) VALUES (1)");
                    statement.executeBatch();
                  }
                  case "script" -> statement.execute("DELETE FROM users; CREATE TABLE x (a)");
                  case "schema" -> statement.execute("CREATE TABLE x (a)");
                  default -> {
                    connection.setAutoCommit(false);
                    insert(connection, "ada");
                    connection.commit();
                  }
                }
              });
      Files.move(away, log);
      assertThat(failure.getSQLState()).isEqualTo("08007");
      assertThat(failure.getCause()).isInstanceOf(CommitInDoubtException.class);
      assertThat(state(() -> connection.prepareStatement("SELECT 1"))).isEqualTo("08006");
      assertThat(connection.isValid(1)).isFalse();
    }
    try (Connection connection = source.getConnection()) { // Opened again.
      insert(connection, "bob");
    }
  }

  private Path log() throws Exception {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(file -> file.toString().endsWith("-wal")).findAny().orElseThrow();
    }
  }

  @Test
  void suspendedAndUnknownTenants_areTypedErrors() {
    dosql.suspend("acme");
    assertThat(state(() -> source.getConnection())).isEqualTo("08004");
    dosql.resume("acme");
    assertThat(state(() -> source.getConnection("user", "password"))).isEqualTo("0A000");
  }

  @Test
  void pools_ofManyTenants_leaveNoThreads() throws Exception {
    int before = Thread.getAllStackTraces().size();
    try (DoSQL many = DoSQL.memory(DBOptions.builder().openTenantsMax(300).build())) {
      for (int i = 0; i < 200; i++) {
        try (Connection connection = many.db("t" + i).dataSource().getConnection()) {
          update(connection, "CREATE TABLE t (a)");
        }
      }
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (Thread.getAllStackTraces().size() > before + 3 && System.nanoTime() < until) {
        Thread.sleep(200);
      }
      assertThat(Thread.getAllStackTraces().size()).isLessThanOrEqualTo(before + 3);
      assertThat(many.tenants().filter(each -> each.state() == TenantInfo.State.OPEN)).hasSize(200);
    }
  }

  @Test
  void threads16_incrementingThroughConnectionsAndTheHandle_loseNothing() throws Exception {
    db.run("INSERT INTO cells (id, v) VALUES (1, 0)");
    Callers.together(
        16,
        n -> {
          for (int i = 0; i < 50; i++) {
            if (n % 4 == 0) {
              db.useTransaction(
                  tx -> {
                    long v = tx.queryOne(Long.class, "SELECT v FROM cells").orElseThrow();
                    tx.run("UPDATE cells SET v = ?", v + 1);
                  });
              continue;
            }
            try (Connection connection = source.getConnection()) {
              if (n % 4 == 1) {
                update(connection, "UPDATE cells SET v = v + 1");
                continue;
              }
              connection.setAutoCommit(false);
              long v = (Long) only(connection, "SELECT v FROM cells");
              update(connection, "UPDATE cells SET v = ?", v + 1);
              connection.commit();
            }
          }
          return null;
        });
    assertThat(db.queryOne(Long.class, "SELECT v FROM cells")).hasValue(16 * 50L);
  }
}
