package dev.dosql.internal.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.internal.values.Columns;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that come with the row, since those of the row before were asked for, are the row's. */
class FetchedRowTest {
  private static final String MIXED =
      "VALUES (1, 1), (2, 2.5), (3, 'three'), (4, x'04'), (5, NULL), (6, ''), (7, x''), (8, 8),"
          + " (9, 'a' || char(0) || 'é')";

  @TempDir Path directory;
  private DriverConnection connection;

  @BeforeEach
  void open() throws SqliteException {
    connection = DriverConnection.open(directory.resolve("a.db"), true, "PRAGMA journal_mode=WAL;");
  }

  @AfterEach
  void close() throws SqliteException {
    connection.close();
  }

  private static @Nullable Object value(SqliteStatement row, int column) {
    return switch (row.type(column)) {
      case Columns.INTEGER -> (Object) row.longAt(column);
      case Columns.REAL -> (Object) row.doubleAt(column);
      case Columns.TEXT -> row.textAt(column);
      case Columns.BLOB -> List.of(row.blobAt(column).length);
      default -> null;
    };
  }

  private List<@Nullable Object> second(String sql) throws SqliteException {
    List<@Nullable Object> values = new ArrayList<>();
    SqliteStatement statement = connection.prepare(sql);
    try {
      for (boolean row = statement.start(new Object[0]); row; row = statement.next()) {
        assertThat(statement.longAt(0)).isEqualTo(values.size() + 1L);
        values.add(value(statement, 1));
      }
    } finally {
      statement.release();
    }
    return values;
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-8", "UTF-16le"})
  void rows_whoseTypesDiffer_areReadAsTheyAreEachTime(String encoding) throws SqliteException {
    connection.close();
    connection =
        DriverConnection.open(
            directory.resolve(encoding), true, "PRAGMA encoding='" + encoding + "';");
    for (int time = 0; time < 3; time++) {
      assertThat(second(MIXED))
          .containsExactly(1L, 2.5, "three", List.of(1), null, "", List.of(0), 8L, "a\0é");
    }
  }

  @Test
  void number_askedForAsTheOtherKind_isConvertedInEachRow() throws SqliteException {
    SqliteStatement statement = connection.prepare("VALUES (1, 1.75), (2, 2), (3, '3.5')");
    List<Object> seen = new ArrayList<>();
    for (boolean row = statement.start(new Object[0]); row; row = statement.next()) {
      seen.add(statement.doubleAt(0));
      seen.add(statement.longAt(1));
    }
    statement.release();
    assertThat(seen).containsExactly(1.0, 1L, 2.0, 2L, 3.0, 3L);
  }

  @Test
  void blob_readTwice_isTwoArrays() throws SqliteException {
    SqliteStatement statement = connection.prepare("VALUES (x'01'), (x'02')");
    byte expected = 1;
    for (boolean row = statement.start(new Object[0]); row; row = statement.next()) {
      byte[] one = statement.blobAt(0);
      one[0] = 9;
      assertThat(statement.blobAt(0)).containsExactly(expected++);
    }
    statement.release();
  }

  @Test
  void value_thatTheNextReaderDoesNotWant_isNotFetched() throws SqliteException {
    SqliteStatement statement = connection.prepare("SELECT 1, zeroblob(1000)");
    statement.start(new Object[0]);
    assertThat(statement.blobAt(1)).hasSize(1_000);
    statement.release();

    statement = connection.prepare("SELECT 1, zeroblob(1000)");
    statement.attach("another reader");
    statement.start(new Object[0]);
    assertThat(statement.type(1)).isEqualTo(Columns.BLOB);
    assertThat(((DriverStatement) statement).hasFetched(1)).isFalse();
    statement.release();
  }

  @Test
  void value_thatIsLarge_isReadWhenItIsAskedFor() throws SqliteException {
    SqliteStatement statement =
        connection.prepare("VALUES (zeroblob(9)), (zeroblob(5000)), (zeroblob(9)), (zeroblob(9))");
    statement.start(new Object[0]);
    List<Boolean> fetched = new ArrayList<>();
    for (int length : new int[] {9, 5_000, 9, 9}) {
      statement.type(0);
      fetched.add(((DriverStatement) statement).hasFetched(0));
      assertThat(statement.blobAt(0)).hasSize(length);
      statement.next();
    }
    statement.release();
    assertThat(fetched).containsExactly(false, true, false, true);
  }

  @Test
  void watch_closedAfterItsConnection_doesNothing() throws SqliteException {
    SqliteConnection.InsertWatch watch = connection.watchInserts("t", 1);
    connection.close();
    watch.close();
    assertThatThrownBy(() -> connection.watchInserts("t", 1)).isInstanceOf(SqliteException.class);
  }

  @Test
  void statement_ofWhichAllColumnsChanged_isReadAnew() throws SqliteException {
    connection.execute("CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'one'), (2, 'two')");
    assertThat(second("SELECT * FROM t")).containsExactly("one", "two");
    connection.execute("ALTER TABLE t ADD COLUMN c DEFAULT 'new'");
    SqliteStatement statement = connection.prepare("SELECT * FROM t");
    statement.start(new Object[0]);
    statement.refreshColumns();
    assertThat(value(statement, 2)).isEqualTo("new");
    assertThat(statement.next()).isTrue();
    assertThat(value(statement, 2)).isEqualTo("new");
    assertThat(value(statement, 1)).isEqualTo("two");
    statement.release();
  }
}
