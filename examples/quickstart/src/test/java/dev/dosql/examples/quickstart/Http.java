package dev.dosql.examples.quickstart;

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

/**
 * A client that says which host it means, whatever the name resolves to on this machine, and keeps
 * no connection: a server that stops gives idle ones another second.
 */
final class Http {
  static {
    System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host,connection");
  }

  private final HttpClient client = HttpClient.newBuilder().version(Version.HTTP_1_1).build();
  private final int port;

  Http(int port) {
    this.port = port;
  }

  Answer get(String host, String path) {
    return send("GET", host, path, BodyPublishers.noBody());
  }

  Answer post(String host, String body) {
    return send("POST", host, "/todos", BodyPublishers.ofString(body));
  }

  Answer send(String method, String host, String path, BodyPublisher body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("Host", host + ":" + port)
            .header("Connection", "close")
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(30))
            .method(method, body)
            .build();
    try {
      HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
      String type = response.headers().firstValue("Content-Type").orElse("");
      return new Answer(response.statusCode(), type, response.body());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(method + " " + host + path + " has no answer", e);
    }
  }

  record Answer(int status, String type, String body) {
    static Answer json(int status, String body) {
      return new Answer(status, "application/json", body);
    }

    static Answer error(int status, String message) {
      return json(status, "{\"error\":\"" + message + "\"}");
    }
  }
}
