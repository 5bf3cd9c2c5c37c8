package dev.dosql.examples.api;

import dev.dosql.web.Problem;
import dev.dosql.web.WebException;
import java.util.Map;
import java.util.TreeMap;

/** What is wrong with a request: each member at fault, but no value. */
final class Invalid {
  private static final int STATUS = 400;

  private Invalid() {}

  static WebException of(String member, String problem) {
    return of(Map.of(member, problem));
  }

  // region invalid
  static WebException of(Map<String, String> problems) {
    return new WebException(
        Problem.of(STATUS, "invalid", "the request is not valid")
            .with("invalid", new TreeMap<>(problems)));
  }
  // endregion
}
