package dev.dosql.bench.web;

import dev.dosql.bench.Figures;
import java.util.List;
import java.util.Locale;

/**
 * What is asked of the library's rate beside a peer's.
 *
 * @param work what both do
 * @param peer who else does it
 * @param times how many times the peer's rate is asked; NaN where it is shown only
 */
record Goal(Work work, Contestant peer, double times) {
  /** All of them, in the order of the table. */
  static final List<Goal> ALL =
      List.of(
          new Goal(Work.GET, Contestant.JDBC, 0.85),
          new Goal(Work.GET_OF_MANY, Contestant.JDBC, 0.85),
          new Goal(Work.POST, Contestant.JDBC, 2),
          new Goal(Work.POST_OF_MANY, Contestant.JDBC, 2),
          new Goal(Work.GET, Contestant.WORKERD, 10),
          new Goal(Work.GET_OF_MANY, Contestant.WORKERD, Double.NaN),
          new Goal(Work.POST, Contestant.WORKERD, 10),
          new Goal(Work.POST_OF_MANY, Contestant.WORKERD, 10),
          new Goal(Work.GET, Contestant.BUN, Double.NaN),
          new Goal(Work.GET_OF_MANY, Contestant.BUN, Double.NaN),
          new Goal(Work.POST, Contestant.BUN, 3),
          new Goal(Work.POST_OF_MANY, Contestant.BUN, Double.NaN));

  /** Whether the median of the ratios is as asked. */
  boolean isReached(Figures ratio) {
    return Double.isNaN(times) || ratio.median() >= times;
  }

  /** Its line of the table, from the ratios and the rates of both. */
  String markdown(Figures ratio, Figures theirs, Figures own) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %,.0f | %,.0f | %.2f (%.2f to %.2f) | %s | %s |%n",
        work.title(),
        peer.title(),
        theirs.median(),
        own.median(),
        ratio.median(),
        ratio.min(),
        ratio.max(),
        asked(),
        reached(ratio));
  }

  private String asked() {
    return Double.isNaN(times) ? "shown" : "at least " + times + "x its rate";
  }

  private String reached(Figures ratio) {
    if (Double.isNaN(times)) {
      return "";
    }
    return isReached(ratio) ? "yes" : "**no**";
  }
}
