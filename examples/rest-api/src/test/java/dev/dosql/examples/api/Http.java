package dev.dosql.examples.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * A client of one tenant, who says which host it means, whatever the name resolves to on this
 * machine. Immutable: {@link #with} and {@link #host} make others.
 */
final class Http {
  static {
    System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host,connection,content-length");
  }

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(Version.HTTP_1_1).build();

  private final int port;
  private final Map<String, String> headers;

  private Http(int port, Map<String, String> headers) {
    this.port = port;
    this.headers = headers;
  }

  Http(int port, String host) {
    this(port, Map.of("Host", host + ":" + port, "Content-Type", "application/json"));
  }

  /** With a header, or in place of it. */
  Http with(String name, String value) {
    Map<String, String> more = new TreeMap<>(headers);
    more.put(name, value);
    return new Http(port, more);
  }

  Http host(String host) {
    return with("Host", host + ":" + port);
  }

  Http bearer(String token) {
    return with("Authorization", "Bearer " + token);
  }

  /** The same at another port. */
  Http port(int other) {
    String host = headers.get("Host").replaceFirst(":\\d+$", "");
    return new Http(other, headers).host(host);
  }

  int port() {
    return port;
  }

  Answer get(String path) {
    return send("GET", path, BodyPublishers.noBody());
  }

  Answer post(String path, String body) {
    return send("POST", path, BodyPublishers.ofString(body));
  }

  Answer patch(String path, String body) {
    return send("PATCH", path, BodyPublishers.ofString(body));
  }

  Answer put(String path, String body) {
    return send("PUT", path, BodyPublishers.ofString(body));
  }

  Answer delete(String path) {
    return send("DELETE", path, BodyPublishers.noBody());
  }

  Answer send(String method, String path, BodyPublisher body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(30))
            .method(method, body);
    headers.forEach(request::header);
    try {
      return new Answer(CLIENT.send(request.build(), BodyHandlers.ofByteArray()));
    } catch (IOException e) {
      throw new NoAnswer(method + " " + path + " has no answer", e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(method + " " + path + " has no answer", e);
    }
  }

  /** The connection broke before there was an answer: what was asked for may be done or not. */
  static final class NoAnswer extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoAnswer(String message, IOException cause) {
      super(message, cause);
    }
  }

  record Answer(HttpResponse<byte[]> response) {
    int status() {
      return response.statusCode();
    }

    String body() {
      return new String(response.body(), UTF_8);
    }

    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }

    JsonNode json() {
      return Bodies.JSON.readTree(response.body());
    }

    /** The member at a path such as {@code /data/0/id}; missing if there is none. */
    JsonNode at(String path) {
      return json().at(path);
    }

    @Override
    public String toString() {
      return status() + " " + body();
    }
  }
}
