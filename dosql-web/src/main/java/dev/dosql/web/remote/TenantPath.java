package dev.dosql.web.remote;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A tenant's name as one segment of a path, which no server or proxy reads in two ways. A name of
 * letters and digits of ASCII, {@code -}, {@code _} and dots not in front stands as it is; any
 * other, such as one with a slash, is a {@code ~} and base64url of its UTF-8 without padding. Each
 * name has one form, and each form one name.
 */
final class TenantPath {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*");
  private static final String MARK = "~";

  private TenantPath() {}

  /**
   * The segment for a name.
   *
   * @throws IllegalArgumentException if the name is empty, or no Unicode
   */
  static String encode(String tenant) {
    if (PLAIN.matcher(tenant).matches()) {
      return tenant;
    }
    if (tenant.isEmpty()) {
      throw new IllegalArgumentException("tenant must not be empty");
    }
    return MARK + Base64.getUrlEncoder().withoutPadding().encodeToString(utf8(tenant));
  }

  private static byte[] utf8(String tenant) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(tenant));
      byte[] exact = new byte[bytes.remaining()];
      bytes.get(exact);
      return exact;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("tenant must be valid Unicode", e);
    }
  }

  /** The name of a segment; empty if it is not the form of any. */
  static Optional<String> decode(String segment) {
    if (!segment.startsWith(MARK)) {
      return PLAIN.matcher(segment).matches() ? Optional.of(segment) : Optional.empty();
    }
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(segment.substring(1));
      String name = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return encode(name).equals(segment) ? Optional.of(name) : Optional.empty();
    } catch (IllegalArgumentException | CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
