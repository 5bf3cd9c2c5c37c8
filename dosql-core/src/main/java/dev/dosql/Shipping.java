package dev.dosql;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How commits go to the bucket: when, how fast, and what happens while it cannot be reached. Every
 * setting has a default that suits a web service; none has an effect without {@link
 * DBOptions.Builder#cold(String) cold}.
 *
 * <p>A tenant that nobody writes to costs nothing: no thread, no timer, no request.
 *
 * <p>Immutable; safe for use by many threads. Two are equal when all their settings are.
 */
public final class Shipping {
  private final Duration shipInterval;
  private final long shipBytes;
  private final int putsPerSecondMax;
  private final long queueBytesMax;
  private final Duration queueAgeMax;
  private final WhenFull whenFull;
  private final Duration bucketTimeout;

  private Shipping(Builder from) {
    this.shipInterval = from.shipInterval;
    this.shipBytes = from.shipBytes;
    this.putsPerSecondMax = from.putsPerSecondMax;
    this.queueBytesMax = from.queueBytesMax;
    this.queueAgeMax = from.queueAgeMax;
    this.whenFull = from.whenFull;
    this.bucketTimeout = from.bucketTimeout;
  }

  /**
   * The defaults, to be changed.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * How long a commit waits for others before it is shipped.
   *
   * @return the time
   */
  public Duration shipInterval() {
    return shipInterval;
  }

  /**
   * How much of a tenant's log is shipped without waiting.
   *
   * @return the size in bytes
   */
  public long shipBytes() {
    return shipBytes;
  }

  /**
   * How many objects all tenants together put in a second.
   *
   * @return the bound
   */
  public int putsPerSecondMax() {
    return putsPerSecondMax;
  }

  /**
   * How much of a tenant may wait on the disk for the bucket.
   *
   * @return the bound in bytes
   */
  public long queueBytesMax() {
    return queueBytesMax;
  }

  /**
   * How long a tenant's commits may wait on the disk for the bucket.
   *
   * @return the bound
   */
  public Duration queueAgeMax() {
    return queueAgeMax;
  }

  /**
   * What happens when more would wait, or longer.
   *
   * @return the policy
   */
  public WhenFull whenFull() {
    return whenFull;
  }

  /**
   * How long a commit in {@link Durability#BUCKET} waits for the bucket.
   *
   * @return the time
   */
  public Duration bucketTimeout() {
    return bucketTimeout;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Shipping shipping && toString().equals(shipping.toString());
  }

  @Override
  public int hashCode() {
    return toString().hashCode();
  }

  @Override
  public String toString() {
    return "{shipInterval="
        + shipInterval
        + ", shipBytes="
        + shipBytes
        + ", putsPerSecondMax="
        + putsPerSecondMax
        + ", queueBytesMax="
        + queueBytesMax
        + ", queueAgeMax="
        + queueAgeMax
        + ", whenFull="
        + whenFull
        + ", bucketTimeout="
        + bucketTimeout
        + "}";
  }

  /** What happens when a tenant has more to ship than may wait. */
  public enum WhenFull {
    /**
     * Writes of the tenant wait, and fail with {@link WriteLockTimeoutException} when they have
     * waited for {@code writeLockTimeout}; nothing of them was executed.
     */
    BLOCK_WRITES,
    /**
     * Writes go on. What waits is given up, and once the bucket answers again the tenant is shipped
     * whole, as a new lineage: nothing of its present is lost, but no bookmark leads into the time
     * between. An event tells of it.
     */
    DEGRADE
  }

  /**
   * Collects settings; {@link #build} checks them.
   *
   * <p>Used by one thread at a time.
   */
  public static final class Builder {
    private Duration shipInterval = Duration.ofSeconds(10);
    private long shipBytes = 16L << 20;
    private int putsPerSecondMax = 100;
    private long queueBytesMax = 256L << 20;
    private Duration queueAgeMax = Duration.ofHours(24);
    private WhenFull whenFull = WhenFull.DEGRADE;
    private Duration bucketTimeout = Duration.ofSeconds(30);

    private Builder() {}

    /**
     * How long a commit waits for others before it is shipped, and so how much is lost at most with
     * the machine. Default 10 seconds: a tenant that is written to all month then costs about $1.30
     * in requests, at one second about $13.
     *
     * @param value more than zero, at most a century
     * @return this
     */
    public Builder shipInterval(Duration value) {
      shipInterval = Objects.requireNonNull(value, "shipInterval");
      return this;
    }

    /**
     * How much of a tenant's log is shipped without waiting for the interval. Default 16 MiB: as
     * long as the log is when it is moved into the database file.
     *
     * @param value 4,096 or more, in bytes
     * @return this
     */
    public Builder shipBytes(long value) {
      shipBytes = value;
      return this;
    }

    /**
     * How many objects all tenants together put in a second, while nobody waits for them; those
     * whom somebody waits for go first, and count. Default 100: a burst over a thousand tenants is
     * spread over the interval, and a bucket takes thousands.
     *
     * @param value 1 or more
     * @return this
     */
    public Builder putsPerSecondMax(int value) {
      putsPerSecondMax = value;
      return this;
    }

    /**
     * How much of a tenant may wait on the disk for the bucket. Default 256 MiB.
     *
     * @param value 65,536 or more, in bytes
     * @return this
     */
    public Builder queueBytesMax(long value) {
      queueBytesMax = value;
      return this;
    }

    /**
     * How long a tenant's commits may wait on the disk for the bucket. Default 24 hours: longer
     * than buckets are away, and somebody has looked at the lag by then.
     *
     * @param value more than zero, at most a century
     * @return this
     */
    public Builder queueAgeMax(Duration value) {
      queueAgeMax = Objects.requireNonNull(value, "queueAgeMax");
      return this;
    }

    /**
     * What happens when more would wait, or longer. Default DEGRADE: a service goes on while its
     * bucket is away, and loses no data by it.
     *
     * @param value the policy
     * @return this
     */
    public Builder whenFull(WhenFull value) {
      whenFull = Objects.requireNonNull(value, "whenFull");
      return this;
    }

    /**
     * How long a commit in {@link Durability#BUCKET} waits for the bucket. Default 30 seconds: a
     * bucket that answers again within them is not noticed.
     *
     * @param value more than zero, at most a century
     * @return this
     */
    public Builder bucketTimeout(Duration value) {
      bucketTimeout = Objects.requireNonNull(value, "bucketTimeout");
      return this;
    }

    /**
     * Checks the settings and makes them final.
     *
     * @return the settings
     * @throws IllegalArgumentException if one is out of range; names it
     */
    public Shipping build() {
      DBOptions.Builder.positive("shipInterval", shipInterval);
      DBOptions.Builder.positive("queueAgeMax", queueAgeMax);
      DBOptions.Builder.positive("bucketTimeout", bucketTimeout);
      atLeast("shipBytes", shipBytes, 4_096);
      atLeast("putsPerSecondMax", putsPerSecondMax, 1);
      atLeast("queueBytesMax", queueBytesMax, 65_536);
      return new Shipping(this);
    }

    private static void atLeast(String name, long value, long least) {
      if (value < least) {
        throw new IllegalArgumentException(name + " must be " + least + " or more: " + value);
      }
    }
  }
}
