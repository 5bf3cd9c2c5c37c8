package dev.dosql.storage.replica;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Bounds of what a {@link Replica} does at once and how often it tries. Immutable.
 *
 * @param clock what says when a head was written
 * @param attemptsMax how often a request is tried at most, from 1
 * @param pauseMin the pause before the second attempt; each later one is twice as long, and each is
 *     shortened at random by up to a half
 * @param pauseMax the longest pause
 * @param parallel how many reads of one restore or comparison run at once, from 1
 * @param partBytes how many bytes of an object one read fetches, from 4096; a restore holds at most
 *     {@code 9 * partBytes + parallel * 512 KiB + 7 MiB} in memory
 * @param snapshotsKept how many snapshots the head lists, from 1
 * @param reads runs the parallel reads, which wait for nothing but the store; null for threads that
 *     each call makes and ends itself
 */
public record ReplicaSettings(
    Clock clock,
    int attemptsMax,
    Duration pauseMin,
    Duration pauseMax,
    int parallel,
    int partBytes,
    int snapshotsKept,
    @Nullable Executor reads) {

  /** What is used if nothing else is said. */
  public static final ReplicaSettings DEFAULT =
      new ReplicaSettings(
          Clock.systemUTC(), 6, Duration.ofMillis(50), Duration.ofSeconds(2), 16, 4 << 20, 4, null);

  /**
   * Checks the components.
   *
   * @param clock what says when a head was written
   * @param attemptsMax how often a request is tried at most
   * @param pauseMin the pause before the second attempt
   * @param pauseMax the longest pause
   * @param parallel how many reads run at once
   * @param partBytes how many bytes of an object one read fetches
   * @param snapshotsKept how many snapshots the head lists
   * @param reads runs the parallel reads, or null
   */
  public ReplicaSettings {
    if (attemptsMax < 1 || parallel < 1 || partBytes < 4096 || snapshotsKept < 1) {
      throw new IllegalArgumentException(
          "settings refused: needed 1, 1, 4096 and 1 or more"
              + " (attemptsMax=%d, parallel=%d, partBytes=%d, snapshotsKept=%d)"
                  .formatted(attemptsMax, parallel, partBytes, snapshotsKept));
    }
    if (pauseMin.isNegative() || pauseMax.compareTo(pauseMin) < 0) {
      throw new IllegalArgumentException(
          "settings refused: needed 0 <= pauseMin <= pauseMax (pauseMin=%s, pauseMax=%s)"
              .formatted(pauseMin, pauseMax));
    }
  }

  /**
   * Returns the same settings with another executor for reads.
   *
   * @param executor runs the parallel reads; it must not be waited for by what it runs
   * @return the settings
   */
  public ReplicaSettings withReads(Executor executor) {
    return new ReplicaSettings(
        clock, attemptsMax, pauseMin, pauseMax, parallel, partBytes, snapshotsKept, executor);
  }

  /**
   * Returns the same settings with another number of attempts.
   *
   * @param attempts how often a request is tried at most, from 1
   * @return the settings
   */
  public ReplicaSettings withAttemptsMax(int attempts) {
    return new ReplicaSettings(
        clock, attempts, pauseMin, pauseMax, parallel, partBytes, snapshotsKept, reads);
  }
}
