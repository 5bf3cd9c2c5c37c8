package dev.dosql.web.internal.javalin;

import dev.dosql.web.Problem;
import dev.dosql.web.WebException;
import dev.dosql.web.internal.Json;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;

/** Bodies of requests and answers. */
public final class Bodies {
  private Bodies() {}

  /** Has the server take bodies in, up to a size and a time, before it does more. */
  public static void takeInFirst(Server server, long bytesMax, Duration timeout) {
    server.insertHandler(new BodyFirst(bytesMax, timeout));
  }

  /** Answers what the server refuses by itself, such as a header that is too long, as we do. */
  public static void answerAsProblem(Server server) {
    server.setErrorHandler(Bodies::answerAsProblem);
  }

  private static boolean answerAsProblem(Request request, Response response, Callback callback) {
    int status = Math.max(400, Math.min(599, response.getStatus()));
    Problem problem =
        status == HttpStatus.INTERNAL_SERVER_ERROR_500
            ? Problem.of(status, "internal", "internal error")
            : Problem.of(status, "http_" + status, "refused");
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, Problem.CONTENT_TYPE);
    Headers.SECURITY.forEach(response.getHeaders()::put);
    byte[] body = problem.toJson().getBytes(StandardCharsets.UTF_8);
    response.write(true, ByteBuffer.wrap(body), callback);
    return true;
  }

  /** The body as a value of a type, or a 400. */
  public static <T> T parse(Context ctx, Class<T> type) {
    ctx.bodyAsBytes(); // whatever fails here is not about JSON
    try {
      T value = ctx.bodyAsClass(type);
      if (value != null) {
        return value;
      }
    } catch (HttpResponseException e) {
      throw e;
    } catch (Exception e) { // what a mapper throws, some of it checked and not declared
      throw WebException.badRequest("body is not the JSON that is needed");
    }
    throw WebException.badRequest("body must not be null");
  }

  /** Lays JSON out for people, if the request says {@code ?pretty}. */
  public static void layOut(Context ctx) {
    String pretty = ctx.queryParam("pretty");
    if (pretty == null || pretty.equals("false") || !isJson(ctx)) {
      return;
    }
    if (ctx.resultInputStream() instanceof ByteArrayInputStream) {
      String json = ctx.result();
      ctx.result(Json.pretty(json == null ? "" : json));
    }
  }

  private static boolean isJson(Context ctx) {
    String type = ctx.res().getContentType();
    return type != null
        && (type.startsWith("application/json") || type.startsWith(Problem.CONTENT_TYPE));
  }
}
