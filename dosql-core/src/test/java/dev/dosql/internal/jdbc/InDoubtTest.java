package dev.dosql.internal.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.CommitInDoubtException;
import dev.dosql.DBOptions;
import dev.dosql.StorageException;
import dev.dosql.internal.engine.Faults;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.tenant.Instance;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A connection whose commit may or may not be stored, and those beside it. */
@Timeout(60)
@SuppressWarnings("try") // closed twice
class InDoubtTest {
  /** Whoever opens a tenant again waits so long for connections that were not given back. */
  private static final Duration DRAIN = Duration.ofSeconds(10);

  @TempDir Path directory;
  private Instance instance;
  private DataSource source;

  @BeforeEach
  void open() throws SQLException {
    instance = Instance.open(DBOptions.builder().directory(directory).build(), "InDoubtTest");
    source = source("acme");
    try (Connection connection = source.getConnection()) {
      execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    }
  }

  @AfterEach
  void close() {
    instance.close();
  }

  private DataSource source(String tenant) {
    return new TenantDataSource(tenant, () -> instance.acquire(tenant, true), instance.jdbc());
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long count(DataSource source) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private void failForces() {
    OpenTenant tenant = instance.acquire("acme", true);
    Faults.beforeForce(
        tenant,
        () -> {
          throw new IOException("disk");
        });
    tenant.unpin();
  }

  private static SQLException failure(ThrowingCallable call) {
    return catchThrowableOfType(SQLException.class, call);
  }

  private static void assertInDoubt(ThrowingCallable call) {
    SQLException failure = failure(call);
    assertThat(failure instanceof SQLNonTransientConnectionException).isTrue();
    assertThat(failure.getSQLState()).isEqualTo("08007");
    assertThat(failure.getCause()).isInstanceOf(CommitInDoubtException.class);
  }

  private static void assertOfNoMoreUse(ThrowingCallable call) {
    SQLException failure = failure(call);
    assertThat(failure instanceof SQLNonTransientConnectionException).isTrue();
    assertThat(failure.getSQLState()).isEqualTo("08006");
    assertThat(failure.getMessage()).contains("tenant=");
    assertThat(failure.getCause()).isInstanceOf(StorageException.class);
  }

  private static void assertOfNoMoreUse(Connection connection) throws SQLException {
    assertOfNoMoreUse(() -> execute(connection, "SELECT 1"));
    assertOfNoMoreUse(() -> execute(connection, "INSERT INTO t VALUES (2)"));
    assertOfNoMoreUse(() -> connection.prepareStatement("SELECT 1"));
    assertOfNoMoreUse(() -> connection.setAutoCommit(true));
    assertOfNoMoreUse(() -> connection.setReadOnly(true));
    assertOfNoMoreUse(connection::setSavepoint);
    assertOfNoMoreUse(connection::commit);
    assertOfNoMoreUse(connection::rollback); // It would not tell whether anything is undone.
    assertOfNoMoreUse(connection::getMetaData);
    assertThat(connection.isValid(1)).isFalse();
    assertThat(connection.isClosed()).isFalse();
  }

  @Test
  void commit_thatIsNotForced_endsTheConnection_andTheTenantIsOpenedAgainBesideIt()
      throws Exception {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      execute(connection, "INSERT INTO t VALUES (1)");
      failForces();
      assertInDoubt(connection::commit);
      assertOfNoMoreUse(connection);
      assertOfNoMoreUse(() -> statement.executeQuery("SELECT 1"));
      long before = System.nanoTime();
      assertThat(count(source)).isOne(); // By this very thread, which has not closed the other yet.
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(DRAIN.dividedBy(2));
      assertOfNoMoreUse(connection);
      connection.close();
      assertThat(connection.isClosed()).isTrue();
      assertThat(failure(connection::commit).getSQLState()).isEqualTo("08003");
    }
    assertThat(count(source)).isOne();
  }

  @Test
  void statementWithAutoCommit_thatIsNotForced_endsTheConnection() throws Exception {
    try (Connection connection = source.getConnection()) {
      failForces();
      assertInDoubt(() -> execute(connection, "INSERT INTO t VALUES (1)"));
      assertOfNoMoreUse(connection);
    }
    assertThat(count(source)).isOne();
  }

  @Test
  void commit_thatTheDiskRefuses_endsTheConnectionAndStoresNothing() throws Exception {
    OpenTenant tenant = instance.acquire("globex", true);
    Faults.failCommitOfBridge(tenant);
    tenant.unpin();
    DataSource globex = source("globex");
    try (Connection connection = globex.getConnection();
        Connection beside = globex.getConnection()) {
      execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
      connection.setAutoCommit(false);
      execute(connection, "INSERT INTO t VALUES (1)");
      assertInDoubt(connection::commit);
      assertOfNoMoreUse(connection);
      assertOfNoMoreUse(beside);
      assertThat(count(globex)).isZero();
    }
  }

  @Test
  void connectionsBeside_ofATenantThatIsOpenedAgain_areOfNoMoreUse() throws Exception {
    try (Connection connection = source.getConnection();
        Connection snapshot = source.getConnection();
        Statement reading = snapshot.createStatement();
        Connection idle = source.getConnection()) {
      execute(connection, "INSERT INTO t VALUES (1), (2)");
      snapshot.setReadOnly(true);
      snapshot.setAutoCommit(false);
      ResultSet rows = reading.executeQuery("SELECT id FROM t");
      rows.next();
      failForces();
      assertInDoubt(() -> execute(connection, "INSERT INTO t VALUES (3)"));
      assertOfNoMoreUse(rows::next);
      assertOfNoMoreUse(snapshot);
      assertOfNoMoreUse(idle);
      assertThat(count(source)).isEqualTo(3);
    }
  }

  @Test
  void connectionInDoubt_isNotLentAgain() throws Exception {
    OpenTenant tenant = instance.acquire("acme", true); // And so it is not closed.
    ConnectionPool pool =
        (ConnectionPool)
            tenant.bridge(
                opener -> {
                  throw new IllegalStateException("there is one");
                });
    try {
      PooledConnection first = borrowed(pool);
      try (Connection connection = source.getConnection()) {
        assertThat(first.isClosed()).isFalse();
        failForces();
        assertInDoubt(() -> execute(connection, "INSERT INTO t VALUES (1)"));
        Waits.until("connection is closed", first::isClosed);
        assertThat(borrowed(pool)).isNotSameAs(first);
      }
    } finally {
      tenant.unpin();
    }
  }

  /** The one that this thread has next. */
  private static PooledConnection borrowed(ConnectionPool pool) throws SQLException {
    try (Connection lease = pool.borrow()) {
      return lease.unwrap(PooledConnection.class);
    }
  }
}
