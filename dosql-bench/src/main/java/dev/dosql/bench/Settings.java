package dev.dosql.bench;

import java.time.Duration;

/**
 * How much is measured.
 *
 * @param rounds how often each contender is measured, in turn with its peers
 * @param forked whether JMH and the fleet get a JVM of their own
 * @param slot how long a contender runs in a round
 * @param tenants how many tenants are opened or made in a round
 * @param fleet how many tenants the fleet has
 * @param fleetOpen how many of them are open at most
 * @param fleetTime how long the fleet is used
 */
record Settings(
    int rounds,
    boolean forked,
    Duration slot,
    int tenants,
    int fleet,
    int fleetOpen,
    Duration fleetTime) {
  /** For figures. */
  static Settings full(int rounds) {
    return new Settings(
        rounds, true, Duration.ofMillis(1_000), 100, 10_000, 500, Duration.ofSeconds(20));
  }

  /** To see that everything runs. */
  static Settings smoke() {
    return new Settings(1, false, Duration.ofMillis(50), 3, 60, 20, Duration.ofMillis(300));
  }

  /** Rounds before the first that counts. */
  int warmUp() {
    return forked ? 2 : 0;
  }
}
