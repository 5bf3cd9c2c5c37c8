package dev.dosql.bench;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/** All 100,000 rows of a table into a list of records. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ScanBenchmark {
  /** The library. */
  @Benchmark
  public List<Account> dosql(Contenders.Library library) {
    return library.db.query(Account.class, Accounts.ALL);
  }

  /** A loop by hand on the same driver. */
  @Benchmark
  public List<Account> handWritten(Contenders.HandWritten peer) throws SQLException {
    return peer.statements.all();
  }

  /** The same on H2. */
  @Benchmark
  public List<Account> h2(Contenders.H2 peer) throws SQLException {
    return peer.statements.all();
  }
}
