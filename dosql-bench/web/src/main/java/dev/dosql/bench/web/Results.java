package dev.dosql.bench.web;

import dev.dosql.bench.Figures;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Everything that was measured, and what is written down of it. */
final class Results {
  private final Map<Work, Map<Contestant, Measured>> measured = new EnumMap<>(Work.class);

  Results() {
    for (Work work : Work.values()) {
      Map<Contestant, Measured> all = new EnumMap<>(Contestant.class);
      for (Contestant contestant : Contestant.values()) {
        all.put(contestant, new Measured());
      }
      measured.put(work, all);
    }
  }

  Measured of(Work work, Contestant contestant) {
    Measured found = measured.getOrDefault(work, Map.of()).get(contestant);
    if (found == null) {
      throw new IllegalArgumentException(work + " " + contestant);
    }
    return found;
  }

  /** The table of ratios, and then the one of figures. */
  String markdown() {
    return goals() + "\n" + figures();
  }

  private String goals() {
    StringBuilder text = new StringBuilder();
    text.append(
        "| route | peer | peer, requests/s | DoSQL, requests/s | ratio | asked | reached |\n");
    text.append("|---|---|---|---|---|---|---|\n");
    for (Goal goal : Goal.ALL) {
      Figures own = of(goal.work(), Contestant.DOSQL).perSecond();
      Figures theirs = of(goal.work(), goal.peer()).perSecond();
      text.append(goal.markdown(own, theirs)).append('\n');
    }
    return text.toString();
  }

  private String figures() {
    StringBuilder text = new StringBuilder();
    text.append(
        "| route | service | requests/s | p50, ms | p99, ms | processors, µs a request |\n");
    text.append("|---|---|---|---|---|---|\n");
    measured.forEach(
        (work, all) ->
            all.forEach((contestant, each) -> text.append(line(work, contestant, each))));
    return text.toString();
  }

  private static String line(Work work, Contestant contestant, Measured each) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %,.0f (%,.0f to %,.0f) | %.2f | %.2f | %.0f |%n",
        work.title(),
        contestant.title(),
        each.perSecond().median(),
        each.perSecond().min(),
        each.perSecond().max(),
        each.p50().median() / 1_000,
        each.p99().median() / 1_000,
        each.processor().median());
  }
}
