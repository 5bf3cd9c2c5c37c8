package dev.dosql.web.remote;

import dev.dosql.DatabaseClosedException;
import dev.dosql.DoSQLException;
import dev.dosql.ParameterException;
import dev.dosql.TransactionEndedException;
import dev.dosql.web.Problem;
import dev.dosql.web.WebException;
import dev.dosql.web.remote.NoAnswerException.Kind;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls to an endpoint and reads its answers. A call is sent again only if the endpoint never
 * got it, or said that it did nothing of it.
 *
 * <p>Safe for use by many threads.
 */
final class Exchange {
  private static final int CONNECTS_MAX = 3;
  private static final long PAUSE_MILLIS_MIN = 5;
  private static final long PAUSE_MILLIS_MAX = 100;
  private static final Set<String> BUSY =
      Set.of(RemoteServer.TOO_MANY_CALLS, RemoteServer.TOO_MANY_TRANSACTIONS);

  /**
   * Answers after which nothing was done, whoever sent them: it did not pass the call on. Others
   * may come from a proxy that has given up a call which the endpoint does.
   */
  private static final Set<Integer> REFUSALS = Set.of(401, 403, 404, 405, 413, 414, 415, 429, 431);

  private final URI base;
  private final String tenant;
  private final String authorization;
  private final Duration busyTimeout;
  private final int answerBytesMax;
  private volatile @Nullable HttpClient client;

  Exchange(
      URI base,
      String tenant,
      String secret,
      Duration busyTimeout,
      int answerBytesMax,
      HttpClient client) {
    this.base = URI.create(base + "/" + TenantPath.encode(tenant));
    this.tenant = tenant;
    this.authorization = "Bearer " + secret;
    this.busyTimeout = busyTimeout;
    this.answerBytesMax = answerBytesMax;
    this.client = client;
  }

  URI base() {
    return base;
  }

  String tenant() {
    return tenant;
  }

  void close() {
    client = null; // One that nobody refers to ends its thread and connections.
  }

  /**
   * Makes a call.
   *
   * @param timeout how long one attempt may take
   * @return the answer
   * @throws DoSQLException as the endpoint says
   * @throws NoAnswerException if there is no answer
   */
  Map<?, ?> call(String path, Map<String, ?> body, Duration timeout) throws NoAnswerException {
    byte[] json = Wire.write(body);
    long until = System.nanoTime() + busyTimeout.toNanos();
    for (int attempt = 1; ; attempt++) {
      try {
        return read(post(path, json, timeout));
      } catch (RemoteCallException e) {
        if (!BUSY.contains(e.code()) || until - System.nanoTime() <= 0) {
          throw e;
        }
      } catch (NoAnswerException e) {
        if (e.kind() != Kind.UNREACHED
            || attempt >= CONNECTS_MAX
            || e.getCause() instanceof HttpConnectTimeoutException) {
          throw e;
        }
      }
      pause(attempt);
    }
  }

  private void pause(int attempt) throws NoAnswerException {
    long max = Math.min(PAUSE_MILLIS_MAX, PAUSE_MILLIS_MIN << Math.min(attempt, 5));
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(PAUSE_MILLIS_MIN, max + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(Kind.NOT_SENT, "interrupted", 0, Duration.ZERO, System.nanoTime(), e);
    }
  }

