package dev.dosql.storage;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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
    StringBuilder uri = new StringBuilder("s3://").append(bucket);
    if (!prefix.isEmpty()) {
      uri.append('/').append(encoded(prefix.substring(0, prefix.length() - 1)));
    }
    char separator = '?';
    if (endpoint != null) {
      uri.append(separator).append("endpoint=").append(endpoint);
      separator = '&';
    }
    if (region != null) {
      uri.append(separator).append("region=").append(region);
    }
    return uri.toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("%2F", "/").replace("+", "%20");
  }
}
