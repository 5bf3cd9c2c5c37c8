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
 * @param restoredBytes how large the tenant is that is restored, at least
 * @param idle how many tenants are open and not used
 * @param idleTime for how long
 */
record Settings(
    int rounds,
    boolean forked,
    Duration slot,
    int tenants,
    int fleet,
    int fleetOpen,
    Duration fleetTime,
    long restoredBytes,
    int idle,
    Duration idleTime) {
  /** For figures. */
  static Settings full(int rounds) {
    return new Settings(
        rounds,
        true,
        Duration.ofMillis(1_000),
        100,
        10_000,
        500,
        Duration.ofSeconds(20),
        200_000_000,
        1_000,
        Duration.ofMinutes(1));
  }

  /** To see that everything runs. */
  static Settings smoke() {
    return new Settings(
        1,
        false,
        Duration.ofMillis(50),
        3,
        60,
        20,
        Duration.ofMillis(300),
        1_000_000,
        10,
        Duration.ofMillis(300));
  }

  /** Rounds before the first that counts: after fewer, the JVM still compiles what is measured. */
  int warmUp() {
    return forked ? 5 : 0;
  }

  /** Rounds of what takes a second of a disk that is used by others as well: it varies more. */
  int timedRounds() {
    return forked ? 2 * rounds + 1 : rounds;
  }

  /** Rounds of what differs by a tenth or less, where a round of the disk may differ by a fifth. */
  int closeRounds() {
    return forked ? 2 * timedRounds() + 1 : rounds;
  }
}