  private HttpResponse<byte[]> post(String path, byte[] json, Duration timeout)
      throws NoAnswerException {
    HttpClient open = client;
    if (open == null) {
      throw new DatabaseClosedException("handle is closed (tenant=" + tenant + ")");
    }
    long since = System.nanoTime();
    if (Thread.currentThread().isInterrupted()) {
      throw failed(Kind.NOT_SENT, "interrupted before it was sent", 0, timeout, since, null);
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + path))
            .header("Authorization", authorization)
            .header("Content-Type", Wire.EXACT)
            .header("Accept", Wire.EXACT + ", " + Problem.CONTENT_TYPE)
            .POST(BodyPublishers.ofByteArray(json))
            .build();
    // Not its own timeout, which ends with the headers of the answer.
    CompletableFuture<HttpResponse<byte[]>> answer =
        open.sendAsync(request, headers -> new BoundedBody(answerBytesMax));
    try {
      return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw failed(Kind.TIMEOUT, "no answer in time", 0, timeout, since, e);
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw failed(Kind.INTERRUPTED, "interrupted", 0, timeout, since, e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      boolean unreached =
          cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException;
      throw unreached
          ? failed(Kind.UNREACHED, "endpoint not reached", 0, timeout, since, cause)
          : failed(Kind.LOST, "connection lost", 0, timeout, since, cause);
    }
  }

  private NoAnswerException failed(
      Kind kind, String what, int status, Duration allowed, long since, @Nullable Throwable cause) {
    Duration seen = Duration.ofNanos(System.nanoTime() - since);
    String message = "remote call had no answer: " + what + " (tenant=" + tenant + ")";
    return new NoAnswerException(kind, message, status, allowed, seen, cause);
  }

  // ---- answers

  private Map<?, ?> read(HttpResponse<byte[]> response) throws NoAnswerException {
    int status = response.statusCode();
    String type = response.headers().firstValue("Content-Type").orElse("");
    if (status == 200 && type.startsWith(Wire.EXACT)) {
      return parsed(response);
    }
    if (status >= 400 && type.startsWith(Problem.CONTENT_TYPE)) {
      throw error(parsed(response), status);
    }
    if (REFUSALS.contains(status)) {
      throw new RemoteCallException(refused(status, ""), status, "", null);
    }
    throw failed(
        Kind.LOST,
        "not the endpoint's own answer (status=" + status + ")",
        status,
        Duration.ZERO,
        System.nanoTime(),
        null);
  }

  private Map<?, ?> parsed(HttpResponse<byte[]> response) throws NoAnswerException {
    try {
      return RemoteServer.object(Wire.parse(response.body()));
    } catch (WebException | ParameterException e) {
      throw failed(
          Kind.LOST,
          "an answer that cannot be read",
          response.statusCode(),
          Duration.ZERO,
          System.nanoTime(),
          e);
    }
  }

  private DoSQLException error(Map<?, ?> problem, int status) throws NoAnswerException {
    if (problem.get(Failures.MEMBER) instanceof Map<?, ?> known) {
      return Failures.decode(known, tenant, status);
    }
    String code = problem.get("code") instanceof String text ? text : "";
    String error = problem.get("error") instanceof String text ? text : "";
    if (status == 410 && code.equals(RemoteServer.UNKNOWN_TRANSACTION)) {
      return new UnknownTransactionException(refused(status, error)).asEnded();
    }
    if (REFUSALS.contains(status) || isOwnRefusal(status, code)) {
      return new RemoteCallException(refused(status, error), status, code, null);
    }
    throw failed(
        Kind.LOST,
        "the endpoint failed, or it is not its own answer: " + error + " (status=" + status + ")",
        status,
        Duration.ZERO,
        System.nanoTime(),
        null);
  }

  /** Of the errors that are none of the library's, those whose status proxies send too. */
  private static boolean isOwnRefusal(int status, String code) {
    return status == 400 && code.equals(RemoteServer.BAD_REQUEST)
        || status == 503 && code.equals(RemoteServer.CLOSING);
  }

  private String refused(int status, String error) {
    return "remote call refused: "
        + (error.isEmpty() ? "no reason given" : error)
        + " (tenant="
        + tenant
        + ", status="
        + status
        + ")";
  }

  /** The cause of the error of a transaction of which the endpoint does not know how it ended. */
  static final class UnknownTransactionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnknownTransactionException(String message) {
      super(message, null, true, false);
    }

    TransactionEndedException asEnded() {
      return new TransactionEndedException(getMessage(), this);
    }
  }
}
