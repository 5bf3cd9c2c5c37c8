package dev.dosql.storage;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All that tells one S3 store from another; it never shows the credentials. */
record S3Settings(
    String bucket,
    String prefix,
    @Nullable URI endpoint,
    @Nullable String region,
    boolean pathStyle,
    boolean checksums,
    boolean quotedTags,
    @Nullable Credentials credentials,
    Duration connectTimeout,
    Duration requestTimeout,
    Duration callTimeout,
    int connectionsMax) {

  /** An access key; a class of its own so that no message shows it by accident. */
  record Credentials(String accessKeyId, String secretAccessKey, @Nullable String sessionToken) {
    @Override
    public String toString() {
      return "credentials";
    }
  }

  /** The URI of the store, as {@link ObjectStores} takes it, without what is by default. */
  @Override
  public String toString() {
    List<String> parameters = new ArrayList<>();
    boolean own = endpoint != null;
    add(parameters, "endpoint", endpoint, null);
    add(parameters, "region", region, null);
    add(parameters, "pathStyle", pathStyle, own);
    add(parameters, "checksums", checksums, !own);
    add(parameters, "quotedTags", quotedTags, true);
    String path = prefix.isEmpty() ? "" : "/" + encoded(prefix.substring(0, prefix.length() - 1));
    String query = parameters.isEmpty() ? "" : "?" + String.join("&", parameters);
    return "s3://" + bucket + path + query;
  }

  private static void add(
      List<String> parameters, String name, @Nullable Object value, @Nullable Object byDefault) {
    if (value != null && !value.equals(byDefault)) {
      parameters.add(name + "=" + value);
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("%2F", "/").replace("+", "%20");
  }
}
