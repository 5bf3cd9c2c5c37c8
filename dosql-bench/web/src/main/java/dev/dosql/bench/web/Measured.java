package dev.dosql.bench.web;

import dev.dosql.bench.Figures;

/** A contestant's figures of one kind of work, a value for each round. */
final class Measured {
  private final Figures perSecond = new Figures();
  private final Figures p50 = new Figures();
  private final Figures p99 = new Figures();
  private final Figures processor = new Figures();

  void add(Wrk.Result result, double processorSeconds) {
    perSecond.add(result.perSecond());
    p50.add(result.p50());
    p99.add(result.p99());
    processor.add(processorSeconds * 1e6 / result.requests());
  }

  /** Requests a second. */
  Figures perSecond() {
    return perSecond;
  }

  /** Microseconds of half of the answers. */
  Figures p50() {
    return p50;
  }

  /** Microseconds of 99 of a hundred. */
  Figures p99() {
    return p99;
  }

  /** Microseconds of processors that the service used for a request. */
  Figures processor() {
    return processor;
  }
}
