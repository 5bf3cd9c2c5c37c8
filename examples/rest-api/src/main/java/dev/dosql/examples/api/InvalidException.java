package dev.dosql.examples.api;

import java.util.Map;
import java.util.TreeMap;

/** A request that does not say what it must; names each member at fault, but no value. */
final class InvalidException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is wrong, by member. */
  private final TreeMap<String, String> problems;

  InvalidException(Map<String, String> problems) {
    this(new TreeMap<>(problems));
  }

  private InvalidException(TreeMap<String, String> problems) {
    super("invalid: " + problems);
    this.problems = problems;
  }

  static InvalidException of(String member, String problem) {
    return new InvalidException(Map.of(member, problem));
  }

  Map<String, String> problems() {
    return problems;
  }
}
