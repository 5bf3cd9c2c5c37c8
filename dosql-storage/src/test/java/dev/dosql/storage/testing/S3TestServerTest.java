package dev.dosql.storage.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.testing.S3TestServer.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What other clients than ours ask of the server, byte by byte. */
final class S3TestServerTest {

  private S3TestServer server;

  @BeforeEach
  void start() throws IOException {
    server = S3TestServer.start();
    server.setCheckingSignatures(false);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private record Reply(int status, Map<String, String> headers, String body) {}

  private Reply send(String method, String path, String body, String... headers)
      throws IOException {
    URI uri = URI.create(server.endpoint() + path);
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
    connection.setRequestMethod(method);
    for (int i = 0; i < headers.length; i += 2) {
      connection.setRequestProperty(headers[i], headers[i + 1]);
    }
    if (!body.isEmpty()) {
      connection.setDoOutput(true);
      connection.getOutputStream().write(body.getBytes(UTF_8));
    }
    int status = connection.getResponseCode();
    Map<String, String> answered = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    connection
        .getHeaderFields()
        .forEach(
            (name, values) -> {
              if (name != null) {
                answered.put(name, values.get(0));
              }
            });
    InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream();
    return new Reply(status, answered, in == null ? "" : new String(in.readAllBytes(), UTF_8));
  }

  @Test
  void get_ranges_areCutAsInHttp() throws IOException {
    server.put("bucket", "k", "0123456789".getBytes(UTF_8));

    assertThat(range("bytes=2-4")).isEqualTo("206 234 bytes 2-4/10");
    assertThat(range("bytes=7-")).isEqualTo("206 789 bytes 7-9/10");
    assertThat(range("bytes=-3")).isEqualTo("206 789 bytes 7-9/10");
    assertThat(range("bytes=-30")).isEqualTo("206 0123456789 bytes 0-9/10");
    assertThat(range("bytes=8-100")).isEqualTo("206 89 bytes 8-9/10");
    assertThat(range("lines=1-2")).isEqualTo("200 0123456789 null");
    assertThat(send("GET", "/bucket/k", "", "Range", "bytes=10-").status()).isEqualTo(416);
    assertThat(send("GET", "/bucket/k", "", "Range", "bytes=-0").status()).isEqualTo(416);
  }

  private String range(String range) throws IOException {
    Reply reply = send("GET", "/bucket/k", "", "Range", range);
    return reply.status() + " " + reply.body() + " " + reply.headers().get("Content-Range");
  }

  @Test
  void put_metadataAndTag_areInGetAndHead() throws IOException {
    Reply put = send("PUT", "/bucket/a/b%20c+d", "hello", "x-amz-meta-litestream-timestamp", "now");
    assertThat(put.headers().get("ETag")).isEqualTo("\"5d41402abc4b2a76b9719d911017c592\"");

    for (String method : new String[] {"GET", "HEAD"}) {
      Reply reply = send(method, "/bucket/a/b%20c%2Bd", "");
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.headers())
          .containsEntry("ETag", "\"5d41402abc4b2a76b9719d911017c592\"")
          .containsEntry("x-amz-meta-litestream-timestamp", "now")
          .containsEntry("Content-Length", "5");
      assertThat(reply.body()).isEqualTo(method.equals("GET") ? "hello" : "");
    }
    assertThat(send("HEAD", "/bucket/none", "").status()).isEqualTo(404);
    assertThat(send("HEAD", "/bucket", "").status()).isEqualTo(200);
    assertThat(send("HEAD", "/none", "").status()).isEqualTo(404);
    assertThat(server.count(Kind.HEAD)).isEqualTo(4);
    assertThat(server.bytesIn()).isEqualTo(5);
  }

  @Test
  void conditions_ofGetAndPut_areApplied() throws IOException {
    String tag = send("PUT", "/bucket/k", "1", "If-None-Match", "*").headers().get("ETag");

    assertThat(send("PUT", "/bucket/k", "2", "If-None-Match", "*").status()).isEqualTo(412);
    assertThat(send("PUT", "/bucket/k", "2", "If-Match", "\"x\"").status()).isEqualTo(412);
    assertThat(send("PUT", "/bucket/none", "2", "If-Match", tag).status()).isEqualTo(404);
    assertThat(send("GET", "/bucket/k", "", "If-Match", "\"x\"").status()).isEqualTo(412);
    assertThat(send("GET", "/bucket/k", "", "If-None-Match", tag).status()).isEqualTo(304);
    assertThat(send("PUT", "/bucket/k", "3", "If-Match", tag).status()).isEqualTo(200);
    assertThat(send("GET", "/bucket/k", "").body()).isEqualTo("3");
  }

