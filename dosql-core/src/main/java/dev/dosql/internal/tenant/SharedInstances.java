package dev.dosql.internal.tenant;

import dev.dosql.DBOptions;
import dev.dosql.internal.files.DurableFiles;
import dev.dosql.internal.files.FileErrors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;

/**
 * The instances that handles of one directory share in this process: opened with the first, closed
 * with the last.
 *
 * <p>A directory has a place in the map for as long as somebody opens it, has it open or closes it.
 * Whoever puts a place there opens the instance, and whoever gives back the last lease closes it,
 * both with no lock held: one directory never keeps another waiting.
 *
 * <p>Safe for use by many threads.
 */
public final class SharedInstances {
  private static final Map<Path, Shared> PLACES = new ConcurrentHashMap<>();

  private SharedInstances() {}

  /**
   * The instance of a directory, opened if it is not. Waits for one that is being opened or closed.
   *
   * @param differences tells in which options two differ
   * @throws IllegalArgumentException if it is open with other options
   */
  public static Lease acquire(
      DBOptions options, BiFunction<DBOptions, DBOptions, List<String>> differences) {
    Path directory = real(options.directory());
    while (true) {
      Shared mine = new Shared(directory);
      Shared shared = PLACES.putIfAbsent(directory, mine);
      if (shared == null) {
        return mine.open(options);
      }
      Instance instance = shared.opened.join().orElse(null);
      if (instance != null && shared.lease()) {
        return refuseOther(
            new Lease(shared, instance), differences.apply(options, instance.options()));
      }
      shared.gone.join(); // It failed to open, or is closing.
    }
  }

  private static Lease refuseOther(Lease lease, List<String> differences) {
    if (!differences.isEmpty()) {
      lease.close();
      throw new IllegalArgumentException(
          "directory is open with other options: "
              + String.join("; ", differences)
              + " (directory="
              + lease.shared.directory
              + ")");
    }
    return lease;
  }

  private static Path real(Path directory) {
    try {
      DurableFiles.createDirectories(directory);
      return directory.toRealPath();
    } catch (IOException e) {
      throw FileErrors.writing("directory cannot be made", e, "directory=" + directory);
    }
  }

  /** The right to use a shared instance until it is given back. */
  public static final class Lease {
    private final Shared shared;
    private final Instance instance;

    private Lease(Shared shared, Instance instance) {
      this.shared = shared;
      this.instance = instance;
    }

    /** The instance. */
    public Instance instance() {
      return instance;
    }

    /** Gives it back, and closes the instance if it is the last; to be called once. */
    public void close() {
      if (shared.leases.decrementAndGet() == 0) {
        try {
          instance.close();
        } finally {
          shared.leave();
        }
      }
    }
  }

  /** A directory's place. */
  private static final class Shared {
    private final Path directory;

    /** The instance; empty if it could not be opened. */
    private final CompletableFuture<Optional<Instance>> opened = new CompletableFuture<>();

    /** Done when the place is free again. */
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    private final AtomicInteger leases = new AtomicInteger(1);

    Shared(Path directory) {
      this.directory = directory;
    }

    Lease open(DBOptions options) {
      Instance instance;
      try {
        instance = Instance.open(options, "DB.open");
      } catch (RuntimeException | Error e) {
        opened.complete(Optional.empty());
        leave();
        throw e;
      }
      opened.complete(Optional.of(instance));
      return new Lease(this, instance);
    }

    /** One lease more; false if the last has been given back. */
    boolean lease() {
      return leases.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    void leave() {
      PLACES.remove(directory, this);
      gone.complete(null);
    }
  }
}
