package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.session.TenantDB;
import dev.dosql.internal.tenant.Instance;
import dev.dosql.internal.tenant.TenantName;
import dev.dosql.testing.ChildJvm;
import dev.dosql.testing.Waits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A tenant that is read again and again, for whose readers the lock on the log is held: nobody may
 * notice but by the time that reads take.
 */
@Timeout(60)
class ReadLockTest {
  /** Many more than it takes. */
  private static final int MANY = 5_000;

  private static final String CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)";
  private static final String BUSY = "1";
  private static final String DONE = "0";

  @TempDir Path data;
  private DoSQL tenants;
  private DB acme;

  @BeforeEach
  void open() {
    tenants = DoSQL.open(DBOptions.builder().directory(data).build());
    acme = tenants.db("acme");
    acme.exec("CREATE TABLE t (v); INSERT INTO t VALUES (1)");
  }

  @AfterEach
  void close() {
    tenants.close();
  }

  private ChildJvm foreign() throws Exception {
    return Child.sqlite(data.resolve("acme.db"));
  }

  private Path log() {
    return data.resolve("acme.db-wal");
  }

  private long count() {
    return acme.queryOne(long.class, "SELECT count(*) FROM t").orElseThrow();
  }

  private void readOften() {
    for (int i = 0; i < MANY; i++) {
      assertThat(count()).isPositive();
    }
  }

  @Test
  void lock_whileATenantIsReadMuch_isHeldAndLetGoSoonAfterwards() throws Exception {
    try (ChildJvm foreign = foreign()) {
      assertThat(foreign.ask("SELECT count(*) FROM t")).isEqualTo("1");
      acme.run("INSERT INTO t VALUES (2)");
      assertThat(foreign.ask(CHECKPOINT)).as("after few reads").isEqualTo(DONE);
      acme.run("INSERT INTO t VALUES (3)");
      Waits.until(
          "it is held",
          () -> {
            readOften();
            return ask(foreign, CHECKPOINT).equals(BUSY);
          });
      Waits.until("it is let go", () -> ask(foreign, CHECKPOINT).equals(DONE));
    }
  }

  @Test
  void commits_ofAnybody_areSeenByTheNextRead() throws Exception {
    try (ChildJvm foreign = foreign()) {
      for (int i = 1; i < 20; i++) {
        readOften();
        assertThat(count()).isEqualTo(i);
        if (i % 2 == 0) {
          acme.run("INSERT INTO t VALUES (?)", i);
        } else {
          assertThat(foreign.ask("INSERT INTO t VALUES (0)")).isEqualTo("ok");
        }
        assertThat(count()).isEqualTo(i + 1);
      }
    }
  }

  @Test
  void foreignCheckpoint_whileReadsNeverStop_succeedsInBoundedTime() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    Thread reader =
        new Thread(
            () -> {
              while (!stop.get()) {
                count();
              }
            });
    reader.start();
    try (ChildJvm foreign = foreign()) {
      for (int i = 0; i < 3; i++) {
        acme.run("INSERT INTO t VALUES (?)", i);
        Waits.until("it is let go", () -> ask(foreign, CHECKPOINT).equals(DONE));
      }
    } finally {
      stop.set(true);
      reader.join();
    }
  }

  @Test
  void log_ofATenantThatIsReadMuch_isMovedByTheLibraryAllTheSame() throws Exception {
    for (int i = 0; i < 10; i++) {
      acme.run("INSERT INTO t VALUES (randomblob(100000))");
      readOften();
    }
    acme.run("DELETE FROM t WHERE rowid > 1");
    readOften();
    acme.vacuum();
    assertThat(Files.size(log())).as("moved with VACUUM").isZero();
    readOften();
    tenants.close();
    assertThat(log()).doesNotExist();
  }

  @Test
  void tenant_thatIsOnlyRead_opensNoConnectionThatWrites() {
    tenants.close();
    DBOptions options = DBOptions.builder().directory(data).build();
    try (Instance instance = Instance.open(options, "test")) {
      OpenTenant tenant = instance.acquire("acme", false);
      try {
        acme = new TenantDB(instance, new TenantName("acme"), () -> {});
        readOften();
        assertThat(tenant.writer().isConnected()).isFalse();
        acme.run("INSERT INTO t VALUES (2)");
        assertThat(tenant.writer().isConnected()).isTrue();
      } finally {
        tenant.unpin();
      }
    }
  }

  @Test
  void tenant_readMuchThenDeletedAndMadeAgain_isEmpty() {
    readOften();
    tenants.delete("acme");
    assertThat(acme.query("SELECT name FROM sqlite_schema WHERE name = 't'")).isEmpty();
  }

  private static String ask(ChildJvm foreign, String sql) {
    try {
      return foreign.ask(sql);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
