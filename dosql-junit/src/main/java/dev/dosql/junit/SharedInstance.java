package dev.dosql.junit;

import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.ExtensionContext.Store;

/**
 * An instance that tests with equal options share, closed when the last test of the run has ended.
 *
 * <p>Safe for use by many threads.
 */
final class SharedInstance implements AutoCloseable {
  /**
   * How many a run keeps: each has a thread and a template. More are asked for only by mistake, as
   * when every test makes functions of its own for options that are otherwise the same.
   */
  static final int KEPT_MAX = 32;

  private static final System.Logger log = System.getLogger("dev.dosql.junit");

  private final DoSQL instance;

  private SharedInstance(DoSQL instance) {
    this.instance = instance;
  }

  /** The instance of these options; made now if it is the first time and there is room. */
  static Optional<SharedInstance> of(Store run, DBOptions options) {
    Made made = run.getOrComputeIfAbsent(Made.class, any -> new Made(), Made.class);
    if (made.count.get() >= KEPT_MAX && run.get(options) == null) {
      made.warnOnce();
      return Optional.empty();
    }
    return Optional.of(
        run.getOrComputeIfAbsent(options, some -> make(some, made), SharedInstance.class));
  }

  private static SharedInstance make(DBOptions options, Made made) {
    made.count.incrementAndGet();
    return new SharedInstance(DoSQL.memory(options));
  }

  DoSQL instance() {
    return instance;
  }

  @Override
  public void close() {
    instance.close();
  }

  /** How many a run has made, and whether it was told that there is no room for more. */
  private static final class Made {
    final AtomicInteger count = new AtomicInteger();
    final AtomicBoolean warned = new AtomicBoolean();

    void warnOnce() {
      if (warned.compareAndSet(false, true)) {
        log.log(
            System.Logger.Level.WARNING,
            "tests have too many different options to share instances, so the migrations run for"
                + " each further one: functions and the like should be in constants (max={0})",
            KEPT_MAX);
      }
    }
  }
}
