package dev.dosql.bench;

import java.util.Locale;
import java.util.function.DoubleBinaryOperator;

/**
 * A line of the results: the library beside a peer, in the same rounds.
 *
 * @param work what is done
 * @param peer who else does it
 * @param theirs the peer's nanoseconds
 * @param own the library's
 * @param goal what is asked of the two
 */
record Line(String work, String peer, Figures theirs, Figures own, Goal goal) {
  /**
   * What is asked of the two.
   *
   * @param text the same, for readers
   * @param measure what is made of the two times
   * @param bound what it has to reach, or not to exceed
   */
  record Goal(String text, Measure measure, double bound) {
    /** At most so many times the peer's time. */
    static Goal atMost(double times) {
      return new Goal("at most " + times + "x its time", Measure.TIMES, times);
    }

    /** So many times as fast, or faster. */
    static Goal faster(double times) {
      return new Goal(times + "x faster", Measure.FASTER, times);
    }

    /** At least such a part of the peer's rate. */
    static Goal rate(double part) {
      return new Goal("at least " + part + "x its rate", Measure.FASTER, part);
    }

    /** At most so long beyond the peer's time. */
    static Goal beyond(double millis) {
      return new Goal("at most " + millis + " ms beyond", Measure.MILLIS_BEYOND, millis);
    }

    /** At least so often in a second, whatever the peer does. */
    static Goal perSecond(double times) {
      return new Goal("at least " + times + " a second", Measure.PER_SECOND, times);
    }

    /** Nothing is asked; how many times the peer's time it takes is shown. */
    static Goal shown() {
      return new Goal("shown", Measure.TIMES, Double.NaN);
    }

    /** Nothing is asked; which part of the peer's rate it reaches is shown. */
    static Goal rateShown() {
      return new Goal("rate shown", Measure.FASTER, Double.NaN);
    }

    boolean isReached(double figure) {
      return Double.isNaN(bound) || (measure.moreIsBetter ? figure >= bound : figure <= bound);
    }

    String reached(double figure) {
      if (Double.isNaN(bound)) {
        return "";
      }
      return isReached(figure) ? "yes" : "**no**";
    }
  }

  /** What is made of the own time and of the peer's. */
  enum Measure {
    TIMES(false, "%.2f", (own, theirs) -> own / theirs),
    FASTER(true, "%.2f", (own, theirs) -> theirs / own),
    MILLIS_BEYOND(false, "%.2f ms", (own, theirs) -> (own - theirs) / 1e6),
    PER_SECOND(true, "%.0f/s", (own, theirs) -> 1e9 / own);

    private final boolean moreIsBetter;
    private final String format;
    private final DoubleBinaryOperator of;

    Measure(boolean moreIsBetter, String format, DoubleBinaryOperator of) {
      this.moreIsBetter = moreIsBetter;
      this.format = format;
      this.of = of;
    }

    Figures of(Figures own, Figures theirs) {
      return own.with(theirs, of);
    }

    String text(double figure) {
      return String.format(Locale.ROOT, format, figure);
    }
  }

  /** Whether the median of the ratios is as asked. */
  boolean isReached() {
    return goal.isReached(goal.measure().of(own, theirs).median());
  }

  /** Its cells, between bars. */
  String markdown() {
    Measure measure = goal.measure();
    Figures ratio = measure.of(own, theirs);
    String spread =
        "%s (%s to %s)"
            .formatted(
                measure.text(ratio.median()), measure.text(ratio.min()), measure.text(ratio.max()));
    return String.join(
        " | ",
        "| " + work,
        peer,
        time(theirs.median()),
        time(own.median()),
        spread,
        goal.text(),
        goal.reached(ratio.median()) + " |");
  }

  private static String time(double nanos) {
    if (nanos < 100) {
      return String.format(Locale.ROOT, "%.2f ns", nanos);
    }
    if (nanos < 1e5) {
      return String.format(Locale.ROOT, "%.2f µs", nanos / 1e3);
    }
    return String.format(Locale.ROOT, "%.2f ms", nanos / 1e6);
  }
}
