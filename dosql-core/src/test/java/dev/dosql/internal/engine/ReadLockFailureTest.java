package dev.dosql.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.internal.sqlite.DriverConnection;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A shared lock that cannot be taken: reads go on without it, and it is tried again. */
class ReadLockFailureTest {
  @TempDir Path directory;

  @Test
  void hold_failsAfterItsBegin_isTakenTheNextTime() throws Exception {
    Path file = directory.resolve("t.db");
    AtomicInteger opened = new AtomicInteger();
    try (SqliteConnection writing = DriverConnection.open(file, true, "PRAGMA journal_mode=WAL")) {
      writing.execute("CREATE TABLE t (v)");
      ReadLock lock =
          new ReadLock(
              () -> {
                SqliteConnection real = DriverConnection.openReadOnly(file);
                return opened.incrementAndGet() == 1 ? failingOnce(real) : real;
              },
              "acme");

      lock.countReads(1_000);
      assertThat(isBusy(writing)).as("not taken, and not taken by halves").isFalse();
      writing.execute("INSERT INTO t VALUES (1)");
      lock.countReads(1_000);
      assertThat(isBusy(writing)).as("taken").isTrue();
      lock.letGo();
      assertThat(isBusy(writing)).isFalse();
      lock.close();
      assertThat(opened).hasValue(2);
    }
  }

  private static boolean isBusy(SqliteConnection writing) throws SqliteException {
    return WriteStatements.number(writing, "PRAGMA wal_checkpoint(TRUNCATE)") != 0;
  }

  /** The real one, but that its transaction begins and what comes next fails. */
  private static SqliteConnection failingOnce(SqliteConnection real) {
    return (SqliteConnection)
        Proxy.newProxyInstance(
            SqliteConnection.class.getClassLoader(),
            new Class<?>[] {SqliteConnection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("execute")
                  && arguments[0].toString().startsWith("BEGIN")) {
                real.execute("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1");
                throw new SqliteException(SqliteException.IOERR, "disk I/O error");
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
