package dev.dosql.storage.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Checks AWS Signature Version 4 in the {@code Authorization} header, as S3 computes it. */
final class SignatureV4 {

  private static final Pattern AUTHORIZATION =
      Pattern.compile(
          "AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8})/([^/]+)/([^/]+)/aws4_request,\\s*"
              + "SignedHeaders=([^,]+),\\s*Signature=([0-9a-f]{64})");

  private SignatureV4() {}

  /** The error code of what is wrong, or empty. */
  static String problem(String method, URI uri, Headers headers, String access, String secret) {
    String authorization = headers.getFirst("Authorization");
    Matcher parts = AUTHORIZATION.matcher(authorization == null ? "" : authorization);
    if (!parts.matches()) {
      return "AccessDenied";
    }
    if (!parts.group(1).equals(access)) {
      return "InvalidAccessKeyId";
    }
    try {
      String expected = signature(method, uri, headers, parts, secret);
      return expected.equals(parts.group(6)) ? "" : "SignatureDoesNotMatch";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String signature(
      String method, URI uri, Headers headers, Matcher parts, String secret)
      throws GeneralSecurityException {
    String date = parts.group(2);
    String region = parts.group(3);
    String service = parts.group(4);
    String signedHeaders = parts.group(5);
    String canonical =
        String.join(
            "\n",
            method,
            uri.getRawPath(),
            canonicalQuery(uri.getRawQuery()),
            canonicalHeaders(headers, List.of(signedHeaders.split(";"))),
            signedHeaders,
            first(headers, "x-amz-content-sha256"));
    String scope = String.join("/", date, region, service, "aws4_request");
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(canonical.getBytes(UTF_8));
    String toSign =
        String.join(
            "\n",
            "AWS4-HMAC-SHA256",
            first(headers, "x-amz-date"),
            scope,
            HexFormat.of().formatHex(digest));
    byte[] key = ("AWS4" + secret).getBytes(UTF_8);
    for (String part : List.of(date, region, service, "aws4_request", toSign)) {
      key = hmac(key, part);
    }
    return HexFormat.of().formatHex(key);
  }

  private static String canonicalQuery(String raw) {
    return raw == null
        ? ""
        : Arrays.stream(raw.split("&"))
            .map(pair -> pair.contains("=") ? pair : pair + "=")
            .sorted()
            .collect(Collectors.joining("&"));
  }

  private static String canonicalHeaders(Headers headers, List<String> names) {
    StringBuilder lines = new StringBuilder();
    for (String name : names) {
      List<String> values = headers.getOrDefault(name, List.of(""));
      String joined =
          values.stream()
              .map(value -> value.strip().replaceAll(" +", " "))
              .collect(Collectors.joining(","));
      lines.append(name).append(':').append(joined).append('\n');
    }
    return lines.toString();
  }

  private static String first(Headers headers, String name) {
    String value = headers.getFirst(name);
    return value == null ? "" : value;
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(UTF_8));
  }
}
