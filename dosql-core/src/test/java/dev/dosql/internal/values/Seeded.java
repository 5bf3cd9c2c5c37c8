package dev.dosql.internal.values;

import java.util.SplittableRandom;

/** Random input that can be had again: {@code -Dseed=…}. */
final class Seeded {
  final long seed = Long.getLong("seed", System.nanoTime());
  final SplittableRandom random = new SplittableRandom(seed);

  /** Longs of every magnitude, near powers of two and near those of a double's precision. */
  long anyLong() {
    long bits = random.nextLong() >>> random.nextInt(64);
    long near = (1L << random.nextInt(64)) + random.nextInt(-2, 3);
    long value = random.nextBoolean() ? bits : near;
    return random.nextBoolean() ? value : -value;
  }

  /** Doubles of every kind but NaN. */
  double anyDouble() {
    return switch (random.nextInt(5)) {
      case 0 -> anyLong();
      case 1 -> anyLong() + 0.5;
      case 2 -> (float) random.nextDouble(-1e9, 1e9);
      case 3 -> random.nextDouble();
      default -> notNaN(Double.longBitsToDouble(random.nextLong()));
    };
  }

  private static double notNaN(double value) {
    return Double.isNaN(value) ? Double.POSITIVE_INFINITY : value;
  }

  @Override
  public String toString() {
    return "seed=" + seed;
  }
}
