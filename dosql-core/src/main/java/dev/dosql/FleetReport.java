package dev.dosql;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What came of each tenant of a fleet, to be asked or printed.
 *
 * @param outcomes what came of each tenant, in the order of their names; unmodifiable
 * @param elapsed how long the run took
 */
public record FleetReport(Map<String, Outcome> outcomes, Duration elapsed) {
  /**
   * Keeps the outcomes in an order that does not depend on chance.
   *
   * @param outcomes what came of each tenant
   * @param elapsed how long the run took
   */
  public FleetReport {
    outcomes = Collections.unmodifiableMap(new TreeMap<>(outcomes));
  }

  /** What can come of a tenant. */
  public enum Status {
    /** The work was done. */
    DONE,
    /** There was nothing to do: the tenant was at the newest schema already. */
    CURRENT,
    /** The work failed; the outcome has the failure. */
    FAILED,
    /** The tenant is suspended and was left alone. */
    SUSPENDED,
    /** The tenant was there when the run began, and was deleted or renamed before its turn came. */
    GONE,
    /** The run ended before the tenant's turn came. */
    NOT_STARTED
  }

  /**
   * What came of one tenant.
   *
   * @param status what came of it
   * @param failure what was thrown, if it failed
   */
  public record Outcome(Status status, Optional<Throwable> failure) {}

  /**
   * What came of one tenant.
   *
   * @param tenant the tenant's name
   * @return what came of it, or empty if it was not part of the run
   */
  public Optional<Outcome> outcome(String tenant) {
    return Optional.ofNullable(outcomes.get(tenant));
  }

  /**
   * The tenants that something came of.
   *
   * @param status what came of them
   * @return their names in order, unmodifiable
   */
  public List<String> tenants(Status status) {
    return outcomes.entrySet().stream()
        .filter(each -> each.getValue().status() == status)
        .map(Map.Entry::getKey)
        .toList();
  }

  /**
   * How many tenants something came of.
   *
   * @param status what came of them
   * @return how many
   */
  public int count(Status status) {
    return tenants(status).size();
  }

  /**
   * What was thrown, by tenant in the order of their names.
   *
   * @return the failures, unmodifiable
   */
  public Map<String, Throwable> failures() {
    Map<String, Throwable> failures = new TreeMap<>();
    outcomes.forEach(
        (tenant, outcome) -> outcome.failure().ifPresent(e -> failures.put(tenant, e)));
    return Collections.unmodifiableMap(failures);
  }

  /**
   * Whether nothing is left to do: no tenant failed and none was not reached. Suspended tenants do
   * not count, nor those that are gone.
   *
   * @return true if so
   */
  public boolean isComplete() {
    return count(Status.FAILED) == 0 && count(Status.NOT_STARTED) == 0;
  }

  /**
   * The report for people: a line of counts, and a line for each tenant that failed, is suspended
   * or is gone. A failure's message is its first line.
   *
   * @return the lines, unmodifiable
   */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(summary());
    outcomes.forEach(
        (tenant, outcome) -> {
          switch (outcome.status()) {
            case FAILED -> lines.add("failed: " + tenant + ": " + told(outcome));
            case SUSPENDED -> lines.add("suspended: " + tenant);
            case GONE -> lines.add("gone: " + tenant);
            default -> {}
          }
        });
    return Collections.unmodifiableList(lines);
  }

  private String summary() {
    Map<Status, Long> counts =
        outcomes.values().stream()
            .collect(Collectors.groupingBy(Outcome::status, Collectors.counting()));
    List<String> parts = new ArrayList<>();
    for (Status status : Status.values()) {
      String name = status.name().toLowerCase(Locale.ROOT).replace('_', ' ');
      parts.add(name + "=" + counts.getOrDefault(status, 0L));
    }
    return outcomes.size() + " tenants in " + elapsed + ": " + String.join(", ", parts);
  }

  private static String told(Outcome outcome) {
    String text = outcome.failure().map(Throwable::toString).orElse("");
    return text.lines().findFirst().orElse("");
  }

  /** The lines, one below the other. */
  @Override
  public String toString() {
    return String.join(System.lineSeparator(), lines());
  }
}
