package dev.dosql;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/**
 * How work is done for every tenant of a {@link DoSQL}. Every option has a default.
 *
 * <p>Immutable; safe for use by many threads.
 */
public final class FleetOptions {
  private final int parallelism;
  private final List<String> canaries;
  private final OnFailure onFailure;
  private final Consumer<FleetProgress> progress;

  private FleetOptions(Builder from) {
    this.parallelism = from.parallelism;
    this.canaries = List.copyOf(from.canaries);
    this.onFailure = from.onFailure;
    this.progress = from.progress;
  }

  /** What a failure means for the tenants whose turn has not come. */
  public enum OnFailure {
    /** They have their turn all the same. */
    CONTINUE,
    /** None of them is started; those that run are finished. */
    STOP
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
   * How many tenants are worked on at once.
   *
   * @return the bound
   */
  public int parallelism() {
    return parallelism;
  }

  /**
   * The tenants that are tried first.
   *
   * @return their names, unmodifiable
   */
  public List<String> canaries() {
    return canaries;
  }

  /**
   * What a failure means for the others.
   *
   * @return the policy
   */
  public OnFailure onFailure() {
    return onFailure;
  }

  /**
   * Who is told of each tenant that is finished.
   *
   * @return the listener
   */
  public Consumer<FleetProgress> progress() {
    return progress;
  }

  @Override
  public String toString() {
    return "FleetOptions{parallelism="
        + parallelism
        + ", canaries="
        + canaries
        + ", onFailure="
        + onFailure
        + "}";
  }

  /**
   * Collects options; {@link #build} checks them.
   *
   * <p>Used by one thread at a time.
   */
  public static final class Builder {
    /** Beyond it threads only wait for each other, and for the disk. */
    private static final int PARALLELISM_MAX = 1_024;

    private int parallelism = Runtime.getRuntime().availableProcessors();
    private final Set<String> canaries = new LinkedHashSet<>();
    private OnFailure onFailure = OnFailure.CONTINUE;
    private Consumer<FleetProgress> progress = seen -> {};

    private Builder() {}

    /**
     * How many tenants are worked on at once, each by a thread of its own. Those of them that no
     * call has open are open beside {@code openTenantsMax}, for as long as they are worked on.
     * Default the number of processors.
     *
     * @param value 1 to 1,024
     * @return this
     */
    public Builder parallelism(int value) {
      parallelism = value;
      return this;
    }

    /**
     * Adds tenants that are tried first. Unless all of them are done, no other is started: not if
     * one fails, nor if it is suspended or gone, since it has shown nothing then. Default none.
     *
     * @param tenants their names
     * @return this
     */
    public Builder canaries(String... tenants) {
      canaries.addAll(List.of(tenants));
      return this;
    }

    /**
     * What a failure means for the tenants whose turn has not come. Default CONTINUE, because
     * tenants do not depend on each other.
     *
     * @param value the policy
     * @return this
     */
    public Builder onFailure(OnFailure value) {
      onFailure = Objects.requireNonNull(value, "onFailure");
      return this;
    }

    /**
     * Who is told of each tenant that is finished: on the thread that started the run, one at a
     * time, while the others go on. If it throws, no further tenant is started, those that run are
     * finished, and what it threw comes out of the call. Default nobody.
     *
     * @param listener the listener
     * @return this
     */
    public Builder progress(Consumer<FleetProgress> listener) {
      progress = Objects.requireNonNull(listener, "progress");
      return this;
    }

    /**
     * Checks the options and makes them final.
     *
     * @return the options
     * @throws IllegalArgumentException if an option is out of range; names it
     */
    public FleetOptions build() {
      if (parallelism < 1 || parallelism > PARALLELISM_MAX) {
        throw new IllegalArgumentException(
            "parallelism must be 1 to " + PARALLELISM_MAX + ": " + parallelism);
      }
      return new FleetOptions(this);
    }
  }
}
