package dev.dosql.bench;

import dev.dosql.internal.engine.StatementWatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/**
 * What a statement pays for its event while no flight recording wants it; the one benchmark that
 * looks inside the library, as the public API cannot leave the event out.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RecordingBenchmark {
  /** The look whether somebody records; null, as nobody does. */
  @Benchmark
  public @Nullable Object nobodyRecords() {
    return StatementWatch.event();
  }
}
