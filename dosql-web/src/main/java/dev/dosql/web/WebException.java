package dev.dosql.web;

import java.util.Objects;

/**
 * What a request is refused with: a status and a text that the client may read. Thrown by code that
 * serves requests; it is no failure of the server, and is not logged as one.
 */
public final class WebException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  /**
   * Makes the error.
   *
   * @param problem what the client gets
   */
  public WebException(Problem problem) {
    super(Objects.requireNonNull(problem, "problem").status() + " " + problem.error());
    this.problem = problem;
  }

  /**
   * Makes the error.
   *
   * @param status the HTTP status, 400 to 599
   * @param code a word for programs, such as {@code out_of_stock}
   * @param error a sentence for people
   */
  public WebException(int status, String code, String error) {
    this(Problem.of(status, code, error));
  }

  /**
   * 400: the request cannot be understood.
   *
   * @param error what was seen and what is needed
   * @return the error
   */
  public static WebException badRequest(String error) {
    return new WebException(400, "bad_request", error);
  }

  /**
   * 401: nobody, or nobody known, sends the request.
   *
   * @param error what is needed
   * @return the error, with the {@code WWW-Authenticate} header that a 401 must have
   */
  public static WebException unauthorized(String error) {
    Problem problem = Problem.of(401, "unauthorized", error);
    return new WebException(problem.withHeader("WWW-Authenticate", "Bearer"));
  }

  /**
   * 403: who sends the request may not do this.
   *
   * @param error what is needed
   * @return the error
   */
  public static WebException forbidden(String error) {
    return new WebException(403, "forbidden", error);
  }

  /**
   * 404: there is nothing of that name.
   *
   * @param error what there is none of
   * @return the error
   */
  public static WebException notFound(String error) {
    return new WebException(404, "not_found", error);
  }

  /**
   * 409: the request contradicts what is there.
   *
   * @param error what it contradicts
   * @return the error
   */
  public static WebException conflict(String error) {
    return new WebException(409, "conflict", error);
  }

  /**
   * 422: the request is understood, and what it says is not allowed.
   *
   * @param error what was seen and what is needed
   * @return the error
   */
  public static WebException unprocessable(String error) {
    return new WebException(422, "invalid", error);
  }

  /**
   * What the client gets.
   *
   * @return the status and the body
   */
  public Problem problem() {
    return problem;
  }
}
