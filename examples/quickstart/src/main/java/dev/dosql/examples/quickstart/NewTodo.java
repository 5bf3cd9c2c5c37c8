package dev.dosql.examples.quickstart;

import io.javalin.http.BadRequestResponse;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The body of a POST: {@code {"title": "…"}}; other members are ignored. */
record NewTodo(String title) {
  private static final JsonMapper JSON = JsonMapper.shared();

  static NewTodo parse(byte[] body) {
    JsonNode title = tree(body).path("title");
    if (!title.isString() || title.stringValue().isBlank()) {
      throw new BadRequestResponse("title must be a text that is not blank");
    }
    return new NewTodo(title.stringValue().strip());
  }

  private static JsonNode tree(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (JacksonException e) {
      throw new BadRequestResponse("body is not JSON");
    }
  }
}
