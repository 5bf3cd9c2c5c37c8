package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What waits for a tenant's users, on a thread that is one of them through JDBC. */
@Timeout(60)
final class DataSourceScopeTest {
  /** Well before users are ended by force, and before the writer is given up. */
  private static final Duration AT_ONCE = Duration.ofSeconds(4);

  @TempDir Path directory;
  private DoSQL dosql;
  private DB db;
  private Connection connection;

  @BeforeEach
  void open() throws SQLException {
    dosql =
        DoSQL.open(
            DBOptions.builder()
                .directory(directory)
                .writeLockTimeout(AT_ONCE.plusMinutes(1))
                .build());
    db = dosql.db("acme");
    db.exec("CREATE TABLE t (v); INSERT INTO t VALUES (1), (2), (3)");
    connection = db.dataSource().getConnection();
  }

  @AfterEach
  void close() {
    dosql.close();
  }

  private void change(String kind) {
    switch (kind) {
      case "suspend" -> dosql.suspend("acme");
      case "delete" -> dosql.delete("acme");
      case "rename" -> dosql.rename("acme", "beta");
      case "migrateAll" -> dosql.migrateAll(FleetOptions.builder().build());
      default ->
          dosql.eachTenant(each -> each.run("DELETE FROM t"), FleetOptions.builder().build());
    }
  }

  private static void assertRefusedAtOnce(ThrowingCallable call) {
    long before = System.nanoTime();
    assertThatThrownBy(call)
        .isInstanceOf(TransactionScopeException.class)
        .hasMessageContaining("tenant=acme");
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(AT_ONCE);
  }

  private long count() {
    return db.queryOne(Long.class, "SELECT count(*) FROM t").orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"suspend", "delete", "rename", "migrateAll", "eachTenant"})
  void transaction_ofThisThread_refusesWhatWouldWaitForItAndGoesOn(String kind) throws Exception {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("INSERT INTO t VALUES (4)");
      assertRefusedAtOnce(() -> change(kind));
      statement.executeUpdate("INSERT INTO t VALUES (5)");
    }
    connection.commit();
    connection.close();
    assertThat(count()).isEqualTo(5);
    change(kind); // Now there is nothing to wait for.
  }

  @ParameterizedTest
  @ValueSource(strings = {"suspend", "delete", "rename"})
  void snapshotOrResult_ofThisThread_refusesWhatWouldWaitForItAndGoesOn(String kind)
      throws Exception {
    try (Statement statement = connection.createStatement()) {
      ResultSet rows = statement.executeQuery("SELECT v FROM t");
      rows.next();
      assertRefusedAtOnce(() -> change(kind));
      assertThat(rows.next()).isTrue();
      rows.close();
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      statement.executeQuery("SELECT v FROM t").close();
      assertRefusedAtOnce(() -> change(kind));
      connection.rollback();
    }
    connection.close();
    change(kind);
  }

  @Test
  void snapshot_ofThisThread_doesNotRefuseAFleetThatWrites() throws Exception {
    connection.setReadOnly(true);
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT v FROM t")) {
      FleetResult<RunResult> result =
          dosql.eachTenant(each -> each.run("DELETE FROM t"), FleetOptions.builder().build());
      assertThat(result.results()).containsOnlyKeys("acme");
      assertThat(rows.next() && rows.next() && rows.next()).isTrue();
    }
    connection.close();
    assertThat(count()).isZero();
  }
}
