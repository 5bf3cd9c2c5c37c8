package dev.dosql.web.internal.javalin;

import dev.dosql.web.Problem;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.validation.ValidationError;
import io.javalin.validation.ValidationException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Exceptions as answers; those that are failures of our own also go to the log. */
public final class Errors {
  private static final Logger LOG = LoggerFactory.getLogger("dev.dosql.web.errors");

  private Errors() {}

  /** Adds the handlers; one of the application's for a type of its own goes before them. */
  public static void addTo(RoutesConfig routes) {
    routes.exception(HttpResponseException.class, (e, ctx) -> answer(ctx, problem(e)));
    routes.exception(ValidationException.class, (e, ctx) -> answer(ctx, problem(e)));
    routes.exception(Exception.class, Errors::answerAny);
  }

  private static void answerAny(Exception e, Context ctx) {
    Problem problem = Problem.of(e);
    if (problem.status() == 500) {
      LOG.error("{} {} failed: {}", ctx.method().name(), Routes.template(ctx), Failures.text(e));
    } else if (problem.status() > 500) {
      LOG.warn("{} {} failed: {}", ctx.method().name(), Routes.template(ctx), Failures.line(e));
    }
    answer(ctx, problem);
  }

  private static Problem problem(HttpResponseException e) {
    int status = e.getStatus() < 400 || e.getStatus() > 599 ? 500 : e.getStatus();
    Problem problem =
        switch (status) {
          case 404 -> Problem.of(404, "not_found", "nothing is here");
          case 405 -> Problem.of(405, "method_not_allowed", "not a method of this path");
          case 413 -> Problem.of(413, "body_too_large", "body has too many bytes");
          case 500 -> Problem.of(500, "internal", "internal error");
          default -> Problem.of(status, "http_" + status, text(e));
        };
    Map<String, String> details = e.getDetails(); // of a 405, in words that depend on Accept
    String allowed = details.getOrDefault("availableMethods", details.get("Available methods"));
    return allowed == null ? problem : problem.withHeader("Allow", allowed);
  }

  private static String text(HttpResponseException e) {
    String message = e.getMessage();
    return message == null || message.isBlank() ? "refused" : message;
  }

  private static Problem problem(ValidationException e) {
    Map<String, Object> fields = new LinkedHashMap<>();
    e.getErrors().forEach((field, errors) -> fields.put(field, messages(errors)));
    return Problem.of(400, "invalid", "not valid: " + String.join(", ", fields.keySet()))
        .with("fields", fields);
  }

  private static List<String> messages(List<? extends ValidationError<?>> errors) {
    return errors.stream().map(error -> String.valueOf(error.getMessage())).toList();
  }

  /** Answers with a problem. */
  public static void answer(Context ctx, Problem problem) {
    problem.headers().forEach(ctx::header);
    ctx.status(problem.status()).contentType(Problem.CONTENT_TYPE).result(problem.toJson());
  }
}
