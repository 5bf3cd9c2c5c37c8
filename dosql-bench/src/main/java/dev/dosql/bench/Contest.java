package dev.dosql.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;

/**
 * Several ways to do the same work, measured in turn, round after round, so that what else the
 * machine does meets all of them alike.
 */
final class Contest {
  private final Map<String, Measurement> contenders = new LinkedHashMap<>();

  /** Adds a contender. */
  Contest with(String name, Measurement measurement) {
    contenders.put(name, measurement);
    return this;
  }

  /** The figures of each contender, one a round, in the order of the rounds. */
  Map<String, Figures> run(int warmUp, int rounds) throws Exception {
    Map<String, Figures> figures = new LinkedHashMap<>();
    contenders.keySet().forEach(name -> figures.put(name, new Figures()));
    for (int round = -warmUp; round < rounds; round++) {
      for (Entry<String, Measurement> each : inTurn(round + warmUp)) {
        double figure = each.getValue().measure();
        if (round >= 0) {
          figures.get(each.getKey()).add(figure);
        }
      }
    }
    return figures;
  }

  /** Each second round goes backwards, or the last would always run on the fullest caches. */
  private List<Entry<String, Measurement>> inTurn(int round) {
    List<Entry<String, Measurement>> order = new ArrayList<>(contenders.entrySet());
    if (round % 2 == 1) {
      Collections.reverse(order);
    }
    return order;
  }

  /** Does the work for a while. */
  @FunctionalInterface
  interface Measurement {
    /** A time; less is better. */
    double measure() throws Exception;
  }
}
