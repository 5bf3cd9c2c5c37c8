package dev.dosql.internal.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A connection keeps statements prepared, but not many and not much. */
class StatementCacheTest {
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

  private void run(String sql) throws SqliteException {
    SqliteStatement statement = connection.prepare(sql);
    assertThat(statement.start(new Object[0])).isTrue();
    statement.release();
  }

  @Test
  void statements_shortOnes_areKeptUpToANumber() throws SqliteException {
    for (int i = 0; i < 200; i++) {
      run("SELECT " + i);
    }

    assertThat(connection.cachedStatements()).isEqualTo(64);
  }

  @Test
  void statements_longOnes_areKeptUpToTheirBytes() throws SqliteException {
    for (int i = 0; i < 64; i++) {
      run("SELECT " + i + " -- " + "x".repeat(8_000));
    }

    assertThat(connection.cachedStatements()).isEqualTo(3);
    run("SELECT 'still works'");
  }

  @Test
  void statement_preparedTwiceAtOnce_isKeptOnce() throws SqliteException {
    SqliteStatement one = connection.prepare("SELECT 1");
    SqliteStatement other = connection.prepare("SELECT 1");
    assertThat(one.start(new Object[0])).isTrue();
    assertThat(other.start(new Object[0])).isTrue();
    int kept = connection.cachedStatements();
    other.release();
    one.release();

    assertThat(connection.cachedStatements()).isEqualTo(kept);
    run("SELECT 1");
  }
}
