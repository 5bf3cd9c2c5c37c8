package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.testing.Callers;
import dev.dosql.testing.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process that does not know this library, with a tenant's file open. */
@Timeout(120)
class ForeignProcessTest {
  private static final Duration WAIT = Duration.ofMillis(400);

  @TempDir Path data;
  private DoSQL tenants;
  private DB acme;

  @BeforeEach
  void open() {
    tenants = DoSQL.open(DBOptions.builder().directory(data).writeLockTimeout(WAIT).build());
    acme = tenants.db("acme");
    acme.exec("CREATE TABLE t(x); INSERT INTO t VALUES('ours')");
  }

  @AfterEach
  void close() {
    tenants.close();
  }

  private ChildJvm foreign() throws Exception {
    return Child.sqlite(data.resolve("acme.db"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"})
  void file_heldByAForeignWriter_writesFailTypedAfterABoundedWaitAndReadsGoOn(String begin)
      throws Exception {
    try (ChildJvm foreign = foreign()) {
      assertThat(foreign.ask(begin)).isEqualTo("ok");
      assertThat(foreign.ask("INSERT INTO t VALUES('theirs')")).isEqualTo("ok");

      List<Runnable> writes =
          List.of(
              () -> acme.run("INSERT INTO t VALUES(1)"),
              () -> acme.query("INSERT INTO t VALUES(1) RETURNING x"),
              () -> acme.exec("INSERT INTO t VALUES(1)"),
              () -> acme.batch("INSERT INTO t VALUES(?)", List.of(1)),
              () -> acme.useTransaction(tx -> tx.run("INSERT INTO t VALUES(1)")));
      for (Runnable write : writes) {
        long begun = System.nanoTime();
        assertThatExceptionOfType(DatabaseLockedException.class)
            .isThrownBy(write::run)
            .withMessageContaining("tenant=acme")
            .withMessageContaining("another process");
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
            .isBetween(WAIT, WAIT.plusSeconds(10));
      }
      assertThat(acme.query(String.class, "SELECT x FROM t")).containsExactly("ours");
      List<Row> read = acme.read(reads -> reads.query("SELECT x FROM t"));
      assertThat(read).hasSize(1);

      assertThat(foreign.ask("COMMIT")).isEqualTo("ok");
      acme.run("INSERT INTO t VALUES('after')");
      assertThat(acme.query(String.class, "SELECT x FROM t"))
          .containsExactly("ours", "theirs", "after");
    }
  }

  @Test
  void file_letGoWhileWeWait_isWritten() throws Exception {
    try (ChildJvm foreign = foreign()) {
      assertThat(foreign.ask("BEGIN IMMEDIATE")).isEqualTo("ok");
      Callers.together(
          2,
          number -> {
            if (number == 0) {
              return acme.run("INSERT INTO t VALUES('waited')").changes();
            }
            Thread.sleep(100);
            return foreign.ask("ROLLBACK");
          });
      assertThat(acme.query("SELECT x FROM t")).hasSize(2);
    }
  }

  @Test
  void file_heldWhenTheTenantIsOpened_isATypedErrorAfterABoundedWait() throws Exception {
    tenants.close();
    try (ChildJvm foreign = foreign()) {
      assertThat(foreign.ask("PRAGMA locking_mode=EXCLUSIVE")).isEqualTo("exclusive");
      assertThat(foreign.ask("INSERT INTO t VALUES('theirs')")).isEqualTo("ok");
      tenants = DoSQL.open(DBOptions.builder().directory(data).writeLockTimeout(WAIT).build());
      acme = tenants.db("acme");

      long begun = System.nanoTime();
      assertThatExceptionOfType(DatabaseLockedException.class)
          .isThrownBy(() -> acme.query("SELECT x FROM t"))
          .withMessageContaining("tenant=acme");
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(WAIT);

      foreign.kill();
      assertThat(acme.query("SELECT x FROM t")).hasSize(2);
    }
  }

  /** Closing any descriptor of the file in this process would drop SQLite's locks on it. */
  @Test
  void liveFile_afterAllThatWeDoBesideSqlite_isStillLocked() throws Exception {
    acme.run("INSERT INTO t VALUES('in the log')");
    tenants.db("other").exec("CREATE TABLE t(x)");
    assertThat(tenants.tenants()).hasSize(2).allMatch(each -> each.sizeBytes() > 0);
    assertThat(tenants.find("acme")).isPresent();
    assertThatExceptionOfType(TenantExistsException.class).isThrownBy(() -> tenants.create("acme"));
    tenants.resume("acme");
    tenants.delete("other");
    acme.run("INSERT INTO t VALUES('more')");
    assertThat(Child.locks(data.resolve("acme.db"))).isEqualTo("db shm");

    // The last to close would move the log into the file and delete it.
    try (ChildJvm foreign = foreign()) {
      assertThat(foreign.ask("SELECT count(*) FROM t")).isEqualTo("3");
    }
    assertThat(data.resolve("acme.db-wal")).exists();
    assertThat(Files.size(data.resolve("acme.db-wal"))).isPositive();

    acme.run("INSERT INTO t VALUES('later')");
    try (ChildJvm foreign = foreign()) {
      assertThat(foreign.ask("SELECT count(*) FROM t")).isEqualTo("4");
      acme.useTransaction(
          tx -> {
            tx.run("INSERT INTO t VALUES('ours')");
            assertThat(tenants.tenants()).hasSize(1);
            assertThat(foreign.ask("INSERT INTO t VALUES('theirs')")).contains("SQLITE_BUSY");
          });
      assertThat(foreign.ask("SELECT count(*) FROM t")).isEqualTo("5");
      assertThat(foreign.ask("INSERT INTO t VALUES('theirs')")).isEqualTo("ok");
    }
    assertThat(acme.query("SELECT x FROM t")).hasSize(6);
  }

  @Test
  void tenant_closedUnderAForeignReader_losesNothing() throws Exception {
    try (ChildJvm foreign = foreign()) {
      assertThat(foreign.ask("BEGIN")).isEqualTo("ok");
      assertThat(foreign.ask("SELECT count(*) FROM t")).isEqualTo("1");
      acme.run("INSERT INTO t VALUES('unseen')");
      tenants.close();
      assertThat(foreign.ask("SELECT count(*) FROM t")).isEqualTo("1");
      assertThat(foreign.ask("COMMIT")).isEqualTo("ok");
      assertThat(foreign.ask("SELECT count(*) FROM t")).isEqualTo("2");
    }
  }
}
