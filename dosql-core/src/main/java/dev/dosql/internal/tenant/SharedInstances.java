package dev.dosql.internal.tenant;

import dev.dosql.DBOptions;
import dev.dosql.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;

/**
 * The instances that handles of one directory share in this process: opened with the first, closed
 * with the last.
 *
 * <p>Safe for use by many threads.
 */
public final class SharedInstances {
  private static final ReentrantLock LOCK = new ReentrantLock();
  private static final Map<Path, Shared> OPEN = new HashMap<>();

  private SharedInstances() {}

  /**
   * The instance of a directory, opened if it is not.
   *
   * @param differences tells in which options two differ
   * @throws IllegalArgumentException if it is open with other options
   */
  public static Lease acquire(
      DBOptions options, BiFunction<DBOptions, DBOptions, List<String>> differences) {
    Path directory = real(options.directory());
    LOCK.lock();
    try {
      Shared shared = OPEN.get(directory);
      if (shared == null) {
        shared = new Shared(directory, Instance.open(options, "DB.open"));
        OPEN.put(directory, shared);
      } else {
        refuseOther(directory, differences.apply(options, shared.instance.options()));
      }
      shared.leases++;
      return new Lease(shared);
    } finally {
      LOCK.unlock();
    }
  }

  private static void refuseOther(Path directory, List<String> differences) {
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          "directory is open with other options: "
              + String.join("; ", differences)
              + " (directory="
              + directory
              + ")");
    }
  }

  private static Path real(Path directory) {
    try {
      Files.createDirectories(directory);
      return directory.toRealPath();
    } catch (IOException e) {
      throw new StorageException(
          "directory cannot be made: " + e + " (directory=" + directory + ")", e);
    }
  }

  private static void release(Shared shared) {
    LOCK.lock();
    try {
      shared.leases--;
      if (shared.leases == 0) {
        // Held until it is closed, so that the next one to open it does not find it locked.
        shared.instance.close();
        OPEN.remove(shared.directory);
      }
    } finally {
      LOCK.unlock();
    }
  }

  /** The right to use a shared instance until it is given back. */
  public static final class Lease {
    private final Shared shared;

    private Lease(Shared shared) {
      this.shared = shared;
    }

    /** The instance. */
    public Instance instance() {
      return shared.instance;
    }

    /** Gives it back; to be called once. */
    public void close() {
      release(shared);
    }
  }

  private static final class Shared {
    private final Path directory;
    private final Instance instance;
    private int leases;

    Shared(Path directory, Instance instance) {
      this.directory = directory;
      this.instance = instance;
    }
  }
}
