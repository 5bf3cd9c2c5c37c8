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
  /** What is asked of a ratio. */
  record Goal(String text, boolean asFactor, double bound) {
    /** At most so many times the peer's time. */
    static Goal atMost(double times) {
      return new Goal("at most " + times + "x its time", false, times);
    }

    /** So many times as fast, or faster. */
    static Goal faster(double times) {
      return new Goal(times + "x faster", true, times);
    }

    /** Nothing is asked; the ratio is shown. */
    static Goal shown() {
      return new Goal("shown", false, Double.POSITIVE_INFINITY);
    }

    DoubleBinaryOperator ratio() {
      return asFactor ? (own, theirs) -> theirs / own : (own, theirs) -> own / theirs;
    }

    boolean isReached(double ratio) {
      return asFactor ? ratio >= bound : ratio <= bound;
    }

    String reached(double ratio) {
      if (bound == Double.POSITIVE_INFINITY) {
        return "";
      }
      return isReached(ratio) ? "yes" : "**no**";
    }
  }

  /** Whether the median of the ratios is as asked. */
  boolean isReached() {
    return goal.isReached(own.with(theirs, goal.ratio()).median());
  }

  /** Its cells, between bars. */
  String markdown() {
    Figures ratio = own.with(theirs, goal.ratio());
    String spread =
        String.format(Locale.ROOT, "%.2f (%.2f to %.2f)", ratio.median(), ratio.min(), ratio.max());
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
