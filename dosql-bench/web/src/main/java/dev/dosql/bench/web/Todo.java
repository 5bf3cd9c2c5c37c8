package dev.dosql.bench.web;

/**
 * A row, and what the service answers.
 *
 * @param id its key
 * @param title what is to be done
 * @param done whether it is
 */
public record Todo(long id, String title, boolean done) {
  /**
   * What a client sends.
   *
   * @param title what is to be done
   */
  public record New(String title) {}
}
