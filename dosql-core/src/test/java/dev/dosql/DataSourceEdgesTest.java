package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
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

/** Results that are open and transactions that end, where they meet. */
@Timeout(60)
final class DataSourceEdgesTest {
  private static final String NUMBERS =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT %d) SELECT i FROM n";

  private static final int ROWS_MAX = 5_000;
  private static final int BYTES_MAX = 500_000;

  @TempDir Path directory;
  private DB db = DB.memory();
  private Connection connection;

  @BeforeEach
  void open() throws SQLException {
    db.close();
    Limits limits = Limits.builder().resultRowsMax(ROWS_MAX).resultBytesMax(BYTES_MAX).build();
    db = DB.open("acme", DBOptions.builder().directory(directory).limits(limits).build());
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    connection = db.dataSource().getConnection();
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
    db.close();
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private long count() {
    return db.queryOne(Long.class, "SELECT count(*) FROM t").orElseThrow();
  }

  @Test
  void transaction_endedByAResultThatIsTooLarge_takesNoMoreStatements() throws Exception {
    connection.setAutoCommit(false);
    execute("INSERT INTO t (v) VALUES ('first')");
    String tooMany = "INSERT INTO t (v) " + NUMBERS.formatted(ROWS_MAX + 10) + " RETURNING id";
    assertThatThrownBy(() -> execute(tooMany))
        .hasCauseInstanceOf(LimitExceededException.class)
        .hasMessageContaining("(tenant=acme, limit=resultRowsMax)");
    assertThatThrownBy(() -> execute("INSERT INTO t (v) VALUES ('after')"))
        .hasCauseInstanceOf(TransactionEndedException.class);
    connection.rollback();
    assertThat(count()).isZero();
    execute("INSERT INTO t (v) VALUES ('anew')");
    connection.commit();
    assertThat(count()).isOne();
  }

  @Test
  void result_openWhenATransactionBegins_isReadOnAndTheTransactionWrites() throws Exception {
    db.exec("INSERT INTO t (v) VALUES (1), (2), (3)");
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT v FROM t ORDER BY v")) {
      assertThat(rows.next()).isTrue();
      db.run("INSERT INTO t (v) VALUES (4)");
      connection.setAutoCommit(false);
      execute("INSERT INTO t (v) VALUES (5)");
      assertThat(rows.next()).isTrue();
      assertThat(rows.getLong(1)).isEqualTo(2);
      connection.commit();
    }
    assertThat(count()).isEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"INSERT INTO t (v) VALUES (1)", "SELECT * FROM t"})
  void result_tooLongToBeReadAhead_refusesOtherStatementsAndLosesNoRow(String other)
      throws Exception {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(NUMBERS.formatted(7_000))) {
      rows.next();
      for (int i = 0; i < 3; i++) {
        assertTooLarge(() -> execute(other), "resultRowsMax");
      }
      for (long wanted = 2; wanted <= 7_000; wanted++) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getLong(1)).isEqualTo(wanted);
      }
      assertThat(rows.next()).isFalse();
      execute(other);
    }
  }

  @Test
  void result_ofMoreBytesThanMayBeKept_refusesOtherStatementsAndLosesNoRow() throws Exception {
    String wide = "SELECT i, randomblob(1000) FROM (" + NUMBERS.formatted(2_000) + ")";
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(wide)) {
      for (int i = 0; i < 1_000; i++) {
        rows.next(); // What was read and dropped does not count.
      }
      assertTooLarge(() -> execute("SELECT 1"), "resultBytesMax");
      for (long wanted = 1_001; wanted <= 1_600; wanted++) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getLong(1)).isEqualTo(wanted);
      }
      execute("INSERT INTO t (v) VALUES (1)");
      assertThat(rows.next()).isTrue();
      assertThat(rows.getLong(1)).isEqualTo(1_601);
    }
  }

  @Test
  void statementClosedOnCompletion_isExecutedAgain_andClosedWithItsLastResult() throws Exception {
    Statement statement = connection.createStatement();
    statement.closeOnCompletion();
    statement.executeQuery("VALUES (1)").next();
    ResultSet last = statement.executeQuery("VALUES (2)");
    assertThat(statement.isClosed()).isFalse();
    assertThat(last.next()).isTrue();
    last.close();
    assertThat(statement.isClosed()).isTrue();
  }

  private static void assertTooLarge(ThrowingCallable call, String limit) {
    SQLException failure = catchThrowableOfType(SQLException.class, call);
    assertThat(failure.getSQLState()).isEqualTo("54000");
    assertThat(failure.getMessage()).contains("(tenant=acme, limit=" + limit);
    assertThat(failure.getCause()).isInstanceOf(LimitExceededException.class);
  }

  @Test
  void result_boundByMaxRows_isReadAheadOnlySoFar() throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.setMaxRows(3);
      try (ResultSet rows = statement.executeQuery(NUMBERS.formatted(2_000_000_000))) {
        rows.next();
        execute("INSERT INTO t (v) VALUES (1)");
        assertThat(rows.next() && rows.next()).isTrue();
        assertThat(rows.getLong(1)).isEqualTo(3);
        assertThat(rows.next()).isFalse();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void select_besideAnOpenResult_seesTheNewestAndTheResultItsOwn(boolean readOnly)
      throws Exception {
    db.exec("INSERT INTO t (v) VALUES (1), (2), (3)");
    connection.setReadOnly(readOnly);
    try (Statement statement = connection.createStatement();
        Statement other = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT v FROM t ORDER BY id")) {
      assertThat(rows.next()).isTrue();
      for (long more = 4; more <= 6; more++) {
        db.run("INSERT INTO t (v) VALUES (?)", more);
        try (ResultSet newest = other.executeQuery("SELECT count(*) FROM t")) {
          newest.next();
          assertThat(newest.getLong(1)).isEqualTo(more);
        }
      }
      assertThat(rows.next() && rows.next()).isTrue();
      assertThat(rows.getLong(1)).isEqualTo(3);
      assertThat(rows.next()).isFalse();
    }
  }

  @Test
  void metadata_besideAnOpenResult_tellsTheNewestSchema() throws Exception {
    db.exec("INSERT INTO t (v) VALUES (1), (2)");
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT v FROM t")) {
      rows.next();
      db.exec("CREATE TABLE made_meanwhile (a)");
      try (ResultSet tables =
          connection.getMetaData().getTables(null, null, "made_meanwhile", null)) {
        assertThat(tables.next()).isTrue();
      }
      assertThat(rows.next()).isTrue();
    }
  }

  @Test
  void statementExecutedAgain_closesItsResult() throws Exception {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(NUMBERS.formatted(2_000_000_000))) {
      rows.next();
      ResultSet again = statement.executeQuery("VALUES (7)"); // Without reading the other on.
      assertThat(rows.isClosed()).isTrue();
      assertThat(again.next()).isTrue();
    }
  }

  @Test
  void result_thatFailed_neverLooksAsIfItHadEnded() throws Exception {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(NUMBERS.formatted(4_900))) {
      rows.next();
      Thread.currentThread().interrupt();
      Throwable write = catchThrowable(() -> execute("INSERT INTO t (v) VALUES (1)"));
      Thread.interrupted();
      assertThat(write).isInstanceOf(SQLException.class);
      Throwable end = null;
      long seen = 1;
      while (end == null && seen < 4_900) {
        end = catchThrowable(() -> assertThat(rows.next()).isTrue());
        seen++;
      }
      assertThat(end == null || end instanceof SQLException).isTrue();
      if (end != null) {
        assertThatThrownBy(rows::next).isInstanceOf(SQLException.class);
      }
    } finally {
      Thread.interrupted();
    }
  }

  @Test
  void pragma_inABatch_leavesNoSnapshotOpen() throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("PRAGMA table_list");
      statement.executeBatch();
      db.run("INSERT INTO t (v) VALUES (1)");
      try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
        rows.next();
        assertThat(rows.getLong(1)).isOne();
      }
    }
  }

  @Test
  void setAutoCommit_toWhatItIs_keepsSavepoints() throws Exception {
    connection.setAutoCommit(false);
    execute("INSERT INTO t (v) VALUES (1)");
    Savepoint savepoint = connection.setSavepoint();
    execute("INSERT INTO t (v) VALUES (2)");
    connection.setAutoCommit(false);
    connection.rollback(savepoint);
    connection.commit();
    assertThat(count()).isOne();
  }

  @Test
  void executeQuery_byAConnectionThatMustReadALargeSchemaAnew_isNotOverTime() throws Exception {
    StringBuilder tables = new StringBuilder();
    for (int i = 0; i < 1_500; i++) {
      tables.append("CREATE TABLE t%d (a, b, c, d);".formatted(i));
    }
    db.exec(tables.toString());
    execute("SELECT 1 FROM t");
    connection.close();
    db.exec("CREATE TABLE made_since (a)");
    connection = db.dataSource().getConnection();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT * FROM made_since")) {
      assertThat(rows.next()).isFalse();
    }
    connection.setAutoCommit(false);
    execute("CREATE TABLE undone (a)");
    connection.close();
    connection = db.dataSource().getConnection();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT * FROM made_since")) {
      assertThat(rows.next()).isFalse();
    }
  }

  @Test
  void script_thatFailsInsideATransaction_isUndoneAloneAndTheTransactionGoesOn() throws Exception {
    connection.setAutoCommit(false);
    execute("INSERT INTO t (id) VALUES (1)");
    String script =
        "INSERT INTO t (id) VALUES (2); CREATE TABLE made (a); INSERT INTO t (id) VALUES (1)";
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> execute(script))
          .isInstanceOf(SQLIntegrityConstraintViolationException.class);
    }
    execute("INSERT INTO t (id) VALUES (3); INSERT INTO t (id) VALUES (4)");
    connection.commit();
    assertThat(db.query(Long.class, "SELECT id FROM t ORDER BY id")).containsExactly(1L, 3L, 4L);
    assertThat(db.query("SELECT * FROM sqlite_schema WHERE name = 'made'")).isEmpty();
  }

  @Test
  void script_thatFailsFirstInATransaction_leavesNothingToCommit() throws Exception {
    connection.setAutoCommit(false);
    assertThatThrownBy(
            () -> execute("INSERT INTO t (id) VALUES (2); INSERT INTO t (id) VALUES (2)"))
        .isInstanceOf(SQLIntegrityConstraintViolationException.class);
    connection.commit();
    assertThat(count()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void keysOfABatch_moreThanAResultMayHave_areRefusedAndNothingIsStored(boolean autoCommit)
      throws Exception {
    connection.setAutoCommit(autoCommit);
    try (PreparedStatement statement =
        connection.prepareStatement(
            "INSERT INTO t (v) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
      for (int i = 0; i <= ROWS_MAX; i++) {
        statement.setInt(1, i);
        statement.addBatch();
      }
      BatchUpdateException failure =
          catchThrowableOfType(BatchUpdateException.class, statement::executeBatch);
      assertThat(failure.getSQLState()).isEqualTo("54000");
      assertThat(failure.getMessage()).contains("tenant=acme, limit=resultRowsMax");
      assertThat(failure.getUpdateCounts()).isEmpty();
    }
    if (!autoCommit) {
      assertThatThrownBy(connection::commit).hasCauseInstanceOf(TransactionEndedException.class);
    }
    assertThat(count()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void resultsOfAScript_togetherMoreThanOneMayHave_areRefusedAndNothingIsStored(boolean autoCommit)
      throws Exception {
    connection.setAutoCommit(autoCommit);
    String insert = "INSERT INTO t (v) VALUES (1);";
    String rows = NUMBERS.formatted(ROWS_MAX / 2 + 1) + ";";
    String wide = "SELECT zeroblob(%d);".formatted(BYTES_MAX / 2 + 1);
    String returning =
        "INSERT INTO t (v) VALUES (zeroblob(%d)) RETURNING v;".formatted(BYTES_MAX / 2 + 1);
    assertTooLarge(() -> execute(insert + rows + rows), "resultRowsMax");
    assertTooLarge(() -> execute(insert + wide + wide), "resultBytesMax");
    assertTooLarge(() -> execute(insert + returning + returning), "resultBytesMax");
    execute(insert + rows + wide);
    if (!autoCommit) {
      connection.commit();
    }
    assertThat(count()).isOne();
  }

  @Test
  void connectionThatCannotBeOpened_isATypedErrorAtOnce_andOpensWhenItCan() throws Exception {
    connection.close();
    db.close(); // Which moves the log into the file; in the log the header would be sound.
    db = DB.open("acme", DBOptions.builder().directory(directory).build());
    assertThat(count()).isZero();
    Path file;
    try (Stream<Path> all = Files.walk(directory)) {
      file = all.filter(each -> each.endsWith("acme.db")).findAny().orElseThrow();
    }
    byte[] sound = new byte[100];
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.readFully(sound);
      bytes.seek(0);
      bytes.write(new byte[100]);
    }
    DataSource source = db.dataSource();
    for (int i = 0; i < 3; i++) {
      long before = System.nanoTime();
      assertThatThrownBy(source::getConnection)
          .hasCauseInstanceOf(CorruptDatabaseException.class)
          .hasMessageContaining("tenant=acme")
          .extracting(e -> ((SQLException) e).getSQLState())
          .isEqualTo("XX001");
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(3));
    }
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.write(sound);
    }
    try (Connection other = source.getConnection()) {
      assertThat(other.isValid(1)).isTrue();
    }
  }
}
