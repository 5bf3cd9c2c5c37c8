package dev.dosql.storage.ship;

import java.util.concurrent.atomic.LongAdder;

/** Counts requests of a store by their kind, and the bytes that go with them. */
public final class Requests {
  final LongAdder puts = new LongAdder();
  final LongAdder gets = new LongAdder();
  final LongAdder lists = new LongAdder();
  final LongAdder deletes = new LongAdder();
  final LongAdder bytesPut = new LongAdder();
  final LongAdder bytesGot = new LongAdder();

  /** Makes counters, all zero. */
  public Requests() {}

  /** The counters as of now. */
  public Counted counted() {
    return new Counted(
        puts.sum(), gets.sum(), lists.sum(), deletes.sum(), bytesPut.sum(), bytesGot.sum());
  }

  /**
   * What was counted.
   *
   * @param puts objects put, refused ones included
   * @param gets objects or ranges read, absent ones included
   * @param lists pages listed
   * @param deletes objects deleted
   * @param bytesPut bytes sent
   * @param bytesGot bytes received
   */
  public record Counted(
      long puts, long gets, long lists, long deletes, long bytesPut, long bytesGot) {}
}
