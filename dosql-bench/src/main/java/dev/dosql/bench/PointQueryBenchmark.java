package dev.dosql.bench;

import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** One row by its key into a record; the rows asked for fit into the page cache. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class PointQueryBenchmark {
  private static final int KEYS = 1_000;

  /** The library. */
  @Benchmark
  public Account dosql(Contenders.Library library, Keys keys) {
    return library.db.queryOne(Account.class, Accounts.BY_KEY, keys.next()).orElseThrow();
  }

  /** The library beside a flight recording that does not want its events. */
  @Benchmark
  public Account dosqlUnrecorded(Contenders.LibraryBesideARecording library, Keys keys) {
    return library.db.queryOne(Account.class, Accounts.BY_KEY, keys.next()).orElseThrow();
  }

  /** The library with an event recorded of each query. */
  @Benchmark
  public Account dosqlRecorded(Contenders.LibraryRecorded library, Keys keys) {
    return library.db.queryOne(Account.class, Accounts.BY_KEY, keys.next()).orElseThrow();
  }

  /** JDBC by hand on the same driver, with a statement that is prepared once. */
  @Benchmark
  public Account handWritten(Contenders.HandWritten peer, Keys keys) throws SQLException {
    return peer.statements.byKey(keys.next());
  }

  /** The same on H2. */
  @Benchmark
  public Account h2(Contenders.H2 peer, Keys keys) throws SQLException {
    return peer.statements.byKey(keys.next());
  }

  /** Jdbi over HikariCP. */
  @Benchmark
  public Account jdbi(Contenders.Pooled peer, Keys keys) {
    return peer.jdbi.withHandle(
        handle ->
            handle.createQuery(Accounts.BY_KEY).bind(0, keys.next()).mapTo(Account.class).one());
  }

  /** Spring's JdbcClient over HikariCP. */
  @Benchmark
  public Account springJdbcClient(Contenders.Pooled peer, Keys keys) {
    return peer.spring.sql(Accounts.BY_KEY).param(keys.next()).query(Account.class).single();
  }

  /** Keys in an order that jumps about, the same for everybody. */
  @State(Scope.Thread)
  public static class Keys {
    private long last;

    long next() {
      last = (last + 389) % KEYS;
      return last + 1;
    }
  }
}
