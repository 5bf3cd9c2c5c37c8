package dev.dosql.storage.providers;

import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.ObjectStoreProvider;
import dev.dosql.storage.S3ObjectStore;
import java.net.URI;
import java.util.Objects;
import java.util.Set;

/** Opens {@code s3://bucket/prefix?endpoint=…}. */
public final class S3Provider implements ObjectStoreProvider {

  private static final Set<String> KNOWN =
      Set.of("endpoint", "region", "pathStyle", "checksums", "quotedTags");

  /** For the service loader. */
  public S3Provider() {}

  @Override
  public String scheme() {
    return "s3";
  }

  @Override
  public ObjectStore open(URI uri) {
    Parameters parameters = new Parameters(uri, KNOWN);
    String bucket = uri.getRawAuthority();
    if (bucket == null || bucket.contains("@") || bucket.contains(":")) {
      throw new IllegalArgumentException(
          "store not opened: needed s3://bucket/prefix, and credentials not in it but in the"
              + " environment or the builder");
    }
    S3ObjectStore.Builder builder = S3ObjectStore.builder(bucket).prefix(prefix(uri));
    if (parameters.text("endpoint") != null) {
      builder.endpoint(endpoint(uri, Objects.requireNonNull(parameters.text("endpoint"))));
    }
    if (parameters.text("region") != null) {
      builder.region(Objects.requireNonNull(parameters.text("region")));
    }
    Boolean pathStyle = parameters.bool(uri, "pathStyle");
    if (pathStyle != null) {
      builder.pathStyle(pathStyle);
    }
    Boolean checksums = parameters.bool(uri, "checksums");
    if (checksums != null) {
      builder.checksums(checksums);
    }
    Boolean quotedTags = parameters.bool(uri, "quotedTags");
    if (quotedTags != null) {
      builder.quotedTags(quotedTags);
    }
    return builder.build();
  }

  private static URI endpoint(URI uri, String text) {
    try {
      return URI.create(text);
    } catch (IllegalArgumentException e) {
      throw Parameters.refused(uri, "parameter is no URI", "endpoint", "http or https");
    }
  }

  /** The path without the slashes at its ends. */
  private static String prefix(URI uri) {
    return Objects.requireNonNullElse(uri.getPath(), "").replaceAll("^/|/$", "");
  }
}
