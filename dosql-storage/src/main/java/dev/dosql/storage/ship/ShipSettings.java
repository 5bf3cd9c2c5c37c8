package dev.dosql.storage.ship;

import java.time.Duration;

/**
 * When and how fast segments go to the bucket.
 *
 * @param interval how long a commit waits for others
 * @param bytes how much of a tenant's log does not wait
 * @param putsPerSecondMax how many objects all tenants together put in a second while nobody waits
 * @param queueBytesMax how much of a tenant may wait on the disk
 * @param queueAgeMax how long it may
 * @param degrades whether what waits is given up then, rather than commits held back
 */
public record ShipSettings(
    Duration interval,
    long bytes,
    int putsPerSecondMax,
    long queueBytesMax,
    Duration queueAgeMax,
    boolean degrades) {}
