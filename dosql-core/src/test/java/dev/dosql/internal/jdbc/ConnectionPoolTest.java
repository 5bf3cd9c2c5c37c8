package dev.dosql.internal.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DBOptions;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.tenant.Instance;
import dev.dosql.testing.Callers;
import dev.dosql.testing.Waits;
import java.lang.ref.WeakReference;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConnectionPoolTest {
  @AutoClose
  private final Instance instance =
      Instance.inMemory(DBOptions.builder().openTenantsMax(1).build());

  private final DataSource source =
      new TenantDataSource("acme", () -> instance.acquire("acme", true), instance.jdbc());

  private WeakReference<OpenTenant.Bridge> used() throws Exception {
    OpenTenant tenant = instance.acquire("acme", true);
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS t (a)");
      return new WeakReference<>(
          tenant.bridge(
              opener -> {
                throw new IllegalStateException("there is one");
              }));
    } finally {
      tenant.unpin();
    }
  }

  /** HikariCP's own list of a thread's last connections would hold every pool it ever used. */
  @Test
  void pool_ofATenantThatWasEvicted_isNotKeptByTheThreadThatUsedIt() throws Exception {
    WeakReference<OpenTenant.Bridge> pool = used();
    assertThat(pool.get()).isNotNull();
    Callers.start(() -> instance.acquire("globex", true).unpin()).join(); // Evicts it.
    Waits.until(
        "pool is forgotten",
        () -> {
          System.gc();
          return pool.get() == null;
        });
  }

  @Test
  void settingOfTheProcess_changedByOthersWhileAPoolIsMade_isLeftAsTheyWantIt() throws Exception {
    String name = ForgettablePool.WEAK_REFERENCES;
    assertThat(System.getProperty(name)).isNull();
    Thread other = new Thread(() -> System.setProperty(name, "false"));
    try {
      String seen =
          ForgettablePool.create(
              () -> {
                other.start();
                untilBlocked(other);
                return System.getProperty(name);
              });
      assertThat(seen).isEqualTo("true");
      other.join();
      assertThat(System.getProperty(name)).isEqualTo("false");
      assertThat(ForgettablePool.create(() -> System.getProperty(name))).isEqualTo("false");
      assertThat(System.getProperty(name)).isEqualTo("false");
    } finally {
      System.clearProperty(name);
    }
    assertThat(ForgettablePool.create(() -> System.getProperty(name))).isEqualTo("true");
    assertThat(System.getProperty(name)).isNull();
  }

  private static void untilBlocked(Thread thread) {
    try {
      Waits.until("thread is blocked", () -> thread.getState() == Thread.State.BLOCKED);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void pool_isMadeAtTheFirstConnectionOnly() throws SQLException {
    OpenTenant tenant = instance.acquire("acme", true);
    boolean[] made = new boolean[1];
    try {
      tenant.expireOverdue(System.nanoTime()); // Without one.
      tenant.bridge(
          opener -> {
            made[0] = true;
            return new ConnectionPool("acme", opener, instance.jdbc());
          });
      assertThat(made[0]).isTrue();
      source.getConnection().close();
    } catch (SqliteException e) {
      throw new AssertionError(e);
    } finally {
      tenant.unpin();
    }
  }
}
