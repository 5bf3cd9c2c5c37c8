package dev.dosql.bench;

import java.util.Map;
import java.util.regex.Pattern;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs JMH's benchmarks in turn: one after the other in a new JVM each, and that several times. */
final class MicroBenchmarks {
  private static final double NANOS_PER_MICRO = 1_000;

  private final Settings settings;

  MicroBenchmarks(Settings settings) {
    this.settings = settings;
  }

  /** Nanoseconds of an operation of each method. */
  Map<String, Figures> run(Class<?> benchmark, String... methods) throws Exception {
    Contest contest = new Contest();
    for (String method : methods) {
      contest.with(method, () -> measure(benchmark.getName() + "." + method));
    }
    return contest.run(0, settings.rounds()); // JMH warms up each by itself.
  }

  private double measure(String name) throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + Pattern.quote(name) + "$")
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true);
    if (settings.forked()) {
      options.forks(1).warmupIterations(4).warmupTime(TimeValue.milliseconds(750));
      options.measurementIterations(4).measurementTime(TimeValue.milliseconds(500));
      options.jvmArgs("-Xms1g", "-Xmx1g");
    } else {
      options.forks(0).warmupIterations(0).measurementIterations(1);
      options.measurementTime(TimeValue.milliseconds(settings.slot().toMillis()));
    }
    return new Runner(options.build()).runSingle().getPrimaryResult().getScore() * NANOS_PER_MICRO;
  }
}
