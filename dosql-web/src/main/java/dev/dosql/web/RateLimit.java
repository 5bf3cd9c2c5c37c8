package dev.dosql.web;

import java.time.Duration;

/**
 * How many requests there may be in a time.
 *
 * @param requests how many, 1 to a million
 * @param window the time, a second to a day
 */
public record RateLimit(int requests, Duration window) {
  private static final int REQUESTS_MAX = 1_000_000;
  private static final Duration WINDOW_MIN = Duration.ofSeconds(1);
  static final Duration WINDOW_MAX = Duration.ofDays(1);

  /**
   * Checks both.
   *
   * @param requests how many
   * @param window the time
   * @throws IllegalArgumentException if one is out of range; names it
   */
  public RateLimit {
    if (requests < 1 || requests > REQUESTS_MAX) {
      throw new IllegalArgumentException("requests must be 1 to " + REQUESTS_MAX + ": " + requests);
    }
    if (window.compareTo(WINDOW_MIN) < 0 || window.compareTo(WINDOW_MAX) > 0) {
      throw new IllegalArgumentException(
          "window must be " + WINDOW_MIN + " to " + WINDOW_MAX + ": " + window);
    }
  }
}
