package dev.dosql.storage;

import dev.dosql.storage.S3Failure.Kind;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Single requests to S3 through the AWS SDK, each sent once. The only class that knows the SDK, so
 * that the others can be loaded without it.
 *
 * <p>Every failure is an {@link S3Failure} that says what is known of the outcome. Its message has
 * the status, the error code and the identifier of the request, never the text of the answer, which
 * may quote what was sent.
 */
final class S3Wire implements AutoCloseable {

  /** Below this size a round trip that asks for permission to send costs more than it saves. */
  private static final long EXPECT_CONTINUE_BYTES_MIN = 1 << 20;

  /** Shorter than that of known servers, so that few requests meet a connection just closed. */
  private static final Duration IDLE_MAX = Duration.ofSeconds(15);

  private static final Set<String> REJECTIONS =
      Set.of(
          "SlowDown",
          "SlowDownRead",
          "SlowDownWrite",
          "Throttling",
          "ThrottlingException",
          "RequestLimitExceeded",
          "TooManyRequests",
          "ConditionalRequestConflict",
          "OperationAborted",
          "RequestTimeTooSkewed");

  private final S3Settings settings;
  private final S3Client client;

  S3Wire(S3Settings settings) throws S3Failure {
    this.settings = settings;
    try {
      client = client(settings);
    } catch (SdkException | IllegalArgumentException e) {
      throw new S3Failure(Kind.REFUSED, "client not built: " + e.getMessage(), e);
    }
  }

