package dev.dosql.bench.web;

import dev.dosql.bench.Figures;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Everything that was measured, and what is written down of it. */
final class Results {
  /** Printed for what is not reached. */
  private static final Map<Work, Map<Contestant, String>> REASONS =
      Map.of(
          Work.GET,
          Map.of(
              Contestant.WORKERD,
              "the same routes on the same server with no database behind them have 1.3 times its"
                  + " rate (28,600 and 21,700 a second in turn), tried once"),
          Work.POST,
          Map.of(
              Contestant.WORKERD,
              "at the rate that it has, the service takes about one and a half of the two processors,"
                  + " as the next table says, and wrk some of the rest"),
          Work.POST_OF_MANY,
          Map.of(
              Contestant.JDBC,
              "each request draws another tenant, so that next to none share a force: both services"
                  + " force once, write twice and lock six times for each (strace). Twice the rate is"
                  + " half of the processors: what is left of that beside the force, of which the"
                  + " last lines of this section tell, is less than a row of one tenant takes",
              Contestant.WORKERD,
              "next to no two requests share a force, and ten times its rate is most of what the"
                  + " disk does with forces alone, of which the last lines of this section tell"));

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
    Goal.ALL.forEach(goal -> text.append(goal.markdown(ratio(goal), theirs(goal), own(goal))));
    Goal.ALL.stream()
        .filter(goal -> !goal.isReached(ratio(goal)))
        .forEach(goal -> text.append(reason(goal)));
    return text.toString();
  }

  private static String reason(Goal goal) {
    return "\nNot reached: %s, against %s: %s.\n"
        .formatted(
            goal.work().title(),
            goal.peer().title(),
            REASONS.getOrDefault(goal.work(), Map.of()).getOrDefault(goal.peer(), "not known yet"));
  }

  private Figures own(Goal goal) {
    return of(goal.work(), Contestant.DOSQL).perSecond();
  }

  private Figures theirs(Goal goal) {
    return of(goal.work(), goal.peer()).perSecond();
  }

  private Figures ratio(Goal goal) {
    return own(goal).with(theirs(goal), (ours, peers) -> ours / peers);
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
