package dev.dosql.examples.api;

import dev.dosql.examples.api.Http.Answer;

/** A client that takes and returns the records of the service. */
final class ApiClient {
  private final Http http;

  ApiClient(Http http) {
    this.http = http;
  }

  /** An answer that is an error: its status, and the code that programs go by. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final int status;
    final String code;

    Refused(int status, String code, String error) {
      super(status + " " + code + ": " + error);
      this.status = status;
      this.code = code;
    }
  }

  // region client
  <T> T get(String path, Class<T> type) {
    return read(http.get(path), type);
  }

  <T> T post(String path, Object body, Class<T> type) {
    return read(http.post(path, Bodies.JSON.writeValueAsString(body)), type);
  }

  private static <T> T read(Answer answer, Class<T> type) {
    if (answer.status() >= 400) {
      throw new Refused(
          answer.status(), answer.at("/code").stringValue(), answer.at("/error").stringValue());
    }
    return Bodies.JSON.readValue(answer.body(), type);
  }
  // endregion
}
