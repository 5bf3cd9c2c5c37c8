package dev.dosql.examples.api;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/** Bodies of requests, from JSON to records that are valid. */
final class Bodies {
  /**
   * A text is no number and 1.5 no whole one; more members than needed are ignored. Decimals keep
   * all of their digits.
   */
  static final JsonMapper JSON =
      JsonMapper.builder()
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private Bodies() {}

  /** The body as a record that keeps to its annotations. */
  static <T> T parse(byte[] body, Class<T> type) {
    return Validation.valid(shaped(body, type));
  }

  /** The body as a record, whatever is in it; for items that are judged one by one. */
  static <T> T shaped(byte[] body, Class<T> type) {
    try {
      T value = JSON.readValue(body, type);
      if (value == null) {
        throw Invalid.of("body", "must be an object");
      }
      return value;
    } catch (JacksonException e) {
      throw Invalid.of(path(e), "is not what is needed here");
    }
  }

  /** Where it stands; never the message, in which the value is. */
  private static String path(JacksonException e) {
    String path =
        e.getPath().stream()
            .map(
                at ->
                    at.getPropertyName() == null
                        ? "[" + at.getIndex() + "]"
                        : "." + at.getPropertyName())
            .collect(Collectors.joining());
    return path.isEmpty() ? "body" : path.substring(path.startsWith(".") ? 1 : 0);
  }

  // region by-hand
  /**
   * The body of a PATCH, by hand: a record cannot tell a member that is null, which takes the bio
   * away, from one that is not there, which leaves it as it is.
   */
  static UserChanges userChanges(byte[] body) {
    JsonNode tree = shaped(body, JsonNode.class);
    Map<String, String> problems = new HashMap<>();
    UserChanges changes =
        new UserChanges(
            text(tree, "name", 100, problems), email(tree, problems), bio(tree, problems));
    if (problems.isEmpty() && changes.isEmpty()) {
      problems.put("body", "must have name, email or bio");
    }
    if (!problems.isEmpty()) {
      throw Invalid.of(problems);
    }
    return changes;
  }

  private static @Nullable Optional<String> bio(JsonNode tree, Map<String, String> problems) {
    if (tree.path("bio").isNull()) {
      return Optional.empty();
    }
    String bio = text(tree, "bio", 500, problems);
    return bio == null ? null : Optional.of(bio);
  }

  private static @Nullable String email(JsonNode tree, Map<String, String> problems) {
    String email = text(tree, "email", 254, problems);
    if (email != null && !email.matches("[^@\\s]+@[^@\\s]+")) {
      problems.put("email", "must be an email address");
    }
    return email;
  }

  private static @Nullable String text(
      JsonNode tree, String member, int max, Map<String, String> problems) {
    JsonNode value = tree.path(member);
    if (value.isMissingNode()) {
      return null;
    }
    if (value.isString() && !value.stringValue().isBlank() && value.stringValue().length() <= max) {
      return value.stringValue();
    }
    problems.put(member, "must be a text of 1 to " + max + " characters");
    return null;
  }
  // endregion
}
