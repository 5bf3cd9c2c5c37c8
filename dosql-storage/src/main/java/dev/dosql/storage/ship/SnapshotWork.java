package dev.dosql.storage.ship;

import dev.dosql.storage.capture.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Takes snapshots of a tenant beside its rounds, which neither wait for them nor fail with them.
 *
 * <p>One at a time, and after a failure the next one not before a pause, which doubles with each.
 *
 * <p>Used by one round at a time, but for what says otherwise.
 */
final class SnapshotWork {
  private static final Duration PAUSE_FIRST = Duration.ofMinutes(1);
  private static final Duration PAUSE_LAST = Duration.ofHours(1);

  /** How long the state that was copied may take to reach the bucket. */
  private static final Duration SHIPPED_TIMEOUT = Duration.ofMinutes(5);

  private final String tenant;
  private final Shipper shipper;
  private final Uploads uploads;
  private final Rounds rounds;
  private final Snapshots snapshots;
  private final AtomicBoolean running = new AtomicBoolean();
  private volatile long notBeforeMillis;
  private volatile int failures;

  SnapshotWork(String tenant, Shipper shipper, Path directory, Uploads uploads, Rounds rounds)
      throws IOException {
    this.tenant = tenant;
    this.shipper = shipper;
    this.uploads = uploads;
    this.rounds = rounds;
    this.snapshots = new Snapshots(directory);
  }

  /** Whether one is being taken; any thread may ask. */
  boolean isRunning() {
    return running.get();
  }

  /** Waits until none is being taken; false if that takes too long. Any thread may call this. */
  boolean awaitEnd(Duration timeout) {
    return !running.get() || rounds.awaitQuietly(() -> !running.get(), timeout);
  }

  /** Counts segments that were put. */
  void shipped(List<Segment> segments) throws IOException {
    snapshots.shipped(segments);
  }

  /**
   * Begins one if it is time.
   *
   * @param marking captures what is committed, with the writer held
   */
  void beginIfDue(Source open, Snapshots.Marking marking) {
    long nowMillis = shipper.nowMillis();
    if (nowMillis >= notBeforeMillis
        && snapshots.isDue(nowMillis)
        && running.compareAndSet(false, true)) {
      shipper.soon(() -> run(open, marking), false);
    }
  }

  private void run(Source open, Snapshots.Marking marking) {
    IOException failure = null;
    try {
      take(open, marking);
    } catch (IOException e) {
      failure = e;
    } catch (RuntimeException e) {
      failure = new IOException(e);
    }
    ended(failure);
  }

  private void take(Source open, Snapshots.Marking marking) throws IOException {
    Optional<Snapshots.Taken> taken = snapshots.take(open, marking, rounds::isEnded);
    if (taken.isPresent()) {
      Snapshots.Taken made = taken.get();
      rounds.request(false);
      rounds.awaitQuietly(() -> uploads.has(made.at()), SHIPPED_TIMEOUT);
      uploads.putSnapshot(made);
      snapshots.done(made, shipper.nowMillis());
    }
  }

  private void ended(@Nullable IOException failure) {
    failures = failure == null ? 0 : failures + 1;
    if (failure != null) {
      Duration pause = PAUSE_FIRST.multipliedBy(1L << Math.min(failures - 1, 6));
      notBeforeMillis = shipper.nowMillis() + Math.min(pause.toMillis(), PAUSE_LAST.toMillis());
    }
    running.set(false);
    rounds.signal();
    if (failure != null && !rounds.isEnded()) {
      shipper.listener().failed(tenant, failure);
    }
    rounds.request(false); // Which lets the tenant go, if it was waited for.
  }
}