  @Test
  void put_chunkedByAws_isUnwrapped() throws IOException {
    String framed =
        "5;chunk-signature=abc\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n";
    String[] headers = {
      "x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length", "11"
    };

    assertThat(send("PUT", "/bucket/k", framed, headers).status()).isEqualTo(200);
    assertThat(send("GET", "/bucket/k", "").body()).isEqualTo("hello world");
    assertThat(send("PUT", "/bucket/k", framed.substring(0, 30), headers).status()).isEqualTo(400);
    headers[3] = "12";
    assertThat(send("PUT", "/bucket/k", framed, headers).status()).isEqualTo(400);
    assertThat(send("GET", "/bucket/k", "").body()).isEqualTo("hello world");
  }

  @Test
  void put_wrongDigest_isRefused() throws IOException {
    assertThat(send("PUT", "/bucket/k", "1", "Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==").body())
        .contains("BadDigest");
    server.setCheckingSignatures(true);
    assertThat(send("PUT", "/bucket/k", "1", "x-amz-content-sha256", "0".repeat(64)).body())
        .contains("XAmzContentSHA256Mismatch");
    assertThat(server.keys("bucket")).isEmpty();
  }

  @Test
  void request_unsigned_isRefused() throws IOException {
    server.setCheckingSignatures(true);

    Reply reply = send("GET", "/bucket/k", "");

    assertThat(reply.status()).isEqualTo(403);
    assertThat(reply.body()).contains("<Code>AccessDenied</Code>");
  }

  @Test
  void list_delimiter_groupsAndPages() throws IOException {
    for (String key : new String[] {"a", "b/1", "b/2", "c/1/x", "c&d", "d/1", "e"}) {
      server.put("bucket", key, key.getBytes(UTF_8));
    }

    assertThat(list("delimiter=%2F")).isEqualTo("a c&d e | b/ c/ d/");
    assertThat(list("prefix=c%2F&delimiter=%2F")).isEqualTo(" | c/1/");
    assertThat(list("prefix=b")).isEqualTo("b/1 b/2 | ");
    assertThat(list("start-after=b%2F1&delimiter=%2F")).isEqualTo("c&d e | b/ c/ d/");
    assertThat(list("max-keys=0")).isEqualTo(" | ");
    assertThat(pages("max-keys=1&delimiter=%2F"))
        .isEqualTo("a | ;  | b/; c&d | ;  | c/;  | d/; e | ; ");
    assertThat(pages("max-keys=4&encoding-type=url"))
        .isEqualTo("a b/1 b/2 c%26d | ; c/1/x d/1 e | ; ");
  }

  private String pages(String query) throws IOException {
    StringBuilder pages = new StringBuilder();
    String token = "";
    for (int page = 0; page < 20; page++) {
      String body = send("GET", "/bucket?list-type=2&" + query + token, "").body();
      pages.append(names(body)).append("; ");
      int next = body.indexOf("<NextContinuationToken>");
      if (next < 0) {
        return pages.toString();
      }
      String rest = body.substring(next + "<NextContinuationToken>".length());
      token = "&continuation-token=" + rest.substring(0, rest.indexOf('<'));
    }
    throw new AssertionError("needed an end of pages: " + pages);
  }

  private String list(String query) throws IOException {
    return names(send("GET", "/bucket?list-type=2&" + query, "").body());
  }

  private static String names(String xml) {
    StringBuilder keys = new StringBuilder();
    StringBuilder groups = new StringBuilder();
    for (String part : xml.split("<Contents>")) {
      if (part.startsWith("<Key>")) {
        keys.append(keys.isEmpty() ? "" : " ").append(part, 5, part.indexOf("</Key>"));
      }
    }
    for (String part : xml.split("<CommonPrefixes><Prefix>")) {
      if (!part.startsWith("<?xml")) {
        groups.append(groups.isEmpty() ? "" : " ").append(part, 0, part.indexOf("</Prefix>"));
      }
    }
    return keys.toString().replace("&amp;", "&") + " | " + groups;
  }

  @Test
  void delete_oneAndMany_leaveTheRest() throws IOException {
    for (String key : new String[] {"a", "b", "c<&>", "d"}) {
      server.put("bucket", key, new byte[1]);
    }

    assertThat(send("DELETE", "/bucket/a", "").status()).isEqualTo(204);
    String body =
        "<Delete><Object><Key>b</Key></Object><Object><Key>c&lt;&amp;&gt;</Key></Object></Delete>";
    assertThat(send("POST", "/bucket?delete", body).body()).contains("<Deleted><Key>b</Key>");
    assertThat(server.keys("bucket")).containsExactly("d");
  }

  @Test
  void answers_oneAfterAnother_comeAtOnce() throws IOException {
    server.put("bucket", "k", new byte[100]);
    send("GET", "/bucket/k", "");
    long start = System.nanoTime();
    for (int i = 0; i < 100; i++) {
      send("GET", "/bucket/k", "");
    }

    // 40 ms each, if the server let the kernel hold its answers back.
    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(3_000);
  }
}
