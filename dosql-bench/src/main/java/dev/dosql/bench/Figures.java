package dev.dosql.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

/** The figures of a contender, one for each round. */
public final class Figures {
  private final List<Double> values = new ArrayList<>();

  /** Those of a contender that was not measured yet. */
  public Figures() {}

  /** Takes the figure of a round. */
  public void add(double value) {
    values.add(value);
  }

  /** Round by round, something made of these and others. */
  public Figures with(Figures other, DoubleBinaryOperator operator) {
    Figures made = new Figures();
    for (int i = 0; i < values.size(); i++) {
      made.add(operator.applyAsDouble(values.get(i), other.values.get(i)));
    }
    return made;
  }

  /** The one in the middle. */
  public double median() {
    List<Double> sorted = sorted();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }

  /** The least. */
  public double min() {
    return sorted().get(0);
  }

  /** The greatest. */
  public double max() {
    return sorted().get(values.size() - 1);
  }

  private List<Double> sorted() {
    return values.stream().sorted().toList();
  }
}
