package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.dosql.testing.HeldWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Evicted tenants whose closing takes long. HikariCP says in the log that it closes a pool, and
 * here the log does not come back from that until it is let: the real code, on its real thread.
 */
@Timeout(120)
class SlowEvictionTest {
  private static final Logger POOLS =
      (Logger) LoggerFactory.getLogger("com.zaxxer.hikari.HikariDataSource");

  @TempDir Path data;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final CountDownLatch letGo = new CountDownLatch(1);
  private final Level level = POOLS.getLevel();

  private final AppenderBase<ILoggingEvent> slow =
      new AppenderBase<>() {
        @Override
        public void doAppend(ILoggingEvent event) { // Without the lock that the other one takes.
          if (event.getFormattedMessage().contains("dosql-slow - Shutdown initiated")) {
            closing.countDown();
            await(letGo);
          }
        }

        @Override
        protected void append(ILoggingEvent event) {
          throw new UnsupportedOperationException();
        }
      };

  @BeforeEach
  void slowDown() {
    slow.start();
    POOLS.setLevel(Level.INFO);
    POOLS.addAppender(slow);
  }

  @AfterEach
  void restore() {
    letGo.countDown();
    POOLS.detachAppender(slow);
    POOLS.setLevel(level);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private DBOptions.Builder options(Duration transactionTimeout) {
    return DBOptions.builder()
        .directory(data)
        .writeLockTimeout(Duration.ofSeconds(20))
        .limits(Limits.builder().transactionTimeout(transactionTimeout).build());
  }

  /** Makes the pool of the tenant's DataSource. */
  private static DB withPool(DoSQL tenants) throws Exception {
    DB slow = tenants.db("slow");
    slow.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1), (2), (3)");
    try (Connection connection = slow.dataSource().getConnection()) {
      assertThat(connection.isValid(1)).isTrue();
    }
    return slow;
  }

  /** Others write although somebody holds the transaction, as soon as its time is up. */
  private static void assertExpires(DB db) {
    try (HeldWriter held = HeldWriter.of(db)) {
      db.run("INSERT INTO t VALUES('other')");
      assertThat(held.failure()).isNull(); // Its holder has not noticed yet.
    }
  }

  @Test
  void transaction_overdueWhileAnIdleTenantIsClosedSlowly_isTakenBackAllTheSame() throws Exception {
    DBOptions options = options(Duration.ofMillis(300)).idleTimeout(Duration.ofMillis(50)).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB other = tenants.db("other");
      other.exec("CREATE TABLE t(x)");
      withPool(tenants);
      await(closing);
      assertExpires(other);
      assertThat(letGo.getCount()).as("the other is still being closed").isEqualTo(1);
      letGo.countDown();
      assertThat(other.query(String.class, "SELECT x FROM t")).containsExactly("other");
    }
  }

  @Test
  void transaction_overdueWhileATenantGoesWhoseStreamWasTakenBack_isTakenBackAllTheSame()
      throws Exception {
    DBOptions options = options(Duration.ofSeconds(1)).openTenantsMax(1).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      tenants.db("other").exec("CREATE TABLE t(x)");
      DB slow = withPool(tenants);
      try (RowStream<Integer> forgotten = slow.stream(Integer.class, "SELECT x FROM t")) {
        assertThat(forgotten.next()).isEqualTo(1);
        DB other = tenants.db("other");
        Thread.sleep(600); // So that the two are not overdue at the same look.
        try (HeldWriter held = HeldWriter.of(other)) {
          await(closing); // The stream was taken back, and there is one tenant too many.
          other.run("INSERT INTO t VALUES('other')");
          assertThat(held.failure()).isNull();
        }
        assertThat(letGo.getCount()).as("the other is still being closed").isEqualTo(1);
        letGo.countDown();
        assertThat(other.query(String.class, "SELECT x FROM t")).containsExactly("other");
      }
    }
  }
}
