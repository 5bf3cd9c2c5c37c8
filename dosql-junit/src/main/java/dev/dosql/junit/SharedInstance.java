package dev.dosql.junit;

import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.extension.ExtensionContext.Store;

/**
 * An instance that tests with equal options share, closed when the last test of the run has ended.
 *
 * <p>Safe for use by many threads.
 */
final class SharedInstance implements AutoCloseable {
  /**
   * How many a run keeps: each has two threads and a template. More are asked for only by mistake,
   * as when every test makes functions of its own for options that are otherwise the same.
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
    made.lock.lock();
    try {
      if (made.count >= KEPT_MAX && run.get(options) == null) {
        made.warnOnce();
        return Optional.empty();
      }
      return Optional.of(
          run.getOrComputeIfAbsent(options, some -> make(some, made), SharedInstance.class));
    } finally {
      made.lock.unlock();
    }
  }

  private static SharedInstance make(DBOptions options, Made made) {
    SharedInstance shared = new SharedInstance(DoSQL.memory(options));
    made.count++;
    return shared;
  }

  DoSQL instance() {
    return instance;
  }

  @Override
  public void close() {
    instance.close();
  }

  /**
   * How many a run has made, and whether it was told that there is no room for more. One at a time
   * asks and makes, or tests that run side by side would make more.
   */
  private static final class Made {
    final ReentrantLock lock = new ReentrantLock();
    int count;
    private boolean warned;

    void warnOnce() {
      if (!warned) {
        warned = true;
        log.log(
            System.Logger.Level.WARNING,
            "tests have too many different options to share instances, so the migrations run for"
                + " each further one: functions and the like should be in constants (max={0})",
            KEPT_MAX);
      }
    }
  }
}