  private static S3Client client(S3Settings settings) {
    S3ClientBuilder builder =
        S3Client.builder()
            .httpClientBuilder(http(settings))
            .overrideConfiguration(c -> c.retryStrategy(DefaultRetryStrategy.doNotRetry()))
            .serviceConfiguration(
                c ->
                    c.pathStyleAccessEnabled(settings.pathStyle())
                        .chunkedEncodingEnabled(settings.checksums())
                        .expectContinueThresholdInBytes(EXPECT_CONTINUE_BYTES_MIN));
    if (!settings.checksums()) {
      builder.requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED);
      builder.responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
    }
    if (settings.endpoint() != null) {
      builder.endpointOverride(settings.endpoint());
    }
    if (settings.region() != null) {
      builder.region(Region.of(settings.region()));
    }
    if (settings.credentials() != null) {
      builder.credentialsProvider(StaticCredentialsProvider.create(of(settings.credentials())));
    }
    return builder.build();
  }

  private static Apache5HttpClient.Builder http(S3Settings settings) {
    return Apache5HttpClient.builder()
        .maxConnections(settings.connectionsMax())
        .connectionTimeout(settings.connectTimeout())
        .connectionAcquisitionTimeout(settings.requestTimeout())
        .socketTimeout(settings.requestTimeout())
        .connectionMaxIdleTime(IDLE_MAX)
        .tcpKeepAlive(true);
  }

  private static AwsCredentials of(S3Settings.Credentials given) {
    String token = given.sessionToken();
    return token == null
        ? AwsBasicCredentials.create(given.accessKeyId(), given.secretAccessKey())
        : AwsSessionCredentials.create(given.accessKeyId(), given.secretAccessKey(), token);
  }

  @Override
  public void close() {
    client.close();
  }

  /**
   * A part of an object.
   *
   * @param info of the whole object; its key is the one in the bucket
   * @param bytes those of the range, as far as the object reaches
   */
  record Part(ObjectInfo info, byte[] bytes) {}

  /** Reads a range; without one if the length is that of the whole object, which may be empty. */
  Part get(
      String key, @Nullable String etag, long offset, int length, boolean whole, Duration limit)
      throws S3Failure {
    GetObjectRequest.Builder request =
        GetObjectRequest.builder()
            .bucket(settings.bucket())
            .key(key)
            .overrideConfiguration(in(limit));
    if (!whole) {
      long last = offset > Long.MAX_VALUE - length ? Long.MAX_VALUE : offset + length - 1;
      request.range("bytes=" + offset + "-" + last);
    }
    if (etag != null) {
      request.ifMatch(sent(etag));
    }
    try {
      return client.getObject(
          request.build(), (response, body) -> part(key, response, body, offset, length));
    } catch (SdkException e) {
      throw failure(e);
    }
  }

  private static Part part(
      String key, GetObjectResponse response, AbortableInputStream body, long offset, int length)
      throws IOException {
    long size = size(response, offset);
    int wanted = (int) Math.max(0, Math.min(length, size - offset));
    if (response.contentRange() == null) {
      body.skipNBytes(offset); // a server that does not know ranges sends all
    }
    byte[] bytes = readFully(body, wanted);
    if (response.contentRange() == null && offset + wanted < size) {
      body.abort(); // else the rest would be read to keep the connection
    }
    Map<String, String> metadata = new HashMap<>();
    response
        .metadata()
        .forEach((name, value) -> metadata.put(name.toLowerCase(Locale.ROOT), value));
    Instant modified = Objects.requireNonNullElse(response.lastModified(), Instant.EPOCH);
    return new Part(new ObjectInfo(key, size, tag(response.eTag()), metadata, modified), bytes);
  }

  /** The size of the whole object; in {@code bytes 0-9/100} it is behind the slash. */
  private static long size(GetObjectResponse response, long offset) throws IOException {
    String range = response.contentRange();
    if (range == null) {
      return response.contentLength();
    }
    if (!range.matches("bytes " + offset + "-\\d+/\\d+")) {
      throw new IOException("range=%s, needed one from %d".formatted(range, offset));
    }
    return Long.parseLong(range.substring(range.indexOf('/') + 1));
  }

  private static byte[] readFully(InputStream body, int length) throws IOException {
    byte[] bytes = body.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("body ended after %d of %d bytes".formatted(bytes.length, length));
    }
    return bytes;
  }

  /** The length of an object. */
  long size(String key, Duration limit) throws S3Failure {
    try {
      return client
          .headObject(
              request ->
                  request.bucket(settings.bucket()).key(key).overrideConfiguration(in(limit)))
          .contentLength();
    } catch (SdkException e) {
      throw failure(e);
    }
  }

  /** Puts bytes, which nobody changes any more. */
  String put(String key, byte[] bytes, PutOptions options, Duration limit) throws S3Failure {
    RequestBody body =
        RequestBody.fromContentProvider(
            () -> new ByteArrayInputStream(bytes), bytes.length, "application/octet-stream");
    return put(key, body, options, limit);
  }

  /** Puts a file. */
  String put(String key, Path file, PutOptions options, Duration limit) throws S3Failure {
    return put(key, RequestBody.fromFile(file), options, limit);
  }

  private String put(String key, RequestBody body, PutOptions options, Duration limit)
      throws S3Failure {
    PutObjectRequest.Builder request =
        PutObjectRequest.builder()
            .bucket(settings.bucket())
            .key(key)
            .contentType("application/octet-stream")
            .metadata(options.metadata())
            .overrideConfiguration(in(limit));
    if (options.mustBeAbsent()) {
      request.ifNoneMatch("*");
    }
    if (options.mustMatch() != null) {
      request.ifMatch(sent(options.mustMatch()));
    }
    try {
      return tag(client.putObject(request.build(), body).eTag());
    } catch (SdkException e) {
      S3Failure failure = failure(e);
      // There is nothing to match: the condition does not hold either.
      boolean nothing = failure.kind() == Kind.ABSENT && options.mustMatch() != null;
      throw nothing ? new S3Failure(Kind.PRECONDITION, "no object", e) : failure;
    }
  }

  /** Deletes an object. */
  void delete(String key, Duration limit) throws S3Failure {
    try {
      client.deleteObject(
          request -> request.bucket(settings.bucket()).key(key).overrideConfiguration(in(limit)));
    } catch (SdkException e) {
      S3Failure failure = failure(e);
      if (failure.kind() != Kind.ABSENT) {
        throw failure;
      }
    }
  }

  /** A page as S3 gives it; the token is null if none follows. */
  record Page(List<ListedObject> objects, @Nullable String token) {}

  /** Lists a page. */
  Page list(String prefix, String startAfter, @Nullable String token, int max, Duration limit)
      throws S3Failure {
    ListObjectsV2Request.Builder request =
        ListObjectsV2Request.builder()
            .bucket(settings.bucket())
            .prefix(prefix)
            .maxKeys(max)
            .overrideConfiguration(in(limit));
    if (token != null) {
      request.continuationToken(token);
    } else if (!startAfter.isEmpty()) {
      request.startAfter(startAfter);
    }
    try {
      ListObjectsV2Response response = client.listObjectsV2(request.build());
      List<ListedObject> objects =
          response.contents().stream().map(o -> new ListedObject(o.key(), o.size())).toList();
      boolean more = Boolean.TRUE.equals(response.isTruncated());
      return new Page(objects, more ? response.nextContinuationToken() : null);
    } catch (SdkException e) {
      throw failure(e);
    }
  }

  private static AwsRequestOverrideConfiguration in(Duration limit) {
    return AwsRequestOverrideConfiguration.builder().apiCallTimeout(limit).build();
  }

  // Tags are kept without their quotes, which some stores leave out of their answers.

  private static String tag(@Nullable String answered) throws S3Failure {
    String tag = answered == null ? "" : answered.replaceAll("^\"|\"$", "");
    if (tag.isEmpty()) {
      throw new S3Failure(Kind.UNKNOWN, "the answer had no ETag", null);
    }
    return tag;
  }

  private String sent(String tag) {
    return settings.quotedTags() ? "\"" + tag + "\"" : tag;
  }

  // Failures.

  private static S3Failure failure(SdkException e) {
    if (e instanceof S3Exception answered) {
      return new S3Failure(kind(answered), described(answered), e);
    }
    if (String.valueOf(e.getMessage()).startsWith("Unable to load credentials")) {
      return new S3Failure(Kind.REFUSED, "no credentials found", e);
    }
    return new S3Failure(wasNeverSent(e) ? Kind.REJECTED : Kind.UNKNOWN, described(e), e);
  }

  private static Kind kind(S3Exception e) {
    int status = e.statusCode();
    String code = code(e);
    if (REJECTIONS.contains(code) || status == 429 || code.equals("RequestTimeout")) {
      return Kind.REJECTED;
    }
    return switch (status) {
      // Not any 404: that of a missing bucket or of a strange proxy is no answer of the store.
      case 404 -> code.equals("NoSuchKey") ? Kind.ABSENT : Kind.REFUSED;
      case 412 -> Kind.PRECONDITION;
      case 416 -> Kind.RANGE;
      case 408 -> Kind.UNKNOWN;
      // What redirects has done nothing either; with other statuses anything may have happened.
      default -> status >= 300 && status < 500 ? Kind.REFUSED : Kind.UNKNOWN;
    };
  }

  private static String code(S3Exception e) {
    AwsErrorDetails details = e.awsErrorDetails();
    return details == null || details.errorCode() == null ? "" : details.errorCode();
  }

  private static String described(S3Exception e) {
    StringBuilder text = new StringBuilder("status=").append(e.statusCode());
    if (!code(e).isEmpty()) {
      text.append(" code=").append(code(e));
    }
    if (e.requestId() != null) {
      text.append(" request=").append(e.requestId());
    }
    AwsErrorDetails details = e.awsErrorDetails();
    if (details != null && details.sdkHttpResponse() != null) {
      details
          .sdkHttpResponse()
          .firstMatchingHeader("x-amz-bucket-region")
          .ifPresent(region -> text.append(" bucketRegion=").append(region));
    }
    return text.toString();
  }

  private static String described(SdkException e) {
    Throwable root = e;
    for (int depth = 0; root.getCause() != null && depth < 10; depth++) {
      root = root.getCause();
    }
    return root == e ? String.valueOf(e.getMessage()) : root.toString();
  }

  private static boolean wasNeverSent(SdkException e) {
    Throwable cause = e;
    for (int depth = 0; cause != null && depth < 10; depth++, cause = cause.getCause()) {
      boolean connecting =
          cause instanceof ConnectException
              || cause instanceof UnknownHostException
              || cause instanceof NoRouteToHostException
              // Of the HTTP client, which this module does not read.
              || cause.getClass().getSimpleName().equals("ConnectTimeoutException");
      if (connecting) {
        return true;
      }
    }
    return false;
  }
}
